"""Throttles: how many runs passed a throttle step since its window opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from knock_harness.emulator.references import Ref

__all__ = ["Throttles"]


class Throttles:
    """The open windows of throttle steps, for each recipient and place."""

    SCHEMA = """
        CREATE TABLE throttles (
            collection TEXT NOT NULL, recipient_id TEXT NOT NULL, place TEXT NOT NULL, ends_at TEXT NOT NULL,
            passed INTEGER NOT NULL, PRIMARY KEY (collection, recipient_id, place)
        ) WITHOUT ROWID;
        CREATE INDEX throttles_end ON throttles (ends_at);
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def passed(self, recipient: Ref, place: str, *, now: str) -> int:
        """Return how many runs passed in the window that is open; 0: none is."""
        row = self._connection.execute(
            "SELECT passed FROM throttles WHERE collection = ? AND recipient_id = ? AND place = ? AND ends_at > ?",
            (*recipient, place, now),
        ).fetchone()
        return int(row[0]) if row else 0

    def open(self, recipient: Ref, place: str, *, now: str, ends_at: str) -> None:
        """Let the first run pass and open a window; those that have ended are forgotten."""
        self._connection.execute("DELETE FROM throttles WHERE ends_at <= ?", (now,))
        self._connection.execute("INSERT INTO throttles VALUES (?, ?, ?, ?, 1)", (*recipient, place, ends_at))

    def let_pass(self, recipient: Ref, place: str) -> None:
        """Let one more run pass in the window that is open."""
        self._connection.execute(
            "UPDATE throttles SET passed = passed + 1 WHERE collection = ? AND recipient_id = ? AND place = ?",
            (*recipient, place),
        )

    def delete_of(self, recipient: Ref) -> None:
        """Forget the windows of a recipient."""
        self._connection.execute("DELETE FROM throttles WHERE collection = ? AND recipient_id = ?", recipient)
