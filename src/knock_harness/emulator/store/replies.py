"""First answers under idempotency keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Replies", "SavedReply"]


class SavedReply(NamedTuple):
    """The first answer under a key: what was asked, what was said, and when."""

    request: bytes
    status: int
    content: bytes
    request_id: str
    at: str


class Replies:
    """Saved answers by idempotency key."""

    SCHEMA = """
        CREATE TABLE replies (
            key TEXT PRIMARY KEY, request BLOB NOT NULL, status INTEGER NOT NULL, content BLOB NOT NULL,
            request_id TEXT NOT NULL, at TEXT NOT NULL
        ) WITHOUT ROWID;
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, key: str) -> SavedReply | None:
        """Return what was saved under a key last, however long ago."""
        row = self._connection.execute(
            "SELECT request, status, content, request_id, at FROM replies WHERE key = ?", (key,)
        ).fetchone()
        return SavedReply(*row) if row else None

    def put(self, key: str, reply: SavedReply) -> None:
        """Save an answer under a key, over an older one."""
        self._connection.execute("INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?, ?)", (key, *reply))
