from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from knock_harness.emulator.engine.conditions import MISSING
from knock_harness.emulator.engine.durations import InvalidDelay, duration, ends_at, zone

NOW = datetime(2026, 1, 30, 12, 0, tzinfo=UTC)
UTC_ZONE = ZoneInfo("Etc/UTC")


@pytest.mark.promise("DELAY-FIXED")
@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        ("seconds", 30, NOW + timedelta(seconds=30)),
        ("minutes", 5, NOW + timedelta(minutes=5)),
        ("hours", 1, NOW + timedelta(hours=1)),
        ("days", 2, NOW + timedelta(days=2)),
        ("weeks", 1, NOW + timedelta(weeks=1)),
        ("months", 1, NOW.replace(month=2, day=28)),
    ],
)
def test_a_fixed_delay_lasts_so_long(unit: str, value: int, expected: datetime) -> None:
    ends = ends_at({"unit": unit, "value": value}, is_dynamic=False, now=NOW, timezone=UTC_ZONE)

    assert ends == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-31T12:00:00+01:00", "2026-01-31T11:00:00+00:00"),
        ({"unit": "hours", "value": 3}, "2026-01-30T15:00:00+00:00"),
        ({"frequency": "daily", "hours": 9}, "2026-01-31T00:00:00+00:00"),
    ],
    ids=["timestamp", "duration", "window rule"],
)
def test_a_dynamic_delay_understands_three_forms(value: Any, expected: str) -> None:
    ends = ends_at(None, value, is_dynamic=True, now=NOW, timezone=ZoneInfo("Asia/Tokyo"))

    assert ends.isoformat() == expected


@pytest.mark.parametrize(("hours", "expected"), [(-1, 2), (1, 4)], ids=["before", "after"])
def test_a_relative_delay_ends_before_or_after_the_timestamp(hours: int, expected: int) -> None:
    length = {"unit": "hours", "value": hours}

    ends = ends_at(length, "2026-01-30T15:00:00Z", is_dynamic=True, now=NOW, timezone=UTC_ZONE)

    assert ends == NOW + timedelta(hours=expected)


@pytest.mark.parametrize(
    "value",
    [
        MISSING,
        None,
        "soon",
        "",
        7,
        [],
        {},
        {"unit": "aeons", "value": 1},
        {"unit": "hours", "value": "1"},
        {"unit": "hours", "value": -1},
        {"unit": "days", "value": 10**12},
        {"unit": "months", "value": 10**9},
        {"frequency": "never"},
        "2020-01-01T00:00:00Z",
        "2026-01-30T12:00:00Z",
    ],
    ids=repr,
)
def test_what_is_no_moment_in_the_future_is_an_invalid_delay(value: Any) -> None:
    with pytest.raises(InvalidDelay):
        ends_at(None, value, is_dynamic=True, now=NOW, timezone=UTC_ZONE)


def test_a_duration_is_a_unit_and_a_whole_number() -> None:
    with pytest.raises(InvalidDelay):
        duration({"unit": "hours", "value": 1.5})


@pytest.mark.parametrize("name", [None, "", "Nowhere/City", "../etc/passwd", 5, "\0"])
def test_what_names_no_timezone_means_the_default(name: Any) -> None:
    assert zone(name, default="Europe/Berlin").key == "Europe/Berlin"
