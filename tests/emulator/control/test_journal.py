from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx


@pytest.fixture
def find(control: httpx.Client, api: httpx.Client) -> Callable[..., dict[str, Any]]:
    """Ask which of three requests are as expected."""
    for user, age in (("ada", 36), ("bob", 50)):
        api.put(f"/v1/users/{user}", json={"age": age})
    api.get("/v1/users/nobody")

    def find(limit: int = 100, **expected: Any) -> dict[str, Any]:
        answer = control.post("/journal/find", params={"limit": limit}, json=expected)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    return find


def test_requests_are_found_by_what_is_expected_of_them(find: Callable[..., dict[str, Any]]) -> None:
    found = find(operation="identifyUser", body_at={"/age": 50})

    assert [(each["path"], each["status"]) for each in found["requests"]] == [("/v1/users/bob", 200)]


def test_a_search_counts_what_it_does_not_show(find: Callable[..., dict[str, Any]]) -> None:
    found = find(limit=1, method="PUT")

    assert (len(found["requests"]), found["count"], found["forgotten"]) == (1, 2, 0)


def test_all_requests_are_listed_newest_first(find: Callable[..., dict[str, Any]], control: httpx.Client) -> None:
    listed = control.get("/journal", params={"limit": 2}).json()

    assert [each["id"] for each in listed["requests"]] == [3, 2]
    assert listed["count"] == 3


def test_a_near_miss_says_what_is_different(find: Callable[..., dict[str, Any]], control: httpx.Client) -> None:
    expected = {"path": "/v1/users/ada", "method": "PUT", "body": {"age": 37}}

    nearest = control.post("/journal/near-misses", params={"limit": 1}, json=expected).json()["near_misses"]

    assert [each["request"]["path"] for each in nearest] == ["/v1/users/ada"]
    assert [each["differences"] for each in nearest] == [[{"part": "body", "at": "/age", "expected": 37, "found": 36}]]


def test_the_journal_tells_which_operations_were_never_called(
    find: Callable[..., dict[str, Any]], control: httpx.Client
) -> None:
    told = control.get("/journal/operations").json()

    assert told["called"] == {"identifyUser": 2, "getUser": 1}
    assert len(told["never_called"]) == 116


def test_a_journal_can_be_cleared(find: Callable[..., dict[str, Any]], control: httpx.Client) -> None:
    control.delete("/journal").raise_for_status()

    assert control.get("/journal").json() == {"requests": [], "count": 0, "forgotten": 0}
    assert control.get("/journal/operations").json()["called"] == {}


def test_requests_without_an_environment_are_listed_apart(control: httpx.Client, api: httpx.Client) -> None:
    api.get("/v1/users", headers={"authorization": "Bearer nobody's"})

    listed = control.get("/journal/strays").json()["requests"]
    control.delete("/journal/strays").raise_for_status()

    assert [(each["status"], each["path"]) for each in listed] == [(401, "/v1/users")]
    assert control.get("/journal/strays").json()["count"] == 0


def test_control_requests_are_not_noted(control: httpx.Client) -> None:
    control.get("/health")

    assert control.get("/journal").json()["count"] == 0


@pytest.mark.parametrize("expected", [{"verb": "PUT"}, {"since": "2026-03-01T12:00:00"}, {"since": "now"}], ids=str)
def test_an_expectation_that_cannot_be_is_refused(expected: dict[str, Any], control: httpx.Client) -> None:
    assert control.post("/journal/find", json=expected).status_code == 422
