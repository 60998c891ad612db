"""Waits for what the API does in its own time, with a deadline and without bare sleeps."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Overdue", "eventually"]

T = TypeVar("T")

_FIRST_PAUSE_S = 0.001
_LONGEST_PAUSE_S = 0.25


class Overdue(AssertionError):
    """What should have come about by now has not; a failed check, if it was promised."""


def eventually(
    condition: Callable[[], T],
    *,
    timeout_s: float = 5.0,
    what: str = "",
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> T:
    """Ask again and again until the answer is true, and return it.

    Args:
        condition: asked at once, then at growing intervals, and once more at the deadline.
        timeout_s: how long to wait.
        what: what is waited for, for the message.
        clock: the time in seconds.
        pause: waits so many seconds.

    Raises:
        Overdue: the answer stayed false.
    """
    deadline = clock() + timeout_s
    interval_s = _FIRST_PAUSE_S
    while not (result := condition()):
        left_s = deadline - clock()
        if left_s <= 0:
            raise Overdue(f"{what or 'what was waited for'} did not come about within {timeout_s:g} s")
        pause(min(interval_s, left_s))
        interval_s = min(interval_s * 1.6, _LONGEST_PAUSE_S)
    return result
