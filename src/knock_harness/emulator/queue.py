"""What must happen later, in one queue ordered by due time."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

__all__ = ["Due", "Queue"]


class Due(NamedTuple):
    """A piece of work: its place in the queue, the moment it is due, its kind and what it is about (JSON)."""

    seq: int
    due_at: str
    kind: str
    payload: bytes


class Queue:
    """Work by due time; work of one moment in the order it came."""

    SCHEMA = """
        CREATE TABLE queue (seq INTEGER PRIMARY KEY, due_at TEXT NOT NULL, kind TEXT NOT NULL, payload BLOB NOT NULL);
        CREATE INDEX queue_due ON queue (due_at, seq);
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        last: int = connection.execute("SELECT coalesce(max(seq), 0) FROM queue").fetchone()[0]
        self._places = count(last + 1)  # none is given twice: who holds one may remove it late

    def put(self, due_at: str, kind: str, payload: bytes) -> int:
        """Add work (``due_at`` as `clock.stamp` writes it) and return its place, by which it can be removed."""
        seq = next(self._places)
        self._connection.execute("INSERT INTO queue VALUES (?, ?, ?, ?)", (seq, due_at, kind, payload))
        return seq

    def remove(self, seq: int) -> None:
        """Take work out again; no error if it is gone."""
        self._connection.execute("DELETE FROM queue WHERE seq = ?", (seq,))

    def remove_all(self, seqs: Iterable[int]) -> None:
        """Take several pieces of work out again."""
        self._connection.executemany("DELETE FROM queue WHERE seq = ?", [(seq,) for seq in seqs])

    def due(self, now: str, *, limit: int) -> Sequence[Due]:
        """Return what is due at a moment, in order, at most so many."""
        rows = self._connection.execute(
            "SELECT seq, due_at, kind, payload FROM queue WHERE due_at <= ? ORDER BY due_at, seq LIMIT ?", (now, limit)
        )
        return [Due(*row) for row in rows]

    def next_due(self) -> str | None:
        """Return the moment at which the next work is due, or None if there is none."""
        row = self._connection.execute("SELECT min(due_at) FROM queue").fetchone()
        return row[0] if row else None
