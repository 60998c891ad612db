"""Parts of definitions: read by their keys, and refused where they are of another type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from .places import Place

__all__ = ["flag_at", "is_one_of", "list_at", "map_at", "text_at"]


def text_at(value: Mapping[str, Any], key: str, place: Place) -> str:
    """Return a text; an empty one if there is none.

    Raises:
        InvalidDocument: something else is there.
    """
    text = value.get(key)
    if not isinstance(text, str | None):
        raise (place / key).error(f"{key!r} is a text, not {text!r}")
    return text or ""


def flag_at(value: Mapping[str, Any], key: str, place: Place, *, default: bool = False) -> bool:
    """Return whether something is so.

    Raises:
        InvalidDocument: neither true nor false is there.
    """
    flag = value.get(key)
    if not isinstance(flag, bool | None):
        raise (place / key).error(f"{key!r} is true or false, not {flag!r}")
    return default if flag is None else flag


def map_at(value: Mapping[str, Any], key: str, place: Place) -> Mapping[str, Any]:
    """Return a map; an empty one if there is none.

    Raises:
        InvalidDocument: something else is there.
    """
    found: Any = value.get(key)
    if not isinstance(found, dict | None):
        raise (place / key).error(f"{key!r} is a map, not {found!r}")
    return found or {}


def list_at(value: Mapping[str, Any], key: str, place: Place) -> Sequence[Any]:
    """Return a list; an empty one if there is none.

    Raises:
        InvalidDocument: something else is there.
    """
    found: Any = value.get(key)
    if not isinstance(found, list | tuple | None):
        raise (place / key).error(f"{key!r} is a list, not {found!r}")
    return found or ()


def is_one_of(value: Any, words: Collection[str]) -> bool:
    """Say whether a value, which may be anything, is one of some words."""
    return isinstance(value, str) and value in words
