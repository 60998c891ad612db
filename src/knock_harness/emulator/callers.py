"""Those who make the outbound calls of an emulator: one beside an event loop, one in between for a transport.

Only servers of this machine are called; everybody else is answered for: nothing came of it.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import httpx

from .outbound import OutboundAnswer, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .emulator import Emulator
    from .outbound import OutboundCall, OutboundRequest

__all__ = ["AsyncCaller", "Caller"]

#: Calls that are made at a time; the others wait.
AT_ONCE: Final = 64
#: Bytes of an answer's body that are read; a longer one is no answer.
LONGEST_BODY: Final = 4 * 2**20

#: No proxy, whatever the surroundings say; and certificates of this machine's own servers are seldom signed by anybody.
_OPTIONS: Final[dict[str, Any]] = {"trust_env": False, "verify": False}


class Caller:
    """Makes calls one after the other.

    Args:
        transport: through which; None: over sockets.
    """

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(transport=transport, **_OPTIONS)

    def make(self, request: OutboundRequest) -> OutboundAnswer:
        """Make a request, and return what came of it."""
        if not is_loopback(request.url):
            return _elsewhere(request)
        try:
            with self._client.stream(**_arguments(request)) as response:
                body = bytearray()
                for piece in response.iter_bytes():
                    _grow(body, piece)
                return _answer(response, body)
        except _FAILURES as error:
            return _failure(request, error)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


class AsyncCaller:
    """Makes calls beside an event loop, some at a time, and hands the answers to the emulator.

    Args:
        emulator: whose calls.
        on_answer: called after each answer: something is due.
        transport: through which; None: over sockets.
    """

    def __init__(
        self, emulator: Emulator, *, on_answer: Callable[[], None], transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._emulator = emulator
        self._on_answer = on_answer
        self._client = httpx.AsyncClient(transport=transport, **_OPTIONS)
        self._places = asyncio.Semaphore(AT_ONCE)
        self._calling: dict[asyncio.Task[None], str] = {}
        self._last: dict[tuple[str, str], asyncio.Task[None]] = {}  # of each line, the call that was begun last

    def begin(self, calls: Iterable[tuple[str, OutboundCall]]) -> None:
        """Begin to make calls, each of the environment with a name."""
        for name, call in calls:
            line = (name, call.request.line)
            task = asyncio.create_task(self._make(name, call, after=self._last.get(line)))
            self._calling[task] = name
            task.add_done_callback(self._calling.pop)
            if call.request.line:
                self._last[line] = task
                task.add_done_callback(partial(self._leave, line))

    async def next_answer(self, name: str) -> None:
        """Wait until one of the calls of an environment is answered, if one is being made."""
        if tasks := [task for task, whose in self._calling.items() if whose == name]:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)

    async def close(self) -> None:
        """Give up the calls that are being made, and let go of the connections."""
        tasks = list(self._calling)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()

    def _leave(self, line: tuple[str, str], task: asyncio.Task[None]) -> None:
        if self._last.get(line) is task:
            del self._last[line]

    async def _make(self, name: str, call: OutboundCall, *, after: asyncio.Task[None] | None) -> None:
        if after is not None:
            await asyncio.wait([after])
        async with self._places:
            answer = await self._answer(call.request)
        self._emulator.answered(name, call, answer)
        self._on_answer()

    async def _answer(self, request: OutboundRequest) -> OutboundAnswer:
        if not is_loopback(request.url):
            return _elsewhere(request)
        try:
            async with asyncio.timeout(request.timeout_s), self._client.stream(**_arguments(request)) as response:
                body = bytearray()
                async for piece in response.aiter_bytes():
                    _grow(body, piece)
                return _answer(response, body)
        except _FAILURES as error:
            return _failure(request, error)


class _TooLong(Exception):
    """The body of an answer is longer than what is read of one."""


#: What can come of a call in the place of an answer; whatever was rendered into a request, it must come to an end.
_FAILURES: Final = (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, _TooLong)


def _arguments(request: OutboundRequest) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": request.url,
        "headers": [(name.encode(), value.encode()) for name, value in request.headers],
        "content": request.body,
        "timeout": request.timeout_s,
    }


def _grow(body: bytearray, piece: bytes) -> None:
    body += piece
    if len(body) > LONGEST_BODY:
        raise _TooLong


def _answer(response: httpx.Response, body: bytearray) -> OutboundAnswer:
    headers = [(name.lower(), value) for name, value in response.headers.multi_items()]
    return OutboundAnswer(response.status_code, headers, bytes(body))


def _elsewhere(request: OutboundRequest) -> OutboundAnswer:
    return OutboundAnswer(0, failure=f"{request.url} is not on this machine, and nobody else is called")


def _failure(request: OutboundRequest, error: Exception) -> OutboundAnswer:
    match error:
        case httpx.TimeoutException() | TimeoutError():
            why = f"no answer within {request.timeout_s:g} s"
        case httpx.ConnectError():
            why = "nobody listens there"
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            why = "the address is not valid"
        case httpx.LocalProtocolError() | ValueError():
            why = "the request cannot be written"
        case _TooLong():
            why = f"the answer is longer than {LONGEST_BODY} bytes"
        case _:
            why = "the connection ended before the answer did"
    return OutboundAnswer(0, failure=why)
