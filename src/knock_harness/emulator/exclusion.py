"""Answers without the fields that the caller does not want."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DEEPEST", "exclusions", "without"]

DEEPEST: Final = 3  # EXCLUDE-DEPTH


def exclusions(text: str) -> list[list[str]]:
    """Return the paths that an ``exclude`` parameter names: commas between them, dots within them.

    What is deeper than three levels, or has an empty segment, names nothing (EXCLUDE-UNKNOWN).
    """
    paths = [path.strip().split(".") for path in text.split(",")]
    return [path for path in paths if all(path) and len(path) <= DEEPEST]


def without(value: Any, paths: Iterable[list[str]]) -> Any:
    """Return a JSON value that lacks the fields at these paths; a list on the way stands for each of its elements."""
    for path in paths:
        _remove(value, path)
    return value


def _remove(value: Any, path: list[str]) -> None:
    if isinstance(value, list):
        for each in value:
            _remove(each, path)
    elif isinstance(value, dict):
        if len(path) == 1:
            value.pop(path[0], None)
        else:
            _remove(value.get(path[0]), path[1:])
