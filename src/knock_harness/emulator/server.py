"""The emulator behind a socket: a Starlette application, served by uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
from time import time
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from .clock import NEVER
from .corking import HANG_UP, CorkedProtocol
from .exchange import Request
from .failures import NOTHING_SENT, part_sent
from .faults import arrived

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request as ControlRequest
    from starlette.types import ASGIApp, Receive, Scope, Send

    from .answer import Answer
    from .emulator import Emulator
    from .faults import Trouble

__all__ = ["application", "serve"]

#: Where the emulator speaks of itself; everything else is the API.
CONTROL = "/_emulator/"
#: How long what is due waits while requests keep coming, before one piece more of it is done.
BUSY_PAUSE_S = 0.002


class Shell:
    """Carries requests from ASGI to the emulator, and does what is due in between."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._woken = asyncio.Event()
        self._sleeps_until = 0.0  # by the clock of the machine; 0.0 while awake
        self._answered = False  # a request, since something that was due was last done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        message = await receive()
        body = message.get("body", b"")
        while message.get("more_body", False):
            message = await receive()
            body += message.get("body", b"")
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
        if self._emulator.next_due < self._sleeps_until:
            self._woken.set()

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


async def _cut(scope: Scope, receive: Receive, send: Send, answer: Answer, part: bytes) -> None:
    """Send a part of an answer, or nothing of it, and hang up."""
    if answer.status != NOTHING_SENT:
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": part, "more_body": True})
    scope["extensions"][HANG_UP]["close"]()
    while (await receive())["type"] != "http.disconnect":
        pass


def application(emulator: Emulator, *, on_ready: Callable[[], None] = lambda: None) -> ASGIApp:
    """Return the ASGI application of an emulator: the API below /v1, its own health below /_emulator.

    Requests to the API do not pass through Starlette, which would take a tenth of the time of a feed page.

    Args:
        emulator: who answers.
        on_ready: called once before the first request.
    """
    shell = Shell(emulator)

    async def health(_request: ControlRequest) -> JSONResponse:
        return JSONResponse({"status": "ok", "environments": len(emulator.environments)})

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        due = asyncio.create_task(shell.do_what_is_due())
        on_ready()
        try:
            yield
        finally:
            due.cancel()

    control = Starlette(routes=[Route(CONTROL + "health", health)], lifespan=lifespan)
    control.router.redirect_slashes = False
    control.router.default = shell

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(CONTROL):
            await shell(scope, receive, send)
        else:
            await control(scope, receive, send)

    return front


def serve(emulator: Emulator, listener: socket.socket, *, on_ready: Callable[[], None]) -> None:
    """Serve an emulator on a listening socket until the process is told to stop (SIGINT or SIGTERM)."""
    config = uvicorn.Config(
        application(emulator, on_ready=on_ready),
        http=CorkedProtocol,
        ws="none",
        proxy_headers=False,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run(sockets=[listener])
