"""Filters on trigger data: every given pair must stand at the top level of the data."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from .refusals import InvalidParams

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LONGEST_TEXT", "matches", "matches_json", "pairs"]

LONGEST_TEXT: Final = 256  # TRIGGER-DATA-TRUNCATED

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def pairs(value: Any) -> Mapping[str, Any]:
    """Return a filter, read from its JSON text if need be.

    Raises:
        InvalidParams: it is no JSON object, or holds a nested value (TRIGGER-DATA-NOT-JSON, TRIGGER-DATA-NESTED-422).
    """
    try:
        read = _decode(value) if isinstance(value, str) else value
    except (msgspec.DecodeError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise InvalidParams.at("trigger_data", "is no JSON object", kind="type")
    if nested := [key for key, each in read.items() if isinstance(each, dict | list)]:
        raise InvalidParams.at("trigger_data", f"holds a nested value under {nested[0]!r}", kind="type")
    return read


def matches(data: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Say whether data holds every wanted pair.

    Kind and value must be the same (TRIGGER-DATA-EXACT, TRIGGER-DATA-SCALARS).
    """
    return all(key in data and _kept(data[key]) == _kept(value) for key, value in wanted.items())


def matches_json(data: str, wanted: str) -> bool:
    """Say the same of JSON texts."""
    return matches(_decode(data), _wanted(wanted))


def _kept(value: Any) -> tuple[str, Any]:
    match value:
        case str():
            return "text", value[:LONGEST_TEXT]
        case bool():
            return "boolean", value
        case int() | float():
            return "number", value
        case None:
            return "null", None
        case _:
            return "nested", object()  # equal to nothing (TRIGGER-DATA-FLAT)


@lru_cache(maxsize=16)
def _wanted(text: str) -> dict[str, Any]:
    return _decode(text)
