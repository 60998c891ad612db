"""What a test expects of the requests in a journal: which fit, and what keeps the nearest others from fitting."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from difflib import SequenceMatcher
from fnmatch import fnmatchcase
from functools import lru_cache
from heapq import nsmallest
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple, TypeAlias
from urllib.parse import unquote

import msgspec

from knock_harness import contract

from . import redaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .journal import Entry, Journal

__all__ = ["Difference", "Expectation", "NearMiss", "matching", "near_misses", "never_called"]

Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]

#: A place in a list; Python reads no number of thousands of digits, and no list is that long.
_INDEX: Final = re.compile(r"[0-9]{1,9}")
#: How far the wrong operation, method or path takes a request away; any other difference is 1.
_FAR: Final = 4.0
#: Stands for what a request does not have.
_MISSING: Final = msgspec.UNSET


class Expectation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What requests are looked for; what is not given fits all.

    Attributes:
        operation: the operationId, or a glob of them.
        method: in capitals.
        path: the path, a glob, or the path template of an operation, such as ``/v1/users/{user_id}``.
        path_parameters: values of path parameters, decoded.
        query: values of names in the query, as texts; of a repeated name the list of them.
        headers: values of headers, their names in any case.
        body: a JSON value that the body holds: of a map the named keys, of a list every element.
        body_at: the JSON value at each of these places, as JSON pointers such as ``/data/total``.
        status: of the answer.
        fault: whether a fault hit it.
        since: not before this moment.
        until: before this moment.
    """

    operation: str | None = None
    method: str | None = None
    path: str | None = None
    path_parameters: Mapping[str, str] = {}
    query: Mapping[str, str | list[str]] = {}
    headers: Mapping[str, str] = {}
    body: Any = _MISSING
    body_at: Mapping[str, Any] = {}
    status: int | None = None
    fault: bool | None = None
    since: Moment | None = None
    until: Moment | None = None


class Difference(NamedTuple):
    """A part of a request that is not as expected.

    Attributes:
        part: ``method``, ``operation``, ``path``, ``path_parameters``, ``query``, ``headers``, ``body``, ``status`` or
            ``fault``.
        at: the name or the JSON pointer within that part; empty: the whole of it.
        expected: the value that was asked for.
        found: the value that is there; `UNSET`: none.
        weight: how far it takes the request away.
    """

    part: str
    at: str
    expected: Any
    found: Any
    weight: float = 1.0

    def shown(self) -> dict[str, Any]:
        """Return it as the control API shows it, without secrets."""
        found = {} if self.found is _MISSING else {"found": redaction.shown_value(self.found)}
        return {"part": self.part, "at": self.at, "expected": redaction.shown_value(self.expected), **found}


class NearMiss(NamedTuple):
    """A request that nearly fits, how far it is from it, and why."""

    entry: Entry
    distance: float
    differences: Sequence[Difference]


def matching(journal: Journal, expected: Expectation) -> Iterator[Entry]:
    """Return the requests that fit, newest first."""
    return (each for each in _within(journal, expected) if next(_differences(each, expected), None) is None)


def near_misses(journal: Journal, expected: Expectation, *, most: int) -> Sequence[NearMiss]:
    """Return the requests that nearly fit, the nearest first, of equally near ones the newest; at the most so many."""
    judged = [(each, list(_differences(each, expected))) for each in _within(journal, expected)]
    missed = [
        NearMiss(entry, sum(each.weight for each in differences), differences)
        for entry, differences in judged
        if differences
    ]
    return nsmallest(most, missed, key=lambda each: each.distance)


def never_called(journal: Journal) -> list[str]:
    """Return the operations that were not called since the journal was cleared, in the order of the contract."""
    return [each for each in contract.load().operations if not journal.calls[each]]


def _within(journal: Journal, expected: Expectation) -> Iterator[Entry]:
    for entry in reversed(journal):
        if expected.since is not None and entry.at < expected.since:
            return
        if expected.until is None or entry.at < expected.until:
            yield entry


def _differences(entry: Entry, expected: Expectation) -> Iterator[Difference]:
    """Return what is not as expected, the cheapest to find first."""
    if expected.operation is not None and not fnmatchcase(entry.operation or "", expected.operation):
        yield _far("operation", expected.operation, entry.operation or _MISSING)
    if expected.method is not None and entry.request.method != expected.method:
        yield _far("method", expected.method, entry.request.method)
    if expected.path is not None and not _has_path(entry, expected.path):
        yield _far("path", expected.path, unquote(entry.request.path))
    if expected.status is not None and entry.status != expected.status:
        yield Difference("status", "", expected.status, entry.status or _MISSING)
    if expected.fault is not None and (entry.trouble is not None) != expected.fault:
        yield Difference("fault", "", expected.fault, entry.trouble is not None)
    if expected.path_parameters:
        yield from _unequal("path_parameters", expected.path_parameters, entry.path_parameters)
    if expected.query:
        yield from _unequal("query", {name: _listed(value) for name, value in expected.query.items()}, entry.query)
    if expected.headers:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(entry.request.headers)}
        yield from _unequal("headers", {name.lower(): value for name, value in expected.headers.items()}, headers)
    if expected.body is _MISSING and not expected.body_at:
        return
    body = entry.json()
    if expected.body is not _MISSING:
        yield from _lacking(expected.body, body, "")
    for pointer, value in expected.body_at.items():
        found = _at(body, pointer)
        if found != value or isinstance(found, bool) != isinstance(value, bool):
            yield Difference("body", pointer, value, found)


def _far(part: str, expected: str, found: Any) -> Difference:
    alike = 0.0 if found is _MISSING else _likeness(expected, found)
    return Difference(part, "", expected, found, weight=1.0 + _FAR * (1.0 - alike))


@lru_cache(maxsize=1024)
def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _has_path(entry: Entry, path: str) -> bool:
    operation = contract.load().operations[entry.operation] if entry.operation else None
    return (operation is not None and operation.path == path) or fnmatchcase(unquote(entry.request.path), path)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _unequal(part: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Difference]:
    for name, value in expected.items():
        if found.get(name, _MISSING) != value:
            yield Difference(part, name, value, found.get(name, _MISSING))


def _lacking(expected: Any, found: Any, at: str) -> Iterator[Difference]:
    """Return where a value does not hold what is expected of it."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key, each in expected.items():
            yield from _lacking(each, found.get(key, _MISSING), f"{at}/{_escaped(key)}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for place, (each, other) in enumerate(zip(expected, found, strict=True)):
            yield from _lacking(each, other, f"{at}/{place}")
    elif expected != found or isinstance(expected, bool) != isinstance(found, bool):
        yield Difference("body", at, expected, found)


def _at(value: Any, pointer: str) -> Any:
    """Return the value at a JSON pointer, or `UNSET`."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name, _MISSING)
        elif isinstance(value, list) and _INDEX.fullmatch(name) and int(name) < len(value):
            value = value[int(name)]
        else:
            return _MISSING
    return value


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
