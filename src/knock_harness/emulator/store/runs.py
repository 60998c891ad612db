"""Workflow recipient runs: one for each recipient of a trigger, with what happened in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from knock_harness.emulator.paging import Page, PageRequest, select_page

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from knock_harness.emulator.references import Ref

__all__ = ["Paused", "RunRow", "Runs", "detail"]

_COLUMNS: Final = (
    "id, workflow_run_id, workflow, collection, recipient_id, tenant, cancellation_key, status, error_count, "
    "inserted_at, updated_at, about, events, state, wake"
)
_ADD: Final = f"INSERT INTO runs ({_COLUMNS}) VALUES ({', '.join('?' * (_COLUMNS.count(',') + 1))})"  # noqa: S608
#: A run that waits can be cancelled, and nothing else changes any more (CANCEL-FINISHED-NO-EFFECT).
_WAITS: Final = "status IN ('paused', 'queued')"

_decode_events = msgspec.json.Decoder(list[tuple[Any, ...]]).decode


class RunRow(NamedTuple):
    """A run as it is written, in the order of the columns.

    Attributes:
        id: its own.
        workflow_run_id: of the trigger.
        workflow: the key.
        collection: of the recipient.
        recipient_id: of the recipient.
        tenant: of the trigger.
        cancellation_key: of the trigger.
        status: ``queued``, ``paused``, ``completed`` or ``cancelled``.
        error_count: errors met so far.
        inserted_at: when it began.
        updated_at: when it changed last.
        about: actor and source, which never change, as the API shows them: JSON without braces. None: it was triggered
            over the API, by nobody in particular.
        events: what happened, as JSON.
        state: what it needs to go on; None once it is over.
        wake: the place in the queue of what lets it go on.
    """

    id: str
    workflow_run_id: str
    workflow: str
    collection: str
    recipient_id: str
    tenant: str | None
    cancellation_key: str | None
    status: str
    error_count: int
    inserted_at: str
    updated_at: str
    about: str | None
    events: str
    state: bytes | None
    wake: int | None


class Paused(NamedTuple):
    """A run that waits: its id, what it needs to go on, what happened so far, and its place in the queue."""

    id: str
    state: bytes
    events: str
    wake: int | None


class Runs:
    """Recipient runs, newest last."""

    SCHEMA = f"""
        CREATE TABLE runs (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, workflow_run_id TEXT NOT NULL, workflow TEXT NOT NULL,
            collection TEXT NOT NULL, recipient_id TEXT NOT NULL, tenant TEXT, cancellation_key TEXT,
            status TEXT NOT NULL, error_count INTEGER NOT NULL, inserted_at TEXT NOT NULL, updated_at TEXT NOT NULL,
            about TEXT, events TEXT NOT NULL, state BLOB, wake INTEGER,
            shown TEXT AS (printf(
                '"__typename":"WorkflowRecipientRun","id":"%s","workflow_run_id":"%s","workflow":%s,"tenant":%s,"recipient":%s,%s,"status":"%s","error_count":%d,"inserted_at":"%s","updated_at":"%s"',
                id, workflow_run_id, json_quote(workflow), json_quote(tenant),
                iif(
                    collection = '', json_quote(recipient_id),
                    json_object('id', recipient_id, 'collection', collection)
                ),
                coalesce(about, printf(
                    '"actor":null,"trigger_source":{{"type":"api","cancellation_key":%s,"schedule_id":null,"audience_key":null}}',
                    json_quote(cancellation_key)
                )),
                status, error_count, inserted_at, updated_at
            )) VIRTUAL
        );
        CREATE INDEX runs_of_recipient ON runs (collection, recipient_id);
        CREATE INDEX runs_that_wait ON runs (workflow, cancellation_key) WHERE {_WAITS};
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, row: RunRow) -> None:
        """Add a run."""
        self._connection.execute(_ADD, row)

    def add_all(self, rows: Iterable[RunRow]) -> None:
        """Add runs, in order."""
        self._connection.executemany(_ADD, rows)

    def put(self, row: RunRow) -> None:
        """Write what may have changed of a run."""
        self._connection.execute(
            """
            UPDATE runs SET status = ?, error_count = ?, updated_at = ?, events = ?, state = ?, wake = ? WHERE id = ?
            """,
            (row.status, row.error_count, row.updated_at, row.events, row.state, row.wake, row.id),
        )

    def count_waiting(self) -> int:
        """Return how many runs wait."""
        number: int = self._connection.execute(f"SELECT count(*) FROM runs WHERE {_WAITS}").fetchone()[0]  # noqa: S608
        return number

    def waiting(self, id: str) -> Paused | None:  # noqa: A002 - the name of the API
        """Return a run that waits, or None if there is no such, or not any more."""
        row = self._connection.execute(
            f"SELECT id, state, events, wake FROM runs WHERE id = ? AND {_WAITS}",  # noqa: S608 - a condition of ours
            (id,),
        ).fetchone()
        return Paused(*row) if row else None

    def waiting_under(self, workflow: str, cancellation_key: str, *, recipients: Sequence[Ref] | None) -> list[Paused]:
        """Return the runs of a workflow that wait under a key, of all recipients or the named ones (CANCEL-SUBSET)."""
        where, values = (
            [_WAITS, "workflow = :workflow", "cancellation_key = :key"],
            {
                "workflow": workflow,
                "key": cancellation_key,
            },
        )
        if recipients is not None:
            where.append("(collection, recipient_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(:recipients))")
            values["recipients"] = msgspec.json.encode(recipients).decode()
        rows = self._connection.execute(
            f"SELECT id, state, events, wake FROM runs WHERE {' AND '.join(where)}",  # noqa: S608 - conditions of ours
            values,
        )
        return [Paused(*row) for row in rows.fetchall()]

    def waiting_for(self, recipient: Ref) -> list[Paused]:
        """Return the runs of a recipient that wait."""
        rows = self._connection.execute(
            f"SELECT id, state, events, wake FROM runs WHERE collection = ? AND recipient_id = ? AND {_WAITS}",  # noqa: S608 - a condition of ours
            recipient,
        )
        return [Paused(*row) for row in rows.fetchall()]

    def has_run(self, workflow: str, recipient: Ref, *, tenant: str | None, per_tenant: bool) -> bool:
        """Say whether a workflow ran for a recipient before, or for it and this tenant (FREQUENCY-ONCE-TENANT)."""
        found = self._connection.execute(
            """
            SELECT 1 FROM runs WHERE collection = ? AND recipient_id = ? AND workflow = ? AND (NOT ? OR tenant IS ?)
            LIMIT 1
            """,
            (*recipient, workflow, per_tenant, tenant),
        )
        return found.fetchone() is not None

    def ages(self, *, after: int, limit: int) -> list[tuple[int, bool, str, str]]:
        """Return the places of runs behind one, whether they wait, their workflows, and when they began, in order."""
        rows = self._connection.execute(
            f"SELECT seq, {_WAITS}, workflow, inserted_at FROM runs WHERE seq > ? ORDER BY seq LIMIT ?",  # noqa: S608 - a condition of ours
            (after, limit),
        )
        return rows.fetchall()

    def delete_all(self, seqs: Iterable[int]) -> None:
        """Delete runs."""
        self._connection.executemany("DELETE FROM runs WHERE seq = ?", [(each,) for each in seqs])

    def read(self, id: str, *, since: str = "") -> str | None:  # noqa: A002
        """Return a run with its events as the API shows it, or None if there is no such since a moment."""
        row = self._connection.execute(
            "SELECT shown, events FROM runs WHERE id = ? AND inserted_at >= ?", (id, since)
        ).fetchone()
        return None if row is None else f'{{{row[0]},"events":{detail(id, row[1])}}}'

    def page(self, request: PageRequest, *, where: Sequence[str], values: Mapping[str, Any]) -> Page:
        """Return a page of the runs that fit all conditions, newest first, as the API shows them."""
        return select_page(
            self._connection,
            request,
            columns="'{' || shown || '}'",
            source="runs",
            where=where,
            values=values,
        )


def detail(run_id: str, events: str) -> str:
    """Return the events of a run as the API shows them (RUN-EVENT-SHAPE)."""
    shown = [
        {
            "__typename": "WorkflowRecipientRunEvent",
            "id": f"{run_id}-{number}",
            "event": event,
            "status": status,
            "step_ref": step_ref,
            "step_type": step_type,
            "attempt": attempt[0] if attempt else 1,
            "data": data,
            "inserted_at": at,
        }
        for number, (event, status, step_ref, step_type, data, at, *attempt) in enumerate(
            _decode_events(events), start=1
        )
    ]
    return msgspec.json.encode(shown).decode()
