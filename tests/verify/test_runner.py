from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from knock_harness.contract import requirements
from knock_harness.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from knock_harness.verify import Results

    RunSuite = Callable[..., Results]

OUTCOMES = """
import itertools
import pytest
from hypothesis import given, settings, strategies as st

@pytest.mark.requirement("REQID-PRESENT")
def test_that_passes_without_a_word(client):
    assert client.send("GET", "/v1/users").headers["x-request-id"]

@pytest.mark.requirement("HTTP-204-EMPTY")
@pytest.mark.parametrize("operation", ["deleteUser", "deleteTenant"])
def test_that_reports(client, judge, operation):
    client.send("GET", "/v1/tenants")
    judge.passed("HTTP-204-EMPTY", operation)

@pytest.mark.requirement("ERR-ENVELOPE-ALL")
@given(number=st.integers())
@settings(max_examples=200)
def test_that_shrinks(client, judge, number):
    client.send("GET", f"/v1/users/{number}")
    if number > 41:
        judge.failed("ERR-ENVELOPE-ALL", "getUser", expected="below 42", got=str(number), exchange=client.last)
    assert number <= 41

@pytest.mark.requirement("PAGE-TOTAL-CAP")
def test_that_fails_by_assertion(client):
    client.send("GET", "/v1/messages")
    assert 1 == 2, "one is not two"

@pytest.mark.requirement("AUTH-SCHEME-CASE")
def test_that_is_skipped():
    pytest.skip("the target lacks the capability keys")

@pytest.mark.requirement("AUTH-401-CODES")
def test_that_is_at_fault_itself():
    raise KeyError("id")

@pytest.mark.requirement("AUTH-MISSING-401")
def test_whose_set_up_is_at_fault(no_such_fixture):
    pass

SEEN = itertools.count()

@pytest.mark.requirement("ERR-STATUS-FIELD")
@given(number=st.integers())
def test_that_does_not_fail_twice(judge, number):
    if number > 10 and next(SEEN) == 0:
        judge.failed("ERR-STATUS-FIELD", "getUser", expected="1", got="2")
        raise AssertionError
"""


@pytest.fixture(scope="module")
def outcomes(run_suite: RunSuite) -> Results:
    return run_suite(OUTCOMES, workers=2)


@pytest.mark.parametrize(
    ("requirement", "status"),
    [
        ("REQID-PRESENT", "passed"),
        ("HTTP-204-EMPTY", "passed"),
        ("ERR-ENVELOPE-ALL", "failed"),
        ("PAGE-TOTAL-CAP", "failed"),
        ("AUTH-SCHEME-CASE", "skipped"),
        ("AUTH-401-CODES", "not judged"),
        ("AUTH-MISSING-401", "not judged"),
        ("ERR-STATUS-FIELD", "unstable"),
    ],
)
def test_how_a_test_ends_decides_on_its_requirement(outcomes: Results, requirement: str, status: str) -> None:
    assert {each.id: each.status for each in outcomes.requirements}[requirement] == status


def test_what_no_test_checks_is_told_apart(outcomes: Results) -> None:
    judged = {each.id for each in outcomes.requirements}

    assert judged | set(outcomes.unchecked) == requirements.load().keys()
    assert judged.isdisjoint(outcomes.unchecked)


def test_a_requirement_is_tallied_by_operation(outcomes: Results) -> None:
    tallies = {each.id: each.tallies for each in outcomes.requirements}["HTTP-204-EMPTY"]

    assert {each.operation for each in tallies} == {"deleteUser", "deleteTenant"}


def test_the_smallest_example_is_what_is_reported(outcomes: Results) -> None:
    (failure,) = (each for each in outcomes.failures if each.requirement == "ERR-ENVELOPE-ALL")

    assert failure.finding.got == "42"
    assert failure.finding.evidence is not None
    assert failure.finding.evidence.url.endswith("/v1/users/42")


def test_an_assertion_is_reported_with_the_last_request(outcomes: Results) -> None:
    (failure,) = (each for each in outcomes.failures if each.requirement == "PAGE-TOTAL-CAP")

    assert "one is not two" in failure.finding.got
    assert failure.finding.evidence is not None
    assert failure.finding.evidence.url.endswith("/v1/messages")


def test_faults_of_the_harness_are_told_apart(outcomes: Results) -> None:
    assert {each.item.partition("::")[2] for each in outcomes.faults} == {
        "test_that_is_at_fault_itself",
        "test_whose_set_up_is_at_fault",
    }


def test_no_secret_is_in_the_results(outcomes: Results) -> None:
    assert "sk_test_toy" not in str(outcomes)


def test_what_was_sent_is_accounted_for(outcomes: Results) -> None:
    asked = {each.id: each.requests for each in outcomes.operations}

    assert asked["listTenants"] == 2
    assert outcomes.run.requests == sum(asked.values())


SELECTION = """
import pytest

@pytest.mark.requirement("REQID-PRESENT")
@pytest.mark.parametrize("operation", ["getUser", "listUsers"])
def test_one(operation): pass

@pytest.mark.requirement("HTTP-204-EMPTY", "REQID-UNIQUE")
@pytest.mark.operation("deleteUser", "getUser")
def test_two(judge):
    judge.passed("HTTP-204-EMPTY", "deleteUser")
    judge.passed("REQID-UNIQUE", "getUser")
"""


def test_a_selection_of_requirements_leaves_out_the_others(run_suite: RunSuite) -> None:
    results = run_suite(SELECTION, requirements=("REQID-UNIQUE",))

    assert [each.id for each in results.requirements] == ["REQID-UNIQUE"]
    assert results.verdict.title == "conformant"


def test_a_selection_of_operations_leaves_out_tests_of_others(run_suite: RunSuite) -> None:
    results = run_suite(SELECTION, operations=("listUsers",))

    assert (results.run.items, results.verdict.title) == (1, "conformant")


HALF_SHOWN = """
import pytest

@pytest.mark.requirement("REQID-PRESENT", "HTTP-409-RETRIED")
@pytest.mark.operation("getUser")
def test_one(judge): judge.passed("REQID-PRESENT", "getUser")
"""


@pytest.mark.parametrize(("operations", "status"), [(("getUser",), "skipped"), ((), "not judged")])
def test_what_no_answer_shows_is_owed_by_a_run_over_all_operations_only(
    run_suite: RunSuite, operations: tuple[str, ...], status: str
) -> None:
    results = run_suite(HALF_SHOWN, operations=operations)

    assert {each.id: each.status for each in results.requirements} == {
        "HTTP-409-RETRIED": status,
        "REQID-PRESENT": "passed",
    }


def test_a_selection_that_nothing_fits_comes_to_no_verdict(run_suite: RunSuite) -> None:
    results = run_suite(SELECTION, operations=("listTenants",))

    assert results.verdict.exit_code == ExitCode.NO_VERDICT


DEAD_WORKER = """
import os, pytest

@pytest.mark.requirement("REQID-PRESENT")
def test_one(): pass

@pytest.mark.requirement("REQID-UNIQUE")
def test_two(): os._exit(1)
"""


def test_a_dead_worker_leaves_no_verdict(run_suite: RunSuite) -> None:
    verdict = run_suite(DEAD_WORKER, workers=2).verdict

    assert (verdict.title, verdict.exit_code) == ("partial: no verdict", ExitCode.NO_VERDICT)
    assert "1 worker process died" in verdict.reasons


@pytest.mark.parametrize(
    "suite",
    [
        pytest.param("raise RuntimeError", id="cannot be imported"),
        pytest.param("def test_one(): pass", id="marked with no requirement"),
        pytest.param(SELECTION.replace("REQID-PRESENT", "REQID-PRESNT"), id="marked with an unknown requirement"),
    ],
)
def test_a_suite_that_is_broken_comes_to_no_verdict(run_suite: RunSuite, suite: str) -> None:
    verdict = run_suite(suite).verdict

    assert verdict.exit_code == ExitCode.NO_VERDICT
    assert any("pytest.log says more" in each for each in verdict.reasons)


def test_a_target_that_is_gone_is_not_asked_a_thousand_times(run_suite: RunSuite) -> None:
    many = """
import pytest

@pytest.mark.requirement("REQID-PRESENT")
@pytest.mark.parametrize("number", range(1000))
def test_one(client, number):
    client.send("GET", "/v1/users")
"""
    results = run_suite(many, target="http://127.0.0.1:9")

    assert results.run.items_done < 10
    assert (results.verdict.title, results.verdict.exit_code) == ("partial: no verdict", ExitCode.NO_VERDICT)
    assert "the target stopped answering" in results.verdict.reasons


def test_the_pytest_setup_of_the_user_has_no_part_in_a_verdict(
    run_suite: RunSuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError")
    (tmp_path / "schemathesis.toml").write_text("no toml")
    (tmp_path / "knock_harness.py").write_text("raise RuntimeError")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")

    assert run_suite(SELECTION).verdict.title == "conformant"


def test_a_run_within_a_worker_of_another_run_keeps_its_account(
    run_suite: RunSuite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")

    results = run_suite(OUTCOMES, workers=1)

    assert {each.id: each.requests for each in results.operations}["listTenants"] == 2
