from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from knock_harness.errors import ExitCode
from knock_harness.verify.observations import ItemReport, Observation
from knock_harness.verify.verdict import Course
from tests.verify.samples import failed, passed, report, requirement, results

if TYPE_CHECKING:
    from knock_harness.contract.requirements import Level

A, B = requirement("A"), requirement("B")
FAULT = Observation("A", None, "error", reason="KeyError: 'id'")
SKIP = Observation("A", None, "skipped", reason="the target lacks the capability clock")


def test_a_run_in_which_every_must_held_is_conformant() -> None:
    verdict = results(report(passed("A"), passed("B")), requirements=(A, B)).verdict

    assert (verdict.title, verdict.exit_code) == ("conformant", ExitCode.OK)


def test_one_broken_must_outweighs_every_success() -> None:
    verdict = results(report(passed("A"), failed("A")), requirements=(A,)).verdict

    assert (verdict.title, verdict.exit_code) == ("not conformant", ExitCode.NOT_CONFORMANT)


@pytest.mark.parametrize("level", ["should", "may"])
def test_a_broken_promise_below_must_leaves_the_target_conformant(level: Level) -> None:
    weak = requirement("B", level=level)

    assert results(report(passed("A"), failed("B")), requirements=(A, weak)).verdict.title == "conformant"


@pytest.mark.parametrize(
    ("reports", "course", "reason"),
    [
        pytest.param((), Course(0, 0), "nothing was judged", id="no test at all"),
        pytest.param((report(SKIP),), Course(1, 1), "nothing was judged", id="everything skipped"),
        pytest.param(
            (report(passed("A")),), Course(2, 1), "1 of 2 tests did not run to the end", id="a test is missing"
        ),
        pytest.param((report(passed("A")),), Course(1, 1, dead_workers=1), "1 worker process died", id="a dead worker"),
        pytest.param((report(passed("A")),), Course(1, 1, complaint="pytest broke"), "pytest broke", id="pytest broke"),
        pytest.param((report(passed("A"), FAULT),), Course(1, 1), "1 test came to grief", id="a fault of the harness"),
        pytest.param((report(),), Course(1, 1), "not judged: A", id="a requirement without a finding"),
    ],
)
def test_a_run_that_judged_too_little_comes_to_no_verdict(
    reports: tuple[ItemReport, ...], course: Course, reason: str
) -> None:
    verdict = results(*reports, requirements=(A,) if reports else (), course=course).verdict

    assert verdict.exit_code == ExitCode.NO_VERDICT
    assert any(each.startswith(reason) for each in verdict.reasons)


def test_an_interrupted_run_says_that_it_is_partial() -> None:
    verdict = results(report(passed("A")), requirements=(A,), course=Course(9, 1, interrupted=True)).verdict

    assert (verdict.title, verdict.exit_code) == ("partial: no verdict", ExitCode.INTERRUPTED)


def test_a_dead_worker_leaves_no_verdict_even_beside_a_broken_must() -> None:
    verdict = results(report(failed("A")), requirements=(A,), course=Course(1, 1, dead_workers=1)).verdict

    assert verdict.exit_code == ExitCode.NO_VERDICT


def test_a_broken_must_stands_beside_a_fault_of_the_harness() -> None:
    verdict = results(report(failed("A"), FAULT), requirements=(A,)).verdict

    assert (verdict.title, verdict.exit_code) == ("partial: not conformant", ExitCode.NOT_CONFORMANT)


def test_an_unstable_finding_breaks_nothing() -> None:
    unstable = Observation("A", "getUser", "unstable")

    assert results(report(unstable, passed("B")), requirements=(A, B)).verdict.title == "conformant"


def test_what_was_not_selected_is_not_judged() -> None:
    found = results(report(passed("A"), failed("B")), requirements=(A,))

    assert [each.id for each in found.requirements] == ["A"]
    assert not found.failures


def test_failures_stand_strongest_first() -> None:
    weak = requirement("AA", level="may")
    found = results(report(failed("AA"), failed("B")), requirements=(weak, B))

    assert [each.requirement for each in found.failures] == ["B", "AA"]


def test_the_reasons_of_skips_are_told_once() -> None:
    found = results(report(SKIP), report(SKIP, item="test_b"), requirements=(A,))

    assert found.requirements[0].skipped_because == ("the target lacks the capability clock",)
