"""A plain HTTP/1.1 transport for httpx: blocking sockets, kept alive, parsed in C.

httpx's own transport costs several times what a local target needs for its answer, and a run of the suites sends
tens of thousands of requests. Only what they need is here: no TLS, no proxies, no HTTP/2. Bodies are read whole.
"""

from __future__ import annotations

import select
import socket
import time
from typing import TYPE_CHECKING

import httptools
import httpx

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["PlainTransport"]

_RECEIVE_BYTES = 1 << 18
#: May be sent again when a kept connection turns out to be closed before any byte of an answer.
_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})


class PlainTransport(httpx.BaseTransport):
    """Sends requests over kept connections; may be used by several threads."""

    def __init__(self, *, timeout_s: float) -> None:
        """Open nothing yet.

        Args:
            timeout_s: how long a request may take in all; opening the connection may take a third of it.
        """
        self._timeout_s = timeout_s
        self._idle: dict[tuple[str, int], list[socket.socket]] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its answer, read to the end."""
        url = request.url
        address = (url.host, url.port or 80)
        message = _encode(request)
        idle = self._idle.setdefault(address, [])
        connection = _take_open(idle)
        if connection is not None:
            try:
                return self._exchange(connection, message, request, idle)
            except _ClosedEarly:
                if request.method not in _REPEATABLE:
                    raise
        return self._exchange(self._connect(address), message, request, idle)

    def close(self) -> None:
        """Close every kept connection."""
        for idle in self._idle.values():
            while idle:
                idle.pop().close()

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.close()

    def _connect(self, address: tuple[str, int]) -> socket.socket:
        try:
            connection = socket.create_connection(address, timeout=self._timeout_s / 3)
        except TimeoutError as error:
            raise httpx.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(self._timeout_s * 2 / 3)
        return connection

    def _exchange(
        self, connection: socket.socket, message: bytes, request: httpx.Request, idle: list[socket.socket]
    ) -> httpx.Response:
        answer = _Answer(head_only=request.method == "HEAD")
        kept = False
        try:
            connection.sendall(message)
            self._receive(connection, answer)
            kept = answer.keep_alive
        except TimeoutError as error:
            raise httpx.ReadTimeout("no complete answer in time") from error
        except OSError as error:
            if answer.started:
                raise httpx.ReadError(str(error)) from error
            raise _ClosedEarly(f"closed without an answer: {error}") from error
        except httptools.HttpParserError as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        finally:
            if kept:
                connection.settimeout(self._timeout_s * 2 / 3)
                idle.append(connection)
            else:
                connection.close()
        return answer.response(request)

    def _receive(self, connection: socket.socket, answer: _Answer) -> None:
        deadline = time.monotonic() + self._timeout_s * 2 / 3
        while not answer.complete:
            data = connection.recv(_RECEIVE_BYTES)
            if not data:
                answer.end_of_stream()
                return
            answer.feed(data)
            if not answer.complete:
                connection.settimeout(max(deadline - time.monotonic(), 0.001))


class _ClosedEarly(httpx.RemoteProtocolError):
    """The peer closed the connection before any byte of an answer."""


class _Answer:
    """What is known of an answer so far; the callbacks are those of httptools."""

    def __init__(self, *, head_only: bool) -> None:
        self.started = False
        self.complete = False
        self.keep_alive = False
        self._head_only = head_only
        self._status = 0  # known once the headers are complete
        self._sized = False
        self._headers: list[tuple[bytes, bytes]] = []
        self._pieces: list[bytes] = []
        self._reason = b""
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        self.started = True
        self._parser.feed_data(data)

    def end_of_stream(self) -> None:
        if not self.started:
            raise _ClosedEarly("closed without an answer")
        if self._sized or not self._status:
            raise httpx.RemoteProtocolError("closed in the middle of an answer, without its end")
        self.complete = True  # neither a length nor chunks: the end of the stream ends the body

    def on_message_begin(self) -> None:
        self._headers.clear()
        self._pieces.clear()
        self._status = 0
        self._sized = False

    def on_status(self, status: bytes) -> None:
        self._reason = status

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))
        self._sized = self._sized or name.lower() in {b"content-length", b"transfer-encoding"}

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()
        if self._head_only and self._status >= 200:
            self.complete = True  # whatever length it names, there is no body; the connection is not kept

    def on_body(self, body: bytes) -> None:
        self._pieces.append(body)

    def on_message_complete(self) -> None:
        if self._status < 200:
            return  # an interim answer; the final one follows
        self.complete = True
        self.keep_alive = not self._head_only and self._parser.should_keep_alive()

    def response(self, request: httpx.Request) -> httpx.Response:
        response = httpx.Response(
            self._status,
            headers=self._headers,
            stream=httpx.ByteStream(b"".join(self._pieces)),
            request=request,
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": self._reason},
        )
        response.read()
        return response


def _take_open(idle: list[socket.socket]) -> socket.socket | None:
    """Take a kept connection that the peer has not closed meanwhile."""
    while True:
        try:
            connection = idle.pop()
        except IndexError:
            return None
        if not select.select([connection], [], [], 0)[0]:
            return connection
        connection.close()  # readable though nothing was asked: closed, or not in step


def _encode(request: httpx.Request) -> bytes:
    lines = [request.method.encode("ascii") + b" " + request.url.raw_path + b" HTTP/1.1"]
    lines += [name + b": " + value for name, value in request.headers.raw]
    return b"\r\n".join(lines) + b"\r\n\r\n" + request.content
