"""How long a pause or a window lasts, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from knock_harness.emulator.clock import moment

from .conditions import MISSING
from .recurrence import next_occurrence, rule

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["InvalidDelay", "duration", "ends_at", "zone"]

UNITS: Final = frozenset({"seconds", "minutes", "hours", "days", "weeks", "months"})


class InvalidDelay(Exception):
    """What a pause or a window is read from is missing, malformed or in the past (DELAY-DYNAMIC-INVALID-SKIPS)."""


def duration(value: Mapping[str, Any]) -> relativedelta:
    """Read ``{"unit": "hours", "value": 1}``; a month is one of the calendar.

    Raises:
        InvalidDelay: it is no duration.
    """
    unit, number = value.get("unit"), value.get("value")
    if unit not in UNITS or not isinstance(number, int) or isinstance(number, bool):
        raise InvalidDelay(f"{value!r} is no duration")
    try:
        return relativedelta(**{str(unit): number})  # type: ignore[arg-type]  # a unit is the name of a number
    except OverflowError:
        raise InvalidDelay(f"{value!r} is too long") from None


def ends_at(
    length: Mapping[str, Any] | None, value: Any = None, *, is_dynamic: bool, now: datetime, timezone: ZoneInfo
) -> datetime:
    """Return the moment at which a pause or a window that begins now ends.

    Args:
        length: how long it lasts; of a dynamic one: how long after what the value says it ends, or before it where the
            length is negative (DELAY-RELATIVE).
        value: of a dynamic one: a timestamp, a duration or a window rule, as it was found.
        is_dynamic: whether the value says when it ends.
        now: when it begins.
        timezone: of the recipient, for window rules (DELAY-WINDOW-RULE-TIMEZONE).

    Raises:
        InvalidDelay: see there.
    """
    try:
        if not is_dynamic:
            return now + duration(length or {})
        until = _until(value, now=now, timezone=timezone)
        if length:
            until += duration(length)
    except (OverflowError, ValueError) as error:
        raise InvalidDelay(str(error)) from None
    if until <= now:
        raise InvalidDelay(f"{until.isoformat()} is in the past")
    return until


def _until(value: Any, *, now: datetime, timezone: ZoneInfo) -> datetime:
    if value is MISSING or value is None:
        raise InvalidDelay("there is nothing at the path")
    if isinstance(value, str):
        return moment(value)
    if not isinstance(value, dict):
        raise InvalidDelay(f"{value!r} is no timestamp, duration or rule")
    if "frequency" not in value:
        return now + duration(value)
    found = next_occurrence([rule(value)], start=now + timedelta(microseconds=1), after=now, zone=timezone)
    if found is None:
        raise InvalidDelay("the rule never happens")
    return found


@lru_cache(maxsize=1024)
def zone(name: Any, *, default: str) -> ZoneInfo:
    """Return a timezone by its name, or the default one where there is none of that name (SCHED-TIMEZONE-FALLBACK)."""
    try:
        return ZoneInfo(name)
    except (ValueError, TypeError, OSError, LookupError):
        return ZoneInfo(default)
