from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from knock_harness.contract.steps import SendWindow
from knock_harness.emulator.engine.send_windows import opens_at

UTC_ZONE, TOKYO, BERLIN = (ZoneInfo(name) for name in ("Etc/UTC", "Asia/Tokyo", "Europe/Berlin"))
OFFICE = tuple(SendWindow(day, day < 5, 9 * 60, 17 * 60) for day in range(7))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "opens"),
    [
        ("2026-03-02T09:00", UTC_ZONE, "2026-03-02T09:00"),
        ("2026-03-02T16:59", UTC_ZONE, "2026-03-02T16:59"),
        ("2026-03-02T17:00", UTC_ZONE, "2026-03-03T09:00"),
        ("2026-03-02T08:59", UTC_ZONE, "2026-03-02T09:00"),
        ("2026-03-06T18:00", UTC_ZONE, "2026-03-09T09:00"),
        ("2026-03-02T00:00", TOKYO, "2026-03-02T00:00"),
        ("2026-03-02T08:00", TOKYO, "2026-03-03T00:00"),
        ("2026-03-27T20:00", BERLIN, "2026-03-30T07:00"),
    ],
    ids=["opening", "last minute", "closing", "before", "weekend", "Tokyo", "Tokyo, evening", "summer time begins"],
)
def test_the_next_open_moment_is_found_on_the_wall_clock(now: str, zone: ZoneInfo, opens: str) -> None:
    assert opens_at(OFFICE, now=at(now), timezone=zone) == at(opens)


@pytest.mark.parametrize("now", ["2026-03-02T00:00", "2026-03-02T23:59"])
def test_a_day_without_bounds_is_open_from_midnight_to_midnight(now: str) -> None:
    assert opens_at([SendWindow(0)], now=at(now), timezone=UTC_ZONE) == at(now)


def test_a_day_that_is_closed_is_left_out_until_the_same_day_of_the_next_week() -> None:
    assert opens_at([SendWindow(0, True, 0, 60)], now=at("2026-03-02T01:00"), timezone=UTC_ZONE) == at(
        "2026-03-09T00:00"
    )


def test_the_day_is_that_of_the_timezone() -> None:
    evening = [SendWindow(0, True, 18 * 60, 22 * 60)]
    now = at("2026-03-03T01:00")  # a Tuesday, and Monday still in New York

    assert opens_at(evening, now=now, timezone=ZoneInfo("America/New_York")) == now


def test_where_no_day_is_open_nothing_ever_goes() -> None:
    assert opens_at([SendWindow(0, sends=False)], now=at("2026-03-02T01:00"), timezone=UTC_ZONE) is None
