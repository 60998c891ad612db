"""Two schemas held against each other, place by place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from .difference import Difference, broken_by
from .facets import CLOSER
from .meaning import TYPES, name_of, read_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .difference import Direction, Side
    from .facets import Facets, Meaning

__all__ = ["Schemas"]


class _Place(NamedTuple):
    """A place in an exchange: on which side of it, and what to call it."""

    side: Side
    name: str

    def below(self, step: str) -> _Place:
        return _Place(self.side, self.name + step)

    def at_schema(self, name: str | None) -> _Place:
        """The same place, called by the name of the schema that starts there, if it has one."""
        return self if name is None else _Place(self.side, f"{self.side} {name}")


@dataclass(slots=True)
class Schemas:
    """Compares schemas of the contract with those of another document; a pair that was seen is not compared again.

    Attributes:
        here: the contract's document.
        there: the other document.
    """

    here: Mapping[str, Any]
    there: Mapping[str, Any]
    _seen: set[tuple[str, str, str]] = field(default_factory=set)

    def compare(self, here: Any, there: Any, *, side: Side, where: str) -> Iterator[Difference]:
        """Yield the differences between a schema of the contract and one of the other document.

        Args:
            here: the contract's.
            there: the other's.
            side: whether requests or answers are described.
            where: the place, for people; below a named schema of the contract, that name is used.
        """
        yield from self._compare(here, there, _Place(side, where))

    def _compare(self, here: Any, there: Any, place: _Place) -> Iterator[Difference]:
        place = place.at_schema(name_of(here))
        if here is there or self._was_seen(here, there, place):
            return
        ours, theirs = read_schema(self.here, here), read_schema(self.there, there)
        yield from _types(ours, theirs, place)
        for name in sorted(ours.keys() & theirs.keys()):
            if name == "integer" and "number" in ours and "number" in theirs:
                continue  # said once, for numbers
            yield from self._facets(ours[name], theirs[name], name, place)

    def _was_seen(self, here: Any, there: Any, place: _Place) -> bool:
        key = (place.name, repr(here), repr(there))
        if key in self._seen:
            return True
        self._seen.add(key)
        return False

    def _facets(self, ours: Facets, theirs: Facets, name: str, place: _Place) -> Iterator[Difference]:
        yield from _values(ours, theirs, place)
        yield from _word("format", ours.format, theirs.format, place)
        yield from _word("pattern", ours.pattern, theirs.pattern, place)
        yield from _bounds(ours, theirs, place)
        if name == "array":
            yield from self._compare(ours.items, theirs.items, place.below("[]"))
        if name == "object":
            yield from self._properties(ours, theirs, place)
            yield from self._rest(ours, theirs, place)

    def _properties(self, ours: Facets, theirs: Facets, place: _Place) -> Iterator[Difference]:
        for name in sorted(ours.properties.keys() | theirs.properties.keys()):
            inner = place.below(f".{name}")
            if name not in theirs.properties:
                if theirs.rest is False:
                    yield _difference(inner, "property", "named here, not allowed there", "wider")
                else:
                    yield _difference(inner, "property", "named here only", "same")
            elif name not in ours.properties:
                if ours.rest is False:
                    yield _difference(inner, "property", "named there, not allowed here", "narrower")
                else:
                    yield _difference(inner, "property", "named there only", "same")
            else:
                yield from self._compare(ours.properties[name], theirs.properties[name], inner)
            if name in ours.required - theirs.required:
                yield _difference(inner, "required", "required here only", "narrower")
            if name in theirs.required - ours.required:
                yield _difference(inner, "required", "required there only", "wider")

    def _rest(self, ours: Facets, theirs: Facets, place: _Place) -> Iterator[Difference]:
        inner = place.below(".*")
        match ours.rest, theirs.rest:
            case (False, False) | (True, True):
                return
            case False, _:
                yield _difference(inner, "property", "other properties are allowed there only", "narrower")
            case _, False:
                yield _difference(inner, "property", "other properties are allowed here only", "wider")
            case _:
                yield from self._compare(ours.rest, theirs.rest, inner)


def _difference(place: _Place, kind: str, what: str, direction: Direction) -> Difference:
    return Difference(place.name, kind, what, broken_by(place.side, direction))


def _types(ours: Meaning, theirs: Meaning, place: _Place) -> Iterator[Difference]:
    if not ours and theirs:
        yield _difference(place, "property", "named there, not allowed here", "narrower")
        return
    if set(theirs) == TYPES and set(ours) != TYPES:
        yield _difference(place, "type", f"{_listed(ours)} here, anything there", "narrower")
        return
    if set(ours) == TYPES and set(theirs) != TYPES:
        yield _difference(place, "type", f"anything here, {_listed(theirs)} there", "wider")
        return
    for name in sorted(_said(ours) - theirs.keys()):
        kind = "nullable" if name == "null" else "type"
        yield _difference(place, kind, f"{name} is allowed here only", "wider")
    for name in sorted(_said(theirs) - ours.keys()):
        kind = "nullable" if name == "null" else "type"
        yield _difference(place, kind, f"{name} is allowed there only", "narrower")


def _said(meaning: Meaning) -> set[str]:
    """The types as a writer says them: whole numbers are numbers."""
    return set(meaning) - ({"integer"} if "number" in meaning else set())


def _listed(meaning: Meaning) -> str:
    return " or ".join(sorted(_said(meaning))) or "nothing"


def _values(ours: Facets, theirs: Facets, place: _Place) -> Iterator[Difference]:
    if ours.values == theirs.values:
        return
    if theirs.values is None and ours.values is not None:
        yield _difference(place, "enum", f"only {', '.join(sorted(ours.values))} here", "narrower")
    elif ours.values is None and theirs.values is not None:
        yield _difference(place, "enum", f"only {', '.join(sorted(theirs.values))} there", "wider")
    elif ours.values is not None and theirs.values is not None:
        if more := sorted(ours.values - theirs.values):
            yield _difference(place, "enum", f"{', '.join(more)} allowed here only", "wider")
        if fewer := sorted(theirs.values - ours.values):
            yield _difference(place, "enum", f"{', '.join(fewer)} allowed there only", "narrower")


def _word(kind: str, ours: str | None, theirs: str | None, place: _Place) -> Iterator[Difference]:
    """Compare formats or patterns: two that differ have no order, so each is told by itself."""
    if ours == theirs:
        return
    if ours:
        yield _difference(place, kind, f"{kind} {ours} here only", "narrower")
    if theirs:
        yield _difference(place, kind, f"{kind} {theirs} there only", "wider")


def _bounds(ours: Facets, theirs: Facets, place: _Place) -> Iterator[Difference]:
    for key in sorted(ours.bounds.keys() | theirs.bounds.keys()):
        mine, other = ours.bounds.get(key), theirs.bounds.get(key)
        if mine == other:
            continue
        if other is None or (mine is not None and CLOSER[key](mine, other) == mine):
            yield _difference(place, "bound", f"{key} {mine} here, {_or_none(other)} there", "narrower")
        else:
            yield _difference(place, "bound", f"{key} {_or_none(mine)} here, {other} there", "wider")


def _or_none(value: Any) -> str:
    return "none" if value is None else str(value)
