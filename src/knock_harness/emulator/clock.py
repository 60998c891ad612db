"""Time as the emulator sees it, and how the API writes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import msgspec
from dateutil.parser import isoparse

__all__ = ["Clock", "FixedClock", "RealClock", "moment", "stamp"]

_encode = msgspec.json.Encoder().encode  # writes a moment in a tenth of the time that isoformat takes
_LENGTH: Final = len("2026-01-01T00:00:00.000000Z")
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)


class Clock(Protocol):
    """Something that knows the time."""

    def now(self) -> datetime:
        """Return the moment, in UTC."""
        ...


class RealClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the moment, in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._now = at

    def now(self) -> datetime:
        """Return the moment it stands at, in UTC."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move forward by a duration of at least zero."""
        self._now += by


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
