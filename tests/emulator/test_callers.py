from __future__ import annotations

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from knock_harness.emulator import Emulator, EmulatorTransport, callers
from knock_harness.emulator.callers import AsyncCaller, Caller
from knock_harness.emulator.outbound import OutboundAnswer, OutboundRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from knock_harness.emulator.environment import Environment

KEY = "sk_test_tests"


class Server(BaseHTTPRequestHandler):
    """Answers as its path says, and keeps what it got."""

    got: list[tuple[str, str, dict[str, str], bytes]]

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.got.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        if self.path == "/cut":
            self.close_connection = True
            return
        if self.path == "/hang":
            self.server.hang.wait(10)  # type: ignore[attr-defined]
        self.send_response(302 if self.path == "/elsewhere" else 201)
        self.send_header("location", "/")
        self.send_header("X-Kind", "made")
        content = b"x" * 5000 if self.path == "/long" else b"done"
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = answer  # noqa: N815 - the names that the base class looks for

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Server.got = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.hang = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.hang.set()  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


def one_after_the_other(request: OutboundRequest) -> OutboundAnswer:
    caller = Caller()
    try:
        return caller.make(request)
    finally:
        caller.close()


def beside_a_loop(request: OutboundRequest) -> OutboundAnswer:
    emulator = Emulator(keys=[KEY])
    environment = emulator.environments[KEY]
    answers: list[OutboundAnswer] = []
    environment.answered = lambda _, answer: answers.append(answer)  # type: ignore[method-assign]

    async def call() -> None:
        caller = AsyncCaller(emulator, on_answer=lambda: None)
        environment.call_out(request, answered_by="", about=b"")
        caller.begin([(KEY, each) for each in environment.take_calls()])
        await caller.next_answer(KEY)
        await caller.close()

    asyncio.run(call())
    emulator.close()
    return answers[0]


@pytest.fixture(params=[one_after_the_other, beside_a_loop], ids=lambda each: each.__name__)
def make(request: pytest.FixtureRequest) -> Callable[[OutboundRequest], OutboundAnswer]:
    """Makes an outbound call, in each of the two ways."""
    made: Callable[[OutboundRequest], OutboundAnswer] = request.param
    return made


def test_a_request_arrives_as_it_was_asked_for(make: Callable[..., OutboundAnswer], server: str) -> None:
    make(OutboundRequest("PUT", f"{server}/a%20b?c=d", [("x-mine", "1"), ("content-type", "text/plain")], b"body"))

    method, path, headers, body = Server.got[0]
    assert (method, path, body) == ("PUT", "/a%20b?c=d", b"body")
    assert (headers["x-mine"], headers["content-type"]) == ("1", "text/plain")


def test_the_answer_comes_back_whole(make: Callable[..., OutboundAnswer], server: str) -> None:
    answer = make(OutboundRequest("GET", f"{server}/"))

    assert (answer.status, answer.body, answer.failure) == (201, b"done", "")
    assert ("x-kind", "made") in answer.headers


def test_nobody_is_followed_elsewhere(make: Callable[..., OutboundAnswer], server: str) -> None:
    assert make(OutboundRequest("GET", f"{server}/elsewhere")).status == 302
    assert len(Server.got) == 1


@pytest.mark.parametrize(
    "url",
    ["https://example.com/", "http://10.0.0.1/", "http://127.0.0.1.example.com/", "ftp://127.0.0.1/", "nonsense", ""],
)
def test_only_servers_of_this_machine_are_called(
    url: str, make: Callable[..., OutboundAnswer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: pytest.fail("somebody was looked up"))

    answer = make(OutboundRequest("GET", url))

    assert (answer.status, "not on this machine" in answer.failure) == (0, True)


def test_a_proxy_of_the_surroundings_is_not_asked(
    make: Callable[..., OutboundAnswer], server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    assert make(OutboundRequest("GET", f"{server}/")).status == 201


@pytest.mark.parametrize(
    ("path", "why"),
    [("/cut", "the connection ended before the answer did"), ("/hang", "no answer within 0.2 s")],
)
def test_what_comes_to_nothing_says_why(path: str, why: str, make: Callable[..., OutboundAnswer], server: str) -> None:
    answer = make(OutboundRequest("GET", f"{server}{path}", timeout_s=0.2))

    assert (answer.status, answer.failure) == (0, why)


def test_where_nobody_listens_there_is_no_answer(make: Callable[..., OutboundAnswer]) -> None:
    answer = make(OutboundRequest("GET", "http://127.0.0.1:9/"))

    assert (answer.status, answer.failure) == (0, "nobody listens there")


def test_an_answer_without_end_is_none(
    make: Callable[..., OutboundAnswer], server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "LONGEST_BODY", 1000)

    answer = make(OutboundRequest("GET", f"{server}/long"))

    assert (answer.status, answer.failure) == (0, "the answer is longer than 1000 bytes")


def test_a_header_that_cannot_be_sent_fails_the_call_and_nothing_else(make: Callable[..., OutboundAnswer]) -> None:
    answer = make(OutboundRequest("GET", "http://127.0.0.1:9/", [("x-bad", "a\r\nb: c")]))

    assert answer.status == 0


def test_calls_that_are_given_up_stay_to_be_made(server: str) -> None:
    emulator = Emulator(keys=[KEY])
    environment = emulator.environments[KEY]

    async def call() -> None:
        caller = AsyncCaller(emulator, on_answer=lambda: None)
        environment.call_out(OutboundRequest("GET", f"{server}/hang"), answered_by="", about=b"")
        caller.begin([(KEY, each) for each in environment.take_calls()])
        await asyncio.sleep(0)
        await caller.close()

    asyncio.run(call())

    assert len(environment.store.outbound_calls.all()) == 1


def test_in_one_process_the_caller_asked_may_ask_back(emulator: Emulator, environment: Environment) -> None:
    asked: list[int] = []

    def outside(request: httpx.Request) -> httpx.Response:
        asked.append(httpx.Client(transport=transport).get("http://127.0.0.1/_emulator/health").status_code)
        return httpx.Response(204)

    transport = EmulatorTransport(emulator, outside=httpx.MockTransport(outside))
    environment.configure(outbound="loopback")
    headers = {"authorization": f"Bearer {KEY}"}
    with httpx.Client(transport=transport, base_url="http://127.0.0.1", headers=headers) as api:
        api.post("/_emulator/webhooks", json={"url": "http://127.0.0.1:1/"})
        api.post("/v1/workflows/in-app-message/trigger", json={"recipients": ["ada"]}).raise_for_status()
        api.get("/v1/messages")

    assert set(asked) == {200}


def test_so_many_calls_are_made_at_a_time_and_the_others_wait() -> None:
    emulator = Emulator(keys=[KEY])
    environment = emulator.environments[KEY]
    under_way: list[int] = [0]
    most: list[int] = []

    async def outside(_: httpx.Request) -> httpx.Response:
        under_way[0] += 1
        most.append(under_way[0])
        await asyncio.sleep(0)
        under_way[0] -= 1
        return httpx.Response(204)

    async def call() -> None:
        caller = AsyncCaller(emulator, on_answer=lambda: None, transport=httpx.MockTransport(outside))
        for number in range(200):
            request = OutboundRequest("GET", f"http://127.0.0.1/{number}")
            environment.call_out(request, answered_by="event_posted", about=b"")
        caller.begin([(KEY, each) for each in environment.take_calls()])
        while environment.is_calling:
            await caller.next_answer(KEY)
        await caller.close()

    asyncio.run(call())

    assert (len(most), max(most) <= callers.AT_ONCE) == (200, True)
    emulator.close()
