from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator.expectations import Expectation, matching, near_misses

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import VirtualClock
    from knock_harness.emulator.environment import Environment

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def asked(api: httpx.Client) -> httpx.Client:
    """A client that has sent three requests: a user, an object and a trigger."""
    api.put("/v1/users/ada", json={"name": "Ada", "age": 36, "tags": ["a", "b"], "address": {"city": "London"}})
    api.get("/v1/objects/cars/7", params={"page_size": "5", "ids[]": ["1", "2"]}, headers={"X-Trace": "t1"})
    api.post("/v1/workflows/in-app-message/trigger", json={"recipients": ["ada"], "data": {"total": 5, "a/b": True}})
    return api


@pytest.fixture
def found(environment: Environment, asked: httpx.Client) -> Callable[..., list[str | None]]:
    """Returns the operations of the requests that fit, newest first."""
    return lambda **expected: [each.operation for each in matching(environment.journal, Expectation(**expected))]


@pytest.mark.parametrize(
    ("expected", "operations"),
    [
        pytest.param({}, ["triggerWorkflow", "getObject", "identifyUser"], id="anything"),
        pytest.param({"operation": "identifyUser"}, ["identifyUser"], id="operation"),
        pytest.param({"operation": "get*"}, ["getObject"], id="glob of operations"),
        pytest.param({"method": "POST"}, ["triggerWorkflow"], id="method"),
        pytest.param({"path": "/v1/users/{user_id}"}, ["identifyUser"], id="path template"),
        pytest.param({"path": "/v1/objects/cars/7"}, ["getObject"], id="path"),
        pytest.param({"path": "/v1/*/trigger"}, ["triggerWorkflow"], id="glob of paths"),
        pytest.param({"path_parameters": {"collection": "cars"}}, ["getObject"], id="path parameter"),
        pytest.param({"path_parameters": {"user_id": "bob"}}, [], id="another path parameter"),
        pytest.param({"query": {"page_size": "5"}}, ["getObject"], id="query"),
        pytest.param({"query": {"ids[]": ["1", "2"]}}, ["getObject"], id="repeated name in the query"),
        pytest.param({"headers": {"x-TRACE": "t1"}}, ["getObject"], id="header"),
        pytest.param({"status": 404}, ["getObject"], id="status"),
        pytest.param({"fault": True}, [], id="fault"),
        pytest.param({"body": {"name": "Ada"}}, ["identifyUser"], id="part of the body"),
        pytest.param({"body": {"address": {"city": "London"}}}, ["identifyUser"], id="part of a map in the body"),
        pytest.param({"body": {"address": {"city": "Paris"}}}, [], id="another value in the body"),
        pytest.param({"body": {"tags": ["a", "b"]}}, ["identifyUser"], id="list in the body"),
        pytest.param({"body": {"tags": ["a"]}}, [], id="shorter list"),
        pytest.param({"body_at": {"/data/total": 5}}, ["triggerWorkflow"], id="pointer"),
        pytest.param({"body_at": {"/recipients/0": "ada"}}, ["triggerWorkflow"], id="pointer into a list"),
        pytest.param({"body_at": {"/data/a~1b": True}}, ["triggerWorkflow"], id="pointer with a slash in a name"),
        pytest.param({"body_at": {"/data/a~1b": 1}}, [], id="a number is no truth value"),
        pytest.param({"body_at": {"/data/none/at/all": None}}, [], id="pointer to nothing"),
        pytest.param({"body_at": {f"/recipients/{'9' * 5000}": "ada"}}, [], id="pointer to no place of a list"),
        pytest.param({"method": "PUT", "body": {"age": 37}}, [], id="all parts must fit"),
    ],
)
def test_requests_fit_that_have_all_that_is_expected(
    expected: dict[str, Any], operations: list[str], found: Callable[..., list[str | None]]
) -> None:
    assert found(**expected) == operations


def test_requests_of_a_time_are_found(api: httpx.Client, environment: Environment, clock: VirtualClock) -> None:
    for user in ("a", "b", "c"):
        api.put(f"/v1/users/{user}", json={})
        clock.move_to(clock.now() + timedelta(hours=1))
    expected = Expectation(since=NOON + timedelta(hours=1), until=NOON + timedelta(hours=2))

    assert [each.path_parameters["user_id"] for each in matching(environment.journal, expected)] == ["b"]


def test_the_nearest_miss_comes_first_and_says_what_differs(environment: Environment, asked: httpx.Client) -> None:
    expected = Expectation(
        operation="triggerWorkflow", path_parameters={"key": "in-app-message"}, body={"data": {"total": 6}}
    )

    nearest = near_misses(environment.journal, expected, most=2)

    assert nearest[0].entry.operation == "triggerWorkflow"
    assert [each.shown() for each in nearest[0].differences] == [
        {"part": "body", "at": "/data/total", "expected": 6, "found": 5}
    ]
    assert nearest[0].distance < nearest[1].distance


def test_what_is_missing_altogether_is_no_value_that_was_found(environment: Environment, asked: httpx.Client) -> None:
    expected = Expectation(operation="triggerWorkflow", body={"tenant": None})

    (nearest,) = near_misses(environment.journal, expected, most=1)

    assert [each.shown() for each in nearest.differences] == [{"part": "body", "at": "/tenant", "expected": None}]


def test_a_request_that_fits_is_no_near_miss(environment: Environment, asked: httpx.Client) -> None:
    nearest = near_misses(environment.journal, Expectation(method="PUT"), most=9)

    assert "PUT" not in {each.entry.request.method for each in nearest}


def test_a_path_that_is_almost_right_is_nearer_than_another(environment: Environment, asked: httpx.Client) -> None:
    nearest = near_misses(environment.journal, Expectation(path="/v1/users/ado"), most=3)

    assert nearest[0].entry.request.path == "/v1/users/ada"


def test_of_equally_near_misses_the_newest_comes_first(environment: Environment, api: httpx.Client) -> None:
    for user in ("a", "b"):
        api.put(f"/v1/users/{user}", json={"n": 1})

    nearest = near_misses(environment.journal, Expectation(body={"n": 2}), most=2)

    assert [each.entry.path_parameters["user_id"] for each in nearest] == ["b", "a"]


def test_a_body_that_was_cut_fits_no_expectation_of_its_value(environment: Environment, api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={"name": "Ada", "note": "x" * 20_000})

    assert list(matching(environment.journal, Expectation(body={"name": "Ada"}))) == []
