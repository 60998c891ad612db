"""Single values that an environment keeps by name: its settings, its clock, its counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Kept"]


class Kept:
    """Values by name."""

    SCHEMA = "CREATE TABLE kept (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> bytes | None:
        """Return the value of a name, or None if it never had one."""
        row = self._connection.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def put(self, name: str, value: bytes) -> None:
        """Give a name another value."""
        self._connection.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, value))
