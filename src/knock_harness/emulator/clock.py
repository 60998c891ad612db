"""Time as the emulator sees it, and how the API writes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import inf
from typing import Final, Protocol

import msgspec
from dateutil.parser import isoparse

__all__ = ["NEVER", "STANDS_STILL", "Clock", "RunningClock", "VirtualClock", "moment", "stamp"]

_encode = msgspec.json.Encoder().encode  # writes a moment in a tenth of the time that isoformat takes
_LENGTH: Final = len("2026-01-01T00:00:00.000000Z")
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)


#: Later than any moment of the machine's clock.
NEVER: Final = inf
#: The moment of the machine's clock at which a moment comes that has come already, on a clock that stands still.
STANDS_STILL: Final = 0.0


class Clock(Protocol):
    """The time of an environment, which can be moved forward."""

    def now(self) -> datetime:
        """Return the moment, in UTC."""
        ...

    def move_to(self, at: datetime) -> None:
        """Let it be another moment from now on."""
        ...

    def machine_time(self, at: datetime) -> float:
        """Return when it will be that moment by the clock of the machine, in seconds since 1970; or `NEVER`."""
        ...


class RunningClock:
    """The clock of this machine, ahead of it by as much as it was moved.

    Args:
        at: the moment it shows at first; None: that of the machine.
    """

    def __init__(self, at: datetime | None = None) -> None:
        self._ahead = timedelta()
        if at is not None:
            self.move_to(at)

    def now(self) -> datetime:
        """Return the moment, in UTC."""
        return datetime.now(UTC) + self._ahead

    def move_to(self, at: datetime) -> None:
        """Let it be another moment now, and go on from there."""
        self._ahead = at - datetime.now(UTC)

    def machine_time(self, at: datetime) -> float:
        """Return when it will be that moment by the clock of the machine, in seconds since 1970."""
        return (at - self._ahead).timestamp()


class VirtualClock:
    """A clock that stands still until it is moved.

    Args:
        at: the moment it shows at first.
    """

    def __init__(self, at: datetime) -> None:
        self._now = at

    def now(self) -> datetime:
        """Return the moment it stands at, in UTC."""
        return self._now

    def move_to(self, at: datetime) -> None:
        """Stand at another moment."""
        self._now = at

    def machine_time(self, at: datetime) -> float:
        """Return `STANDS_STILL` for a moment that has come, else `NEVER`."""
        return STANDS_STILL if at <= self._now else NEVER


def stamp(at: datetime) -> str:
    """Write a moment as the API does: UTC, microseconds, Z. Texts of this form sort as the moments do."""
    text = _encode(at if at.tzinfo is UTC else at.astimezone(UTC))[1:-1].decode()
    return text if len(text) == _LENGTH else f"{text[:-1]}.000000Z"


def moment(text: str) -> datetime:
    """Read an ISO 8601 timestamp; without an offset it is UTC (QUERY-DATETIME-FORMS).

    What the offset takes out of the calendar is the first or the last moment of it.

    Raises:
        ValueError: the text is no timestamp.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = isoparse(text)
    if at.tzinfo is None:
        return at.replace(tzinfo=UTC)
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return _FIRST if at.year == _FIRST.year else _LAST
