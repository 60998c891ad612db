"""An emulator in this process, behind a socket, for as long as a block lasts."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack, closing, contextmanager
from functools import cached_property
from threading import Event, Thread
from typing import TYPE_CHECKING

import uvicorn

from knock_harness.control import DEFAULT_KEY, Control
from knock_harness.errors import NoVerdict

from .assembly import assembled
from .control import ControlApi
from .keys import public_twin
from .server import configuration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from knock_harness.control import Environment
    from knock_harness.control.subjects import ClockSubject

    from .assembly import ClockKind, OutboundKind
    from .emulator import Emulator

__all__ = ["Running", "running"]

#: How long to wait for the server to start or to stop, which takes a few milliseconds.
PATIENCE_S = 10.0


class Running:
    """An emulator that runs.

    Attributes:
        url: where it answers, such as ``http://127.0.0.1:40123``.
        secret_key: of its first environment.
        public_key: the one beside it.
    """

    def __init__(self, url: str, *, key: str) -> None:
        self.url = url
        self.secret_key = key
        self.public_key = public_twin(key)
        self._to_close = ExitStack()

    def close(self) -> None:
        """Let go of the connections to it."""
        self._to_close.close()

    @cached_property
    def control(self) -> Control:
        """Return what steers it."""
        return self._to_close.enter_context(Control(self.url, token=""))

    @cached_property
    def environment(self) -> Environment:
        """Return what steers its first environment."""
        return self.control.environment(self.secret_key)

    @property
    def clock(self) -> ClockSubject:
        """Return the clock of its first environment."""
        return self.environment.clock


@contextmanager
def running(
    *,
    project: Path | None = None,
    key: str = DEFAULT_KEY,
    clock: ClockKind = "virtual",
    start: datetime | None = None,
    seed: int | None = None,
    limits: str = "off",
    outbound: OutboundKind = "off",
    strict: bool = False,
    data: Path | None = None,
) -> Iterator[Running]:
    """Run an emulator in a thread of this process, on a free port of this machine, until the block ends.

    Several may run at once. What it holds is gone at the end, unless `data` keeps it.

    Args:
        project: a folder in the layout of Knock's CLI; None: the packaged one.
        key: the secret key of its first environment.
        clock: ``virtual``: it stands still until it is moved; ``real``: it goes on.
        start: the moment that the clock shows at first; None: that of the machine, or the same in every run where the
            clock is virtual and there is a seed.
        seed: makes identifiers the same in every run.
        limits: ``off``, ``on``, or so many times what is published, such as ``5x``.
        outbound: ``loopback`` lets workflows call servers of this machine.
        strict: refuse a workflow whose templates cannot be rendered.
        data: the directory in which environments are kept.

    Raises:
        InvalidConfiguration: a value has no meaning.
        InvalidDocument: the project, or a file of `data`, cannot be used.
    """
    emulator = assembled(
        keys=[key],
        project=project,
        clock=clock,
        start=start,
        seed=seed,
        limits=limits,
        outbound=outbound,
        strict=strict,
        data=data,
    )
    try:
        with socket.create_server(("127.0.0.1", 0), backlog=128) as listener, _served(emulator, listener):
            knock = Running(f"http://127.0.0.1:{listener.getsockname()[1]}", key=key)
            with closing(knock):
                yield knock
    finally:
        emulator.close()


@contextmanager
def _served(emulator: Emulator, listener: socket.socket) -> Iterator[None]:
    ready = Event()
    server = _PromptServer(configuration(emulator, control=ControlApi(emulator), on_ready=ready.set))
    thread = Thread(target=server.run, args=([listener],), name="knock-harness emulator", daemon=True)
    thread.start()
    if not ready.wait(PATIENCE_S):
        raise NoVerdict("the emulator did not start")
    try:
        yield
    finally:
        server.stop()
        thread.join(PATIENCE_S)


class _PromptServer(uvicorn.Server):
    """uvicorn's server, stopped at once: it looks for a signal ten times a second, and grants requests their time."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Stop, from another thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopped.set)

    async def main_loop(self) -> None:
        """Serve until it is stopped."""
        self.server_state.default_headers = self.config.encoded_headers
        await self._stopped.wait()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let go of everything; whoever still waits for an answer gets none."""
        for server in self.servers:
            server.close()
        for each in sockets or ():
            each.close()
        for connection in list(self.server_state.connections):
            connection.transport.close()
        for task in list(self.server_state.tasks):
            task.cancel()
        await self.lifespan.shutdown()
