"""An exchange repeats itself under bash."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import msgspec
import pytest

from knock_harness.target import Exchange

from .conftest import SECRET, client_of, peer, target_at

if TYPE_CHECKING:
    import socket

BODIES = [
    b"",
    b"{}",
    b'{"name":"O\'Brien $HOME `id` \\" !"}',
    b"@/etc/passwd",
    b"line\r\nline\n",
    "ü€🙂".encode(),
    b"\x00\xff\\x41%s%%\x80",
]


def read_request(connection: socket.socket) -> tuple[bytes, bytes]:
    """Return head and body of a request whose body has a length."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += connection.recv(65536)
    return head, body


def exchange(method: str, url: str, **changes: object) -> Exchange:
    values: dict[str, object] = {
        "method": method,
        "url": url,
        "request_headers": (("authorization", "Bearer $KNOCK_API_KEY"), ("content-type", "application/json")),
        "request_body": b"",
        "status": 200,
        "response_headers": (),
        "response_body": b"",
        "elapsed_s": 0.1,
        "operation": None,
        "at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Exchange(**{**values, **changes})  # type: ignore[arg-type]


def run_under_bash(make: object, **changes: object) -> tuple[bytes, bytes]:
    """Run the curl line of an exchange with a listener and return what arrived there."""
    arrived: list[tuple[bytes, bytes]] = []

    def behave(connection: socket.socket) -> None:
        arrived.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

    with peer(behave) as url:
        line = make(url).curl()  # type: ignore[operator]
        environment = {**os.environ, "KNOCK_API_KEY": SECRET, "KNOCK_PUBLIC_API_KEY": "pk_test_$(id)"}
        subprocess.run(["bash", "-c", line], env=environment, check=True, capture_output=True, timeout=10)
    return arrived[0]


needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")


@needs_curl
@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_the_curl_line_sends_the_very_same_body(body: bytes) -> None:
    _head, arrived = run_under_bash(lambda url: exchange("PUT", f"{url}/v1/users/ada", request_body=body))

    assert arrived == body


@needs_curl
def test_the_curl_line_takes_the_key_from_the_environment() -> None:
    head, _body = run_under_bash(lambda url: exchange("GET", f"{url}/v1/users"))

    assert f"authorization: Bearer {SECRET}".encode() in head


@needs_curl
def test_the_curl_line_keeps_path_and_query_as_sent() -> None:
    path = "/v1/users/a%20b/../[1]?status[]='$HOME'&q={a,b}"

    head, _body = run_under_bash(lambda url: exchange("GET", f"{url}{path}"))

    assert head.split(b"\r\n")[0] == f"GET {path} HTTP/1.1".encode()


@needs_curl
def test_the_curl_line_claims_no_content_type_that_was_not_sent() -> None:
    head, _body = run_under_bash(
        lambda url: exchange("POST", url + "/v1/x", request_headers=(("accept", "*/*"),), request_body=b"{}")
    )

    assert b"content-type" not in head.lower()


@needs_curl
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "DELETE"])
def test_the_curl_line_keeps_the_method(method: str) -> None:
    head, _body = run_under_bash(lambda url: exchange(method, f"{url}/v1/users"))

    assert head.startswith(method.encode())


def test_an_exchange_survives_a_file() -> None:
    one = exchange("PUT", "http://127.0.0.1/v1/users/ada", request_body=b"\xff")

    assert msgspec.json.decode(msgspec.json.encode(one), type=Exchange) == one


def test_the_request_id_of_the_answer_is_at_hand() -> None:
    client = client_of(lambda _request: httpx.Response(200, headers={"X-Request-Id": "abc"}))

    client.send("GET", "/v1/users")

    assert client.last is not None
    assert client.last.request_id == "abc"


def test_a_target_can_be_handed_to_another_process() -> None:
    target = target_at("http://127.0.0.1:4010", hosts=frozenset({"a"}))

    assert msgspec.json.decode(msgspec.json.encode(target), type=type(target)) == target
