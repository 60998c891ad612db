"""How new properties meet old ones: the deep merge of identify, set and merge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from .refusals import InvalidParams

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LARGEST_PROPERTIES", "merged", "serialised"]

LARGEST_PROPERTIES: Final = 256 * 1024  # bytes of JSON; USER-PROPERTIES-256KB, OBJECT-PROPERTIES-256KB


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the old map with the new one laid over it, maps within maps merged at every depth.

    Null overwrites, lists are values, and where one side is no map the new value wins (USER-IDENTIFY-MERGES-DEEP,
    USER-IDENTIFY-NULL-OVERWRITES, USER-IDENTIFY-ARRAYS-WHOLE, USER-IDENTIFY-TYPE-CHANGE).
    """
    result = dict(old)
    waiting = [(result, new)]  # no recursion: JSON may be nested deeper than the stack of Python
    while waiting:
        target, source = waiting.pop()
        for key, value in source.items():
            present = target.get(key)
            if isinstance(value, dict) and isinstance(present, dict):
                target[key] = nested = dict(present)
                waiting.append((nested, value))
            else:
                target[key] = value
    return result


def serialised(properties: Mapping[str, Any]) -> str:
    """Return properties as JSON.

    Raises:
        InvalidParams: they are larger than a recipient may be (USER-PROPERTIES-256KB-TOTAL).
    """
    content = msgspec.json.encode(properties)
    if len(content) > LARGEST_PROPERTIES:
        raise InvalidParams.at("properties", "are larger than 256 kB", kind="size")
    return content.decode()
