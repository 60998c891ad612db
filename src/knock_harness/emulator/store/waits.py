"""Runs that wait for an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from knock_harness.emulator.references import Ref

__all__ = ["Waits"]


class Waits:
    """Which run waits for which kind of event of its recipient.

    Attributes:
        kinds: the kinds of events that some run may wait for; whoever reports others need not ask here.
    """

    SCHEMA = """
        CREATE TABLE waits (
            run_id TEXT PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, collection TEXT NOT NULL,
            recipient_id TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX waits_of_recipient ON waits (collection, recipient_id, kind);
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.kinds: set[str] = set()
        self.look_again()

    def look_again(self) -> None:
        """Take from the table what kinds of events there are runs for."""
        self.kinds.clear()
        self.kinds.update(row[0] for row in self._connection.execute("SELECT DISTINCT kind FROM waits"))

    def add(self, run_id: str, kind: str, key: str, recipient: Ref) -> None:
        """Let a run wait; an empty key stands for every event of the kind."""
        self.kinds.add(kind)
        self._connection.execute("INSERT OR REPLACE INTO waits VALUES (?, ?, ?, ?, ?)", (run_id, kind, key, *recipient))

    def remove(self, run_id: str) -> bool:
        """Let a run wait no more, and say whether it did."""
        return self._connection.execute("DELETE FROM waits WHERE run_id = ?", (run_id,)).rowcount > 0

    def waiting(self, kind: str, key: str, recipient: Ref) -> list[str]:
        """Return the ids of the runs that an event may let go on."""
        rows = self._connection.execute(
            "SELECT run_id FROM waits WHERE collection = ? AND recipient_id = ? AND kind = ? AND key IN (?, '')",
            (*recipient, kind, key),
        )
        return [row[0] for row in rows.fetchall()]
