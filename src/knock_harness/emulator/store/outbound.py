"""Requests that an environment makes of others, until they are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knock_harness.emulator.outbound import OutboundCall, decode_request, encode

if TYPE_CHECKING:
    import sqlite3

    from knock_harness.emulator.outbound import OutboundRequest

__all__ = ["OutboundCalls"]


class OutboundCalls:
    """Outbound calls in the order they were asked for; one that was cut off by a crash is made again."""

    SCHEMA = """
        CREATE TABLE outbound_calls (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, request BLOB NOT NULL, answered_by TEXT NOT NULL, about BLOB NOT NULL
        );
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, request: OutboundRequest, *, answered_by: str, about: bytes) -> None:
        """Add a call."""
        self._connection.execute(
            "INSERT INTO outbound_calls (request, answered_by, about) VALUES (?, ?, ?)",
            (encode(request), answered_by, about),
        )

    def all(self) -> list[OutboundCall]:
        """Return the calls that are not answered."""
        rows = self._connection.execute("SELECT seq, request, answered_by, about FROM outbound_calls ORDER BY seq")
        return [OutboundCall(seq, decode_request(request), kind, about) for seq, request, kind, about in rows]

    def remove(self, seq: int) -> bool:
        """Take out a call that was answered; say whether it was there."""
        return self._connection.execute("DELETE FROM outbound_calls WHERE seq = ?", (seq,)).rowcount > 0
