from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest

from knock_harness.emulator import Emulator, EmulatorTransport, VirtualClock
from knock_harness.emulator.outbox import Question, count, page
from knock_harness.emulator.references import Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from knock_harness.emulator.environment import Environment

KEY = "sk_test_tests"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def outbox(environment: Environment) -> Callable[..., list[dict[str, Any]]]:
    """Returns the messages that fit a question."""
    return lambda **asked: page(environment, Question(**asked))["messages"]


@pytest.fixture
def reached(api: httpx.Client, channel: Callable[[str], str], trigger: Callable[..., str]) -> str:
    """Reach ada on all channels, and return the id of the trigger."""
    api.put("/v1/users/ada", json={"email": "ada@example.com", "phone_number": "+15005550006", "name": "Ada"})
    for key, data in (("push-fcm", {"tokens": ["t1"]}), ("slack", {"connections": [{"channel_id": "c1"}]})):
        api.put(f"/v1/users/ada/channel_data/{channel(key)}", json={"data": data}).raise_for_status()
    return trigger("all-channels", "ada", data={"message": "Order 7 has left"})


def test_the_outbox_shows_what_was_sent_through_each_channel(
    outbox: Callable[..., list[dict[str, Any]]], reached: str
) -> None:
    to = {each["channel"]["key"]: each["to"] for each in outbox()}

    assert (to["in-app-feed"], to["email"], to["sms"], to["push-fcm"]) == (
        None,
        "ada@example.com",
        "+15005550006",
        "t1",
    )
    assert to["slack"]["channel_id"] == "c1"


def test_a_message_in_the_outbox_says_where_it_came_from(
    outbox: Callable[..., list[dict[str, Any]]], reached: str
) -> None:
    (sms,) = outbox(channel="sms")

    assert {key: sms[key] for key in ("at", "status", "workflow", "run_id", "recipient", "tenant", "channel")} == {
        "at": "2026-03-01T12:00:00.000000Z",
        "status": "delivered",
        "workflow": "all-channels",
        "run_id": reached,
        "recipient": "ada",
        "tenant": None,
        "channel": {
            "id": "1583f3b3-0934-4aef-90f8-bdc45d87eb7d",
            "key": "sms",
            "type": "sms",
            "provider": "sms_twilio",
        },
    }


def test_the_outbox_shows_rendered_text(outbox: Callable[..., list[dict[str, Any]]], reached: str) -> None:
    (sms,) = outbox(channel="sms")

    assert "Order 7 has left" in sms["content"]["body"]


def test_the_outbox_shows_what_providers_were_asked_and_said(
    outbox: Callable[..., list[dict[str, Any]]], reached: str
) -> None:
    (email,) = outbox(channel="email")

    assert [
        (each["service_name"], each["request"]["host"], each["response"]["status"]) for each in email["attempts"]
    ] == [("email_sendgrid", "api.sendgrid.com", 202)]


@pytest.mark.parametrize(
    ("question", "number"),
    [
        pytest.param({}, 4, id="all"),
        pytest.param({"recipient": "ada"}, 3, id="recipient"),
        pytest.param({"recipient": "7", "collection": "cars"}, 1, id="object"),
        pytest.param({"recipient": "7", "collection": ""}, 0, id="user of the id of an object"),
        pytest.param({"channel": "sms"}, 1, id="channel key"),
        pytest.param({"channel": "1583f3b3-0934-4aef-90f8-bdc45d87eb7d"}, 1, id="channel id"),
        pytest.param({"channel": "fax"}, 0, id="unknown channel"),
        pytest.param({"channel_type": "in_app_feed"}, 3, id="channel type"),
        pytest.param({"provider": "sms_twilio"}, 1, id="provider"),
        pytest.param({"workflow": "late"}, 1, id="workflow"),
        pytest.param({"status": "queued"}, 1, id="status"),
        pytest.param({"tenant": "acme"}, 1, id="tenant"),
        pytest.param({"since": NOON + timedelta(minutes=1)}, 1, id="since"),
        pytest.param({"until": NOON + timedelta(minutes=1)}, 3, id="until"),
        pytest.param({"channel_type": "in_app_feed", "recipient": "ada"}, 2, id="two at once"),
    ],
)
def test_a_question_narrows_the_outbox(
    question: dict[str, Any],
    number: int,
    outbox: Callable[..., list[dict[str, Any]]],
    environment: Environment,
    send: Callable[..., str],
    clock: Any,
) -> None:
    send("ada", tenant="acme")
    send("ada", channel="sms", status="queued")
    send(Ref("cars", "7"))
    clock.advance(timedelta(minutes=1))
    send("ada", workflow="late")

    assert (len(outbox(**question)), count(environment, Question(**question))) == (number, number)


def test_the_outbox_is_read_page_by_page(environment: Environment, send: Callable[..., str]) -> None:
    sent = [send("ada") for _ in range(5)]

    seen: list[str] = []
    after = None
    for _ in range(3):
        part = page(environment, Question(limit=2, after=after))
        seen += [each["message_id"] for each in part["messages"]]
        after = part["after"]

    assert (seen, after) == (sent, None)


def test_a_channel_that_is_no_more_is_named_by_its_id(
    outbox: Callable[..., list[dict[str, Any]]], environment: Environment, send: Callable[..., str]
) -> None:
    send("ada", channel="sms")
    others = {key: each for key, each in environment.project.channels.items() if key != "sms"}
    environment.project = replace(environment.project, channels=others)

    (sms,) = outbox()

    assert (sms["channel"]["key"], sms["to"]) == (None, None)


@contextmanager
def in_process(emulator: Emulator) -> Iterator[httpx.Client]:
    with httpx.Client(transport=EmulatorTransport(emulator), base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def behind_a_socket(serve: Callable[[Emulator], AbstractContextManager[str]]) -> Callable[[Emulator], Any]:
    @contextmanager
    def behind_a_socket(emulator: Emulator) -> Iterator[httpx.Client]:
        with serve(emulator) as base_url, httpx.Client(base_url=base_url) as client:
            yield client

    return behind_a_socket


def three_days(connect: Callable[[Emulator], AbstractContextManager[httpx.Client]], *, seed: int = 5) -> bytes:
    """Send the same requests as ever to a new emulator, with delays among them, and return its outbox."""
    emulator = Emulator(new_clock=lambda: VirtualClock(NOON), keys=[KEY], seed=seed)
    with connect(emulator) as client:
        client.headers["authorization"] = f"Bearer {KEY}"
        for user in ("ada", "bob", "cyd"):
            record = {"email": f"{user}@example.com", "phone_number": "+15005550006", "name": user.title()}
            client.put(f"/v1/users/{user}", json=record).raise_for_status()
        for _ in range(3):
            for workflow in ("delayed-message", "all-channels", "in-app-message"):
                trigger = {"recipients": ["ada", "bob", "cyd"], "actor": "ada", "data": {"message": "Hello"}}
                client.post(f"/v1/workflows/{workflow}/trigger", json=trigger).raise_for_status()
            client.post("/_emulator/clock/advance", json={"by": "P1D"}).raise_for_status()
        outbox = client.get("/_emulator/outbox", params={"limit": 1000}).raise_for_status().content
    emulator.close()
    return outbox


def test_two_runs_in_this_process_give_the_same_outbox() -> None:
    assert three_days(in_process) == three_days(in_process)


def test_a_run_behind_a_socket_gives_the_same_outbox_as_one_in_this_process(
    behind_a_socket: Callable[[Emulator], Any],
) -> None:
    assert three_days(behind_a_socket) == three_days(in_process)


def test_an_outbox_is_that_of_its_seed() -> None:
    first, second = (msgspec.json.decode(three_days(in_process, seed=each)) for each in (5, 6))

    assert first["count"] == second["count"] > 30
    assert first["messages"][0]["message_id"] != second["messages"][0]["message_id"]
