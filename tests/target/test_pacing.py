"""Pacing keeps each operation below its tier."""

from __future__ import annotations

import pytest

from knock_harness.target.pacing import TIER_RATES, Pacer, retry_after_s


class Watch:
    """A clock that moves when it is waited for."""

    def __init__(self) -> None:
        self.now = 0.0

    def time(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


def paced(watch: Watch, *, processes: int = 1) -> Pacer:
    return Pacer(processes=processes, clock=watch.time, pause=watch.pause)


@pytest.mark.parametrize("tier", TIER_RATES)
def test_no_second_holds_more_than_its_tier_admits(tier: int) -> None:
    watch = Watch()
    pacer = paced(watch)
    at = []
    for _ in range(3000):
        pacer.wait("listUsers", tier=tier)
        at.append(watch.now)

    busiest = max(sum(start <= time < start + 1 for time in at[index:]) for index, start in enumerate(at[:50]))

    assert busiest <= TIER_RATES[tier]


def test_operations_do_not_wait_for_each_other() -> None:
    watch = Watch()
    pacer = paced(watch)

    for operation in ("listUsers", "listTenants", "listMessages"):
        pacer.wait(operation, tier=1)

    assert watch.now == 0


def test_processes_that_share_a_key_share_its_limit() -> None:
    alone, shared = Watch(), Watch()
    for watch, processes in ((alone, 1), (shared, 4)):
        pacer = paced(watch, processes=processes)
        for _ in range(11):
            pacer.wait("listUsers", tier=2)

    assert shared.now == pytest.approx(4 * alone.now)


def test_an_operation_that_was_turned_away_is_held_back() -> None:
    watch = Watch()
    pacer = paced(watch)

    pacer.hold("listUsers", 3.0)
    pacer.wait("listUsers", tier=4)

    assert watch.now == 3.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("2", 2.0), ("0.5", 0.5), (None, 1.0), ("", 1.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 1.0), ("9999", 60), ("-1", 0)],
)
def test_retry_after_is_read(value: str | None, seconds: float) -> None:
    assert retry_after_s(value, default=1.0) == seconds
