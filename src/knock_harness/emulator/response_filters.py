"""Response filters: which parts of feed answers an in-app channel lets out (RESPONSE-FILTER-CHANNEL)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .exclusion import without

__all__ = ["filtered_feed"]

#: Fields of a recipient that say what it is, which no filter takes away.
FIXED: Final[tuple[str, ...]] = ("__typename", "id", "collection", "created_at", "updated_at")


def filtered_feed(feed: dict[str, Any], filters: Mapping[str, Any]) -> dict[str, Any]:
    """Return a feed answer as the filters of its channel leave it.

    Args:
        feed: the answer, which is changed.
        filters: for ``vars``, ``actor``, ``recipient`` and ``data`` each false (the part is left empty; of a recipient,
            which an activity cannot be without, its name stays), or a map with ``only`` (the paths that are kept) or
            ``except`` (those that are dropped).
    """
    if "vars" in filters:
        feed["vars"] = _filtered(feed["vars"], filters["vars"])
    for entry in feed["entries"]:
        if "data" in filters:
            entry["data"] = _filtered(entry["data"], filters["data"])
        if "actor" in filters:
            shown = [] if filters["actor"] is False else entry["actors"]
            entry["actors"] = [_recipient(each, filters["actor"]) for each in shown]
        for activity in entry.get("activities") or ():
            if "actor" in filters and activity["actor"] is not None:
                activity["actor"] = (
                    None if filters["actor"] is False else _recipient(activity["actor"], filters["actor"])
                )
            if "recipient" in filters:
                activity["recipient"] = _recipient(activity["recipient"], filters["recipient"])
            if "data" in filters:
                activity["data"] = _filtered(activity["data"], filters["data"])
    return feed


def _recipient(value: dict[str, Any], kept: Any) -> dict[str, Any]:
    """Return what is left of a user or object; the custom properties of an object lie in a map of their own."""
    fixed = {name: value[name] for name in FIXED if name in value}
    if "properties" in value and "collection" in value:
        return {**fixed, "properties": _filtered(value["properties"], kept)}
    return {**fixed, **_filtered({name: each for name, each in value.items() if name not in fixed}, kept)}


def _filtered(value: dict[str, Any], kept: Any) -> dict[str, Any]:
    if kept is True:
        return value
    if kept is False:
        return {}
    if "except" in kept:
        without(value, [path.split(".") for path in kept["except"]])
        return value
    left: dict[str, Any] = {}
    for path in kept["only"]:
        _copy(value, left, path.split("."))
    return left


def _copy(value: Any, left: dict[str, Any], path: list[str]) -> None:
    """Copy what a path leads to from one map into another."""
    head, *rest = path
    if not isinstance(value, Mapping) or head not in value:
        return
    if not rest:
        left[head] = value[head]
    elif isinstance(value[head], Mapping):
        _copy(value[head], left.setdefault(head, {}), rest)
