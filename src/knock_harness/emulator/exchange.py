"""What goes into the emulator and what comes out: no sockets, no frameworks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

__all__ = ["JSON", "Reply", "Request"]

#: The content type of every answer with a body. Source: HTTP-JSON-CONTENT-TYPE
JSON: Final = "application/json; charset=utf-8"

NO_HEADERS: Final[Mapping[str, str]] = {}


class Request(msgspec.Struct, frozen=True, gc=False):
    """A request as it came off the wire.

    Attributes:
        method: in capitals.
        path: still percent-encoded, without the query.
        query: without the question mark, still encoded.
        headers: pairs of lower-case name and value, in order.
        body: empty if there is none.
        base_url: scheme and authority the caller used, such as ``http://127.0.0.1:4000``.
    """

    method: str
    path: str
    query: str = ""
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: bytes = b""
    base_url: str = "http://127.0.0.1"

    def header(self, name: bytes) -> str | None:
        """Return the first value of a header (lower-case name), or None."""
        for key, value in self.headers:
            if key == name:
                return value.decode("latin-1")
        return None


class Reply(msgspec.Struct):
    """An answer: a status, a JSON value (None: no body) and headers beside the content type.

    A value may hold ``msgspec.Raw`` where a part of it is JSON already.
    """

    status: int
    value: Any = None
    headers: Mapping[str, str] = NO_HEADERS

    def content(self) -> bytes:
        """Return the body as bytes; empty where the status or the value has none (HTTP-204-EMPTY)."""
        if self.status == 204:
            return b""
        if isinstance(self.value, msgspec.Raw):
            return bytes(self.value)
        return msgspec.json.encode(self.value)
