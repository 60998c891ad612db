from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from knock_harness.emulator.faults import AnyFault, Cut, ErrorAnswer, Faults, Garbage, Latency
from knock_harness.emulator.refusals import InvalidParams

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def faults(*given: AnyFault, seed: int = 1, whose: str = "tests") -> Faults:
    made = Faults(seed, whose=whose)
    for each in given:
        made.add(each, now=NOW)
    return made


def hits(made: Faults, requests: int, *, operation: str = "getUser", now: datetime = NOW) -> list[bool]:
    return [made.strike(operation, now=now) is not None for _ in range(requests)]


def waits(latency: Latency, requests: int = 2000) -> Sequence[float]:
    made = faults(latency)
    struck = [made.strike("getUser", now=NOW) for _ in range(requests)]
    return [each.arrives_after_s for each in struck if each is not None]


def test_a_fault_hits_the_operations_of_its_glob_and_no_other() -> None:
    made = faults(ErrorAnswer(operation="bulk*"))

    assert [hits(made, 1, operation=each)[0] for each in ("bulkIdentifyUsers", "identifyUser")] == [True, False]


@pytest.mark.parametrize(
    "mistaken",
    [
        pytest.param(Cut(operation="fetchUser"), id="no such operation"),
        pytest.param(ErrorAnswer(status=430), id="a status that is neither 429 nor a failure"),
        pytest.param(Latency(distribution="uniform", low_s=2.0, high_s=1.0), id="bounds in the wrong order"),
        pytest.param(Latency(distribution="log_normal", median_s=1.0), id="a log-normal one without a width"),
        pytest.param(Latency(distribution="log_normal", median_s=1.0, p99_s=0.5), id="a p99 below the median"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(mistaken: AnyFault) -> None:
    with pytest.raises(InvalidParams):
        faults(mistaken)


def test_a_fault_ends_after_the_requests_it_was_asked_for() -> None:
    made = faults(Garbage(requests=2))

    assert hits(made, 4) == [True, True, False, False]
    assert made.active == ()


def test_a_fault_counts_the_requests_it_spares() -> None:
    made = faults(Garbage(requests=100, rate=0.3))

    assert 15 < sum(hits(made, 200)) < 45


def test_a_fault_ends_with_its_time_on_the_clock_of_the_environment() -> None:
    made = faults(Garbage(seconds=60.0))

    late = [hits(made, 1, now=NOW + timedelta(seconds=each))[0] for each in (0, 59, 60)]

    assert late == [True, True, False]


def test_a_rate_is_kept_on_the_average() -> None:
    assert 4700 < sum(hits(faults(Garbage(rate=0.5)), 10_000)) < 5300


def test_the_same_seed_hits_the_same_requests() -> None:
    first, second = (hits(faults(Garbage(rate=0.5)), 100) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("other", [{"seed": 2}, {"whose": "others"}], ids=["seed", "environment"])
def test_another_seed_or_environment_hits_other_requests(other: dict[str, Any]) -> None:
    assert hits(faults(Garbage(rate=0.5)), 100) != hits(faults(Garbage(rate=0.5), **other), 100)


def test_a_seed_of_its_own_makes_a_fault_independent_of_the_emulators() -> None:
    first, second = (hits(faults(Garbage(rate=0.5, seed=7), seed=each), 100) for each in (1, 2))

    assert first == second


def test_a_fault_is_hit_the_same_whatever_stands_beside_it() -> None:
    alone = faults(Garbage(rate=0.5))
    beside = faults(Garbage(rate=0.5), Latency(fixed_s=1.0))

    struck = [beside.strike("getUser", now=NOW) for _ in range(100)]

    assert hits(alone, 100) == [each is not None and 1 in each.faults for each in struck]


def test_a_fixed_latency_is_always_the_same() -> None:
    assert set(waits(Latency(fixed_s=0.25), 5)) == {0.25}


def test_a_uniform_latency_lies_between_its_bounds() -> None:
    drawn = waits(Latency(distribution="uniform", low_s=1.0, high_s=2.0))

    assert (round(min(drawn), 1), round(max(drawn), 1)) == (1.0, 2.0)


@pytest.mark.parametrize(
    "width", [{"sigma": 0.7}, {"p99_s": 0.1 * 2.718281828 ** (0.7 * 2.3263)}], ids=["sigma", "p99"]
)
def test_a_log_normal_latency_has_its_median_and_its_tail(width: dict[str, float]) -> None:
    drawn = sorted(waits(Latency(distribution="log_normal", median_s=0.1, **width), 20_000))

    assert median(drawn) == pytest.approx(0.1, rel=0.05)
    assert drawn[int(len(drawn) * 0.99)] == pytest.approx(0.1 * 2.718281828 ** (0.7 * 2.3263), rel=0.1)


def test_no_latency_is_longer_than_the_longest() -> None:
    drawn = waits(Latency(distribution="log_normal", median_s=1.0, sigma=3.0, longest_s=5.0))

    assert max(drawn) == 5.0


def test_latencies_add_up_and_the_first_failure_wins() -> None:
    made = faults(Latency(fixed_s=1.0), Cut(), Garbage(), Latency(fixed_s=2.0, when="after"))

    trouble = made.strike("getUser", now=NOW)

    assert trouble is not None
    assert (trouble.arrives_after_s, trouble.answered_after_s) == (1.0, 2.0)
    assert isinstance(trouble.failure, Cut)
    assert trouble.faults == (1, 2, 4)


def test_a_list_of_faults_tells_how_far_each_got() -> None:
    made = faults(Garbage(requests=3), Cut(seconds=60.0, operation="getObject"))
    hits(made, 1)

    listed = made.listed(now=NOW)

    assert [(each["id"], each["requests_met"], each["requests_left"], each["until"]) for each in listed] == [
        (1, 1, 2, None),
        (2, 0, None, "2026-03-01T12:01:00.000000Z"),
    ]


def test_a_list_of_faults_leaves_out_those_that_are_over() -> None:
    made = faults(Garbage(seconds=60.0))

    assert made.listed(now=NOW + timedelta(seconds=60)) == []


def test_a_fault_can_be_ended_by_its_number() -> None:
    made = faults(Garbage(), Cut())

    assert made.remove([1, 9]) == 1
    assert [each["id"] for each in made.listed(now=NOW)] == [2]


def test_all_faults_can_be_ended_at_once() -> None:
    made = faults(Garbage(), Cut())

    assert made.remove() == 2
    assert not Counter(hits(made, 3))[True]


@pytest.mark.parametrize("text", ['{"kind": "cut", "at": "answer", "rate": 0.5}', '{"kind": "latency", "fixed_s": 1}'])
def test_a_fault_is_read_from_json(text: str) -> None:
    assert isinstance(msgspec.json.decode(text, type=AnyFault), Cut | Latency)


@pytest.mark.parametrize("text", ['{"kind": "cut", "rate": 1.1}', '{"kind": "flood"}', '{"kind": "cut", "size": 1}'])
def test_json_that_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=AnyFault)
