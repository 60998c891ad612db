"""Outbound calls: whom they reach, what is made of an answer, and in which order they are made."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from knock_harness.emulator.callers import LONGEST_BODY, AsyncCaller, Caller
from knock_harness.emulator.outbound import OutboundAnswer, OutboundCall, OutboundRequest

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = "http://127.0.0.1:1/x"


def made(request: OutboundRequest, answer: Callable[[httpx.Request], httpx.Response]) -> OutboundAnswer:
    caller = Caller(httpx.MockTransport(answer))
    try:
        return caller.make(request)
    finally:
        caller.close()


def test_a_request_is_made_as_it_was_asked_for() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, headers={"X-Name": "v"}, content=b"body")

    got = made(OutboundRequest("PUT", HERE, [("x-a", "1")], b"{}"), answer)

    assert [(each.method, str(each.url), each.headers["x-a"], each.content) for each in seen] == [
        ("PUT", HERE, "1", b"{}")
    ]
    assert (got.status, dict(got.headers)["x-name"], got.body, got.failure) == (201, "v", b"body", "")


@pytest.mark.promise("WEBHOOK-CHANNEL-STATUS")
def test_redirects_are_not_followed() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return httpx.Response(302, headers={"location": "http://127.0.0.1:1/elsewhere"})

    assert made(OutboundRequest("GET", HERE), answer).status == 302
    assert seen == ["/x"]


@pytest.mark.parametrize("url", ["https://example.com/", "http://127.0.0.1.example.com/", "ftp://127.0.0.1/", "no url"])
def test_nobody_else_is_called(url: str) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise AssertionError("somebody was called")

    assert made(OutboundRequest("GET", url), answer).status == 0


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (httpx.ReadTimeout("x"), "no answer within 15 s"),
        (httpx.ConnectError("x"), "nobody listens there"),
        (httpx.RemoteProtocolError("x"), "the connection ended before the answer did"),
    ],
)
def test_what_fails_has_no_status_but_a_reason(error: Exception, failure: str) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    assert made(OutboundRequest("GET", HERE), answer) == OutboundAnswer(0, failure=failure)


def test_headers_may_hold_any_text() -> None:
    seen: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(dict(request.headers.raw)[b"x-name"])
        return httpx.Response(200)

    made(OutboundRequest("GET", HERE, [("x-name", "Zoë")]), answer)

    assert seen == ["Zoë".encode()]


@pytest.mark.parametrize(
    ("method", "header"),
    [("GET", ("x y", "v")), ("GET", ("x", "a\r\nb: c")), ("GET", ("", "v")), ("G T", ("x", "v")), ("GET", ("x", "\0"))],
    ids=["blank in a name", "line in a value", "no name", "blank in the method", "NUL"],
)
def test_what_cannot_be_written_comes_to_an_end(method: str, header: tuple[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        caller = Caller()
        got = caller.make(OutboundRequest(method, url, [header], timeout_s=5.0))
        caller.close()

    assert (got.status, got.failure) == (0, "the request cannot be written")


def test_an_answer_without_end_is_none() -> None:
    got = made(OutboundRequest("GET", HERE), lambda _: httpx.Response(200, content=b"x" * (LONGEST_BODY + 1)))

    assert (got.status, got.failure) == (0, f"the answer is longer than {LONGEST_BODY} bytes")


class Noting:
    """In the place of an emulator: notes what is answered, in order."""

    def __init__(self) -> None:
        self.answered_paths: list[str] = []

    def answered(self, name: str, call: OutboundCall, answer: OutboundAnswer) -> None:  # noqa: ARG002 - as the emulator has it
        self.answered_paths.append(call.request.url.rpartition("/")[2])


@pytest.mark.parametrize(("line", "order"), [("one", ["1", "2", "3"]), ("", ["3", "2", "1"])])
def test_requests_of_one_line_are_made_in_order(line: str, order: list[str]) -> None:
    noting = Noting()

    async def main() -> None:
        async def answer(request: httpx.Request) -> httpx.Response:
            for _ in range({"/1": 20, "/2": 10, "/3": 0}[request.url.path]):  # the first is the slowest
                await asyncio.sleep(0)
            return httpx.Response(200)

        caller = AsyncCaller(noting, on_answer=lambda: None, transport=httpx.MockTransport(answer))  # type: ignore[arg-type]
        calls = [
            OutboundCall(number, OutboundRequest("GET", f"http://127.0.0.1:1/{number}", line=line), "", b"")
            for number in (1, 2, 3)
        ]
        caller.begin([("environment", each) for each in calls])
        while len(noting.answered_paths) < len(calls):
            await caller.next_answer("environment")
        await caller.close()

    asyncio.run(main())

    assert noting.answered_paths == order
