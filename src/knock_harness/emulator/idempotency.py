"""Repeated triggers: the first answer under a key answers again for a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from .clock import moment, stamp
from .exchange import Reply
from .refusals import Refusal
from .store.replies import SavedReply

if TYPE_CHECKING:
    from .store import Store

__all__ = ["LONGEST_KEY", "WINDOW", "replayed", "save", "still_answers"]

WINDOW: Final = timedelta(hours=24)  # IDEMPOTENCY-WINDOW
LONGEST_KEY: Final = 255  # IDEMPOTENCY-KEY-LENGTH-OK, IDEMPOTENCY-KEY-TOO-LONG


def still_answers(saved: SavedReply | None, *, now: datetime) -> bool:
    """Say whether the first reply under a key (None: the key is new) is repeated at this moment."""
    return saved is not None and now - moment(saved.at) < WINDOW


def fingerprint(path: str, body: object) -> bytes:
    """Return what two equal requests have in common, in whatever order of keys (IDEMPOTENCY-BODY-EQUIVALENCE)."""
    return path.encode() + b"\n" + msgspec.json.encode(body, order="deterministic")


def replayed(store: Store, key: str, *, path: str, body: object, now: datetime) -> Reply | None:
    """Return the stored answer for a repeated request, or None if the key is fresh.

    Raises:
        Refusal: 400, the key is too long or stands for another request (IDEMPOTENCY-MISMATCH-STATUS).
    """
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Refusal(400, "idempotency_key_invalid", f"An idempotency key has 1 to {LONGEST_KEY} characters")
    saved = store.replies.get(key)
    if saved is None or not still_answers(saved, now=now):
        return None
    if saved.request != fingerprint(path, body):
        raise Refusal(400, "idempotency_key_mismatch", "This idempotency key was used with other parameters")
    headers = {"idempotent-replayed": "true", "original-x-request-id": saved.request_id}  # IDEMPOTENCY-HEADERS
    return Reply(saved.status, msgspec.Raw(saved.content), headers)


def save(store: Store, key: str, reply: Reply, *, path: str, body: object, request_id: str, now: datetime) -> None:
    """Keep a successful answer under its key; others leave the key fresh (IDEMPOTENCY-ONLY-2XX)."""
    if 200 <= reply.status < 300:
        store.replies.put(
            key, SavedReply(fingerprint(path, body), reply.status, reply.content(), request_id, stamp(now))
        )
