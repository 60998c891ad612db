from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knock_harness.emulator import Emulator, EmulatorTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from knock_harness.emulator import VirtualClock

TRIGGER = "/v1/workflows/in-app-message/trigger"
BODY: dict[str, Any] = {"recipients": ["ada"], "data": {"count": 1}}


@pytest.fixture
def ask(api: httpx.Client, work: Callable[[], None]) -> Callable[..., httpx.Response]:
    """Trigger under an idempotency key, and let what was triggered run."""

    def ask(body: Any = BODY, *, key: str = "order-1", path: str = TRIGGER, by: httpx.Client = api) -> httpx.Response:
        answer = by.post(path, json=body, headers={"idempotency-key": key})
        work()
        return answer

    return ask


@pytest.mark.promise("IDEMPOTENCY-REPLAY", "IDEMPOTENCY-ONE-EFFECT")
@pytest.mark.parametrize("retries", [1, 3])
def test_a_repeated_trigger_gets_the_first_answer_and_runs_once(
    ask: Callable[..., httpx.Response], messages: Callable[..., Any], runs: Callable[..., Any], retries: int
) -> None:
    first = ask()

    again = [ask() for _ in range(retries)]

    assert {(each.status_code, each.content) for each in again} == {(200, first.content)}
    assert [each["workflow_run_id"] for each in runs()] == [first.json()["workflow_run_id"]]
    assert len(messages()) == 1


@pytest.mark.promise("IDEMPOTENCY-HEADERS", "IDEMPOTENCY-NO-HEADERS-FIRST", "IDEMPOTENCY-OWN-REQUEST-ID")
def test_only_a_repeated_answer_says_that_it_is_one(ask: Callable[..., httpx.Response]) -> None:
    first = ask()

    again = ask()

    assert first.headers.keys().isdisjoint({"idempotent-replayed", "original-x-request-id"})
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-x-request-id"] == first.headers["x-request-id"]
    assert again.headers["x-request-id"] != first.headers["x-request-id"]


@pytest.mark.promise("IDEMPOTENCY-MISMATCH", "IDEMPOTENCY-MISMATCH-STATUS", "IDEMPOTENCY-SCOPE-WORKFLOW")
@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"body": {**BODY, "data": {"count": 2}}}, id="data"),
        pytest.param({"body": {**BODY, "recipients": ["bea"]}}, id="recipient"),
        pytest.param({"body": {**BODY, "tenant": "acme"}}, id="a tenant"),
        pytest.param({"path": "/v1/workflows/scheduled-message/trigger"}, id="workflow"),
        pytest.param({"path": f"{TRIGGER}?locale=en"}, id="query"),
    ],
)
def test_a_key_is_not_for_another_request(
    ask: Callable[..., httpx.Response], messages: Callable[..., Any], other: dict[str, Any]
) -> None:
    first = ask()

    answer = ask(**other)

    assert answer.status_code == 400
    assert len(messages()) == 1
    assert ask().content == first.content


@pytest.mark.promise("IDEMPOTENCY-KEY-LENGTH-OK")
@given(key=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_any_text_is_a_key(ask: Callable[..., httpx.Response], key: str) -> None:
    first = ask(key=key)

    assert (first.status_code, ask(key=key).content) == (200, first.content)


@pytest.mark.promise("IDEMPOTENCY-KEY-LENGTH-OK")
def test_long_keys_that_differ_in_their_last_character_are_two(ask: Callable[..., httpx.Response]) -> None:
    keys = ["a: /" + "k" * 250 + end for end in "12"]

    first, other, again = ask(key=keys[0]), ask(key=keys[1]), ask(key=keys[0])

    assert first.content != other.content
    assert first.content == again.content


@pytest.mark.promise("IDEMPOTENCY-KEY-TOO-LONG")
def test_a_key_that_is_too_long_starts_nothing(
    ask: Callable[..., httpx.Response], messages: Callable[..., Any]
) -> None:
    assert ask(key="k" * 256).status_code == 400
    assert messages() == []


@pytest.mark.promise("IDEMPOTENCY-BODY-EQUIVALENCE")
def test_a_body_in_another_order_is_the_same(api: httpx.Client) -> None:
    bodies = [b'{"recipients":["ada"],"data":{"a":1,"b":2}}', b'{ "data": {"b":2, "a":1}, "recipients": ["ada"] }']

    first, again = (
        api.post(TRIGGER, content=each, headers={"idempotency-key": "k", "content-type": "application/json"})
        for each in bodies
    )

    assert again.content == first.content


@pytest.mark.promise("IDEMPOTENCY-CONCURRENT")
def test_triggers_at_once_run_once(api: httpx.Client, work: Callable[[], None], messages: Callable[..., Any]) -> None:
    with ThreadPoolExecutor(8) as pool:
        headers = {"idempotency-key": "order-1"}
        answers = list(pool.map(lambda _: api.post(TRIGGER, json=BODY, headers=headers), range(16)))
    work()

    assert len({each.content for each in answers}) == 1
    assert len(messages()) == 1


@pytest.mark.promise("IDEMPOTENCY-ONLY-2XX")
def test_a_missing_workflow_leaves_the_key_fresh(
    ask: Callable[..., httpx.Response], commit: Callable[..., None], in_app: Callable[..., dict[str, Any]]
) -> None:
    path = "/v1/workflows/later/trigger"
    refused = ask(path=path)
    commit("later", in_app())

    answer = ask(path=path)

    assert (refused.status_code, answer.status_code) == (404, 200)
    assert "idempotent-replayed" not in answer.headers


@pytest.mark.promise("IDEMPOTENCY-ONLY-2XX")
def test_a_refusal_leaves_the_key_fresh(api: httpx.Client, ask: Callable[..., httpx.Response]) -> None:
    body = {**BODY, "actor": "ghost"}
    refused = ask(body)
    api.put("/v1/users/ghost", json={})

    answer = ask(body)

    assert (refused.status_code, answer.status_code) == (422, 200)
    assert "idempotent-replayed" not in answer.headers


@pytest.mark.promise("IDEMPOTENCY-WINDOW")
def test_a_key_is_fresh_again_after_a_day(ask: Callable[..., httpx.Response], clock: VirtualClock) -> None:
    first = ask()
    clock.advance(timedelta(hours=23, minutes=59))
    still = ask()
    clock.advance(timedelta(minutes=2))
    fresh = ask()

    assert still.content == first.content
    assert fresh.content != first.content
    assert "idempotent-replayed" not in fresh.headers


@pytest.mark.promise("IDEMPOTENCY-NO-KEY")
def test_equal_triggers_without_a_key_are_two(api: httpx.Client) -> None:
    answers = [api.post(TRIGGER, json=BODY).json()["workflow_run_id"] for _ in range(2)]

    assert answers[0] != answers[1]


@pytest.mark.promise("IDEMPOTENCY-SCOPE-ENV")
def test_environments_have_keys_of_their_own(ask: Callable[..., httpx.Response], emulator: Emulator) -> None:
    first = ask()
    with httpx.Client(
        transport=EmulatorTransport(emulator),
        base_url="http://emulator.test",
        headers={"authorization": "Bearer sk_test_elsewhere"},
    ) as other:
        assert ask(by=other).content != first.content


#: Operations, each with two requests of which both must be carried out, and what then tells the second from the first.
OTHERS: dict[str, Any] = {
    "identifyUser": ("PUT", "/v1/users/ada", [{"name": "A"}, {"name": "B"}]),
    "setObject": ("PUT", "/v1/objects/houses/h", [{"name": "A"}, {"name": "B"}]),
    "createSchedules": (
        "POST",
        "/v1/schedules",
        [{"workflow": "in-app-message", "recipients": [each], "repeats": [{"frequency": "daily"}]} for each in "ab"],
    ),
    "addSubscriptionsForObject": (
        "POST",
        "/v1/objects/houses/h/subscriptions",
        [{"recipients": [each]} for each in "ab"],
    ),
    "mergeUser": ("POST", "/v1/users/ada/merge", [{"from_user_id": each} for each in "ab"]),
}


@pytest.mark.promise("IDEMPOTENCY-OTHER-ENDPOINTS")
@pytest.mark.parametrize("operation", OTHERS)
def test_a_key_has_no_effect_on_other_operations(api: httpx.Client, operation: str) -> None:
    for path in ("/v1/users/ada", "/v1/users/a", "/v1/users/b", "/v1/objects/houses/h"):
        api.put(path, json={path[-1]: True}).raise_for_status()
    method, path, bodies = OTHERS[operation]

    answers = [api.request(method, path, json=body, headers={"idempotency-key": "order-1"}) for body in bodies]

    assert [each.status_code for each in answers] == [200, 200]
    assert all("idempotent-replayed" not in each.headers for each in answers)
    assert answers[0].content != answers[1].content


@pytest.mark.promise("IDEMPOTENCY-OTHER-ENDPOINTS")
def test_a_key_does_not_keep_a_cancellation_from_being_carried_out(
    api: httpx.Client,
    commit: Callable[..., None],
    trigger: Callable[..., str],
    runs: Callable[..., Any],
    work: Callable[[], None],
) -> None:
    delay = {"ref": "delay", "type": "delay", "settings": {"delay_for": {"unit": "hours", "value": 1}}}
    commit("late", delay)

    for _ in range(2):
        trigger("late", cancellation_key="order")
        body = {"cancellation_key": "order"}
        api.post("/v1/workflows/late/cancel", json=body, headers={"idempotency-key": "order-1"}).raise_for_status()
    work()

    assert [each["status"] for each in runs()] == ["cancelled", "cancelled"]


@pytest.mark.promise("IDEMPOTENCY-LEGACY-NOTIFY")
def test_the_legacy_trigger_passes_over_the_key(api: httpx.Client) -> None:
    body = {"name": "in-app-message", "recipients": ["ada"], "actor": "ada"}
    api.put("/v1/users/ada", json={})

    answers = [api.post("/v1/notify", json=body, headers={"idempotency-key": "order-1"}) for _ in range(2)]

    assert answers[0].json()["result_id"] != answers[1].json()["result_id"]
