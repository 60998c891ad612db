"""Batches: the triggers that open batch steps have collected, until the window closes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from knock_harness.emulator.message import NewActivity, as_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from knock_harness.emulator.references import Ref

__all__ = ["Batch", "BatchPlace", "Batches"]

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(NewActivity).decode
#: What a batch is looked up by; no two values that differ are written alike.
_WHICH: Final = "is_open AND workflow = ? AND collection = ? AND recipient_id = ? AND what = ?"


class BatchPlace(NamedTuple):
    """Which triggers share a batch.

    Attributes:
        workflow: its key.
        recipient: for whom it runs.
        step: the ref of the batch step.
        version: of the workflow; empty: batches outlive commits.
        key: the value of the batch key, as JSON.
    """

    workflow: str
    recipient: Ref
    step: str
    version: str
    key: str

    @property
    def row(self) -> tuple[str, str, str, str]:
        """Return what it is looked up by."""
        return (self.workflow, *self.recipient, as_json([self.step, self.version, self.key]))


class Batch(NamedTuple):
    """An open batch.

    Attributes:
        seq: stands for it.
        run_id: of the run that goes on when it closes; None: there is none yet, as the first one went through.
        opened_at: as the API writes it.
        closes_at: as the API writes it.
        first_closes_at: when it would have closed if nothing had come.
        size: how many activities it holds.
        wake: the place in the queue of what closes it.
    """

    seq: int
    run_id: str | None
    opened_at: str
    closes_at: str
    first_closes_at: str
    size: int
    wake: int


class Batches:
    """Batches and what is in them. What was taken out of one leaves no trace."""

    SCHEMA = """
        CREATE TABLE batches (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, is_open INTEGER NOT NULL, workflow TEXT NOT NULL,
            collection TEXT NOT NULL, recipient_id TEXT NOT NULL, what TEXT NOT NULL, run_id TEXT,
            opened_at TEXT NOT NULL, closes_at TEXT NOT NULL, first_closes_at TEXT NOT NULL, size INTEGER NOT NULL,
            wake INTEGER NOT NULL
        );
        CREATE UNIQUE INDEX batches_open ON batches (collection, recipient_id, workflow, what) WHERE is_open;
        CREATE INDEX batches_of_run ON batches (run_id);
        CREATE TABLE batch_items (
            seq INTEGER PRIMARY KEY, batch INTEGER NOT NULL, cancellation_key TEXT, activity BLOB NOT NULL
        );
        CREATE INDEX batch_items_of_batch ON batch_items (batch);
        CREATE INDEX batch_items_of_key ON batch_items (cancellation_key) WHERE cancellation_key IS NOT NULL;
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def open(self, place: BatchPlace, *, run_id: str | None, opened_at: str, closes_at: str) -> int:
        """Add an empty batch and return what stands for it; `close_at` is to be called next."""
        added = self._connection.execute(
            "INSERT INTO batches (is_open, workflow, collection, recipient_id, what, run_id, opened_at, closes_at,"
            " first_closes_at, size, wake) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
            (*place.row, run_id, opened_at, closes_at, closes_at),
        )
        return added.lastrowid or 0

    def find(self, place: BatchPlace) -> Batch | None:
        """Return the open batch of a place, or None."""
        row = self._connection.execute(
            "SELECT seq, run_id, opened_at, closes_at, first_closes_at, size, wake FROM batches"  # noqa: S608 - a condition of ours
            f" WHERE {_WHICH}",
            place.row,
        ).fetchone()
        return Batch(*row) if row else None

    def close_at(self, seq: int, closes_at: str, *, wake: int, run_id: str | None, is_open: bool = True) -> None:
        """Let a batch be closed at a moment, by work in the queue, for a run; it takes in nothing more if not open."""
        self._connection.execute(
            "UPDATE batches SET closes_at = ?, wake = ?, run_id = ?, is_open = ? WHERE seq = ?",
            (closes_at, wake, run_id, is_open, seq),
        )

    def add(self, seq: int, activities: Iterable[NewActivity], *, cancellation_key: str | None) -> None:
        """Add the activities of a run to a batch."""
        rows = [(seq, cancellation_key, _encode(each)) for each in activities]
        self._connection.executemany(
            "INSERT INTO batch_items (batch, cancellation_key, activity) VALUES (?, ?, ?)", rows
        )
        self._connection.execute("UPDATE batches SET size = size + ? WHERE seq = ?", (len(rows), seq))

    def activities(self, run_id: str) -> list[NewActivity]:
        """Return what the batch of a run holds, in the order it came."""
        rows = self._connection.execute(
            "SELECT activity FROM batch_items WHERE batch IN (SELECT seq FROM batches WHERE run_id = ?) ORDER BY seq",
            (run_id,),
        )
        return [_decode(row[0]) for row in rows]

    def is_collecting(self, run_id: str) -> bool:
        """Say whether a run waits in a batch that is open."""
        found = self._connection.execute("SELECT 1 FROM batches WHERE run_id = ? AND is_open", (run_id,))
        return found.fetchone() is not None

    def take_out(self, workflow: str, cancellation_key: str, *, recipients: Sequence[Ref] | None) -> None:
        """Take what was triggered under a key out of the open batches of a workflow, of all recipients or the named."""
        found = self._connection.execute(
            """
            SELECT batch_items.seq, batch FROM batch_items JOIN batches ON batches.seq = batch
            WHERE cancellation_key = :key AND is_open AND workflow = :workflow AND (
                :recipients IS NULL
                OR (collection, recipient_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(:recipients))
            )
            """,
            {
                "workflow": workflow,
                "key": cancellation_key,
                "recipients": None if recipients is None else as_json(recipients),
            },
        ).fetchall()
        self._connection.executemany("DELETE FROM batch_items WHERE seq = ?", [(item,) for item, _ in found])
        self._connection.executemany("UPDATE batches SET size = size - 1 WHERE seq = ?", [(seq,) for _, seq in found])

    def remove(self, seq: int) -> None:
        """Remove a batch with all that is in it."""
        self._connection.execute("DELETE FROM batch_items WHERE batch = ?", (seq,))
        self._connection.execute("DELETE FROM batches WHERE seq = ?", (seq,))

    def remove_of_run(self, run_id: str) -> int | None:
        """Remove the batch that a run waits in, and return the place in the queue of what would close it."""
        row = self._connection.execute("SELECT seq, wake FROM batches WHERE run_id = ?", (run_id,)).fetchone()
        if row is None:
            return None
        self.remove(row[0])
        return int(row[1])

    def delete_of(self, recipient: Ref) -> None:
        """Remove the batches for a recipient."""
        rows = self._connection.execute(
            "SELECT seq FROM batches WHERE collection = ? AND recipient_id = ?", recipient
        ).fetchall()
        for row in rows:
            self.remove(row[0])
