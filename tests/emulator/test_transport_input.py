"""What reaches the server byte by byte: requests that are too large, cut off, or no HTTP."""

from __future__ import annotations

import json
import re
import socket
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

#: More than is kept on any way through the kernel, so that a body is still being sent when it is refused.
TOO_LARGE: Final = 40_000_000


class Line:
    """A connection to the emulator, over which bytes are sent as they are."""

    def __init__(self, url: str, key: str) -> None:
        place = urlsplit(url)
        self._socket = socket.create_connection((place.hostname or "", place.port or 0), timeout=20)
        self._file = self._socket.makefile("rb")
        self._key = key

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self._socket.sendall(data)

    def ask(self, method: str, path: str, *headers: str, body: bytes = b"") -> None:
        """Send a request with the key of the environment; its length is told unless a header says otherwise."""
        lines = [f"{method} {path} HTTP/1.1", "host: emulator.test", f"authorization: Bearer {self._key}", *headers]
        if not any("transfer-encoding" in each or "content-length" in each for each in headers):
            lines.append(f"content-length: {len(body)}")
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def end_of_sending(self) -> None:
        """Send nothing any more."""
        self._socket.shutdown(socket.SHUT_WR)

    def answer(self) -> tuple[int, Any]:
        """Read an answer and return its status and the JSON value of its body."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self._file.readline()
            assert line, f"hung up after {head!r}"
            head += line
        status = int(head.split()[1])
        if status == 100:
            return self.answer()
        assert re.search(rb"x-request-id: \S+", head)
        length = re.search(rb"content-length: (\d+)", head)
        body = self._file.read(int(length[1])) if length else b""
        return status, json.loads(body) if body else None

    def is_closed(self) -> bool:
        """Say whether the server hung up."""
        try:
            return self._file.read(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()


@pytest.fixture
def key() -> str:
    return f"sk_test_{uuid4().hex}"


@pytest.fixture
def dial(emulator_url: str, key: str) -> Iterator[Callable[[], Line]]:
    """Connect to the emulator."""
    lines = []

    def dial() -> Line:
        lines.append(Line(emulator_url, key))
        return lines[-1]

    yield dial
    for line in lines:
        line.close()


@pytest.fixture
def api(emulator_url: str, key: str) -> Iterator[httpx.Client]:
    """A client in the same environment, which has to be answered whatever others send."""
    with httpx.Client(base_url=emulator_url, headers={"authorization": f"Bearer {key}"}, timeout=20) as client:
        yield client


def users(api: httpx.Client) -> list[str]:
    return [each["id"] for each in api.get("/v1/users").raise_for_status().json()["entries"]]


@pytest.mark.promise("ERR-NO-5XX-ON-INPUT", "ERR-ENVELOPE-ALL")
@pytest.mark.parametrize("size", [11_000_000, TOO_LARGE])
@pytest.mark.parametrize("path", ["/v1/users/ada", "/v1/workflows/in-app-message/trigger"])
def test_a_body_that_is_too_large_is_refused_and_the_connection_goes_on(
    dial: Callable[[], Line], api: httpx.Client, path: str, size: int
) -> None:
    line = dial()
    line.ask("POST" if "trigger" in path else "PUT", path, "content-type: application/json", body=b" " * size)
    refusal = line.answer()

    line.ask("GET", "/v1/users")

    assert (refusal[0], refusal[1]["code"], refusal[1]["status"]) == (413, "content_too_large", 413)
    assert line.answer()[0] == 200
    assert users(api) == []


@pytest.mark.promise("ERR-NO-5XX-ON-INPUT")
def test_a_body_that_is_too_large_is_refused_before_it_is_there(dial: Callable[[], Line]) -> None:
    line = dial()
    line.ask("PUT", "/v1/users/ada", "content-length: 1000000000000")
    line.send(b" " * 11_000_000)

    assert line.answer()[0] == 413


@pytest.mark.promise("ERR-NO-5XX-ON-INPUT")
def test_who_asks_first_whether_to_go_on_is_told(dial: Callable[[], Line]) -> None:
    line = dial()
    line.ask("PUT", "/v1/users/ada", "expect: 100-continue", "content-length: 2")
    line.send(b"{}")

    assert line.answer()[0] == 200


@pytest.mark.promise("ERR-NO-5XX-ON-INPUT", "ERR-4XX-NO-EFFECT")
@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        (["content-length: 1000"], b'{"name": "Ada"}'),
        (["content-length: 1000"], b""),
        (["transfer-encoding: chunked"], b"f\r\n" + b'{"name": "Ada"}' + b"\r\n"),
        (["transfer-encoding: chunked"], b"ff\r\n" + b'{"name": "Ada"}'),
    ],
    ids=["some of it", "nothing", "no last piece", "some of a piece"],
)
def test_a_request_that_is_cut_off_has_no_effect(
    dial: Callable[[], Line], api: httpx.Client, headers: list[str], sent: bytes
) -> None:
    line = dial()
    line.ask("PUT", "/v1/users/ada", "content-type: application/json", *headers)
    line.send(sent)
    line.end_of_sending()

    assert line.is_closed()
    assert users(api) == []


@pytest.mark.promise("ERR-NO-5XX-ON-INPUT")
def test_others_are_answered_while_a_request_is_on_its_way(dial: Callable[[], Line], api: httpx.Client) -> None:
    line = dial()
    line.ask("PUT", "/v1/users/ada", "content-length: 15")
    line.send(b'{"name": ')

    assert users(api) == []

    line.send(b'"Ada"}')
    assert line.answer()[1]["name"] == "Ada"


@pytest.mark.promise("ERR-NO-5XX-ON-INPUT", "ERR-ENVELOPE-ALL")
@pytest.mark.parametrize(
    "data",
    [
        b"nothing\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1/users\x00 HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET /v1/users HTTP/1.1\r\nho st: a\r\n\r\n",
        b"GET /v1/users HTTP/1.1\r\nhost: \x00\r\n\r\n",
        b"PUT /v1/users/ada HTTP/1.1\r\nhost: a\r\ncontent-length: many\r\n\r\n",
        b"PUT /v1/users/ada HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        b"PUT /v1/users/ada HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"PUT /v1/users/ada HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"FETCH /v1/users HTTP/1.1\r\nhost: a\r\n\r\n",
    ],
    ids=lambda data: data[:60].decode("latin-1"),
)
def test_what_is_no_http_is_refused_in_the_form_of_all_refusals(
    dial: Callable[[], Line], api: httpx.Client, data: bytes
) -> None:
    line = dial()
    line.send(data)

    status, error = line.answer()

    assert (status, error["code"], error["status"], error["type"]) == (
        400,
        "malformed_request",
        400,
        "invalid_request_error",
    )
    assert line.is_closed()
    assert users(api) == []


@pytest.mark.promise("ERR-NO-5XX-ON-INPUT", "ERR-4XX-NO-EFFECT")
@pytest.mark.parametrize("piece", [b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}xx0\r\n\r\n", b"-1\r\n{}\r\n0\r\n\r\n"], ids=repr)
def test_pieces_that_are_none_are_refused(dial: Callable[[], Line], api: httpx.Client, piece: bytes) -> None:
    line = dial()
    line.ask("PUT", "/v1/users/ada", "transfer-encoding: chunked")
    line.send(piece)

    assert line.answer()[0] == 400
    assert line.is_closed()
    assert users(api) == []


@pytest.mark.promise("ERR-NO-5XX-ON-INPUT")
@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v1/users/" + "x" * 60_000, [], 422),
        ("/v1/users/" + "x" * 100_000, [], 400),
        ("/v1/users?page_size=" + "1" * 100_000, [], 400),
        ("/v1/users?after=" + "x" * 1_000_000, [], 400),
        ("/v1/users", ["x-odd: " + "x" * 1_000_000], 200),
        ("/v1/users", [f"x-odd-{number}: x" for number in range(10_000)], 200),
        ("/v1/users", ["x-knock-user-token: " + "x" * 100_000], 200),
        ("/v1/users?%zz=%", [], 200),
        ("/v1/users/%zz%", [], 404),
        ("/v1/users/\xe4", [], 400),
        ("//v1/users", [], 404),
        ("/v1//users", [], 404),
        ("http://emulator.test/v1/users", [], 200),
        ("*", [], 404),
    ],
    ids=lambda value: str(value)[:40],
)
def test_odd_heads_are_answered(dial: Callable[[], Line], path: str, headers: list[str], status: int) -> None:
    line = dial()
    line.ask("GET", path, *headers)

    assert line.answer()[0] == status


@pytest.mark.promise("ERR-NO-5XX-ON-INPUT")
def test_requests_that_come_together_are_answered_in_turn(dial: Callable[[], Line]) -> None:
    line = dial()
    for number in range(20):
        line.ask("PUT", f"/v1/users/u{number}", body=b"{" if number % 3 else b"{}")

    assert [line.answer()[0] for _ in range(20)] == [400 if number % 3 else 200 for number in range(20)]


@pytest.mark.promise("ERR-NO-5XX-ON-INPUT")
def test_a_large_body_in_the_midst_of_others_stops_none_of_them(dial: Callable[[], Line]) -> None:
    line = dial()
    line.ask("PUT", "/v1/users/a", body=b"{}")
    line.ask("PUT", "/v1/users/b", body=b" " * 11_000_000)
    line.ask("PUT", "/v1/users/c", body=b"{}")

    assert [line.answer()[0] for _ in range(3)] == [200, 413, 200]
