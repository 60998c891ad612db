"""Who gets in: keys, what they may do, and whose data they open."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knock_harness import contract
from knock_harness.contract import requirements
from knock_harness.emulator import Emulator, EmulatorTransport
from knock_harness.emulator.exchange import Request
from knock_harness.emulator.refusals import InvalidParams, NotFound
from knock_harness.emulator.snapshots import taken

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from knock_harness.contract import Operation
    from knock_harness.emulator.environment import Environment

    from .conftest import HandClock

    Ask = Callable[..., Any]
    Draw = Callable[..., Request]

KEY, PUBLIC = "sk_test_tests", "pk_test_tests"
OPERATIONS = contract.load().operations

each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


def bound_by(requirement: str) -> pytest.MarkDecorator:
    """Run a test for each operation that a requirement names."""
    operations = [OPERATIONS[each] for each in requirements.load()[requirement].operations]
    return pytest.mark.parametrize("operation", operations, ids=[each.id for each in operations])


def status(emulator: Emulator, token: str, path: str = "/v1/users") -> int:
    """Return how a read with a key is answered."""
    return emulator.handle(Request("GET", path, "", [(b"authorization", f"Bearer {token}".encode())])).status


def code(emulator: Emulator, token: str) -> tuple[int, str]:
    """Return how a read with a key is refused."""
    transport = EmulatorTransport(emulator)
    with httpx.Client(transport=transport, base_url="http://emulator.test") as client:
        answer = client.get("/v1/users", headers={"authorization": f"Bearer {token}"})
    return answer.status_code, answer.json().get("code", "")


# What gets in


@pytest.mark.promise("AUTH-BEARER-ACCEPTED", "AUTH-SECRET-KEY-ALL")
@pytest.mark.parametrize("enhanced", [False, True], ids=["", "enhanced"])
@each_operation
def test_a_secret_key_may_call_everything(
    ask: Ask, environment: Environment, operation: Operation, enhanced: bool
) -> None:
    environment.configure(enhanced_security=enhanced)

    answer = ask(operation, credential=KEY, headers={"x-knock-user-token": "not.a.token"})

    assert answer.status == operation.success


@pytest.mark.promise("AUTH-MISSING-401", "AUTH-401-CODES")
@each_operation
def test_without_a_key_nothing_is_done(
    draw: Draw, emulator: Emulator, environment: Environment, operation: Operation
) -> None:
    request = draw(operation, key=None)
    before = environment.store.connection.serialize()

    answer = emulator.handle(request)

    assert (answer.status, json.loads(answer.content)["code"]) == (401, "authentication_required")
    assert environment.store.connection.serialize() == before


@pytest.mark.promise("AUTH-BEFORE-VALIDATION")
@each_operation
def test_without_a_key_nothing_is_told_of_what_is_there_and_what_fits(emulator: Emulator, operation: Operation) -> None:
    path = re.sub("{.*?}", "nowhere", operation.path)

    assert emulator.handle(Request(operation.method, path, "page_size=x", (), b"{")).status == 401


@pytest.mark.promise("AUTH-UNKNOWN-KEY-401", "AUTH-401-CODES")
@given(token=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40))
def test_what_is_no_key_is_refused(token: str) -> None:
    emulator = Emulator(keys=["sk_test_a"], strict_keys=True)

    assert code(emulator, token) == (401, "api_key_missing") or token in {"sk_test_a", "pk_test_a"}


@pytest.mark.promise("AUTH-UNKNOWN-KEY-401")
@pytest.mark.parametrize("known", [KEY, PUBLIC])
@pytest.mark.parametrize("place", range(len(KEY)))
def test_a_key_with_one_character_wrong_is_refused(known: str, place: int) -> None:
    emulator = Emulator(keys=[KEY], strict_keys=True)
    wrong = known[:place] + chr(ord(known[place]) ^ 1) + known[place + 1 :]

    assert (status(emulator, wrong), status(emulator, known[:-1]), status(emulator, known + "x")) == (401, 401, 401)


@pytest.mark.promise("AUTH-OTHER-SCHEME-401")
@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"authorization": f"Basic {KEY}"}, ""),
        ({"authorization": "Basic c2tfdGVzdF90ZXN0czo="}, ""),
        ({"authorization": KEY}, ""),
        ({"authorization": f"Token {KEY}"}, ""),
        ({"authorization": f"Bearer: {KEY}"}, ""),
        ({"x-api-key": KEY}, ""),
        ({"cookie": f"api_key={KEY}; authorization=Bearer {KEY}"}, ""),
        ({}, f"api_key={KEY}&access_token={KEY}"),
    ],
)
def test_a_key_counts_as_a_bearer_token_only(emulator: Emulator, headers: dict[str, str], query: str) -> None:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]

    assert emulator.handle(Request("GET", "/v1/users", query, pairs)).status == 401


@pytest.mark.promise("AUTH-SCHEME-CASE")
@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR"])
def test_the_case_of_the_scheme_does_not_matter(emulator: Emulator, scheme: str) -> None:
    headers = [(b"authorization", f"{scheme} {KEY}".encode())]

    assert emulator.handle(Request("GET", "/v1/users", "", headers)).status == 200


# What public keys may do


@pytest.mark.promise("AUTH-PUBLIC-KEY-ALLOWED", "TOKEN-OPTIONAL-WHEN-OFF")
@bound_by("AUTH-PUBLIC-KEY-ALLOWED")
def test_a_public_key_alone_may_call_what_clients_call(ask: Ask, operation: Operation) -> None:
    assert ask(operation, credential=PUBLIC).status == operation.success


@pytest.mark.promise("AUTH-PUBLIC-KEY-UNLISTED-CLIENT-CALLS")
@bound_by("AUTH-PUBLIC-KEY-UNLISTED-CLIENT-CALLS")
def test_what_the_browser_client_calls_besides_is_open_too(ask: Ask, operation: Operation) -> None:
    assert ask(operation, credential=PUBLIC).status == operation.success


@pytest.mark.promise("AUTH-PUBLIC-KEY-DENIED", "AUTH-PUBLIC-KEY-DENIED-CODE", "AUTH-PERMISSION-403")
@bound_by("AUTH-PUBLIC-KEY-DENIED")
def test_a_public_key_is_refused_elsewhere_without_effect(
    draw: Draw, emulator: Emulator, environment: Environment, operation: Operation
) -> None:
    request = draw(operation, key=PUBLIC)
    before = environment.store.connection.serialize()

    answer = emulator.handle(request)

    assert (answer.status, json.loads(answer.content)["code"]) == (403, "incorrect_token_type")
    assert environment.store.connection.serialize() == before


@pytest.mark.promise("AUTH-SIGNED-URL-SECRET-ONLY")
def test_links_to_preferences_are_made_with_a_secret_key(api: httpx.Client, public: httpx.Client) -> None:
    api.put("/v1/users/ada", json={})
    path = "/v1/users/ada/preference_center/signed_url"

    assert public.post(path).status_code == 403
    assert api.post(path).json().keys() >= {"url", "token"}


# Keys come and go


@pytest.mark.promise("AUTH-REVOKED-KEY-401", "AUTH-401-CODES")
@pytest.mark.parametrize("kind", ["secret", "public"])
def test_a_revoked_key_is_refused_at_once_and_the_others_are_not(emulator: Emulator, kind: Any, feed: str) -> None:
    one, other = (emulator.create_key(KEY, kind).token for _ in range(2))
    before = [status(emulator, each, feed) for each in (one, other)]

    emulator.revoke_key(KEY, one)

    assert before == [200, 200]
    assert [status(emulator, each, feed) for each in (one, other, KEY, PUBLIC)] == [401, 200, 200, 200]
    assert code(emulator, one) == (401, "api_key_missing")


@pytest.mark.promise("AUTH-REVOKED-KEY-401")
def test_a_revoked_key_does_not_open_a_new_environment(emulator: Emulator) -> None:
    emulator.create_key(KEY, "secret")
    emulator.revoke_key(KEY, KEY)

    assert status(emulator, KEY) == 401
    assert emulator.environments.keys() == {KEY}


@pytest.mark.promise("AUTH-EXPIRED-KEY", "AUTH-401-CODES")
@pytest.mark.parametrize("kind", ["secret", "public"])
def test_a_key_expires_by_the_clock_of_its_environment(
    emulator: Emulator, clock: HandClock, kind: Any, feed: str
) -> None:
    token = emulator.create_key(KEY, kind, expires_at=clock.now() + timedelta(hours=1)).token
    clock.advance(timedelta(minutes=59))
    before = status(emulator, token, feed)

    clock.advance(timedelta(minutes=1))

    assert (before, code(emulator, token)) == (200, (401, "api_key_expired"))
    assert status(emulator, KEY) == 200


@pytest.mark.promise("AUTH-EXPIRED-KEY")
def test_a_key_can_be_let_expire_and_be_renewed(emulator: Emulator, clock: HandClock) -> None:
    emulator.expire_key(KEY, KEY, at=clock.now())
    expired = code(emulator, KEY)

    emulator.expire_key(KEY, KEY, at=None)

    assert (expired, status(emulator, KEY)) == ((401, "api_key_expired"), 200)


def test_keys_can_be_named(emulator: Emulator) -> None:
    emulator.create_key(KEY, "secret", token="sk_live_mine")
    emulator.create_key(KEY, "public", token="pk_live_mine")

    assert [status(emulator, "sk_live_mine"), status(emulator, "sk_live_other")] == [200, 401]
    assert status(emulator, "pk_live_mine") == 403


@pytest.mark.parametrize(
    ("kind", "token"),
    [("secret", "pk_x"), ("public", "sk_x"), ("secret", "x"), ("secret", "sk_a b"), ("secret", "sk_ä"), ("public", "")],
)
def test_a_key_looks_like_one_of_its_kind(emulator: Emulator, kind: Any, token: str) -> None:
    with pytest.raises(InvalidParams):
        emulator.create_key(KEY, kind, token=token)


@pytest.mark.parametrize("token", [KEY, "sk_test_other"])
def test_a_key_opens_one_environment_only(emulator: Emulator, token: str) -> None:
    emulator.open_environment("sk_test_other")

    with pytest.raises(InvalidParams):
        emulator.create_key(KEY, "secret", token=token)


def test_only_keys_of_an_environment_can_be_changed_there(emulator: Emulator) -> None:
    emulator.open_environment("sk_test_other")

    with pytest.raises(NotFound):
        emulator.revoke_key(KEY, "sk_test_other")
    with pytest.raises(NotFound):
        emulator.expire_key(KEY, "sk_test_other", at=None)


def test_keys_outlive_a_reset(emulator: Emulator) -> None:
    kept, revoked = (emulator.create_key(KEY, "secret").token for _ in range(2))
    emulator.revoke_key(KEY, revoked)

    emulator.reset(KEY)

    assert [status(emulator, each) for each in (KEY, kept, revoked)] == [200, 200, 401]


def test_keys_outlive_the_process(tmp_path: Path) -> None:
    first = Emulator(keys=[KEY], data=tmp_path)
    kept, revoked = (first.create_key(KEY, "secret").token for _ in range(2))
    expired = first.create_key(KEY, "public", expires_at=first.environments[KEY].clock.now()).token
    first.revoke_key(KEY, revoked)
    first.close()

    second = Emulator(data=tmp_path, strict_keys=True)

    assert [status(second, each) for each in (KEY, kept, revoked, expired)] == [200, 200, 401, 401]
    second.close()


def test_keys_are_those_of_the_snapshot_that_is_restored(emulator: Emulator, environment: Environment) -> None:
    old = emulator.create_key(KEY, "secret").token
    snapshot = taken(environment)
    emulator.revoke_key(KEY, old)

    emulator.restore(KEY, snapshot)

    assert status(emulator, old) == 200


# Environments


@pytest.fixture
def other(emulator: Emulator) -> httpx.Client:
    """A client with the key of another environment."""
    emulator.open_environment("sk_test_other")
    return httpx.Client(
        transport=EmulatorTransport(emulator),
        base_url="http://emulator.test",
        headers={"authorization": "Bearer sk_test_other"},
    )


@pytest.mark.promise("ENV-ISOLATION")
@each_operation
def test_nothing_is_seen_or_changed_from_another_environment(
    draw: Draw, emulator: Emulator, environment: Environment, operation: Operation
) -> None:
    emulator.open_environment("sk_test_other")
    request = draw(operation, key="sk_test_other")
    before = environment.store.connection.serialize()

    answer = emulator.handle(request)

    names = set(re.findall(rb"kh-[\w-]+", environment.store.connection.serialize()))
    named = set(re.findall(rb"kh-[\w-]+", request.path.encode() + request.query.encode() + request.body))
    assert environment.store.connection.serialize() == before
    assert not (names - named) & set(re.findall(rb"kh-[\w-]+", answer.content))


@pytest.mark.promise("ENV-ISOLATION", "ENV-SAME-ID-BOTH")
def test_the_same_ids_are_others_in_another_environment(api: httpx.Client, other: httpx.Client) -> None:
    for path in ("/v1/users/u", "/v1/objects/projects/p", "/v1/tenants/t"):
        api.put(path, json={"name": "ours"})
        assert other.get(path).status_code == 404
        other.put(path, json={"name": "theirs"})

        assert (api.get(path).json(), other.get(path).json()) != (other.get(path).json(), api.get(path).json())
        assert other.delete(path).status_code == 204
        assert "ours" in api.get(path).text


@pytest.mark.promise("ENV-ISOLATION")
def test_messages_and_runs_of_one_environment_are_not_in_another(
    trigger: Callable[..., str], api: httpx.Client, other: httpx.Client, feed: str
) -> None:
    trigger("in-app-message", "ada", data={"body": "hello"})
    message = api.get("/v1/messages").json()["items"][0]["id"]
    run = api.get("/v1/workflow_recipient_runs").json()["items"][0]["id"]

    assert other.get("/v1/messages").json()["items"] == []
    assert other.get("/v1/workflow_recipient_runs").json()["items"] == []
    assert other.get(feed).json()["entries"] == []
    assert other.get(f"/v1/messages/{message}").status_code == 404
    assert other.put(f"/v1/messages/{message}/seen").status_code == 404
    assert other.get(f"/v1/workflow_recipient_runs/{run}").status_code == 404
    assert api.get(f"/v1/messages/{message}").json()["seen_at"] is None


@pytest.mark.promise("ENV-SAME-DATA-ALL-KEYS")
def test_all_keys_of_an_environment_see_the_same(emulator: Emulator, api: httpx.Client, public: httpx.Client) -> None:
    second = {"authorization": f"Bearer {emulator.create_key(KEY, 'secret').token}"}
    third = {"authorization": f"Bearer {emulator.create_key(KEY, 'public').token}"}
    api.put("/v1/users/ada", json={"name": "Ada"})

    seen = [
        api.get("/v1/users/ada").json(),
        api.get("/v1/users/ada", headers=second).json(),
        public.get("/v1/users/ada").json(),
        public.get("/v1/users/ada", headers=third).json(),
    ]

    assert seen == [seen[0]] * 4
