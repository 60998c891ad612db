"""Bulk operations: what is to be done, how far it has come, and which rows failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import sqlite3

__all__ = ["BulkOperation", "BulkOperations"]


class BulkOperation(msgspec.Struct, kw_only=True):
    """A bulk operation as it stands.

    Attributes:
        id: a UUID.
        name: the kind of work, for people (BULK-NAMES).
        kind: the kind of work, for `bulk_rows.BULK_KINDS`.
        status: queued, processing, completed or failed.
        rows_a_step: how many rows are done at a time.
        estimated_total_rows: how many there are.
        processed_rows: how many were done, good or bad.
        success_count: how many were good.
        error_items: ids of the bad ones, with the collection of objects.
        inserted_at: when it was asked for.
        updated_at: its last change.
        started_at: when it was begun.
        completed_at: when the last row was done.
        failed_at: when it was given up.
        base_url: where the caller reached the API; ``progress_path`` begins with it.
    """

    id: str
    name: str
    kind: str
    status: str
    rows_a_step: int
    estimated_total_rows: int
    processed_rows: int = 0
    success_count: int = 0
    error_items: list[dict[str, Any]] = []
    inserted_at: str
    updated_at: str
    started_at: str | None = None
    completed_at: str | None = None
    failed_at: str | None = None
    base_url: str


class BulkOperations:
    """Bulk operations by id, and their rows in order."""

    SCHEMA = """
        CREATE TABLE bulk_operations (id TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE bulk_rows (
            operation_id TEXT NOT NULL, position INTEGER NOT NULL, row TEXT NOT NULL,
            PRIMARY KEY (operation_id, position)
        ) WITHOUT ROWID;
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, operation: BulkOperation, rows: list[Any]) -> None:
        """Store an operation with its rows."""
        self._connection.execute(
            "INSERT INTO bulk_operations VALUES (?, ?)", (operation.id, msgspec.json.encode(operation).decode())
        )
        self._connection.executemany(
            "INSERT INTO bulk_rows VALUES (?, ?, ?)",
            ((operation.id, position, msgspec.json.encode(row).decode()) for position, row in enumerate(rows)),
        )

    def get(self, id: str) -> BulkOperation | None:  # noqa: A002 - the name of the API
        """Return an operation, or None if there is no such."""
        row = self._connection.execute("SELECT state FROM bulk_operations WHERE id = ?", (id,)).fetchone()
        return msgspec.json.decode(row[0], type=BulkOperation) if row else None

    def put(self, operation: BulkOperation) -> None:
        """Store the new state of an operation."""
        self._connection.execute(
            "UPDATE bulk_operations SET state = ? WHERE id = ?",
            (msgspec.json.encode(operation).decode(), operation.id),
        )

    def take(self, operation: BulkOperation) -> list[Any]:
        """Return the rows of the next step and forget them."""
        rows = self._connection.execute(
            "SELECT row FROM bulk_rows WHERE operation_id = ? ORDER BY position LIMIT ?",
            (operation.id, operation.rows_a_step),
        ).fetchall()
        self._connection.execute(
            "DELETE FROM bulk_rows WHERE operation_id = ? AND position < ?",
            (operation.id, operation.processed_rows + len(rows)),
        )
        return [msgspec.json.decode(row) for (row,) in rows]
