"""Keeps below the rate limits of the contract's tiers: each operation's requests are spread evenly."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["TIER_RATES", "Pacer", "retry_after_s"]

#: Requests a second that each tier admits, for each operation and environment.
TIER_RATES: Mapping[int, float] = {1: 1.0, 2: 5.0, 3: 60.0, 4: 200.0, 5: 1000.0}

#: How much of the limit is used: clocks differ, and a target may count in windows that cut ours in two.
SHARE_USED = 0.8


class Pacer:
    """Makes each request wait until its operation's rate allows it.

    A bucket of one token for each operation: no bursts, as it is not known how the target counts.
    """

    def __init__(
        self,
        *,
        processes: int = 1,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Start with full buckets.

        Args:
            processes: how many processes share the key, and so the limits.
            clock: the time in seconds.
            pause: waits so many seconds.
        """
        self.processes = processes
        self._clock = clock
        self._pause = pause
        self._next: dict[str, float] = {}

    def wait(self, operation: str, *, tier: int) -> None:
        """Wait until a request of this operation may be sent."""
        now = self._clock()
        due = max(now, self._next.get(operation, 0.0))
        self._next[operation] = due + self.interval_s(tier)
        if due > now:
            self._pause(due - now)

    def interval_s(self, tier: int) -> float:
        """Return the least time between two requests of one operation."""
        return self.processes / (TIER_RATES[tier] * SHARE_USED)

    def hold(self, operation: str, seconds: float) -> None:
        """Let nothing of this operation through for a while: the target asked for it."""
        self._next[operation] = self._clock() + seconds


def retry_after_s(value: str | None, *, default: float) -> float:
    """Return the seconds that a `Retry-After` header asks for; a date or nonsense counts as not given."""
    try:
        return min(max(float(value or default), 0.0), 60.0)
    except ValueError:
        return default
