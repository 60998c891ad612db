from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator.engine.deliveries import WAITS
from knock_harness.emulator.engine.providers import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from knock_harness.contract.project import Channel
    from knock_harness.emulator import VirtualClock
    from knock_harness.emulator.engine.providers import Delivery
    from knock_harness.emulator.environment import Environment


class Scripted:
    """A provider that answers as it is told, and takes everything after that."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes: Iterator[Outcome] = iter(outcomes)
        self.requests: list[Delivery] = []

    def deliver(self, channel: Channel, request: Delivery) -> Outcome:  # noqa: ARG002 - as the protocol has it
        self.requests.append(request)
        return next(self.outcomes, Outcome(200, "ok"))


@pytest.fixture
def email(commit: Callable[..., None]) -> None:
    step = {"ref": "email", "type": "channel", "channel_type": "email", "channel_key": "email"}
    commit("news", {**step, "template": {"subject": "News", "text_body": "Read this"}})


@pytest.fixture
def send_email(
    email: None, environment: Environment, trigger: Callable[..., str], messages: Callable[..., Any]
) -> Callable[..., str]:
    """Send an email through a provider that answers as it is told, and return the id of the message."""

    def send_email(*outcomes: Outcome) -> str:
        environment.provider = Scripted(*outcomes)
        trigger("news", {"id": "ada", "email": "ada@example.com"})
        message_id: str = messages()[0]["id"]
        return message_id

    return send_email


BUSY, BROKEN, REFUSED = Outcome(429, "slow down"), Outcome(503, "down"), Outcome(400, "no")


def status(api: httpx.Client, message_id: str) -> str:
    found: str = api.get(f"/v1/messages/{message_id}").json()["status"]
    return found


def test_a_failure_that_may_pass_is_tried_again(
    api: httpx.Client, send_email: Callable[..., str], clock: VirtualClock, work: Callable[[], None]
) -> None:
    message = send_email(BUSY, BROKEN)
    seen = [status(api, message)]
    for wait in WAITS[:2]:
        clock.advance(wait)
        work()
        seen.append(status(api, message))

    assert seen == ["delivery_attempted", "delivery_attempted", "delivered"]


def test_after_eight_tries_within_half_an_hour_a_message_is_given_up(
    api: httpx.Client,
    send_email: Callable[..., str],
    clock: VirtualClock,
    work: Callable[[], None],
    environment: Environment,
) -> None:
    message = send_email(*[BROKEN] * 20)
    clock.advance(timedelta(minutes=30))
    work()
    clock.advance(timedelta(days=1))
    work()

    assert status(api, message) == "undelivered"
    assert len(api.get(f"/v1/messages/{message}/delivery_logs").json()["items"]) == 8


@pytest.mark.parametrize(
    ("outcome", "expected"), [(REFUSED, "undelivered"), (Outcome(200, "no such address", bounced=True), "bounced")]
)
def test_what_no_further_try_mends_is_tried_once(
    api: httpx.Client,
    send_email: Callable[..., str],
    clock: VirtualClock,
    work: Callable[[], None],
    outcome: Outcome,
    expected: str,
) -> None:
    message = send_email(outcome)
    clock.advance(timedelta(days=1))
    work()

    assert status(api, message) == expected
    assert len(api.get(f"/v1/messages/{message}/delivery_logs").json()["items"]) == 1


def test_the_event_of_a_try_tells_how_many_there_are(api: httpx.Client, send_email: Callable[..., str]) -> None:
    message = send_email(BROKEN)

    event = api.get(f"/v1/messages/{message}/events").json()["items"][-1]

    assert event["type"] == "message.delivery_attempted"
    assert event["data"] == {"attempt": 1, "max_attempts": 8, "retryable": True}


def test_a_log_holds_what_was_sent_and_answered(api: httpx.Client, send_email: Callable[..., str]) -> None:
    message = send_email(REFUSED)

    (log,) = api.get(f"/v1/messages/{message}/delivery_logs").json()["items"]

    assert log["request"]["body"]["to"] == "ada@example.com"
    assert (log["response"]["status"], log["response"]["body"]) == (400, "no")


def test_a_webhook_goes_where_its_template_says(
    commit: Callable[..., None], environment: Environment, trigger: Callable[..., str], messages: Callable[..., Any]
) -> None:
    provider = environment.provider = Scripted()
    template = {
        "method": "put",
        "url": "https://hooks.example.com/a?b=1",
        "query_params": [{"key": "user", "value": "{{ recipient.id }}"}],
        "headers": [{"key": "x-key", "value": "{{ vars.app_name }}"}],
        "body": '{"text": "{{ data.text }}"}',
    }
    step = {"ref": "hook", "type": "channel", "channel_type": "http", "channel_key": "webhook"}
    commit("hook", {**step, "template": template})

    trigger("hook", data={"text": "Hi"})

    (request,) = provider.requests
    assert (request.method, request.host, request.path) == ("PUT", "hooks.example.com", "/a")
    assert (request.query, request.headers, request.body) == ("b=1&user=ada", {"x-key": "Example"}, '{"text": "Hi"}')
    assert messages()[0]["status"] == "delivered"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        *[(status, "delivered") for status in (200, 204)],
        *[(status, "undelivered") for status in (401, 403, 404, 405)],
        *[(status, "delivery_attempted") for status in (302, 400, 422, 429, 500)],
    ],
)
def test_what_becomes_of_a_webhook_depends_on_its_answer(
    environment: Environment, trigger: Callable[..., str], messages: Callable[..., Any], answer: int, expected: str
) -> None:
    environment.provider = Scripted(Outcome(answer, ""))

    trigger("all-channels")

    assert [each["status"] for each in messages()] == ["delivered", expected]
