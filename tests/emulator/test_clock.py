from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knock_harness.emulator import RunningClock, VirtualClock
from knock_harness.emulator.clock import NEVER, moment, stamp

moments = st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(at=moments)
def test_a_written_moment_reads_back_as_itself(at: datetime) -> None:
    assert moment(stamp(at)) == at


@given(first=moments, second=moments)
def test_written_moments_sort_as_the_moments_do(first: datetime, second: datetime) -> None:
    assert (stamp(first) < stamp(second)) == (first < second)


@pytest.mark.parametrize(
    "text",
    ["2024-01-02T03:04:05Z", "2024-01-02T04:04:05+01:00", "2024-01-02T03:04:05", "2024-01-02T03:04:05.000000+00:00"],
)
def test_the_forms_that_clients_send_name_the_same_moment(text: str) -> None:
    assert moment(text) == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2024-13-01T00:00:00Z"])
def test_a_text_that_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        moment(text)


def test_a_moment_is_written_in_utc() -> None:
    at = datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))

    assert stamp(at) == "2024-01-02T01:04:05.000000Z"


def test_a_virtual_clock_moves_only_when_it_is_moved() -> None:
    clock = VirtualClock(datetime(2024, 1, 1, tzinfo=UTC))
    clock.move_to(datetime(2024, 1, 1, 1, tzinfo=UTC))

    assert clock.now() == datetime(2024, 1, 1, 1, tzinfo=UTC)


def test_a_running_clock_goes_on_from_where_it_was_moved_to() -> None:
    there = datetime(2040, 1, 1, tzinfo=UTC)
    clock = RunningClock(there)
    first, second = clock.now(), clock.now()

    assert there <= first <= second < there + timedelta(minutes=1)


def test_a_running_clock_knows_when_its_moments_come_by_the_clock_of_the_machine() -> None:
    clock = RunningClock()
    clock.move_to(clock.now() + timedelta(days=1))

    ahead_s = clock.now().timestamp() - clock.machine_time(clock.now())

    assert ahead_s == pytest.approx(timedelta(days=1).total_seconds(), abs=1)


def test_what_is_later_than_a_virtual_clock_never_comes_by_itself() -> None:
    clock = VirtualClock(datetime(2024, 1, 1, tzinfo=UTC))

    assert clock.machine_time(clock.now()) == 0.0
    assert clock.machine_time(clock.now() + timedelta(microseconds=1)) == NEVER


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("0001-01-01T00:01:00+03:04", "0001-01-01T00:00:00.000000Z", id="before its beginning"),
        pytest.param("9999-12-31T23:59:00-03:04", "9999-12-31T23:59:59.999999Z", id="after its end"),
    ],
)
def test_a_moment_that_its_offset_takes_out_of_the_calendar_is_at_the_edge(text: str, written: str) -> None:
    assert stamp(moment(text)) == written
