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
            seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, request BLOB NOT NULL, status INTEGER NOT NULL,
            content BLOB NOT NULL, request_id TEXT NOT NULL, at TEXT NOT NULL
        );
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
        """Save an answer under a key, over an older one; the youngest is always the last of them."""
        self._connection.execute("INSERT OR REPLACE INTO replies VALUES (NULL, ?, ?, ?, ?, ?, ?)", (key, *reply))

    def oldest(self) -> str | None:
        """Return when the first of them was saved, or None if there is none."""
        row = self._connection.execute("SELECT at FROM replies ORDER BY seq LIMIT 1").fetchone()
        return row[0] if row else None

    def purge(self, *, before: str, limit: int) -> int:
        """Take out answers that were saved before a moment, at the most so many; return how many."""
        rows = self._connection.execute("SELECT seq, at FROM replies ORDER BY seq LIMIT ?", (limit,)).fetchall()
        gone = [(seq,) for seq, at in rows if at < before]
        self._connection.executemany("DELETE FROM replies WHERE seq = ?", gone)
        return len(gone)
