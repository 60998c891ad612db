"""The emulator as an httpx transport: no socket, no server, the same answers."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import httpx

from .exchange import Request

if TYPE_CHECKING:
    from .emulator import Answer, Emulator

__all__ = ["EmulatorTransport"]


class EmulatorTransport(httpx.BaseTransport):
    """Answers the requests of an ``httpx.Client`` in this process; may be shared by threads.

    Before each answer the emulator does what is due, so that time passes for it as it does behind a socket.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._lock = Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        raw_path, _, query = request.url.raw_path.decode("ascii").partition("?")
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        base_url = f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
        with self._lock:
            self._emulator.run_due()
            answer: Answer = self._emulator.handle(
                Request(request.method, raw_path, query, headers, request.read(), base_url)
            )
        return httpx.Response(
            answer.status,
            headers=[*answer.headers, (b"content-length", str(len(answer.content)).encode())],
            stream=httpx.ByteStream(answer.content),
            request=request,
        )
