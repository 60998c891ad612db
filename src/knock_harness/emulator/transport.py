"""The emulator as an httpx transport: no socket, no server, the same answers."""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING, Final

import httpx

from knock_harness.control import PREFIX

from .answer import Answer
from .callers import Caller
from .control import ControlApi
from .exchange import Request
from .failures import NOTHING_SENT, part_sent
from .faults import arrived

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .emulator import Emulator
    from .faults import Trouble

__all__ = ["EmulatorTransport"]

CONTROL: Final = f"{PREFIX}/"


class EmulatorTransport(httpx.BaseTransport):
    """Answers the requests of an ``httpx.Client`` in this process; may be shared by threads.

    Before each answer the emulator does what is due, so that time passes for it as it does behind a socket.

    Args:
        emulator: who answers.
        sleep: waits so many seconds, where a fault makes a request late; no longer than the client would wait.
        outside: answers the outbound calls of the emulator; by default the servers of this machine do, over sockets.
    """

    def __init__(
        self,
        emulator: Emulator,
        *,
        sleep: Callable[[float], None] = time.sleep,
        outside: httpx.BaseTransport | None = None,
    ) -> None:
        self._emulator = emulator
        self._control = ControlApi(emulator)
        self._lock = Lock()
        self._sleep = sleep
        self._outside = outside
        self._caller: Caller | None = None

    def close(self) -> None:
        """Let go of the connections to servers outside."""
        if self._caller is not None:
            self._caller.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        raw_path, _, query = request.url.raw_path.decode("ascii").partition("?")
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        base_url = f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
        asked = Request(request.method, raw_path, query, headers, request.read(), base_url)
        answer = self._steered(asked) if asked.path.startswith(CONTROL) else self._answer(asked)
        if answer.trouble is not None:
            answer = self._waited(request, asked, answer, answer.trouble)
        part, length = part_sent(answer), len(answer.content)
        return httpx.Response(
            answer.status,
            headers=[*answer.headers, (b"content-length", str(length).encode())],
            stream=httpx.ByteStream(answer.content) if part is None else _CutStream(part, expected=length),
            request=request,
        )

    def _answer(self, asked: Request, *, trouble: Trouble | None = None) -> Answer:
        while True:
            with self._lock:
                if not self._emulator.settle():
                    self._emulator.run_due()
                if not self._emulator.calling_out:
                    return self._emulator.handle(asked, trouble=trouble)
            self._make_calls()

    def _steered(self, asked: Request) -> Answer:
        """Return the answer to a control request."""
        work = self._control.handle(asked)
        with self._lock:
            self._emulator.settle()
        while True:
            with self._lock:
                each = next(work)
            if isinstance(each, Answer):
                return each
            self._make_calls()

    def _make_calls(self) -> None:
        """Make the outbound calls; whom they reach may send requests meanwhile."""
        with self._lock:
            calls = self._emulator.take_calls()
        for name, call in calls:
            self._caller = self._caller or Caller(self._outside)
            answer = self._caller.make(call.request)
            with self._lock:
                self._emulator.answered(name, call, answer)

    def _waited(self, request: httpx.Request, asked: Request, answer: Answer, trouble: Trouble) -> Answer:
        """Return the answer of a request that faults hit, when it is time for it.

        Raises:
            httpx.ReadTimeout: the client does not wait so long.
            httpx.RemoteProtocolError: the connection is cut.
        """
        longest_s: float | None = request.extensions.get("timeout", {}).get("read")
        late_s = trouble.arrives_after_s + trouble.answered_after_s
        if late_s:
            self._sleep(late_s if longest_s is None else min(longest_s, late_s))
        if trouble.is_under_way:
            answer = self._answer(asked, trouble=arrived(trouble))
        if longest_s is not None and late_s > longest_s:
            raise httpx.ReadTimeout("The read operation timed out", request=request)
        if answer.status == NOTHING_SENT:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
        return answer


class _CutStream(httpx.SyncByteStream):
    """The part of a body that comes before the connection is cut."""

    def __init__(self, part: bytes, *, expected: int) -> None:
        self._part = part
        self._expected = expected

    def __iter__(self) -> Iterator[bytes]:
        yield self._part
        raise httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body "
            f"(received {len(self._part)} bytes, expected {self._expected})"
        )
