from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

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


def test_a_repeated_trigger_gets_the_first_answer_and_runs_once(
    ask: Callable[..., httpx.Response], messages: Callable[..., Any]
) -> None:
    first = ask()

    again = ask()

    assert (again.status_code, again.content) == (200, first.content)
    assert len(messages()) == 1


def test_only_a_repeated_answer_says_that_it_is_one(ask: Callable[..., httpx.Response]) -> None:
    first = ask()

    again = ask()

    assert first.headers.keys().isdisjoint({"idempotent-replayed", "original-x-request-id"})
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-x-request-id"] == first.headers["x-request-id"]
    assert again.headers["x-request-id"] != first.headers["x-request-id"]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"body": {**BODY, "data": {"count": 2}}}, id="data"),
        pytest.param({"body": {**BODY, "tenant": "acme"}}, id="a tenant"),
        pytest.param({"path": "/v1/workflows/scheduled-message/trigger"}, id="workflow"),
        pytest.param({"path": f"{TRIGGER}?locale=en"}, id="query"),
    ],
)
def test_a_key_is_not_for_another_request(
    ask: Callable[..., httpx.Response], messages: Callable[..., Any], other: dict[str, Any]
) -> None:
    ask()

    answer = ask(**other)

    assert answer.status_code == 400
    assert len(messages()) == 1


def test_a_key_may_be_as_long_as_is_said_and_no_longer(ask: Callable[..., httpx.Response]) -> None:
    assert ask(key="k" * 255).status_code == 200
    assert ask(key="k" * 256).status_code == 400


def test_a_refusal_leaves_the_key_fresh(api: httpx.Client, ask: Callable[..., httpx.Response]) -> None:
    body = {**BODY, "actor": "ghost"}
    refused = ask(body)
    api.put("/v1/users/ghost", json={})

    answer = ask(body)

    assert (refused.status_code, answer.status_code) == (422, 200)
    assert "idempotent-replayed" not in answer.headers


def test_a_key_is_fresh_again_after_a_day(ask: Callable[..., httpx.Response], clock: VirtualClock) -> None:
    first = ask()
    clock.advance(timedelta(hours=24))

    assert ask().content != first.content


def test_environments_have_keys_of_their_own(ask: Callable[..., httpx.Response], emulator: Emulator) -> None:
    first = ask()
    with httpx.Client(
        transport=EmulatorTransport(emulator),
        base_url="http://emulator.test",
        headers={"authorization": "Bearer sk_test_elsewhere"},
    ) as other:
        assert ask(by=other).content != first.content


def test_a_key_has_no_effect_on_other_operations(api: httpx.Client) -> None:
    answers = [
        api.put("/v1/users/ada", json={"count": count}, headers={"idempotency-key": "order-1"}) for count in (1, 2)
    ]

    assert [each.json()["count"] for each in answers] == [1, 2]
    assert "idempotent-replayed" not in answers[1].headers
