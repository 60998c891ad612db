"""Answers leave together: one write for each answer, after all that came in together were answered.

uvicorn writes the head of an answer and its body apart, and uvloop hands each write to the kernel at once. Every one of
them wakes the reader, which on a virtual machine costs more than working out the answer.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .exchange import JSON
from .refusals import Refusal

if TYPE_CHECKING:
    import asyncio

__all__ = ["HANG_UP", "CorkedProtocol"]

#: The extension of ASGI by which an application ends a connection, whatever was answered: a function ``close``.
HANG_UP: Final = "knock_harness.hang_up"


class CorkedTransport:
    """A transport that keeps what is written until the event loop has gone through what is ready; else as it was."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._kept: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        """Leave everything else to the transport."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Write later, together with what else is written until then."""
        if not self._kept:
            self._loop.call_soon(self._flush)
        self._kept.append(data)

    def close(self) -> None:
        """Write what was kept, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._kept and not self._transport.is_closing():
            self._transport.write(b"".join(self._kept))
        self._kept.clear()


class CorkedProtocol(HttpToolsProtocol):
    """uvicorn's protocol on a transport that writes answers whole."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to serve a connection."""
        super().connection_made(cast("asyncio.Transport", CorkedTransport(transport, self.loop)))

    def on_message_begin(self) -> None:
        """Begin to read a request; who answers it may hang up."""
        super().on_message_begin()
        self.scope["extensions"] = {HANG_UP: {"close": self.transport.close}}

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP in the form of all refusals, and hang up."""
        body = Refusal(400, "malformed_request", msg).reply().content()
        head = (
            "HTTP/1.1 400 Bad Request\r\n"
            f"x-request-id: {secrets.token_urlsafe(15)}\r\n"
            f"content-type: {JSON}\r\n"
            f"content-length: {len(body)}\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
