from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knock_harness.emulator.engine.recurrence import DAYS, Rule, next_occurrence, rule

UTC_ZONE = ZoneInfo("Etc/UTC")
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 2, 12, 0, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def series(value: dict[str, Any], count: int, *, start: datetime = MONDAY, zone: ZoneInfo = UTC_ZONE) -> list[str]:
    found, after = [], start
    for _ in range(count):
        following = next_occurrence([rule(value)], start=start, after=after, zone=zone)
        assert following is not None
        found.append(following.strftime("%a %d %b %H:%M"))
        after = following
    return found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"frequency": "daily", "hours": 9}, ["Tue 03 Mar 09:00", "Wed 04 Mar 09:00", "Thu 05 Mar 09:00"]),
        ({"frequency": "daily", "hours": 15, "minutes": 30}, ["Mon 02 Mar 15:30", "Tue 03 Mar 15:30"]),
        ({"frequency": "daily"}, ["Tue 03 Mar 00:00", "Wed 04 Mar 00:00"]),
        ({"frequency": "daily", "interval": 3, "hours": 9}, ["Tue 03 Mar 09:00", "Fri 06 Mar 09:00"]),
        ({"frequency": "daily", "days": ["sat"], "hours": 1}, ["Sat 07 Mar 01:00", "Sat 14 Mar 01:00"]),
        ({"frequency": "weekly", "days": ["wed", "mon"], "hours": 9}, ["Wed 04 Mar 09:00", "Mon 09 Mar 09:00"]),
        ({"frequency": "weekly", "days": "weekends"}, ["Sat 07 Mar 00:00", "Sun 08 Mar 00:00", "Sat 14 Mar 00:00"]),
        ({"frequency": "weekly", "days": "weekdays", "hours": 13}, ["Mon 02 Mar 13:00", "Tue 03 Mar 13:00"]),
        (
            {"frequency": "weekly", "interval": 2, "days": ["tue", "thu"]},
            ["Tue 03 Mar 00:00", "Thu 05 Mar 00:00", "Tue 17 Mar 00:00", "Thu 19 Mar 00:00"],
        ),
        ({"frequency": "weekly", "hours": 9}, ["Mon 09 Mar 09:00", "Mon 16 Mar 09:00"]),
        ({"frequency": "monthly", "day_of_month": 15}, ["Sun 15 Mar 00:00", "Wed 15 Apr 00:00", "Fri 15 May 00:00"]),
        ({"frequency": "monthly", "day_of_month": 31}, ["Tue 31 Mar 00:00", "Thu 30 Apr 00:00", "Sun 31 May 00:00"]),
        ({"frequency": "monthly", "interval": 6, "day_of_month": 1}, ["Wed 01 Apr 00:00", "Thu 01 Oct 00:00"]),
        ({"frequency": "hourly"}, ["Mon 02 Mar 13:00", "Mon 02 Mar 14:00"]),
        ({"frequency": "hourly", "minutes": 25}, ["Mon 02 Mar 12:25", "Mon 02 Mar 13:25"]),
        ({"frequency": "hourly", "interval": 8}, ["Mon 02 Mar 13:00", "Mon 02 Mar 21:00", "Tue 03 Mar 05:00"]),
    ],
    ids=str,
)
def test_a_rule_happens_when_it_says(value: dict[str, Any], expected: list[str]) -> None:
    assert series(value, len(expected)) == expected


def test_the_wall_clock_of_the_timezone_counts() -> None:
    assert series({"frequency": "daily", "hours": 9}, 1, zone=ZoneInfo("Asia/Tokyo")) == ["Tue 03 Mar 00:00"]


def test_the_local_time_stays_when_the_clocks_change() -> None:
    days = series({"frequency": "daily", "hours": 9}, 3, start=at("2026-03-27T12:00"), zone=BERLIN)

    assert days == ["Sat 28 Mar 08:00", "Sun 29 Mar 07:00", "Mon 30 Mar 07:00"]


def test_an_hourly_rule_counts_minutes_of_the_wall_clock() -> None:
    assert series({"frequency": "hourly", "minutes": 15}, 1, zone=ZoneInfo("Asia/Kolkata")) == ["Mon 02 Mar 12:45"]


def test_of_several_rules_the_earliest_comes_next() -> None:
    rules = [rule({"frequency": "daily", "hours": 18}), rule({"frequency": "daily", "hours": 15})]

    assert next_occurrence(rules, start=MONDAY, after=MONDAY, zone=UTC_ZONE) == at("2026-03-02T15:00")


def test_nothing_happens_before_the_start_but_something_may_at_it() -> None:
    start = at("2026-05-01T09:00")

    daily = next_occurrence([Rule("daily", hours=9)], start=start, after=MONDAY, zone=UTC_ZONE)

    assert daily == start


def test_nothing_happens_after_the_end() -> None:
    rules, end = [Rule("daily", hours=9)], at("2026-03-03T09:00")

    assert next_occurrence(rules, start=MONDAY, after=MONDAY, zone=UTC_ZONE, until=end) == end
    assert next_occurrence(rules, start=MONDAY, after=end, zone=UTC_ZONE, until=end) is None


def test_intervals_count_from_the_first_occurrence_however_much_later_it_is_asked() -> None:
    every_third = [Rule("daily", interval=3, hours=9)]

    found = next_occurrence(every_third, start=MONDAY, after=at("2031-01-01T00:00"), zone=UTC_ZONE)

    assert found is not None
    assert (found.date() - at("2026-03-03T09:00").date()).days % 3 == 0


@pytest.mark.parametrize("frequency", ["hourly", "daily", "weekly", "monthly"])
@pytest.mark.parametrize("start", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)], ids=str)
def test_the_ends_of_the_calendar_are_no_fault(frequency: str, start: datetime) -> None:
    found = next_occurrence([Rule(frequency, minutes=5)], start=start, after=MONDAY, zone=BERLIN)

    assert found is None or found > MONDAY


def test_an_interval_beyond_the_calendar_never_comes_again() -> None:
    rules, first = [Rule("monthly", interval=10**9)], at("2026-04-02T00:00")

    assert next_occurrence(rules, start=MONDAY, after=MONDAY, zone=UTC_ZONE) == first
    assert next_occurrence(rules, start=MONDAY, after=first, zone=UTC_ZONE) is None


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"frequency": "yearly"},
        {"frequency": "daily", "hours": 24},
        {"frequency": "daily", "minutes": -5},
        {"frequency": "daily", "interval": 0},
        {"frequency": "daily", "hours": "9"},
        {"frequency": "daily", "hours": True},
        {"frequency": "weekly", "days": ["monday"]},
        {"frequency": "weekly", "days": "someday"},
        {"frequency": "monthly", "day_of_month": 32},
        {"frequency": "monthly", "day_of_month": 0},
    ],
    ids=str,
)
def test_a_rule_without_meaning_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        rule(value)


def rules() -> st.SearchStrategy[Rule]:
    return st.builds(
        Rule,
        st.sampled_from(["hourly", "daily", "weekly", "monthly"]),
        interval=st.integers(1, 5),
        days=st.frozensets(st.integers(0, len(DAYS) - 1)),
        day_of_month=st.none() | st.integers(1, 31),
        hours=st.integers(0, 23),
        minutes=st.integers(0, 11).map(lambda number: number * 5),
    )


@given(
    each=rules(),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Etc/UTC"]).map(ZoneInfo),
    days=st.integers(0, 800),
)
def test_an_occurrence_fits_its_rule_and_none_is_left_out(each: Rule, zone: ZoneInfo, days: int) -> None:
    after = MONDAY + timedelta(days=days)
    found = next_occurrence([each], start=MONDAY, after=after, zone=zone)
    assert found is not None
    local = found.astimezone(zone)

    assert found > after
    assert local.minute == each.minutes
    assert each.frequency in {"hourly", "monthly"} or not each.days or local.weekday() in each.days
    assert next_occurrence([each], start=MONDAY, after=found - timedelta(microseconds=1), zone=zone) == found
