"""The emulator behind a socket: an ASGI application, served by uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import math
import signal
from time import time
from typing import TYPE_CHECKING

import uvicorn

from knock_harness.control import PREFIX

from .answer import Answer
from .clock import NEVER
from .corking import HANG_UP, CorkedProtocol
from .exchange import Request
from .failures import NOTHING_SENT, part_sent
from .faults import arrived
from .validation import LARGEST_BODY

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Coroutine, Iterator, MutableMapping
    from typing import Any, TypeAlias

    from .callers import AsyncCaller
    from .control import ControlApi
    from .emulator import Emulator
    from .faults import Trouble

    Message: TypeAlias = MutableMapping[str, Any]
    Scope: TypeAlias = MutableMapping[str, Any]
    Receive: TypeAlias = Callable[[], Awaitable[Message]]
    Send: TypeAlias = Callable[[Message], Awaitable[None]]
    ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
    Beside: TypeAlias = Callable[[], Coroutine[Any, Any, None]]

__all__ = ["application", "configuration", "serve"]

#: Where the emulator is steered; everything else is the API.
CONTROL = f"{PREFIX}/"
#: How long what is due waits while requests keep coming, before one piece more of it is done.
BUSY_PAUSE_S = 0.002


class Shell:
    """Carries requests from ASGI to the emulator, and does what is due in between."""

    def __init__(self, emulator: Emulator, control: ControlApi | None) -> None:
        self._emulator = emulator
        self._control = control
        self._caller: AsyncCaller | None = None  # made when there is a call to make: it takes a client to be loaded
        self._woken = asyncio.Event()
        self._sleeps_until = 0.0  # by the clock of the machine; 0.0 while awake
        self._answered = False  # a request, since something that was due was last done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        message = await receive()
        if message.get("more_body", False):
            longest = math.inf if scope["path"].startswith(CONTROL) else LARGEST_BODY
            message = await _whole(message, receive, longest=longest)
        if message["type"] == "http.disconnect":
            return  # a request that came in part is none
        body = message["body"]
        headers = scope["headers"]
        host = next((value for name, value in headers if name == b"host"), b"127.0.0.1")
        request = Request(
            scope["method"],
            scope["raw_path"].decode("latin-1"),
            scope["query_string"].decode("latin-1"),
            headers,
            body,
            f"{scope['scheme']}://{host.decode('latin-1')}",
        )
        self._emulator.settle()
        if self._control is not None and request.path.startswith(CONTROL):
            answer = await self._steered(self._control, request)
        else:
            answer = self._emulator.handle(request)
        if answer.trouble is not None:
            answer = await self._waited(request, answer, answer.trouble)
        if answer.status != 204:
            answer.headers.append((b"content-length", b"%d" % len(answer.content)))
        if (part := part_sent(answer)) is not None:
            await _cut(scope, receive, send, answer, part)
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.content})
        self._answered = True
        if self._emulator.next_due < self._sleeps_until or self._emulator.calling_out:
            self._woken.set()

    async def _steered(self, control: ControlApi, request: Request) -> Answer:
        """Return the answer to a control request; other requests are answered between the slices of its work."""
        for each in control.handle(request):
            if isinstance(each, Answer):
                return each
            self._begin_calls()
            if each.is_calling and self._caller is not None:
                await self._caller.next_answer(each.name)
            await asyncio.sleep(0)
        raise AssertionError("a control request was not answered")

    def _begin_calls(self) -> None:
        if not self._emulator.calling_out:
            return
        if self._caller is None:
            from .callers import AsyncCaller

            self._caller = AsyncCaller(self._emulator, on_answer=self._woken.set)
        self._caller.begin(self._emulator.take_calls())

    async def close(self) -> None:
        """Give up the outbound calls that are being made; with `--data` they are made again by the next emulator."""
        if self._caller is not None:
            await self._caller.close()

    async def _waited(self, request: Request, answer: Answer, trouble: Trouble) -> Answer:
        """Return the answer of a request that a latency hits, when it is time for it."""
        if trouble.is_under_way:
            await asyncio.sleep(trouble.arrives_after_s)
            answer = self._emulator.handle(request, trouble=arrived(trouble))
        await asyncio.sleep(trouble.answered_after_s)
        return answer

    async def do_what_is_due(self) -> None:
        """Run what the queues hold, in short slices so that requests are answered in between, until cancelled.

        While requests keep coming they go first: a burst of triggers is accepted as fast as triggers can be accepted,
        with one piece done now and then, and worked off when it ends.
        """
        while True:
            busy, self._answered = self._answered, False
            more = self._emulator.run_due(budget_s=0.0, at_once=1) if busy else self._emulator.run_due()
            self._begin_calls()
            if more:
                await asyncio.sleep(BUSY_PAUSE_S if busy else 0)
                continue
            self._sleeps_until = self._emulator.next_due
            self._woken.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self._seconds_to_sleep())
            self._sleeps_until = 0.0

    def _seconds_to_sleep(self) -> float | None:
        due_at = self._emulator.next_due
        return None if due_at == NEVER else max(0.0, due_at - time())


async def _whole(first: Message, receive: Receive, *, longest: float) -> Message:
    """Return the message with the whole body of a request, or as much of it as shows that it is too long.

    The server passes over what is left of it when the request is answered.
    """
    message, body = first, bytearray(first["body"])
    while message.get("more_body", False) and len(body) <= longest:
        message = await receive()
        if message["type"] == "http.disconnect":
            return message
        body += message["body"]
    return {"type": "http.request", "body": bytes(body)}


async def _cut(scope: Scope, receive: Receive, send: Send, answer: Answer, part: bytes) -> None:
    """Send a part of an answer, or nothing of it, and hang up."""
    if answer.status != NOTHING_SENT:
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": part, "more_body": True})
    scope["extensions"][HANG_UP]["close"]()
    while (await receive())["type"] != "http.disconnect":
        pass


def application(
    emulator: Emulator,
    *,
    control: ControlApi | None = None,
    on_ready: Callable[[], None] = lambda: None,
    beside: Beside | None = None,
) -> ASGIApp:
    """Return the ASGI application of an emulator: the API below /v1, the control API below /_emulator.

    Requests do not pass through a framework, which would take a tenth of the time of a feed page.

    Args:
        emulator: who answers.
        control: who answers below /_emulator; None: nobody.
        on_ready: called once before the first request.
        beside: what else is done while it answers, until it is cancelled.
    """
    shell = Shell(emulator, control)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await shell(scope, receive, send)
            return
        await receive()
        tasks = [asyncio.create_task(each()) for each in (shell.do_what_is_due, beside) if each is not None]
        await asyncio.sleep(0)  # all of them have begun when it is ready
        on_ready()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in tasks:
            task.cancel()
        await shell.close()
        await send({"type": "lifespan.shutdown.complete"})

    return app


def serve(
    emulator: Emulator,
    listener: socket.socket,
    *,
    control: ControlApi | None,
    on_ready: Callable[[], None],
    beside: Beside | None = None,
) -> None:
    """Serve an emulator on a listening socket until the process is told to stop (SIGINT or SIGTERM).

    For the arguments see `application`.
    """
    server = uvicorn.Server(configuration(emulator, control=control, on_ready=on_ready, beside=beside))
    with _ending_quietly():
        server.run(sockets=[listener])


@contextlib.contextmanager
def _ending_quietly() -> Iterator[None]:
    """Let signals that told the server to stop have no other effect: it raises them once more when it has stopped."""
    before = {each: signal.signal(each, lambda *_: None) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def configuration(
    emulator: Emulator,
    *,
    control: ControlApi | None,
    on_ready: Callable[[], None] = lambda: None,
    beside: Beside | None = None,
) -> uvicorn.Config:
    """Return what uvicorn has to know to serve an emulator; for the arguments see `application`."""
    return uvicorn.Config(
        application(emulator, control=control, on_ready=on_ready, beside=beside),
        http=CorkedProtocol,
        ws="none",
        lifespan="on",
        proxy_headers=False,
        log_config=None,  # logging is set up by whoever owns the process
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
