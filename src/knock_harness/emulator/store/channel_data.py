"""Channel data: for each recipient and channel, how to reach the one through the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from knock_harness.emulator.references import Ref

__all__ = ["ChannelDataStore"]


class ChannelDataStore:
    """Channel data by recipient and channel (CHDATA-CHANNELS-INDEPENDENT)."""

    SCHEMA = """
        CREATE TABLE channel_data (
            collection TEXT NOT NULL, id TEXT NOT NULL, channel_id TEXT NOT NULL, data TEXT NOT NULL,
            PRIMARY KEY (collection, id, channel_id)
        ) WITHOUT ROWID;
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, ref: Ref, channel_id: str) -> dict[str, Any] | None:
        """Return the data in its full form, as `channel_data.normalised` made it, or None."""
        row = self._connection.execute(
            "SELECT data FROM channel_data WHERE collection = ? AND id = ? AND channel_id = ?", (*ref, channel_id)
        ).fetchone()
        return msgspec.json.decode(row[0], type=dict[str, Any]) if row else None

    def put(self, ref: Ref, channel_id: str, data: Mapping[str, Any]) -> None:
        """Set the data of a channel, in the place of what was there (CHDATA-SET-OVERWRITES)."""
        self._connection.execute(
            "INSERT OR REPLACE INTO channel_data VALUES (?, ?, ?, ?)",
            (*ref, channel_id, msgspec.json.encode(data).decode()),
        )

    def delete(self, ref: Ref, channel_id: str) -> bool:
        """Remove the data of a channel and say whether there was any."""
        removed = self._connection.execute(
            "DELETE FROM channel_data WHERE collection = ? AND id = ? AND channel_id = ?", (*ref, channel_id)
        )
        return removed.rowcount > 0

    def delete_of(self, ref: Ref) -> None:
        """Remove the data of all channels of a recipient (USER-DELETE-CHANNEL-DATA)."""
        self._connection.execute("DELETE FROM channel_data WHERE collection = ? AND id = ?", ref)

    def add_missing(self, primary: Ref, secondary: Ref) -> None:
        """Give the primary the data of those channels that only the secondary has (USER-MERGE-CHANNEL-DATA)."""
        self._connection.execute(
            """
            INSERT OR IGNORE INTO channel_data
            SELECT ?, ?, channel_id, data FROM channel_data WHERE collection = ? AND id = ?
            """,
            (*primary, *secondary),
        )
