"""Faults as callers feel them, in this process and behind a socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from knock_harness.emulator import Emulator, EmulatorTransport
from knock_harness.emulator.faults import AnyFault, Cut, ErrorAnswer, Garbage, Latency

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from knock_harness.emulator.environment import Environment

KEY = "sk_test_tests"
HEADERS = {"authorization": f"Bearer {KEY}"}


@pytest.fixture
def slept() -> list[float]:
    """How long the transport in this process waited, each time."""
    return []


@pytest.fixture
def in_process(emulator: Emulator, slept: list[float]) -> Iterator[httpx.Client]:
    transport = EmulatorTransport(emulator, sleep=slept.append)
    with httpx.Client(transport=transport, base_url="http://emulator.test", headers=HEADERS) as client:
        yield client


@pytest.fixture
def behind_a_socket(
    emulator: Emulator, serve: Callable[[Emulator], AbstractContextManager[str]]
) -> Iterator[httpx.Client]:
    with serve(emulator) as base_url, httpx.Client(base_url=base_url, headers=HEADERS, timeout=10) as client:
        yield client


@pytest.fixture(params=["in_process", "behind_a_socket"])
def knock(request: pytest.FixtureRequest) -> httpx.Client:
    client: httpx.Client = request.getfixturevalue(request.param)
    return client


@pytest.fixture
def add(environment: Environment) -> Callable[[AnyFault], int]:
    return lambda fault: environment.faults.add(fault, now=environment.clock.now())


@pytest.fixture
def users(environment: Environment) -> Callable[[], list[str]]:
    """Return the ids of the users that exist."""
    rows = "SELECT id FROM recipients ORDER BY seq"
    return lambda: [each[0] for each in environment.store.connection.execute(rows)]


def put(knock: httpx.Client, user: str = "ada") -> httpx.Response:
    return knock.put(f"/v1/users/{user}", json={"name": "Ada"})


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("status", "code"), [(429, "rate_limit_exceeded"), (503, "fault_injected")])
def test_an_error_has_the_body_of_the_api(
    status: int, code: str, when: str, knock: httpx.Client, add: Callable[[AnyFault], int]
) -> None:
    add(ErrorAnswer(status=status, when=when))

    answer = put(knock)

    assert (answer.status_code, answer.json()["status"], answer.json()["code"]) == (status, status, code)
    assert "x-request-id" in answer.headers


def test_a_429_says_when_to_come_back(knock: httpx.Client, add: Callable[[AnyFault], int]) -> None:
    add(ErrorAnswer(status=429, retry_after_s=3))

    assert put(knock).headers["retry-after"] == "3"


def test_an_error_may_be_a_page_of_a_proxy(knock: httpx.Client, add: Callable[[AnyFault], int]) -> None:
    add(ErrorAnswer(status=502, body="html"))

    answer = put(knock)

    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert "<h1>502 Bad Gateway</h1>" in answer.text


@pytest.mark.parametrize("when", ["before", "after"])
def test_garbage_is_a_success_that_is_no_json(when: str, knock: httpx.Client, add: Callable[[AnyFault], int]) -> None:
    add(Garbage(when=when))

    answer = put(knock)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json; charset=utf-8")
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        answer.json()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_that_is_cut_gives_no_answer(
    when: str, knock: httpx.Client, add: Callable[[AnyFault], int]
) -> None:
    add(Cut(when=when))

    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        put(knock)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_may_be_cut_in_the_middle_of_the_body(
    when: str, knock: httpx.Client, add: Callable[[AnyFault], int]
) -> None:
    add(Cut(at="body", when=when))

    with pytest.raises(httpx.RemoteProtocolError, match=r"received \d+ bytes, expected \d+"):
        put(knock)


def test_an_answer_without_a_body_is_cut_before_it_begins(knock: httpx.Client, add: Callable[[AnyFault], int]) -> None:
    put(knock)
    add(Cut(at="body", when="after"))

    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        knock.delete("/v1/users/ada")


@pytest.mark.parametrize("fault", [ErrorAnswer, Garbage, Cut])
@pytest.mark.parametrize(("when", "stored"), [("before", []), ("after", ["ada"])])
def test_a_request_has_an_effect_if_it_fails_afterwards(
    fault: type[ErrorAnswer | Garbage | Cut],
    when: str,
    stored: list[str],
    in_process: httpx.Client,
    add: Callable[[AnyFault], int],
    users: Callable[[], list[str]],
) -> None:
    add(fault(when=when, requests=1))  # type: ignore[arg-type]  # one of the two words it takes

    with httpx.Client(transport=Forgiving(in_process), base_url="http://emulator.test") as client:
        put(client)

    assert users() == stored


class Forgiving(httpx.BaseTransport):
    """Answers 204 where a connection is cut."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.headers.update(HEADERS)
        try:
            return self._client.send(request)
        except httpx.RemoteProtocolError:
            return httpx.Response(204)


def test_a_connection_serves_the_next_request_after_others_were_cut(
    knock: httpx.Client, add: Callable[[AnyFault], int]
) -> None:
    add(Cut(requests=1))

    with pytest.raises(httpx.RemoteProtocolError):
        put(knock)

    assert put(knock).json()["name"] == "Ada"


def test_an_idempotency_key_answers_for_the_request_whose_answer_was_lost(
    knock: httpx.Client, add: Callable[[AnyFault], int], environment: Environment
) -> None:
    add(Cut(operation="triggerWorkflow", when="after", requests=1))
    trigger = {"json": {"recipients": ["ada"]}, "headers": {"idempotency-key": "order-7"}}

    with pytest.raises(httpx.RemoteProtocolError):
        knock.post("/v1/workflows/in-app-message/trigger", **trigger)  # type: ignore[arg-type]
    knock.post("/v1/workflows/in-app-message/trigger", **trigger).raise_for_status()  # type: ignore[arg-type]

    keys = environment.store.connection.execute("SELECT count(*) FROM replies").fetchone()[0]
    assert keys == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_late_request_is_answered_as_ever(
    when: str, knock: httpx.Client, add: Callable[[AnyFault], int], environment: Environment
) -> None:
    number = add(Latency(fixed_s=0.01, when=when, requests=1))

    assert put(knock).json()["name"] == "Ada"
    assert [(each.status, each.trouble and each.trouble.faults) for each in environment.journal] == [(200, (number,))]


def test_a_request_in_this_process_waits_as_long_as_it_was_asked_to(
    in_process: httpx.Client, add: Callable[[AnyFault], int], slept: list[float]
) -> None:
    add(Latency(fixed_s=1.5))
    add(Latency(fixed_s=0.5, when="after"))

    put(in_process)

    assert slept == [2.0]


def test_a_client_in_this_process_waits_no_longer_than_its_timeout(
    in_process: httpx.Client, add: Callable[[AnyFault], int], slept: list[float], users: Callable[[], list[str]]
) -> None:
    add(Latency(fixed_s=1.5))

    with pytest.raises(httpx.ReadTimeout):
        in_process.put("/v1/users/ada", json={}, timeout=0.25)

    assert (slept, users()) == ([0.25], ["ada"])


def test_a_late_request_keeps_no_other_waiting(behind_a_socket: httpx.Client, add: Callable[[AnyFault], int]) -> None:
    add(Latency(operation="getUser", fixed_s=60.0))

    with pytest.raises(httpx.ReadTimeout):
        behind_a_socket.get("/v1/users/ada", timeout=0.05)

    assert put(behind_a_socket).status_code == 200


def test_the_journal_tells_which_fault_hit_a_request(
    in_process: httpx.Client, add: Callable[[AnyFault], int], environment: Environment
) -> None:
    put(in_process)
    number = add(ErrorAnswer())
    put(in_process)

    assert [each.shown()["faults"] for each in environment.journal] == [[], [number]]


def test_an_answer_that_was_never_sent_has_no_status_in_the_journal(
    in_process: httpx.Client, add: Callable[[AnyFault], int], environment: Environment
) -> None:
    add(Cut())

    with pytest.raises(httpx.RemoteProtocolError):
        put(in_process)

    assert [each.shown()["status"] for each in environment.journal] == [None]


def test_a_reset_ends_all_faults(emulator: Emulator, add: Callable[[AnyFault], int], in_process: httpx.Client) -> None:
    add(ErrorAnswer())
    emulator.reset(KEY)

    assert put(in_process).status_code == 200
