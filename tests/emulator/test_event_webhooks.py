"""Outbound webhooks: which events are posted, how they are signed, and when they are posted again."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness import contract
from knock_harness.emulator.event_webhooks import EVENT_TYPES, WAITS, EventWebhook
from knock_harness.emulator.outbound import OutboundAnswer
from knock_harness.emulator.provider_rules import ProviderRule

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import VirtualClock
    from knock_harness.emulator.environment import Environment

URL = "http://127.0.0.1:4000/events"


@pytest.fixture
def register(environment: Environment, outside: Any) -> Callable[..., None]:
    """Ask to hear of some types of events; none: of all."""

    def register(*events: str, id: str = "one", secret: str = "secret") -> None:  # noqa: A002, S107
        webhook = EventWebhook(id=id, url=URL, secret=secret, events=events)
        environment.configure(event_webhooks=(*environment.settings.event_webhooks, webhook))

    return register


def posts(outside: Any) -> list[dict[str, Any]]:
    outside.work()
    return [json.loads(each.body) for each in outside.requests]


CHANGES = [
    ("PUT", "seen", "seen"),
    ("DELETE", "seen", "unseen"),
    ("PUT", "read", "read"),
    ("DELETE", "read", "unread"),
    ("PUT", "archived", "archived"),
    ("DELETE", "archived", "unarchived"),
    ("PUT", "interacted", "interacted"),
]


@pytest.mark.promise("OUTHOOK-EVENTS")
def test_each_change_is_posted_with_the_message_as_it_is_then(
    api: httpx.Client, send: Callable[..., str], register: Callable[..., None], outside: Any
) -> None:
    message = send()
    register()
    shown = []
    for method, path, _ in CHANGES:
        shown.append(api.request(method, f"/v1/messages/{message}/{path}").json())
        outside.work()

    assert [(each["type"], each["data"]) for each in posts(outside)] == [
        (f"message.{word}", state) for (_, _, word), state in zip(CHANGES, shown, strict=True)
    ]


@pytest.mark.promise("OUTHOOK-EVENTS")
def test_a_post_names_its_type_in_a_header_and_the_time(
    api: httpx.Client, send: Callable[..., str], register: Callable[..., None], outside: Any
) -> None:
    message = send()
    register("message.interacted")

    api.put(f"/v1/messages/{message}/interacted", json={"metadata": {"a": 1}})

    (body,) = posts(outside)
    assert dict(outside.requests[0].headers)["x-knock-event"] == "message.interacted"
    assert (outside.requests[0].method, outside.requests[0].url) == ("POST", URL)
    assert body["created_at"] == "2026-03-01T12:00:00.000000Z"
    assert body["event_data"]["metadata"] == {"a": 1}


@pytest.mark.promise("OUTHOOK-EVENTS")
def test_every_step_of_a_delivery_is_posted_in_order(
    register: Callable[..., None],
    outside: Any,
    environment: Environment,
    trigger: Callable[..., str],
    clock: VirtualClock,
) -> None:
    environment.configure(provider_rules=(ProviderRule(answer="fail", times=1),))
    register()

    trigger("all-channels", {"id": "ada", "email": "ada@example.com"})
    posts(outside)
    clock.advance(timedelta(seconds=5))

    emails = [each for each in posts(outside) if each["data"]["channel"]["type"] == "email"]
    assert [each["type"].removeprefix("message.") for each in emails] == [
        "created",
        "queued",
        "delivery_attempted",
        "sent",
        "delivered",
    ]
    assert emails[2]["event_data"]["attempt"] == 1
    assert emails[0]["event_data"] is None


def test_only_the_types_that_were_asked_for_are_posted(
    api: httpx.Client, send: Callable[..., str], register: Callable[..., None], outside: Any
) -> None:
    message = send()
    register("message.read", id="one")
    register("message.seen", "message.read", id="two")

    for word in ("seen", "read", "archived"):
        api.put(f"/v1/messages/{message}/{word}")
        outside.work()

    assert [each["type"] for each in posts(outside)] == ["message.seen", "message.read", "message.read"]


@pytest.mark.promise("OUTHOOK-SIGNATURE")
def test_a_post_is_signed_in_milliseconds_and_base64(
    api: httpx.Client, send: Callable[..., str], register: Callable[..., None], outside: Any, clock: VirtualClock
) -> None:
    message = send()
    register(secret="hush")

    api.put(f"/v1/messages/{message}/read")
    outside.work()

    (request,) = outside.requests
    milliseconds = int(clock.now().timestamp() * 1000)
    digest = hmac.digest(b"hush", f"{milliseconds}.".encode() + request.body, "sha256")
    assert dict(request.headers)["x-knock-signature"] == f"t={milliseconds},s={b64encode(digest).decode()}"


@pytest.mark.promise("OUTHOOK-RETRY")
@pytest.mark.parametrize("failure", [301, 404, 500, OutboundAnswer(0, failure="refused")])
def test_a_post_is_tried_again_until_it_is_taken(
    api: httpx.Client,
    send: Callable[..., str],
    register: Callable[..., None],
    outside: Any,
    clock: VirtualClock,
    failure: Any,
) -> None:
    message = send()
    register()
    outside.answer(failure, failure, 204)
    api.put(f"/v1/messages/{message}/read")
    for wait in (timedelta(), *WAITS):
        clock.advance(wait)
        outside.work()

    assert len({each.body for each in outside.requests}) == 1
    assert len(outside.requests) == 3


@pytest.mark.promise("OUTHOOK-RETRY")
def test_a_post_is_given_up_after_eight_tries(
    api: httpx.Client, send: Callable[..., str], register: Callable[..., None], outside: Any, clock: VirtualClock
) -> None:
    message = send()
    register()
    outside.answer(500)
    api.put(f"/v1/messages/{message}/read")
    for wait in (timedelta(), *WAITS, timedelta(days=1)):
        clock.advance(wait)
        outside.work()

    assert len(outside.requests) == 8


def test_nobody_posts_any_more_to_who_was_forgotten(
    api: httpx.Client,
    send: Callable[..., str],
    register: Callable[..., None],
    outside: Any,
    clock: VirtualClock,
    environment: Environment,
) -> None:
    message = send()
    register()
    outside.answer(500)
    api.put(f"/v1/messages/{message}/read")
    outside.work()
    environment.configure(event_webhooks=())
    api.put(f"/v1/messages/{message}/seen")
    clock.advance(timedelta(hours=1))
    outside.work()

    assert len(outside.requests) == 1


def test_who_wants_to_hear_of_messages_is_remembered(environment: Environment, register: Callable[..., None]) -> None:
    register()

    environment._reload()

    assert "webhooks" in environment.store.messages.listeners


def test_every_type_of_event_of_the_contract_can_be_asked_for() -> None:
    schemas = contract.load().document["components"]["schemas"]
    assert sorted(EVENT_TYPES) == sorted(schemas["MessageEvent"]["properties"]["type"]["enum"])
