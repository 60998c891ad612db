from __future__ import annotations

import functools
import socket
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import msgspec
import pytest
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from knock_harness import contract
from knock_harness.emulator import Emulator, EmulatorTransport, VirtualClock, definitions, user_tokens
from knock_harness.emulator.clock import stamp
from knock_harness.emulator.control import ControlApi
from knock_harness.emulator.message import NewActivity, NewMessage, as_json, origin
from knock_harness.emulator.outbound import OutboundAnswer
from knock_harness.emulator.references import Ref
from knock_harness.emulator.server import configuration
from knock_harness.target import Client, Ledger, World, packaged_target
from knock_harness.verify.answers import Answer
from knock_harness.verify.drafts import send as send_draft
from knock_harness.verify.plain import plain_request

from .documented import assert_documented_as
from .holding import Holding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from knock_harness.contract import Operation
    from knock_harness.emulator.environment import Environment
    from knock_harness.emulator.exchange import Request
    from knock_harness.emulator.outbound import OutboundRequest

KEY = "sk_test_tests"
PUBLIC = "pk_test_tests"


class HandClock(VirtualClock):
    """A clock that is moved by hand; what falls due meanwhile waits until work is done."""

    emulator: Emulator

    def advance(self, by: timedelta) -> None:
        """Move forward."""
        self.move_to(self.now() + by)
        for name in self.emulator.environments:
            self.emulator._note_due(name, moved=True)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture
def emulator(clock: HandClock) -> Emulator:
    clock.emulator = Emulator(new_clock=lambda: clock, keys=[KEY], seed=1)
    return clock.emulator


@pytest.fixture
def environment(emulator: Emulator) -> Environment:
    return emulator.environments[KEY]


@pytest.fixture
def api(emulator: Emulator) -> Iterator[httpx.Client]:
    """A client of the emulator, with its secret key, in this process; each answer is held against the contract."""
    with httpx.Client(
        transport=EmulatorTransport(emulator),
        base_url="http://emulator.test",
        headers={"authorization": f"Bearer {KEY}"},
        event_hooks={"response": [assert_documented]},
    ) as client:
        yield client


def assert_documented(response: httpx.Response) -> None:
    """Fail if the status of an answer is not documented for its operation, or the body does not fit its schema."""
    request = response.request
    match = contract.match(request.method, request.url.raw_path.decode().partition("?")[0])
    if match is None:
        return
    if b"exclude=" in request.url.query:  # takes required fields away
        return
    operation = match.operation
    assert_documented_as(operation.id, operation.responses, validator=contract.validator, response=response)


@pytest.fixture
def public(emulator: Emulator) -> Iterator[httpx.Client]:
    """A client of the emulator with the public key; each answer is held against the contract."""
    with httpx.Client(
        transport=EmulatorTransport(emulator),
        base_url="http://emulator.test",
        headers={"authorization": f"Bearer {PUBLIC}"},
        event_hooks={"response": [assert_documented]},
    ) as client:
        yield client


@pytest.fixture(scope="session")
def signing_key() -> str:
    """The private half of a signing key, in PEM."""
    return new_signing_key()


def new_signing_key() -> str:
    """Return the private half of a new signing key, in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@functools.cache
def loaded(key: str) -> Any:
    """Return a private key that can sign; reading it takes longer than signing."""
    return serialization.load_pem_private_key(key.encode(), password=None)


@pytest.fixture(scope="session")
def public_key(signing_key: str) -> str:
    """The public half of the signing key, in PEM."""
    return user_tokens.public_half(signing_key)


@pytest.fixture
def secure(environment: Environment, public_key: str) -> None:
    """Let the environment have enhanced security, and a signing key."""
    environment.configure(enhanced_security=True, signing_key=public_key)


@pytest.fixture
def sign(signing_key: str) -> Callable[..., str]:
    """Sign a user token: its subject (None: it has none) and its other claims."""

    def sign(sub: str | None = "ada", *, key: str = signing_key, **claims: Any) -> str:
        return jwt.encode(claims if sub is None else {"sub": sub, **claims}, loaded(key), algorithm="RS256")

    return sign


@pytest.fixture
def holding(emulator: Emulator) -> Holding:
    return Holding(emulator)


@pytest.fixture
def world(holding: Holding, tmp_path: Path) -> Iterator[World]:
    """Makes what requests name, with the secret key."""
    target = packaged_target("http://127.0.0.1:4000", api_key=KEY)
    ledger = Ledger(tmp_path / "ledger.jsonl", base_url=target.base_url, prefix="kh-")
    with Client(target, transport=holding) as client:
        yield World(client, prefix="kh-", ledger=ledger)
    ledger.close()


@pytest.fixture
def draw(world: World, holding: Holding) -> Callable[..., Request]:
    """Return the plain request of an operation, or one that differs from it, as it goes over the wire.

    It has a key, and a user token if need be. What it names exists; it was not sent yet.
    """

    def draw(operation: Operation, *, key: str | None = KEY, user: str | None = None, **other: Any) -> Request:
        send_draft(replace(plain_request(operation), **other, credential=Holding.KEY), world)
        request = holding.held.pop()
        headers = list(request.headers)
        if key is not None:
            headers.append((b"authorization", f"Bearer {key}".encode()))
        if user is not None:
            headers.append((b"x-knock-user-token", user.encode()))
        return msgspec.structs.replace(request, headers=headers)

    return draw


@pytest.fixture
def ask(world: World) -> Callable[..., Answer]:
    """Send the plain request of an operation, or one that differs from it, and return the answer."""

    def ask(operation: Operation, **other: Any) -> Answer:
        exchange = send_draft(replace(plain_request(operation), **other), world)
        return Answer.of(exchange) or Answer(exchange, operation=operation, path={})

    return ask


@pytest.fixture
def serve() -> Callable[[Emulator], AbstractContextManager[str]]:
    """Serve an emulator with its control API behind a socket, in a thread, and return its base URL."""

    @contextmanager
    def serve(emulator: Emulator) -> Iterator[str]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            served = uvicorn.Server(configuration(emulator, control=ControlApi(emulator)))
            thread = Thread(target=served.run, kwargs={"sockets": [listener]})
            thread.start()
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                served.should_exit = True
                thread.join()

    return serve


@pytest.fixture
def channel(environment: Environment) -> Callable[[str], str]:
    """Returns the id of the channel with a key."""
    return lambda key: environment.project.channels[key].id


@pytest.fixture
def watch(api: httpx.Client) -> Callable[[dict[str, Any]], list[dict[str, Any]]]:
    """Polls a bulk operation to its end, and returns all that was seen of it."""

    def watch(operation: dict[str, Any]) -> list[dict[str, Any]]:
        seen = [operation]
        while seen[-1]["status"] not in {"completed", "failed"}:
            seen.append(api.get(f"/v1/bulk_operations/{operation['id']}").raise_for_status().json())
        return seen

    return watch


@pytest.fixture
def send(environment: Environment) -> Callable[..., str]:
    """Put a message into the store, as a workflow would, and return its id."""

    def send(
        recipient: Ref | str = "ada",
        *,
        channel: str = "in_app_feed",
        workflow: str = "in-app-message",
        categories: Sequence[str] = (),
        data: dict[str, Any] | None = None,
        actors: Sequence[Ref | None] = (None,),
        **given: Any,
    ) -> str:
        at = stamp(environment.clock.now())
        through = next(each for each in environment.project.channels.values() if each.type == channel)
        content = {"blocks": [{"type": "text", "name": "body", "content": "Hello", "rendered": "Hello"}]}
        message = NewMessage(
            id=environment.ids.ksuid(environment.clock.now()),
            recipient=recipient if isinstance(recipient, Ref) else Ref("", recipient),
            origin=origin(
                through,
                key=workflow,
                version_id="0a9d6d3d-6f12-4b4c-9a2c-6f1f6f0b2d11",
                categories=categories,
                step_ref="step_1",
            ),
            data=as_json(data or {}),
            activities=[NewActivity(environment.ids.uuid(), each, as_json(data or {}), at) for each in actors],
            content=content
            if channel == "in_app_feed"
            else {"__typename": "MessageSmsContent", "to": "1", "body": "Hi"},
            status=given.pop("status", "delivered"),
            at=at,
            **given,
        )
        with environment.store.transaction():
            environment.store.messages.add(message)
        return message.id

    return send


@pytest.fixture
def feed(environment: Environment) -> str:
    """The path of ada's in-app feed."""
    channel = next(each for each in environment.project.channels.values() if each.type == "in_app_feed")
    return f"/v1/users/ada/feeds/{channel.id}"


@pytest.fixture
def commit(environment: Environment) -> Callable[..., None]:
    """Commit a workflow to the environment: its key, its steps, and whatever else its definition holds."""

    def commit(key: str, *steps: dict[str, Any], active: bool = True, **more: Any) -> None:
        definition = {"name": key, "steps": list(steps), **more, "__readonly": {"key": key, "active": active}}
        definitions.commit_workflow(environment, key, definition)

    return commit


@pytest.fixture
def configure(environment: Environment) -> Callable[..., None]:
    """Give a channel of the environment other settings."""

    def configure(key: str, **settings: Any) -> None:
        project = environment.project
        channel = replace(project.channels[key], settings={**project.channels[key].settings, **settings})
        environment.project = replace(project, channels={**project.channels, key: channel})

    return configure


@pytest.fixture
def work(emulator: Emulator) -> Callable[[], None]:
    """Do what is due."""

    def work() -> None:
        while emulator.run_due(budget_s=1):
            pass

    return work


@pytest.fixture
def wait(emulator: Emulator) -> Callable[[timedelta], None]:
    """Move the clock, and do on the way what falls due, each piece at its moment."""

    def wait(by: timedelta) -> None:
        for _ in emulator.advance(KEY, to=emulator.environments[KEY].clock.now() + by):
            pass

    return wait


class Outside:
    """The servers that the emulator calls: they answer as told, in turn, and the last answer again and again."""

    def __init__(self, emulator: Emulator, work: Callable[[], None]) -> None:
        self._emulator = emulator
        self._work = work
        self.answers: list[OutboundAnswer] = [OutboundAnswer(200)]
        self.requests: list[OutboundRequest] = []

    def answer(self, *answers: int | OutboundAnswer) -> None:
        """Answer with these from now on; a number is a status."""
        self.answers = [OutboundAnswer(each) if isinstance(each, int) else each for each in answers]

    def work(self) -> None:
        """Do what is due, and answer whatever is asked on the way."""
        self._work()
        while calls := self._emulator.environments[KEY].take_calls():
            for call in calls:
                self.requests.append(call.request)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                self._emulator.answered(KEY, call, answer)
            self._work()


@pytest.fixture
def outside(emulator: Emulator, environment: Environment, work: Callable[[], None]) -> Outside:
    """The servers that the emulator calls, in an environment that may call them."""
    environment.configure(outbound="loopback")
    return Outside(emulator, work)


@pytest.fixture
def trigger(api: httpx.Client, work: Callable[[], None]) -> Callable[..., str]:
    """Trigger a workflow, let it run, and return the id that its runs share."""

    def trigger(key: str, *recipients: Any, **more: Any) -> str:
        answer = api.post(f"/v1/workflows/{key}/trigger", json={"recipients": list(recipients or ["ada"]), **more})
        work()
        run_id: str = answer.raise_for_status().json()["workflow_run_id"]
        return run_id

    return trigger


@pytest.fixture
def messages(api: httpx.Client) -> Callable[..., list[dict[str, Any]]]:
    """List messages, oldest first, by the filters of the API."""

    def messages(**filters: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = api.get("/v1/messages", params=filters).raise_for_status().json()["items"]
        return found[::-1]

    return messages


@pytest.fixture
def runs(api: httpx.Client) -> Callable[..., list[dict[str, Any]]]:
    """List recipient runs, oldest first, by the filters of the API."""

    def runs(**filters: Any) -> list[dict[str, Any]]:
        answer = api.get("/v1/workflow_recipient_runs", params=filters).raise_for_status().json()
        found: list[dict[str, Any]] = answer["items"]
        return found[::-1]

    return runs


@pytest.fixture
def in_app() -> Callable[..., dict[str, Any]]:
    """Return a step that sends a message to the feed."""

    def in_app(ref: str = "in_app", body: str = "Hello", **more: Any) -> dict[str, Any]:
        return {
            "ref": ref,
            "type": "channel",
            "channel_type": "in_app_feed",
            "channel_key": "in-app-feed",
            "template": {"markdown_body": body},
            **more,
        }

    return in_app


@pytest.fixture
def create_schedules(api: httpx.Client) -> Callable[..., list[dict[str, Any]]]:
    """Create schedules and return them."""

    def create_schedules(*recipients: Any, **more: Any) -> list[dict[str, Any]]:
        body = {"workflow": "scheduled-message", "recipients": list(recipients or ["ada"]), **more}
        made: list[dict[str, Any]] = api.post("/v1/schedules", json=body).raise_for_status().json()
        return made

    return create_schedules


@pytest.fixture
def batched(commit: Callable[..., None], in_app: Callable[..., Any]) -> Callable[..., None]:
    """Commit a workflow of a batch step, by its settings, and a step that sends to the feed."""

    def batched(*between: Any, body: str = "{{ total_activities }}", key: str = "batched", **settings: Any) -> None:
        given = {"batch_window": {"unit": "seconds", "value": 60}, **settings}
        commit(key, {"ref": "batch", "type": "batch", "settings": given}, *between, in_app(body=body))

    return batched


@pytest.fixture
def at(trigger: Callable[..., str], wait: Callable[..., None]) -> Callable[..., list[str]]:
    """Trigger the workflow for ada at so many seconds from now, with the second as data; return the ids of the runs."""

    def at(*seconds: int, **more: Any) -> list[str]:
        now, ids = 0, []
        for each in seconds:
            wait(timedelta(seconds=each - now))
            now = each
            ids.append(trigger("batched", data={"n": each}, **more))
        return ids

    return at


@pytest.fixture
def told(api: httpx.Client, messages: Callable[..., Any]) -> Callable[[], list[list[Any]]]:
    """Return the values of n that each message tells of, oldest message first."""

    def told() -> list[list[Any]]:
        found = []
        for each in messages():
            activities = api.get(f"/v1/messages/{each['id']}/activities").raise_for_status().json()["items"]
            found.append([activity["data"].get("n") for activity in activities])
        return found

    return told


@pytest.fixture
def rendered(api: httpx.Client, messages: Callable[..., Any]) -> Callable[[], list[str]]:
    """Return the text of each message, oldest first."""

    def rendered() -> list[str]:
        texts = []
        for each in messages():
            content = api.get(f"/v1/messages/{each['id']}/content").raise_for_status().json()["data"]
            texts.append(content["blocks"][0]["rendered"].removeprefix("<p>").removesuffix("</p>\n"))
        return texts

    return rendered
