"""Fetch steps: what they ask, what they take of the answer, and when they ask again."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knock_harness.emulator.engine.fetches import _placed
from knock_harness.emulator.outbound import OutboundAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import VirtualClock
    from knock_harness.emulator.environment import Environment
    from tests.emulator.conftest import Outside

URL = "http://127.0.0.1:4000/data"
NO_ANSWER = OutboundAnswer(0, failure="no answer within 15 s")


def answer(value: Any, status: int = 200) -> OutboundAnswer:
    return OutboundAnswer(status, [("content-type", "application/json")], json.dumps(value).encode())


def fetch(**given: Any) -> dict[str, Any]:
    return {"ref": "fetch", "type": "http_fetch", "settings": {"url": URL, **given}}


@pytest.fixture
def run(
    commit: Callable[..., None],
    trigger: Callable[..., str],
    runs: Callable[..., Any],
    in_app: Callable[..., dict[str, Any]],
    outside: Outside,
    api: httpx.Client,
) -> Callable[..., dict[str, Any]]:
    """Run a fetch step and a message that shows the data, and return the run with its events."""

    def run(step: dict[str, Any], *recipients: Any, **more: Any) -> dict[str, Any]:
        commit("fetching", step, in_app(body="{{ data | json }}"))
        trigger("fetching", *recipients, **more)
        outside.work()
        found: dict[str, Any] = api.get(f"/v1/workflow_recipient_runs/{runs()[-1]['id']}").json()
        return found

    return run


@pytest.fixture
def again(runs: Callable[..., Any], api: httpx.Client) -> Callable[[], dict[str, Any]]:
    """Read the last run again."""

    def again() -> dict[str, Any]:
        found: dict[str, Any] = api.get(f"/v1/workflow_recipient_runs/{runs()[-1]['id']}").json()
        return found

    return again


def told(run: dict[str, Any]) -> list[tuple[str, int]]:
    return [(each["event"], each["attempt"]) for each in run["events"] if each["step_ref"] == "fetch"]


@pytest.mark.promise("FETCH-MERGE-SHALLOW", "MSG-DATA")
def test_what_comes_is_merged_at_the_top_alone(
    run: Callable[..., Any], outside: Outside, messages: Callable[..., Any]
) -> None:
    outside.answer(answer({"new": 1, "both": {"b": 2}}))

    run(fetch(), data={"old": 0, "both": {"a": 1}})

    assert messages()[0]["data"] == {"old": 0, "both": {"b": 2}, "new": 1}


@pytest.mark.promise("ACTIVITIES-SINGLE")
def test_the_activity_keeps_the_data_of_the_trigger(
    run: Callable[..., Any], outside: Outside, messages: Callable[..., Any], api: httpx.Client
) -> None:
    outside.answer(answer({"new": 1}))

    run(fetch(), data={"old": 0})

    (activity,) = api.get(f"/v1/messages/{messages()[0]['id']}/activities").json()["items"]
    assert activity["data"] == {"old": 0}


@pytest.mark.promise("FETCH-MERGE-SHALLOW")
def test_later_steps_see_what_was_merged(
    run: Callable[..., Any], outside: Outside, api: httpx.Client, feed: str
) -> None:
    outside.answer(answer({"new": "yes"}))

    run(fetch(), data={"old": "no"})

    block = api.get(feed).json()["entries"][0]["blocks"][0]["rendered"]
    assert "new" in block
    assert "old" in block


@pytest.mark.promise("FETCH-RESPONSE-PATH")
def test_a_response_path_makes_nested_keys(
    run: Callable[..., Any], outside: Outside, messages: Callable[..., Any]
) -> None:
    outside.answer(answer({"x": 1}))

    run(fetch(response_path="foo.bar"), data={"foo": {"a": 1}})

    assert messages()[0]["data"] == {"foo": {"a": 1, "bar": {"x": 1}}}


VALUES = st.recursive(
    st.integers() | st.text(max_size=3), lambda below: st.dictionaries(st.text(max_size=2), below), max_leaves=10
)


@pytest.mark.promise("FETCH-RESPONSE-PATH")
@settings(max_examples=50)
@given(data=st.dictionaries(st.text(max_size=2), VALUES), path=st.lists(st.text(max_size=2), min_size=1, max_size=3))
def test_what_is_placed_is_found_at_its_path(data: dict[str, Any], path: list[str]) -> None:
    placed: Any = _placed(data, path, {"x": 1})

    assert {key: value for key, value in placed.items() if key != path[0]} == {
        key: value for key, value in data.items() if key != path[0]
    }
    for key in path:
        placed = placed[key]
    assert placed == {"x": 1}


@pytest.mark.promise("FETCH-REQUEST-RENDERED")
def test_each_run_asks_once_with_what_it_knows(run: Callable[..., Any], outside: Outside) -> None:
    step = fetch(
        method="{{ data.method }}",
        url="http://localhost:1/{{ recipient.id }}?a=1",
        headers=[{"key": "x-{{ data.kind }}", "value": "{{ recipient.id }}"}],
        query_params=[{"key": "q", "value": "{{ data.kind }} b"}],
        body='{"for": "{{ recipient.id }}"}',
    )

    run(step, "ada", "bob", data={"method": "post", "kind": "k"})

    assert [(each.method, each.url, dict(each.headers), each.body) for each in outside.requests] == [
        (
            "POST",
            f"http://localhost:1/{user}?a=1&q=k+b",
            {"x-k": user, "content-type": "application/json"},
            f'{{"for":"{user}"}}'.encode(),
        )
        for user in ("ada", "bob")
    ]


@pytest.mark.promise("FETCH-REQUEST-RENDERED")
def test_headers_and_query_may_be_templates_of_a_map(run: Callable[..., Any], outside: Outside) -> None:
    run(fetch(headers='{"x-user": "{{ recipient.id }}"}', query_params='{"n": 1}'))

    (request,) = outside.requests
    assert (request.headers, request.url) == ([("x-user", "ada")], f"{URL}?n=1")


@pytest.mark.promise("FETCH-SUCCESS-CODES")
@pytest.mark.parametrize(
    ("response", "data"),
    [
        (answer({"new": 1}, 200), {"old": 0, "new": 1}),
        (answer({"new": 1}, 201), {"old": 0, "new": 1}),
        (answer({"new": 1}, 204), {"old": 0}),
        (OutboundAnswer(200), {"old": 0}),
    ],
    ids=["200", "201", "204", "empty"],
)
def test_a_success_goes_on_with_what_it_brought(
    run: Callable[..., Any],
    outside: Outside,
    messages: Callable[..., Any],
    response: OutboundAnswer,
    data: dict[str, Any],
) -> None:
    outside.answer(response)

    run(fetch(), data={"old": 0})

    assert [each["data"] for each in messages()] == [data]


@pytest.mark.promise("FETCH-RETRY", "RUN-EVENT-ATTEMPT")
@pytest.mark.parametrize("failure", [OutboundAnswer(500), OutboundAnswer(599), NO_ANSWER], ids=["500", "599", "none"])
def test_a_failure_that_may_pass_is_asked_again_after_half_a_minute(
    run: Callable[..., Any],
    again: Callable[[], Any],
    outside: Outside,
    clock: VirtualClock,
    messages: Callable[..., Any],
    failure: OutboundAnswer,
) -> None:
    outside.answer(failure, answer({"new": 1}))
    run(fetch())
    clock.advance(timedelta(seconds=29))
    outside.work()
    asked_early = len(outside.requests)
    clock.advance(timedelta(seconds=1))
    outside.work()

    assert (asked_early, len(outside.requests)) == (1, 2)
    assert told(again()) == [("fetch_failed", 1), ("fetch_finished", 2)]
    assert messages()[0]["data"] == {"new": 1}


@pytest.mark.promise("FETCH-RETRY", "RUN-EVENT-ATTEMPT")
def test_after_three_failures_the_run_halts(
    run: Callable[..., Any],
    again: Callable[[], Any],
    outside: Outside,
    clock: VirtualClock,
    messages: Callable[..., Any],
) -> None:
    outside.answer(503)
    run(fetch())
    for wait in (30, 60, 3600):
        clock.advance(timedelta(seconds=wait))
        outside.work()

    assert len(outside.requests) == 3
    assert told(again()) == [("fetch_failed", 1), ("fetch_failed", 2), ("step_failed", 3)]
    assert messages() == []


@pytest.mark.promise("FETCH-RETRY")
def test_a_server_has_fifteen_seconds(run: Callable[..., Any], outside: Outside) -> None:
    run(fetch())

    assert [each.timeout_s for each in outside.requests] == [15.0]


@pytest.mark.promise("FETCH-FATAL")
@pytest.mark.parametrize(
    "response",
    [
        OutboundAnswer(404),
        OutboundAnswer(302),
        OutboundAnswer(202),
        OutboundAnswer(200, body=b"no JSON"),
        OutboundAnswer(200, body=b"[1]"),
    ],
    ids=["404", "302", "202", "no JSON", "no map"],
)
def test_what_no_further_try_mends_halts_the_run(
    run: Callable[..., Any],
    outside: Outside,
    clock: VirtualClock,
    messages: Callable[..., Any],
    response: OutboundAnswer,
) -> None:
    outside.answer(response, answer({}))
    halted = run(fetch())
    clock.advance(timedelta(hours=1))
    outside.work()

    assert told(halted) == [("step_failed", 1)]
    assert len(outside.requests) == 1
    assert messages() == []


@pytest.mark.promise("FETCH-FATAL")
@pytest.mark.parametrize(
    "url", ["no url", "http://[::1", "ftp://127.0.0.1/", "{{ data.nothing }}"], ids=["text", "broken", "ftp", "empty"]
)
def test_a_url_that_is_none_halts_the_run(run: Callable[..., Any], outside: Outside, url: str) -> None:
    assert told(run(fetch(url=url))) == [("step_failed", 1)]
    assert outside.requests == []


def test_servers_elsewhere_are_never_asked(run: Callable[..., Any], outside: Outside) -> None:
    assert told(run(fetch(url="https://example.com/"))) == [("step_failed", 1)]
    assert outside.requests == []


def test_fetch_steps_are_off_unless_switched_on(
    run: Callable[..., Any], outside: Outside, environment: Environment
) -> None:
    environment.configure(outbound="off")

    (event,) = [each for each in run(fetch())["events"] if each["step_ref"] == "fetch"]

    assert (event["event"], event["status"]) == ("step_failed", "error")
    assert "setting outbound" in event["data"]["reason"]
    assert outside.requests == []


def test_a_fetch_step_is_skipped_where_its_conditions_do_not_hold(
    run: Callable[..., Any], outside: Outside, messages: Callable[..., Any]
) -> None:
    conditions = {"all": [{"variable": "data.wanted", "operator": "equal_to", "argument": "true"}]}

    assert told(run({**fetch(), "conditions": conditions})) == [("step_skipped", 1)]
    assert outside.requests == []
    assert len(messages()) == 1


@pytest.mark.promise("FETCH-SIGNATURE")
def test_a_signed_request_carries_time_and_signature(run: Callable[..., Any], outside: Outside) -> None:
    run(fetch(method="post", body='{"a": 1}', signing_key="key of {{ recipient.id }}"))

    (request,) = outside.requests
    at, given = dict(request.headers)["x-knock-signature"].split(",", 1)
    digest = hmac.digest(b"key of ada", at.removeprefix("t=").encode() + b"." + request.body, "sha256")
    assert given == f"s={b64encode(digest).decode()}"


@pytest.mark.promise("CANCEL-FETCH-BACKOFF")
def test_a_run_that_waits_to_ask_again_can_be_cancelled(
    run: Callable[..., Any],
    again: Callable[[], Any],
    outside: Outside,
    clock: VirtualClock,
    api: httpx.Client,
) -> None:
    outside.answer(500)
    run(fetch(), cancellation_key="k")

    api.post("/v1/workflows/fetching/cancel", json={"cancellation_key": "k"}).raise_for_status()
    clock.advance(timedelta(minutes=5))
    outside.work()

    assert again()["status"] == "cancelled"
    assert len(outside.requests) == 1


def test_the_packaged_project_has_a_message_that_is_fetched(
    trigger: Callable[..., str], outside: Outside, messages: Callable[..., Any]
) -> None:
    outside.answer(answer({"more": 1}))
    trigger("fetched-message", data={"fetch_url": URL, "message": 'a "b"'})
    outside.work()

    (request,) = outside.requests
    assert (request.url, request.body) == (
        f"{URL}?workflow=fetched-message",
        b'{"recipient":"ada","message":"a \\"b\\""}',
    )
    assert messages()[0]["data"]["more"] == 1
