from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from knock_harness.target import Exchange
from knock_harness.verify.observations import Judge
from knock_harness.verify.origins import Origins

MOMENTS = count()


def exchange(method: str, path: str, *, body: bytes = b"", status: int = 200) -> Exchange:
    return Exchange(
        method=method,
        url=f"http://127.0.0.1:9{path}",
        request_headers=(),
        request_body=body,
        status=status,
        response_headers=(),
        response_body=b"",
        elapsed_s=0.1,
        operation=None,
        at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=next(MOMENTS)),
    )


@pytest.fixture
def origins() -> Origins:
    return Origins("kh-r-gw0-")


def test_the_request_that_made_an_entity_is_found(origins: Origins) -> None:
    made = exchange("PUT", "/v1/users/kh-r-gw0-user-1", body=b"{}")
    origins.observe(made)

    assert origins.of(exchange("DELETE", "/v1/users/kh-r-gw0-user-1")) == [made]


def test_an_entity_that_is_named_in_a_body_is_found(origins: Origins) -> None:
    made = exchange("PUT", "/v1/users/kh-r-gw0-user-1", body=b"{}")
    origins.observe(made)

    assert origins.of(exchange("POST", "/v1/x", body=b'{"recipients":["kh-r-gw0-user-1"]}')) == [made]


def test_the_first_request_that_named_it_counts(origins: Origins) -> None:
    first, later = exchange("PUT", "/v1/users/kh-r-gw0-user-1"), exchange("PUT", "/v1/users/kh-r-gw0-user-1")
    origins.observe(first)
    origins.observe(later)

    assert origins.of(later) == [first]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(exchange("PUT", "/v1/users/kh-r-gw0-user-1", status=422), id="refused"),
        pytest.param(exchange("GET", "/v1/users/kh-r-gw0-user-1"), id="a read"),
        pytest.param(exchange("PUT", "/v1/users/kh-r-gw0-user-11"), id="about another"),
    ],
)
def test_requests_that_made_nothing_are_passed_over(origins: Origins, other: Exchange) -> None:
    origins.observe(other)

    assert origins.of(exchange("DELETE", "/v1/users/kh-r-gw0-user-1")) == []


def test_a_failure_tells_how_to_make_what_it_names(origins: Origins) -> None:
    origins.observe(exchange("PUT", "/v1/users/kh-r-gw0-user-1"))
    judge = Judge({"A"}, origins=origins)
    judge.failed("A", "deleteUser", expected="204", got="200", exchange=exchange("DELETE", "/v1/users/kh-r-gw0-user-1"))

    (seen,) = judge.observations()
    assert seen.finding is not None
    assert seen.finding.evidence is not None
    assert [each.split()[5] for each in seen.finding.evidence.before] == ["-X"]
