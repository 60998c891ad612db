"""Small results to make reports and verdicts from."""

from __future__ import annotations

from knock_harness.contract.requirements import Level, Requirement
from knock_harness.verify.observations import Evidence, Finding, ItemReport, Observation
from knock_harness.verify.results import OperationResult, Results, Run
from knock_harness.verify.verdict import Course, decide, failures, faults, judge

EVIDENCE = Evidence(
    method="DELETE",
    url="http://127.0.0.1:4000/v1/users/ada",
    request_headers={"authorization": "Bearer $KNOCK_API_KEY"},
    request_body="",
    status=200,
    response_headers={"x-request-id": "abc"},
    response_body="{}",
    elapsed_s=0.002,
    curl='curl -sS -i -X DELETE http://127.0.0.1:4000/v1/users/ada -H "authorization: Bearer $KNOCK_API_KEY"',
)
FINDING = Finding("status 204", "status 200", EVIDENCE, shrunk=True)


def requirement(name: str, *, level: Level = "must") -> Requirement:
    """Return a requirement on every operation."""
    return Requirement(name, level, ("*",), f"The promise {name} holds.", "openapi: responses")


def report(*observations: Observation, item: str = "test_a") -> ItemReport:
    """Return what a test left behind."""
    return ItemReport(item, 0.01, observations)


def passed(name: str, operation: str | None = "getUser") -> Observation:
    """Return that a promise held."""
    return Observation(name, operation, "passed")


def failed(name: str, operation: str | None = "deleteUser") -> Observation:
    """Return that a promise was broken."""
    return Observation(name, operation, "failed", finding=FINDING)


def results(
    *reports: ItemReport,
    requirements: tuple[Requirement, ...] = (),
    course: Course | None = None,
    prefixes: tuple[str, ...] = (),
) -> Results:
    """Return the results of a run on two operations with these reports."""
    known = {each.id: each for each in requirements}
    judged = judge(reports, known, selected=known)
    return Results(
        verdict=decide(judged, faults(reports), course=course or Course(len(reports), len(reports))),
        run=Run(
            harness="0.1.0",
            target="http://127.0.0.1:4000",
            profile="quick",
            seed=7,
            workers=2,
            started_at="2026-01-01T00:00:00+00:00",
            seconds=1.5,
            prefixes=prefixes,
        ),
        requirements=judged,
        failures=failures(reports, known, selected=known),
        operations=(
            OperationResult("getUser", "GET", "/v1/users/{user_id}", "users", False, True, 5, {"200": 4, "404": 1}),
            OperationResult(
                "deleteUser",
                "DELETE",
                "/v1/users/{user_id}",
                "users",
                False,
                True,
                1,
                {"404": 1},
                ("never answered 2xx",),
            ),
        ),
        faults=faults(reports),
    )
