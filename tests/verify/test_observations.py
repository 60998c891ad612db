from __future__ import annotations

import pytest

from knock_harness.errors import InvalidDocument
from knock_harness.verify.observations import Judge

KNOWN = frozenset({"A", "B"})


@pytest.fixture
def judge() -> Judge:
    return Judge(KNOWN)


def test_successes_are_counted(judge: Judge) -> None:
    judge.passed("A", "getUser")
    judge.passed("A", "getUser")

    assert [(each.outcome, each.count) for each in judge.observations()] == [("passed", 2)]


def test_the_last_failure_stays_as_the_smallest_is_repeated_last(judge: Judge) -> None:
    judge.failed("A", "getUser", expected="1", got="large")
    judge.failed("A", "getUser", expected="1", got="small")

    (seen,) = judge.observations()
    assert (seen.count, seen.finding and seen.finding.got) == (2, "small")


def test_a_shrunk_failure_is_not_replaced_by_a_larger_one(judge: Judge) -> None:
    judge.failed("A", "getUser", expected="1", got="small", shrunk=True)
    judge.failed("A", "getUser", expected="1", got="large")

    (seen,) = judge.observations()
    assert seen.finding is not None
    assert seen.finding.got == "small"


def test_a_withdrawn_failure_is_unstable(judge: Judge) -> None:
    judge.failed("A", "getUser", expected="1", got="2")
    judge.withdraw_failures()

    assert [each.outcome for each in judge.observations()] == ["unstable"]


def test_a_requirement_that_is_not_defined_is_refused(judge: Judge) -> None:
    with pytest.raises(InvalidDocument, match="'C'"):
        judge.passed("C", "getUser")


def test_a_new_book_is_empty(judge: Judge) -> None:
    assert judge.is_empty


def test_a_skip_keeps_its_reason(judge: Judge) -> None:
    judge.skipped("B", None, "no clock")

    assert [(each.outcome, each.reason) for each in judge.observations()] == [("skipped", "no clock")]
