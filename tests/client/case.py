"""One call of the official client: what it is given, and what shows that it was understood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import knockapi

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .stage import Stage

__all__ = ["Arguments", "Case", "after", "call", "gone", "refused"]


@dataclass(frozen=True)
class Arguments:
    """The arguments of a call, by position and by name."""

    positional: Sequence[Any]
    named: Mapping[str, Any]


def call(*positional: Any, **named: Any) -> Arguments:
    """Return the arguments of a call as they would be written."""
    return Arguments(positional, named)


def after(_done: object, arguments: Arguments) -> Arguments:
    """Return the arguments of a call that comes after something else was done."""
    return arguments


@dataclass(frozen=True)
class Case:
    """A call.

    Attributes:
        arguments: makes what the call needs to find, and returns what it is given.
        shown: says from the answer, and from what can be read afterwards, whether the server did what was asked.
    """

    arguments: Callable[[Stage], Arguments]
    shown: Callable[[Any, Stage], bool]


def gone(read: Callable[[], object]) -> bool:
    """Say whether a read finds nothing (404)."""
    try:
        read()
    except knockapi.NotFoundError:
        return True
    return False


def refused(send: Callable[[], object]) -> bool:
    """Say whether a call is turned away for want of a credential (403)."""
    try:
        send()
    except knockapi.PermissionDeniedError:
        return True
    return False
