"""Schedules: which workflow runs for whom, and when it does so next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.emulator.paging import Page, PageRequest, Row, select_page
from knock_harness.emulator.references import Ref

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

__all__ = ["Schedule", "Schedules"]

_COLUMNS: Final = (
    "id, workflow, collection, recipient_id, actor, tenant, data, repeats, scheduled_at, ending_at, starts_at, "
    "last_occurrence_at, next_occurrence_at, wake, inserted_at, updated_at"
)


class Schedule(msgspec.Struct, kw_only=True):
    """A schedule; moments are as the API writes them.

    Attributes:
        id: a UUID.
        workflow: the key.
        recipient: for whom it runs.
        actor: of its runs.
        tenant: of its runs.
        data: of its runs.
        repeats: its rules as they were given.
        scheduled_at: when it runs once, or the start of its repetitions.
        ending_at: nothing happens after it.
        starts_at: what its intervals count from: ``scheduled_at``, or when the rules were given.
        last_occurrence_at: when it ran last.
        next_occurrence_at: when it runs next.
        wake: the place of that in the queue.
        inserted_at: when it was made.
        updated_at: when it was changed last.
    """

    id: str
    workflow: str
    recipient: Ref
    actor: Ref | None
    tenant: str | None
    data: dict[str, Any] | None
    repeats: list[dict[str, Any]]
    scheduled_at: str | None
    ending_at: str | None
    starts_at: str
    inserted_at: str
    updated_at: str
    last_occurrence_at: str | None = None
    next_occurrence_at: str | None = None
    wake: int | None = None


def _text(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


class Schedules:
    """Schedules, newest last."""

    SCHEMA = """
        CREATE TABLE schedules (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, workflow TEXT NOT NULL,
            collection TEXT NOT NULL, recipient_id TEXT NOT NULL, actor TEXT, tenant TEXT, data TEXT,
            repeats TEXT NOT NULL, scheduled_at TEXT, ending_at TEXT, starts_at TEXT NOT NULL,
            last_occurrence_at TEXT, next_occurrence_at TEXT, wake INTEGER, inserted_at TEXT NOT NULL,
            updated_at TEXT NOT NULL
        );
        CREATE INDEX schedules_of_recipient ON schedules (collection, recipient_id);
        CREATE INDEX schedules_of_workflow ON schedules (workflow);
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, id: str) -> Schedule | None:  # noqa: A002 - the name of the API
        """Return a schedule, or None if there is no such."""
        row = self._connection.execute(
            f"SELECT seq, {_COLUMNS} FROM schedules WHERE id = ?",  # noqa: S608 - columns of ours
            (id,),
        ).fetchone()
        return self.record(row) if row else None

    def add(self, schedule: Schedule) -> None:
        """Add a schedule."""
        self._connection.execute(
            f"INSERT INTO schedules ({_COLUMNS}) VALUES ({', '.join('?' * 16)})",  # noqa: S608 - columns of ours
            _row(schedule),
        )

    def put(self, schedule: Schedule) -> None:
        """Write a schedule in the place of what it was; nothing happens if it is gone."""
        self._connection.execute(
            f"UPDATE schedules SET ({_COLUMNS}) = ({', '.join('?' * 16)}) WHERE id = ?",  # noqa: S608 - columns of ours
            (*_row(schedule), schedule.id),
        )

    def delete(self, id: str) -> None:  # noqa: A002
        """Remove a schedule."""
        self._connection.execute("DELETE FROM schedules WHERE id = ?", (id,))

    def delete_of(self, recipient: Ref) -> None:
        """Remove the schedules of a recipient, which therefore no longer fire (USER-DELETE-SCHEDULES)."""
        self._connection.execute("DELETE FROM schedules WHERE collection = ? AND recipient_id = ?", recipient)

    def move(self, old: Ref, new: Ref) -> None:
        """Give the schedules of a recipient to another (USER-MERGE-LINKS-RESOLVED)."""
        self._connection.execute(
            "UPDATE schedules SET collection = ?, recipient_id = ? WHERE collection = ? AND recipient_id = ?",
            (*new, *old),
        )

    def page(
        self,
        request: PageRequest,
        *,
        workflow: str | None = None,
        tenant: str | None = None,
        recipients: Iterable[Ref] | None = None,
    ) -> Page:
        """Return a page of schedules, newest first; each filter narrows it (SCHED-LIST-FILTERS)."""
        where: list[str] = []
        values: dict[str, Any] = {}
        if workflow is not None:
            where.append("workflow = :workflow")
            values["workflow"] = workflow
        if tenant is not None:
            where.append("tenant = :tenant")
            values["tenant"] = tenant
        if recipients is not None:
            where.append("(collection, recipient_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(:recipients))")
            values["recipients"] = _text(list(recipients))
        return select_page(self._connection, request, columns=_COLUMNS, source="schedules", where=where, values=values)

    @staticmethod
    def record(row: Row) -> Schedule:
        """Return the schedule in a row of a page."""
        _, id_, workflow, collection, recipient_id, actor, tenant, data, repeats, *moments = row
        scheduled_at, ending_at, starts_at, last_occurrence_at, next_occurrence_at, wake, *made = moments
        inserted_at, updated_at = made
        return Schedule(
            id=id_,
            workflow=workflow,
            recipient=Ref(collection, recipient_id),
            actor=None if actor is None else msgspec.json.decode(actor, type=Ref),
            tenant=tenant,
            data=None if data is None else msgspec.json.decode(data),
            repeats=msgspec.json.decode(repeats),
            scheduled_at=scheduled_at,
            ending_at=ending_at,
            starts_at=starts_at,
            last_occurrence_at=last_occurrence_at,
            next_occurrence_at=next_occurrence_at,
            wake=wake,
            inserted_at=inserted_at,
            updated_at=updated_at,
        )


def _row(each: Schedule) -> tuple[Any, ...]:
    return (
        each.id,
        each.workflow,
        *each.recipient,
        _text(each.actor),
        each.tenant,
        _text(each.data),
        _text(each.repeats),
        each.scheduled_at,
        each.ending_at,
        each.starts_at,
        each.last_occurrence_at,
        each.next_occurrence_at,
        each.wake,
        each.inserted_at,
        each.updated_at,
    )
