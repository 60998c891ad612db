"""Preference sets as recipients stored them; defaults are laid under them when they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from knock_harness.emulator.references import Ref

__all__ = ["PreferenceSets"]


class PreferenceSets:
    """Preference sets by recipient and set id; the id itself is not part of the stored set."""

    SCHEMA = """
        CREATE TABLE preference_sets (
            seq INTEGER PRIMARY KEY, collection TEXT NOT NULL, id TEXT NOT NULL, set_id TEXT NOT NULL,
            settings TEXT NOT NULL, UNIQUE (collection, id, set_id)
        );
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, ref: Ref, set_id: str) -> dict[str, Any] | None:
        """Return a stored set, or None if it was never written."""
        row = self._connection.execute(
            "SELECT settings FROM preference_sets WHERE collection = ? AND id = ? AND set_id = ?", (*ref, set_id)
        ).fetchone()
        return msgspec.json.decode(row[0], type=dict[str, Any]) if row else None

    def of(self, ref: Ref) -> dict[str, dict[str, Any]]:
        """Return all stored sets of a recipient by their ids, in the order they were first written."""
        rows = self._connection.execute(
            "SELECT set_id, settings FROM preference_sets WHERE collection = ? AND id = ? ORDER BY seq", ref
        )
        return {set_id: msgspec.json.decode(settings, type=dict[str, Any]) for set_id, settings in rows}

    def put(self, ref: Ref, set_id: str, settings: Mapping[str, Any]) -> None:
        """Store a set in the place of the old one."""
        self._connection.execute(
            """
            INSERT INTO preference_sets (collection, id, set_id, settings) VALUES (?, ?, ?, ?)
            ON CONFLICT (collection, id, set_id) DO UPDATE SET settings = excluded.settings
            """,
            (*ref, set_id, msgspec.json.encode(settings).decode()),
        )

    def delete(self, ref: Ref, set_id: str) -> bool:
        """Remove one set and say whether there was one."""
        removed = self._connection.execute(
            "DELETE FROM preference_sets WHERE collection = ? AND id = ? AND set_id = ?", (*ref, set_id)
        )
        return removed.rowcount > 0

    def delete_of(self, ref: Ref) -> None:
        """Remove all sets of a recipient (USER-DELETE-PREFERENCES)."""
        self._connection.execute("DELETE FROM preference_sets WHERE collection = ? AND id = ?", ref)

    def add_missing(self, primary: Ref, secondary: Ref) -> None:
        """Give the primary the sets that only the secondary has (USER-MERGE-PREFERENCES)."""
        self._connection.execute(
            """
            INSERT OR IGNORE INTO preference_sets (collection, id, set_id, settings)
            SELECT ?, ?, set_id, settings FROM preference_sets WHERE collection = ? AND id = ? ORDER BY seq
            """,
            (*primary, *secondary),
        )
