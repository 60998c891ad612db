"""When something that repeats happens next: rules in the wall-clock time of a timezone."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

__all__ = ["DAYS", "Rule", "next_occurrence", "rule"]

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHORTHANDS: Final[Mapping[str, Sequence[str]]] = {"weekdays": DAYS[:5], "weekends": DAYS[5:]}  # SCHED-DAYS-SHORTHAND
#: Periods that are looked through for one that has an occurrence, before a rule counts as never happening.
_FARTHEST: Final = 1000


class Rule(NamedTuple):
    """One rule of a schedule.

    Attributes:
        frequency: ``hourly``, ``daily``, ``weekly`` or ``monthly``.
        interval: periods from one occurrence to the next (SCHED-INTERVAL).
        days: weekdays that it is restricted to, Monday is 0; empty: any.
        day_of_month: of a monthly rule; None: the day of its start.
        hours: of the wall clock; an hourly rule has none.
        minutes: of the wall clock.
    """

    frequency: str
    interval: int = 1
    days: frozenset[int] = frozenset()
    day_of_month: int | None = None
    hours: int = 0
    minutes: int = 0


def rule(value: Mapping[str, Any]) -> Rule:
    """Read a rule as the API writes it.

    Raises:
        ValueError: it has no meaning; what the contract promises of a rule need not have been checked before.
    """
    frequency = value.get("frequency")
    if frequency not in {"hourly", "daily", "weekly", "monthly"}:
        raise ValueError(f"frequency {frequency!r} is none of hourly, daily, weekly and monthly")
    days = value.get("days") or ()
    names = _SHORTHANDS.get(days, ()) if isinstance(days, str) else days
    if not set(names) <= set(DAYS) or (days and not names):
        raise ValueError(f"days {days!r} are no weekdays")
    numbers = {name: value.get(name) for name in ("interval", "day_of_month", "hours", "minutes")}
    for name, number in numbers.items():
        if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
            raise ValueError(f"{name} {number!r} is no whole number")
    found = Rule(
        frequency,
        1 if numbers["interval"] is None else numbers["interval"],
        frozenset(DAYS.index(each) for each in names),
        numbers["day_of_month"],
        numbers["hours"] or 0,  # SCHED-TIME-DEFAULTS
        numbers["minutes"] or 0,
    )
    day = found.day_of_month
    if found.interval < 1 or not 0 <= found.hours <= 23 or not 0 <= found.minutes <= 59:
        raise ValueError("interval, hours or minutes are out of bounds")
    if day is not None and not 1 <= day <= 31:
        raise ValueError("day_of_month is out of bounds")
    return found


def next_occurrence(
    rules: Sequence[Rule],
    *,
    start: datetime,
    after: datetime,
    zone: ZoneInfo,
    until: datetime | None = None,
) -> datetime | None:
    """Return the first instant after a moment at which any of the rules happens (SCHED-SEVERAL-RULES).

    Args:
        rules: at least one.
        start: nothing happens before it, and intervals count from the first occurrence that does not lie before it.
        after: nothing at or before it is returned.
        zone: whose wall clock the rules mean; across a change of the clocks the local time stays (SCHED-TIMEZONE-DST).
        until: nothing happens after it.

    Returns:
        The instant in UTC; None if there is none.
    """
    candidates = [_next(each, start=start, after=after, zone=zone) for each in rules]
    first = min((each for each in candidates if each is not None), default=None)
    return None if first is None or (until is not None and first > until) else first


def _next(each: Rule, *, start: datetime, after: datetime, zone: ZoneInfo) -> datetime | None:
    try:
        origin = _period(each, start, zone)
        once = each._replace(interval=1)
        first = next(_from(once, origin, start=start, beyond=start - timedelta(microseconds=1), zone=zone), None)
        if first is None:
            return None
        origin = _period(each, first, zone)
        steps = max(0, (_period(each, max(after, first), zone) - origin) // each.interval)
        return next(_from(each, origin + steps * each.interval, start=start, beyond=after, zone=zone), None)
    except (OverflowError, ValueError):  # beyond the end of the calendar
        return None


def _from(each: Rule, period: int, *, start: datetime, beyond: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    for number in range(_FARTHEST):
        for instant in _instants(each, period + number * each.interval, start=start, zone=zone):
            if instant > beyond and instant >= start:
                yield instant


def _period(each: Rule, at: datetime, zone: ZoneInfo) -> int:
    """Return the number of the period that an instant lies in: an hour, a local day, week or month."""
    if each.frequency == "hourly":
        return int(at.timestamp()) // 3600
    local = at.astimezone(zone).date()
    if each.frequency == "monthly":
        return local.year * 12 + local.month - 1
    return local.toordinal() if each.frequency == "daily" else (local.toordinal() - 1) // 7


def _instants(each: Rule, period: int, *, start: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the instants of a period at which a rule happens, in order."""
    if each.frequency == "hourly":
        return _in_hour(each, period, zone)
    clock = time(each.hours, each.minutes)
    return [
        datetime.combine(day, clock, tzinfo=zone).astimezone(UTC) for day in _days(each, period, start.astimezone(zone))
    ]


def _days(each: Rule, period: int, start: datetime) -> list[date]:
    if each.frequency == "monthly":
        if period > 9999 * 12:
            raise OverflowError
        year, month = divmod(period, 12)
        number = each.day_of_month or start.day
        return [date(year, month + 1, min(number, monthrange(year, month + 1)[1]))]  # SCHED-MONTHLY-SHORT-MONTH
    if period > 3_600_000:
        raise OverflowError
    if each.frequency == "daily":
        day = date.fromordinal(period)
        return [day] if not each.days or day.weekday() in each.days else []
    monday = date.fromordinal(period * 7 + 1)
    return [monday + timedelta(days=weekday) for weekday in sorted(each.days or {start.weekday()})]


def _in_hour(each: Rule, period: int, zone: ZoneInfo) -> list[datetime]:
    hour = datetime.fromtimestamp(period * 3600, UTC)
    at = hour + timedelta(minutes=(each.minutes - hour.astimezone(zone).minute) % 60)
    return [at] if not each.days or at.astimezone(zone).weekday() in each.days else []
