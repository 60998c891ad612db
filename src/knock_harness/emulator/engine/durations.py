"""How long a delay lasts, and until when."""

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

__all__ = ["InvalidDelay", "duration", "resume_at", "zone"]

UNITS: Final = frozenset({"seconds", "minutes", "hours", "days", "weeks", "months"})


class InvalidDelay(Exception):
    """What a delay is read from is missing, malformed or a time in the past (DELAY-DYNAMIC-INVALID-SKIPS)."""


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


def resume_at(settings: Mapping[str, Any], value: Any, *, now: datetime, timezone: ZoneInfo) -> datetime:
    """Return the moment at which a delay that begins now ends.

    Args:
        settings: of the step: ``delay_for``, ``delay_until_field_path`` or both; both: that long after the timestamp,
            or before it where the value is negative (DELAY-RELATIVE).
        value: what the path leads to.
        now: when the step is reached.
        timezone: of the recipient, for window rules (DELAY-WINDOW-RULE-TIMEZONE).

    Raises:
        InvalidDelay: see there.
    """
    delay_for = settings.get("delay_for")
    try:
        if not settings.get("delay_until_field_path"):
            return now + duration(delay_for or {})
        until = _until(value, now=now, timezone=timezone)
        if delay_for and isinstance(value, str):
            until += duration(delay_for)
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
