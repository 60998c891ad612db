"""The plain transport: framing, kept connections, and every way a peer can fail, each told apart."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from knock_harness.errors import TargetUnreachable
from knock_harness.target import Client
from knock_harness.target.transport import PlainTransport

from .conftest import peer, target_at
from .test_exchange import read_request

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = b"content-type: application/json\r\n"


def answering(*answers: bytes) -> Callable[[socket.socket], None]:
    """Return a peer that answers one request after the other on a connection."""

    def behave(connection: socket.socket) -> None:
        for answer in answers:
            read_request(connection)
            connection.sendall(answer)

    return behave


def answer_of(data: bytes, *, method: str = "GET") -> httpx.Response:
    with peer(answering(data)) as url, PlainTransport(timeout_s=5) as transport:
        return transport.handle_request(httpx.Request(method, f"{url}/v1/users"))


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\n\r\nhello",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    ],
    ids=["length", "chunked", "until-closed", "http-1.0", "after-an-interim-answer"],
)
def test_a_body_is_read_to_its_end(data: bytes) -> None:
    response = answer_of(data)

    assert (response.status_code, response.content) == (200, b"hello")


@pytest.mark.parametrize(
    ("method", "data"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"),
        ("DELETE", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n"),
    ],
)
def test_an_answer_that_has_no_body_is_not_waited_for(method: str, data: bytes) -> None:
    assert answer_of(data, method=method).content == b""


def test_headers_arrive_in_order_and_repeated() -> None:
    response = answer_of(b"HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\ncontent-length: 0\r\n\r\n")

    assert response.headers.get_list("x-a") == ["1", "2"]


def test_a_connection_is_kept() -> None:
    twice = answering(*[b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na"] * 2)

    with peer(twice) as url, Client(target_at(url)) as client:
        assert [client.send("POST", "/v1/users").text for _ in range(2)] == ["a", "a"]


def test_a_connection_that_the_peer_closed_meanwhile_is_replaced() -> None:
    once = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na")

    with peer(once, connections=2) as url, Client(target_at(url)) as client:
        assert [client.send("GET", "/v1/users").text for _ in range(2)] == ["a", "a"]


def test_a_broken_length_is_no_answer() -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        answer_of(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello")


def diagnosis(url: str, **changes: object) -> str:
    """Return what a user is told about a target, once it is clear that it took no longer than allowed."""
    started = time.monotonic()
    with Client(target_at(url, **changes)) as client, pytest.raises(TargetUnreachable) as unreachable:
        client.send("POST", "/v1/users/ada", body={})
    assert time.monotonic() - started < 10
    return str(unreachable.value)


def test_a_port_nobody_listens_on_is_said_to_refuse() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert "connection refused" in diagnosis(f"http://127.0.0.1:{port}")


def test_an_unknown_host_is_said_to_be_unknown() -> None:
    assert "no address" in diagnosis("http://nobody.invalid", hosts=frozenset({"nobody.invalid"}))


def test_a_peer_that_resets_is_said_to_reset() -> None:
    def reset(connection: socket.socket) -> None:
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with peer(reset) as url:
        assert "reset" in diagnosis(url)


def test_a_peer_that_closes_is_said_to_close() -> None:
    with peer(lambda connection: read_request(connection)) as url:  # type: ignore[arg-type,return-value]
        assert "closed without an answer" in diagnosis(url)


def test_a_peer_that_speaks_something_else_is_said_to() -> None:
    with peer(answering(b"220 mail.example.com ESMTP\r\n")) as url:
        assert "does not speak HTTP" in diagnosis(url)


def test_a_peer_that_never_answers_is_given_up() -> None:
    with peer(lambda connection: (read_request(connection), connection.recv(1))) as url:  # type: ignore[arg-type,return-value]
        assert "no complete answer" in diagnosis(url, timeout_s=0.3)


def test_a_peer_that_answers_drop_by_drop_is_given_up() -> None:
    def drip(connection: socket.socket) -> None:
        read_request(connection)
        connection.settimeout(0.05)
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(100):
            try:
                connection.sendall(b"a")
                connection.recv(1)
            except TimeoutError:
                continue
            except OSError:
                return
            return

    with peer(drip) as url:
        assert "no complete answer" in diagnosis(url, timeout_s=0.6)


def test_https_where_http_is_spoken_is_said_to_be_no_tls() -> None:
    with peer(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as url:
        assert "no TLS connection" in diagnosis(url.replace("http:", "https:"))
