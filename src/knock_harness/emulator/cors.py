"""Browser clients on another origin (HTTP-CORS)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .exchange import Request

__all__ = ["headers"]

ALLOWED_HEADERS: Final = (
    "authorization, content-type, idempotency-key, x-knock-branch, x-knock-client, x-knock-user-token"
)
ALLOWED_METHODS: Final = "DELETE, GET, OPTIONS, POST, PUT"
EXPOSED_HEADERS: Final = "retry-after, x-ratelimited-message_ids, x-request-id"


def headers(request: Request) -> list[tuple[bytes, bytes]]:
    """Return what a browser wants to read in an answer; nothing for a request without an origin."""
    if request.header(b"origin") is None:
        return []
    allowed = [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", EXPOSED_HEADERS.encode())]
    if request.method == "OPTIONS":
        allowed += [
            (b"access-control-allow-headers", ALLOWED_HEADERS.encode()),
            (b"access-control-allow-methods", ALLOWED_METHODS.encode()),
            (b"access-control-max-age", b"7200"),
        ]
    return allowed
