"""Signatures of what goes out, by which a receiver knows that it comes from here and was not changed."""

from __future__ import annotations

import hmac
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["SIGNATURE_HEADER", "signature"]

SIGNATURE_HEADER: Final = "x-knock-signature"


def signature(secret: str, body: bytes, *, at: datetime) -> str:
    """Return the value of the header that signs a body (FETCH-SIGNATURE, OUTHOOK-SIGNATURE).

    Args:
        secret: what sender and receiver share.
        body: as it is sent.
        at: when; the header names it in milliseconds since 1970.
    """
    milliseconds = int(at.timestamp() * 1000)
    digest = hmac.digest(secret.encode(), b"%d." % milliseconds + body, sha256().name)
    return f"t={milliseconds},s={b64encode(digest).decode()}"
