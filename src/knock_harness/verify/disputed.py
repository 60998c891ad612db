"""What a request may hold that the contract allows and that a server may refuse all the same.

Either the public documents disagree about it, and the contract takes the wider reading, or JSON has it and many stores
have not. Such requests are sent and judged like others; only their success is not asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knock_harness.target import ABSENT

from .drafts import BULK_UPDATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .drafts import Draft

__all__ = ["is_disputed"]

#: Operators of the guides that the published schema lacks.
_GUIDES_ONLY = frozenset({"is_timestamp_before_now", "is_timestamp_on_or_after_now"})
#: Beyond it, integers lose their last digits in most readers of JSON (RFC 7493).
_LARGEST_INTEGER = 2**53 - 1


def is_disputed(draft: Draft) -> bool:
    """Say whether a request that keeps the contract may be refused nevertheless."""
    if draft.operation.id == "identifyUser" and draft.body is ABSENT:
        return True  # the published document requires a body; the browser client sends none
    if draft.operation.id == BULK_UPDATE and _takes_a_list(draft.body, "engagement_status"):
        return True  # one word in the published document, a list in other filters
    parts = [dict(draft.path), dict(draft.query), draft.body]
    return any(_is_odd(key, value) for key, value in _pairs(parts))


def _takes_a_list(body: Any, name: str) -> bool:
    return isinstance(body, dict) and isinstance(body.get(name), list)


def _pairs(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value in a value, at any depth, with the key it stands under."""
    yield key, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, name
            yield from _pairs(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _pairs(inner, key)


def _is_odd(key: str, value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value  # no text of PostgreSQL, for one, can hold it
    if isinstance(value, int | float):
        return abs(value) > _LARGEST_INTEGER
    return key == "conditions" and isinstance(value, dict) and not _is_published(value)


def _is_published(condition: dict[str, Any]) -> bool:
    """Say whether a condition keeps the published schema too, which wants a text or null to compare with."""
    argument = condition.get("argument", 0)
    return condition.get("operator") not in _GUIDES_ONLY and (argument is None or isinstance(argument, str))
