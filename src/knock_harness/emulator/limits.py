"""Rate limits: how many requests of an operation are admitted a second, for each environment or user of it.

A request is admitted if fewer than the limit were admitted within the window before it: a log of the last admitted
ones, as long as the limit, says so in one look. Other ways were weighed and found wanting:

| way | why not |
| --- | --- |
| windows that begin with the second of the clock | twice the limit passes where two of them meet |
| a bucket that holds a second's worth, or its leaner form GCRA | twice the limit passes in the first second |
| a bucket that holds less | a burst that keeps the limit is refused |

So whatever keeps the limit in every second passes, whatever its phase (RATE-TIER-FLOOR), no window ever sees more than
the limit (RATE-TIER-CEILING), and only what was admitted counts, so that who was refused may come again as soon as the
window has passed (RATE-RECOVERY). The window is a little shorter than a second: a caller that keeps exactly to the
limit must not be refused because the network brought one request a few milliseconds early. Over a long time not more
than 1/`WINDOW` of the limit is admitted.
"""

from __future__ import annotations

import re
from collections import deque
from datetime import datetime, timedelta
from math import ceil, inf
from typing import TYPE_CHECKING, Final, TypeAlias

from .refusals import TooManyRequests

if TYPE_CHECKING:
    from knock_harness.contract import Match

__all__ = ["OFF", "ON", "RATES", "Limits", "factor"]

OFF: Final = "off"
ON: Final = "on"

#: Requests a second that each tier admits (RATE-TIER-TABLE).
RATES: Final = {1: 1.0, 2: 5.0, 3: 60.0, 4: 200.0, 5: 1000.0}
#: The operation that is always counted for each user of the path (RATE-FEED-PER-USER).
PER_USER: Final = "listUserInAppFeedItems"
#: How long an admitted request counts, as a part of the time in which the limit is to be kept.
WINDOW: Final = 0.96

#: Logs that may lie about before those nobody needs any more are looked for.
_TIDY_FROM: Final = 1024
_FACTOR = re.compile(r"([0-9]+(?:\.[0-9]+)?)x")

#: Who shares a budget: the users of an operation together, or one of them.
Scope: TypeAlias = "str | tuple[str, str]"


def factor(text: str) -> float:
    """Return by how much the limits of the tiers are multiplied; infinity where there are none.

    Args:
        text: ``off``, ``on``, or a number and an x: ``5x`` for five times as much.

    Raises:
        ValueError: it is none of these.
    """
    if text == OFF:
        return inf
    if text == ON:
        return 1.0
    read = _FACTOR.fullmatch(text)
    if read is None or float(read[1]) == 0.0:
        raise ValueError(f"limits are off, on, or a number above 0 and x, such as 5x: not {text!r}")
    return float(read[1])


class Limits:
    """The budgets of one environment.

    Args:
        times: by how much the limits of the tiers are multiplied; infinity: nothing is limited.
    """

    def __init__(self, times: float = inf) -> None:
        self.active = times != inf
        self._logs: dict[Scope, deque[datetime]] = {}
        self._tidy_at = _TIDY_FROM
        self._tiers = {tier: _most(rate * times) for tier, rate in RATES.items()} if self.active else {}
        self._longest = max((window for _, window in self._tiers.values()), default=timedelta())

    def admit(self, match: Match, *, user_id: str | None, now: datetime) -> None:
        """Count a request.

        Args:
            match: which it is.
            user_id: of the user token it came with, which has a budget of its own (RATE-SCOPE-USER-TOKEN); None: all
                keys of the environment share one (RATE-SCOPE-KEYS-SHARE).
            now: the moment of the request, by the clock of the environment.

        Raises:
            TooManyRequests: the budget is spent.
        """
        operation = match.operation
        name = operation.id
        if name == PER_USER:
            user_id = match.path["user_id"]
        scope: Scope = name if user_id is None else (name, user_id)
        most, window = self._tiers[operation.tier]
        log = self._logs.get(scope)
        if log is None:
            log = self._new_log(scope, most, now=now)
        elif len(log) == most and now - log[0] < window:
            raise TooManyRequests(after_s=max(1, ceil((window - (now - log[0])).total_seconds())))
        log.append(now)

    def _new_log(self, scope: Scope, most: int, *, now: datetime) -> deque[datetime]:
        """Begin a log; users come and go, so now and then the logs that say nothing any more are let go."""
        if len(self._logs) >= self._tidy_at:
            oldest = now - self._longest
            self._logs = {each: log for each, log in self._logs.items() if log[-1] > oldest}
            self._tidy_at = max(_TIDY_FROM, 2 * len(self._logs))
        log: deque[datetime] = deque(maxlen=most)  # who is admitted pushes out the one that counts no more
        self._logs[scope] = log
        return log


def _most(rate: float) -> tuple[int, timedelta]:
    """Return how many requests are admitted within which window, so that a rate is kept."""
    most = max(1, int(rate))
    return most, timedelta(seconds=most / rate * WINDOW)
