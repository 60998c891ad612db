"""Which values of a JSON type are admitted, and how two such sets are put together or joined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Final

__all__ = ["CLOSER", "Facets", "Meaning", "both", "either"]

#: Bounds by keyword: which of two is the closer one.
CLOSER: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "minimum": max,
    "maximum": min,
    "exclusiveMinimum": max,
    "exclusiveMaximum": min,
    "minLength": max,
    "maxLength": min,
    "minItems": max,
    "maxItems": min,
    "minProperties": max,
    "maxProperties": min,
    "multipleOf": max,
}


@dataclass(frozen=True, slots=True)
class Facets:
    """Which values of one JSON type are admitted.

    Attributes:
        values: the only ones, each as JSON text; None: all.
        format: the format of a string or number.
        pattern: what a string must match.
        bounds: by keyword.
        items: the schema of the items of an array; True: anything.
        properties: the schemas of the named properties of an object.
        required: the properties that an object must have.
        rest: the schema of the properties that have no name; True: anything, False: there are none.
    """

    values: frozenset[str] | None = None
    format: str | None = None
    pattern: str | None = None
    bounds: Mapping[str, Any] = field(default_factory=dict)
    items: Any = True
    properties: Mapping[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    rest: Any = True


#: For each JSON type that a schema admits, which values of it.
Meaning = Mapping[str, Facets]
_NO_FACETS: Final = Facets()


def both(left: Meaning, right: Meaning) -> Meaning:
    """Return what fits two schemas at once."""
    return {name: _both_facets(left[name], right[name]) for name in left.keys() & right.keys()}


def _both_facets(left: Facets, right: Facets) -> Facets:
    if left == _NO_FACETS:
        return right
    shared = left.bounds.keys() & right.bounds.keys()
    closest = {key: CLOSER[key](left.bounds[key], right.bounds[key]) for key in shared}
    return Facets(
        values=_least(left.values, right.values),
        format=left.format or right.format,
        pattern=left.pattern or right.pattern,
        bounds={**left.bounds, **right.bounds, **closest},
        items=_all_of(left.items, right.items),
        properties={
            name: _all_of(left.properties.get(name, True), right.properties.get(name, True))
            for name in left.properties.keys() | right.properties.keys()
        },
        required=left.required | right.required,
        rest=_all_of(left.rest, right.rest),
    )


def _least(left: frozenset[str] | None, right: frozenset[str] | None) -> frozenset[str] | None:
    if left is None or right is None:
        return right if left is None else left
    return left & right


def _all_of(left: Any, right: Any) -> Any:
    if left is False or right is False:
        return False
    if left is True or left == right:
        return right
    return left if right is True else {"allOf": [left, right]}


def either(branches: list[Meaning]) -> Meaning:
    """Return what fits at least one of the branches of a union."""
    names = {name for branch in branches for name in branch}
    return {name: reduce(_either_facets, [branch[name] for branch in branches if name in branch]) for name in names}


def _either_facets(left: Facets, right: Facets) -> Facets:
    shared = left.bounds.keys() & right.bounds.keys()
    return Facets(
        values=None if left.values is None or right.values is None else left.values | right.values,
        format=left.format if left.format == right.format else None,
        pattern=left.pattern if left.pattern == right.pattern else None,
        bounds={key: left.bounds[key] for key in shared if left.bounds[key] == right.bounds[key]},
        items=_any_of(left.items, right.items),
        properties={
            name: _any_of(left.properties.get(name, False), right.properties.get(name, False))
            for name in left.properties.keys() | right.properties.keys()
        },
        required=left.required & right.required,
        rest=_any_of(left.rest, right.rest),
    )


def _any_of(left: Any, right: Any) -> Any:
    if left is True or right is True:
        return True
    if left is False or left == right:
        return right
    return left if right is False else {"anyOf": [left, right]}
