"""Makes a failing request smaller, as long as it goes on failing.

Hypothesis reduces the choices of a generator, and only of its own. Here the request itself is reduced, so that a
systematic request becomes as small as a random one, and one that fails several promises is reduced for each of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from knock_harness.target import ABSENT

from .plain import plain_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .drafts import Draft

__all__ = ["Reduced", "reduce_draft", "size"]

T = TypeVar("T")

#: What a new thing cannot be without, though no schema says so; it is kept where the request is meant to succeed.
_VITAL = frozenset({"id", "collection", "scheduled_at"})


class Reduced(NamedTuple, Generic[T]):
    """What came of reducing a draft.

    Attributes:
        draft: the smallest that fails.
        shown: what its failing gave.
        complete: nothing smaller fails; False: the tries ran out first.
        tries: how many requests it took.
    """

    draft: Draft
    shown: T
    complete: bool
    tries: int


def reduce_draft(draft: Draft, shown: T, *, fails: Callable[[Draft], T | None], tries: int) -> Reduced[T]:
    """Return the smallest draft that can be reached by taking away and simplifying, one step at a time.

    Args:
        draft: one that fails.
        shown: what its failing gave.
        fails: sends a draft; None: it does not fail.
        tries: how many may be sent.
    """
    used = 0
    while True:
        for candidate in _smaller(draft):
            if used >= tries:
                return Reduced(draft, shown, complete=False, tries=used)
            used += 1
            found = fails(candidate)
            if found is not None:
                draft, shown = candidate, found
                break
        else:
            return Reduced(draft, shown, complete=True, tries=used)


def size(draft: Draft) -> tuple[int, str]:
    """Return a measure of a draft: of two that fail, the one with the smaller measure is the better example."""
    body = "" if draft.body is ABSENT else draft.body
    text = repr((draft.path, draft.query, draft.pairs, draft.headers, body, draft.content))
    return len(text) + (draft.body is not ABSENT), text


def _smaller(draft: Draft) -> Iterator[Draft]:
    """Yield drafts that are smaller, the boldest steps first."""
    measure = size(draft)
    for candidate in _candidates(draft):
        if size(candidate) < measure:
            yield candidate


def _candidates(draft: Draft) -> Iterator[Draft]:
    if draft.query:
        yield replace(draft, query={})
    yield from (replace(draft, query=left) for left in _without_each(draft.query))
    yield from (replace(draft, headers=left) for left in _without_each(draft.headers))
    if draft.pairs:
        yield replace(draft, pairs=())
    if draft.existing:
        yield from _towards_plain(draft)
        return
    if draft.body is not ABSENT:
        yield replace(draft, body=ABSENT)
        yield from (replace(draft, body=value) for value in _simpler(draft.body))
    for name, value in draft.query.items():
        yield from (replace(draft, query={**draft.query, name: simple}) for simple in _simpler(value))
    for name, value in draft.path.items():
        yield from (replace(draft, path={**draft.path, name: simple}) for simple in _simpler(value) if simple)


def _towards_plain(draft: Draft) -> Iterator[Draft]:
    """Take away what the plain request can do without: a simpler value might be refused with good reason."""
    plain = plain_request(draft.operation)
    if draft.body == plain.body or draft.body is ABSENT:
        return
    yield replace(draft, body=plain.body)
    needed = plain.body if isinstance(plain.body, dict) else {}
    yield from (replace(draft, body=value) for value in _pruned(draft.body, needed=frozenset(needed)))


def _pruned(value: Any, *, needed: frozenset[str]) -> Iterator[Any]:
    if isinstance(value, dict):
        for key in value:
            if key not in needed and key not in _VITAL:
                yield {name: inner for name, inner in value.items() if name != key}
        for key, inner in value.items():
            yield from ({**value, key: simple} for simple in _pruned(inner, needed=frozenset()))
    elif isinstance(value, list):
        if len(value) > 1:
            yield from ([*value[:place], *value[place + 1 :]] for place in range(len(value)))
        for place, inner in enumerate(value):
            yield from ([*value[:place], simple, *value[place + 1 :]] for simple in _pruned(inner, needed=frozenset()))


def _simpler(value: Any) -> Iterator[Any]:
    """Yield simpler values of the same type; a symbol stays, as what it stands for is simple already."""
    if isinstance(value, dict):
        if value:
            yield {}
        yield from _without_each(value)
        for key, inner in value.items():
            yield from ({**value, key: simple} for simple in _simpler(inner))
    elif isinstance(value, list):
        yield from _simpler_lists(value)
    elif isinstance(value, str) and value and not value.startswith("@"):
        yield ""
        yield "0"
        yield value[: len(value) // 2]
    elif isinstance(value, bool):
        yield False
    elif isinstance(value, int | float):
        yield from (0, 1, int(value) // 2)


def _simpler_lists(value: list[Any]) -> Iterator[list[Any]]:
    if value:
        yield []
    if len(value) > 2:
        yield value[: len(value) // 2]
        yield value[len(value) // 2 :]
    yield from ([*value[:place], *value[place + 1 :]] for place in range(len(value)))
    for place, inner in enumerate(value):
        yield from ([*value[:place], simple, *value[place + 1 :]] for simple in _simpler(inner))


def _without_each(value: Any) -> Iterator[dict[str, Any]]:
    for key in value:
        yield {name: inner for name, inner in value.items() if name != key}
