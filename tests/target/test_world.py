"""The world makes what symbols name, renews what was used up, and removes everything in the end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from knock_harness.emulator import Emulator, EmulatorTransport
from knock_harness.errors import NotMade
from knock_harness.target import SYMBOLS, Client, Entity, Ledger, World, find_symbol, packaged_target, read_ledger
from knock_harness.target import world as world_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BASE_URL = "http://127.0.0.1:4010"
PREFIX = "kh-test-0-"


def world_with(transport: httpx.BaseTransport, ledger: Ledger) -> World:
    client = Client(packaged_target(BASE_URL, api_key="sk_test_world"), transport=transport)
    return World(client, prefix=PREFIX, ledger=ledger)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.jsonl", base_url=BASE_URL, prefix=PREFIX) as ledger:
        yield ledger


@pytest.fixture
def world(ledger: Ledger) -> World:
    """A world on an emulator in this process."""
    return world_with(EmulatorTransport(Emulator()), ledger)


def status(world: World, method: str, path: str, **options: Any) -> int:
    return world.client.send(method, path, **options).status_code


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_every_symbol_becomes_a_value(world: World, symbol: str) -> None:
    assert world.value(symbol)


#: For each symbol that names something with a path of its own, a request that finds it.
READS = {
    "@user": "/v1/users/@user",
    "@object": "/v1/objects/@collection/@object",
    "@tenant": "/v1/tenants/@tenant",
    "@message": "/v1/messages/@message/content",
    "@email_message": "/v1/messages/@email_message/delivery_logs",
    "@guide_message": "/v1/messages/@guide_message",
    "@run": "/v1/workflow_recipient_runs/@run",
    "@bulk_operation": "/v1/bulk_operations/@bulk_operation",
    "@audience": "/v1/audiences/@audience/members",
    "@user_channel": "/v1/users/@user/channel_data/@user_channel",
    "@object_channel": "/v1/objects/@collection/@object/channel_data/@object_channel",
    "@preference_set": "/v1/users/@user/preferences/@preference_set",
    "@object_preference_set": "/v1/objects/@collection/@object/preferences/@object_preference_set",
}


@pytest.mark.parametrize("symbol", READS)
def test_what_a_symbol_names_is_there(world: World, symbol: str) -> None:
    assert status(world, "GET", world.resolve_path(READS[symbol])) == 200


def test_what_is_named_unknown_is_not_there(world: World) -> None:
    assert status(world, "GET", world.resolve_path("/v1/users/@unknown")) == 404


def test_a_symbol_keeps_its_value(world: World) -> None:
    assert world.value("@message") == world.value("@message")


@pytest.mark.parametrize("symbol", ["@new_user", "@new_object", "@new_tenant", "@new_key", "@unknown", "@unknown_uuid"])
def test_what_is_yet_to_be_made_is_new_at_each_mention(world: World, symbol: str) -> None:
    assert world.value(symbol) != world.value(symbol)


def test_symbols_are_replaced_wherever_they_stand(world: World) -> None:
    user, channel = world.value("@user"), world.channel("email")

    resolved = world.resolve_symbols({"a": ["@user", {"@channel.email": "@user"}], "b": 1, "c": None, "d": True})

    assert resolved == {"a": [user, {channel: user}], "b": 1, "c": None, "d": True}


@pytest.mark.parametrize("text", ["@", "@nobody", "@channel.", "user@example.com", "@User", ""])
def test_a_text_that_only_looks_like_a_symbol_stays(world: World, text: str) -> None:
    assert world.resolve_symbols(text) == text
    assert find_symbol(text) is None


def test_the_unknown_key_of_a_channel_is_an_error_of_the_check(world: World) -> None:
    with pytest.raises(KeyError):
        world.value("@channel.pigeon")


@pytest.mark.parametrize("path", ["/v1/users/@user", "/v1/users/%40user"])
def test_a_symbol_in_a_path_is_replaced_and_escaped(world: World, path: str) -> None:
    assert world.resolve_path(path) == f"/v1/users/{world.value('@user')}"


def test_values_of_a_query_are_replaced(world: World) -> None:
    assert world.resolve_query([("tenant", "@tenant"), ("q", "x")]) == [("tenant", world.value("@tenant")), ("q", "x")]


#: Requests that use up what the symbol names.
DESTRUCTIONS: dict[str, tuple[str, str, Any, str]] = {
    "a user is deleted": ("DELETE", "/v1/users/@user", None, "@user"),
    "a user is merged away": ("POST", "/v1/users/@user/merge", {"from_user_id": "@other_user"}, "@other_user"),
    "users are deleted": ("POST", "/v1/users/bulk/delete", {"user_ids": ["@user"]}, "@user"),
    "an object is deleted": ("DELETE", "/v1/objects/@collection/@object", None, "@object"),
    "a tenant is deleted": ("DELETE", "/v1/tenants/@tenant", None, "@tenant"),
    "tenants are deleted": ("POST", "/v1/tenants/bulk/delete?tenant_ids[]=@tenant", None, "@tenant"),
    "a schedule is deleted": ("DELETE", "/v1/schedules", {"schedule_ids": ["@schedule"]}, "@schedule"),
    "channel data is unset": ("DELETE", "/v1/users/@user/channel_data/@user_channel", None, "@user_channel"),
    "a preference set is deleted": ("DELETE", "/v1/users/@user/preferences/@preference_set", None, "@preference_set"),
    "a subscription is deleted": (
        "DELETE",
        "/v1/objects/@collection/@object/subscriptions",
        {"recipients": ["@subscriber"]},
        "@subscriber",
    ),
    "a run is cancelled": (
        "POST",
        "/v1/workflows/@workflow.delayed-message/cancel",
        {"cancellation_key": "@cancellation_key"},
        "@cancellation_key",
    ),
    "messages are deleted": (
        "POST",
        "/v1/channels/@channel.in-app-feed/messages/bulk/delete",
        {"recipient_ids": ["@user"]},
        "@message",
    ),
    "Slack access is revoked": (
        "PUT",
        "/v1/providers/slack/@channel.slack/revoke_access",
        None,
        "@slack_object",
    ),
}


def destroy(world: World, request: tuple[str, str, Any, str]) -> None:
    """Send a request that uses up a symbol."""
    method, path, body, symbol = request
    world.value(symbol)
    path, _, parameter = path.partition("?")
    query = [("tenant_ids[]", "@tenant")] if parameter else []
    query += [("access_token_object", symbol)] if symbol == "@slack_object" else []
    options = {} if body is None else {"body": world.resolve_symbols(body)}
    sent = status(world, method, world.resolve_path(path), query=world.resolve_query(query), **options)
    assert sent < 300


@pytest.mark.parametrize("case", DESTRUCTIONS)
def test_what_was_used_up_is_made_anew(world: World, case: str) -> None:
    symbol = DESTRUCTIONS[case][3]
    before = world.value(symbol)

    destroy(world, DESTRUCTIONS[case])

    made_again = world.client.last
    after = world.value(symbol)
    assert world.client.last != made_again
    assert after != before or symbol in {"@user_channel", "@preference_set"}


def test_what_was_made_from_something_goes_with_it(world: World) -> None:
    message = world.value("@message")

    destroy(world, DESTRUCTIONS["a user is deleted"])

    assert world.value("@message") != message


def test_what_has_nothing_to_do_with_it_stays(world: World) -> None:
    tenant = world.value("@tenant")

    destroy(world, DESTRUCTIONS["a user is deleted"])

    assert world.value("@tenant") == tenant


def test_a_deletion_that_was_refused_uses_nothing_up(world: World) -> None:
    user = world.value("@user")

    world.client.send("DELETE", f"/v1/users/{user}", credential=None)

    assert world.value("@user") == user


def test_everything_is_written_down_before_it_is_made(ledger: Ledger) -> None:
    known_at_request: list[list[Entity]] = []

    def keep(_request: httpx.Request) -> httpx.Response:
        known_at_request.append(ledger.remaining())
        return httpx.Response(200, json={})

    user = world_with(httpx.MockTransport(keep), ledger).value("@user")

    assert known_at_request == [[Entity("user", user)]]


def test_what_a_check_makes_itself_is_written_down(world: World) -> None:
    world.client.send("PUT", "/v1/users/made%20by%20a%20check", body={})

    assert world.ledger.remaining() == [Entity("user", "made by a check")]


def test_what_a_check_removes_itself_is_struck_out(world: World) -> None:
    world.client.send("DELETE", f"/v1/users/{world.value('@user')}")

    assert world.ledger.remaining() == []


def test_cleaning_up_leaves_nothing(world: World) -> None:
    for symbol in SYMBOLS:
        world.value(symbol)

    removal = world.clean_up()

    assert removal.left == ()
    assert read_ledger(world.ledger.path)[1] == []
    listed = [world.client.send("GET", path).json()["entries"] for path in ("/v1/users", "/v1/tenants")]
    assert listed == [[], []]


def test_every_id_has_the_prefix(world: World) -> None:
    for symbol in SYMBOLS:
        world.value(symbol)

    assert [entity.id for entity in world.ledger.remaining() if not entity.id.startswith(PREFIX)] == [
        entity.id for entity in world.ledger.remaining() if entity.kind == "schedule"
    ]


def failing(status_code: int) -> tuple[Callable[[httpx.Request], httpx.Response], list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status_code, json={})

    return answer, asked


def test_what_cannot_be_made_is_said_with_the_request_that_failed(ledger: Ledger) -> None:
    answer, _asked = failing(500)
    world = world_with(httpx.MockTransport(answer), ledger)

    with pytest.raises(NotMade, match=r"for @message: PUT /v1/users/kh-test-0-user-1 answered 500"):
        world.value("@message")


def test_what_fails_again_and_again_is_given_up(ledger: Ledger) -> None:
    answer, asked = failing(500)
    world = world_with(httpx.MockTransport(answer), ledger)

    for _ in range(10):
        with pytest.raises(NotMade):
            world.value("@user")

    assert len(asked) == 3


def test_a_message_that_never_comes_is_given_up(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world_module, "PATIENCE_S", 0.05)
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, json={"workflow_run_id": "r", "items": []}))

    with pytest.raises(NotMade, match="did not come about"):
        world_with(transport, ledger).value("@message")


def test_an_answer_that_makes_no_sense_is_no_crash(ledger: Ledger) -> None:
    world = world_with(httpx.MockTransport(lambda _request: httpx.Response(200, text="<html>")), ledger)

    with pytest.raises(NotMade):
        world.value("@schedule")


def test_a_trigger_carries_its_idempotency_key(ledger: Ledger) -> None:
    seen: list[httpx.Request] = []
    transport = httpx.MockTransport(lambda request: seen.append(request) or httpx.Response(200, json={}))

    world_with(transport, ledger).trigger("in-app-message", recipients=["ada"], idempotency_key="k", data={"a": 1})

    assert seen[0].headers["idempotency-key"] == "k"
    assert json.loads(seen[0].content) == {"recipients": ["ada"], "data": {"a": 1}}
