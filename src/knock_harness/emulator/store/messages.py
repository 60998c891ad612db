"""Messages: what was sent to whom, how far it got, and what its readers did with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec

from knock_harness.emulator.marks import replaced
from knock_harness.emulator.message import NewMessage, as_json, message_row
from knock_harness.emulator.paging import Page, PageRequest, select_page
from knock_harness.emulator.references import Ref, reference
from knock_harness.emulator.trigger_data import matches_json

from .message_schema import COLUMNS, SCHEMA, STAMPS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from knock_harness.emulator.engagement import Change

    from .message_filters import Filter

__all__ = ["Listener", "MessageEvent", "Messages", "Outgoing", "Stored"]

_decode = msgspec.json.Decoder(list[Any]).decode

_ADD = f"INSERT INTO messages ({COLUMNS}) VALUES ({', '.join('?' * (COLUMNS.count(',') + 1))})"  # noqa: S608
_ADD_ORIGIN = "INSERT OR IGNORE INTO message_origins VALUES (?, ?, ?)"
_ADD_EVENT = "INSERT INTO message_events (message, type, inserted_at, data) VALUES (?, ?, ?, ?)"
_ADD_TWO_EVENTS = "INSERT INTO message_events (message, type) VALUES (?, ?), (?, ?)"
#: Without a moment of its own, an event is as old as its message.
_EVENT_AT = "coalesce(inserted_at, (SELECT messages.inserted_at FROM messages WHERE messages.seq = message))"


class Stored(NamedTuple):
    """A message that exists: its place, whose it is, and where it came from."""

    seq: int
    id: str
    recipient: Ref
    channel_id: str
    status: str
    inserted_at: str
    in_app: bool


class MessageEvent(NamedTuple):
    """Something that happened to a message: its id, the type of the event, when, and what the event tells."""

    id: str
    type: str
    at: str
    data: Mapping[str, Any] | None


#: Is told of each event of a message as it happens, when the message is as it is after that.
Listener: TypeAlias = Callable[[MessageEvent], None]


class Outgoing(NamedTuple):
    """A message to be handed to its provider: whose it is, and its content as the API shows it, in JSON."""

    seq: int
    id: str
    status: str
    workflow: str
    content: str
    recipient: Ref


class Messages:
    """Messages, newest last, with their events, activities and delivery logs.

    Attributes:
        listeners: who is told of each event, by name.
    """

    SCHEMA = SCHEMA

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.listeners: dict[str, Listener] = {}
        self._origins: set[int] = set()  # those that are surely stored
        connection.create_function("matches_data", 2, matches_json, deterministic=True)

    def add(self, new: NewMessage, *, events: Sequence[str] = ("message.created",)) -> int:
        """Add a message with its first events, and return its place."""
        actors = new.actors
        if new.origin.seq not in self._origins:
            self._connection.execute(_ADD_ORIGIN, (new.origin.seq, new.origin.about, new.origin.item))
            self._origins.add(new.origin.seq)
        seq = self._connection.execute(_ADD, message_row(new, actors)).lastrowid or 0
        if len(events) == 2:  # one statement costs less than two, and most messages begin with two events
            first, second = events
            self._connection.execute(_ADD_TWO_EVENTS, (seq, first, seq, second))
        else:
            self._connection.executemany(_ADD_EVENT, [(seq, each, None, None) for each in events])
        if actors:
            self._connection.executemany(
                "INSERT INTO message_actors VALUES (?, ?, ?)", [(*each, seq) for each in actors]
            )
        if self.listeners:
            for each in events:
                self._tell(MessageEvent(new.id, each, new.at, None))
        return seq

    def doubt(self) -> None:
        """Take nothing for stored any more, as something was undone."""
        self._origins.clear()

    def set_status(self, id: str, status: str, *, at: str, data: Mapping[str, Any] | None = None) -> None:  # noqa: A002
        """Move a message to another delivery status, with the event of it; nothing happens if it is gone.

        Args:
            id: of the message.
            status: such as ``sent``.
            at: when, as the API writes it.
            data: what the event tells beside its type (EVENTS-DELIVERY-DATA).
        """
        stored = self.find(id)
        if stored is not None:
            self.move_to(stored.seq, status, at=at, data=data)

    def move_to(self, seq: int, status: str, *, at: str, data: Mapping[str, Any] | None = None) -> None:
        """Move the message at a place to another delivery status; see `set_status`."""
        self._connection.execute("UPDATE messages SET status = ?, updated_at = ? WHERE seq = ?", (status, at, seq))
        self._add_event(seq, f"message.{status}", at, data)

    def engage(self, seqs: Sequence[int], change: Change, *, at: str, data: Mapping[str, Any] | None = None) -> None:
        """Set or clear one engagement status of messages, with an event each.

        A repeated mark moves the timestamp (ENGAGE-REPEAT-LATEST-TIME); clearing what is clear changes nothing and
        leaves no event (ENGAGE-UNDO-UNSET).
        """
        column = change.column
        for seq in seqs:
            changed = self._connection.execute(
                f"UPDATE messages SET {column} = ?, updated_at = ? WHERE seq = ?"  # noqa: S608 - a column of ours
                + ("" if change.sets else f" AND {column} IS NOT NULL"),
                (at if change.sets else None, at, seq),
            )
            if changed.rowcount:
                self._add_event(seq, change.event, at, data)

    def add_delivery_log(self, seq: int, log: Mapping[str, Any], *, at: str) -> None:
        """Add what was asked of a provider and what it answered (DELIVERY-LOGS-ATTEMPTS).

        Args:
            seq: the place of the message.
            log: ``request``, ``response`` and ``service_name``, in the form of the API.
            at: when, as the API writes it.
        """
        self._connection.execute(
            "INSERT INTO delivery_logs (message, inserted_at, log) VALUES (?, ?, ?)", (seq, at, as_json(log))
        )

    def find(self, id: str) -> Stored | None:  # noqa: A002
        """Return what a message is, without its text, or None if there is no such."""
        row = self._connection.execute(
            """
            SELECT seq, collection, recipient_id, channel_id, status, inserted_at, blocks IS NOT NULL
            FROM messages WHERE id = ?
            """,
            (id,),
        ).fetchone()
        return Stored(row[0], id, Ref(row[1], row[2]), *row[3:]) if row else None

    def whose(self, id: str) -> tuple[Ref, dict[str, Any]] | None:  # noqa: A002
        """Return whose a message is, and what events of it tell beside themselves; None if there is no such."""
        row = self._connection.execute(
            "SELECT collection, recipient_id, channel_id, tenant, source_key, '{' || about || '}}' FROM messages"
            " JOIN message_origins ON message_origins.seq = messages.origin WHERE id = ?",
            (id,),
        ).fetchone()
        if row is None:
            return None
        about = msgspec.json.decode(row[5])
        source = {"type": about["source"]["type"], "key": row[4]}
        told = {"source_key": row[4], "source": source, "channel_id": row[2], "tenant_id": row[3]}
        return Ref(row[0], row[1]), {**told, "step_ref": about["source"]["step_ref"]}

    def owners(self, ids: Sequence[str]) -> Sequence[tuple[Ref, str | None]]:
        """Return whose the messages of some ids are, and the tenant each is about; ids of none are left out."""
        rows = self._connection.execute(
            "SELECT collection, recipient_id, tenant FROM messages WHERE id IN (SELECT value FROM json_each(?))",
            (as_json(ids),),
        )
        return [(Ref(collection, id), tenant) for collection, id, tenant in rows]  # noqa: A001 - the name of the API

    def outgoing(self, id: str) -> Outgoing | None:  # noqa: A002
        """Return what is sent of a message, or None if there is no such; those of feeds are not sent."""
        found = self._connection.execute(
            "SELECT seq, status, source_key, content, collection, recipient_id FROM messages WHERE id = ?", (id,)
        ).fetchone()
        if found is None or not found[3]:
            return None
        seq, status, workflow, content, *recipient = found
        return Outgoing(seq, id, status, workflow, content, Ref(*recipient))

    def read(self, id: str, *, since: str = "") -> str | None:  # noqa: A002
        """Return a message as the API shows it, or None if there is no such since a moment."""
        return self._text("SELECT message_json FROM shown_messages WHERE id = ? AND inserted_at >= ?", id, since)

    def content(self, id: str, *, since: str = "") -> str | None:  # noqa: A002
        """Return the content of a message as the API shows it, or None if there is no such since a moment."""
        return self._text("SELECT content_json FROM shown_messages WHERE id = ? AND inserted_at >= ?", id, since)

    def _text(self, sql: str, *values: str) -> str | None:
        row = self._connection.execute(sql, values).fetchone()
        return row[0] if row else None

    def statuses(self, ids: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return of each message its delivery status and its stamps, in the order of `STAMPS`."""
        rows = self._connection.execute(
            f"SELECT status, {', '.join(STAMPS.values())} FROM messages"  # noqa: S608 - columns of ours
            " WHERE id IN (SELECT value FROM json_each(?))",
            (as_json(ids),),
        )
        return rows.fetchall()

    def activities(self, seq: int) -> str:
        """Return the activities of a message as the API shows them, with marks in the place of recipients."""
        row = self._connection.execute("SELECT activities_json FROM shown_messages WHERE seq = ?", (seq,)).fetchone()
        return str(row[0])

    def data(self, seq: int) -> str:
        """Return the data of a message: of all its triggers, and what steps of its workflow added."""
        row = self._connection.execute("SELECT data FROM messages WHERE seq = ?", (seq,)).fetchone()
        return str(row[0])

    def events(self, seq: int, request: PageRequest) -> Page:
        """Return a page of the events of a message, oldest first: type, inserted_at, data (JSON or None)."""
        return select_page(
            self._connection,
            request,
            columns=f"type, {_EVENT_AT}, data",
            source="message_events",
            where=["message = :message"],
            values={"message": seq},
            newest_first=False,
        )

    def delivery_logs(self, seq: int, request: PageRequest) -> Page:
        """Return a page of the delivery logs of a message, oldest first: inserted_at, log (JSON)."""
        return select_page(
            self._connection,
            request,
            columns="inserted_at, log",
            source="delivery_logs",
            where=["message = :message"],
            values={"message": seq},
            newest_first=False,
        )

    def page(self, request: PageRequest, kept: Filter) -> Page:
        """Return a page of the messages that fit a filter, newest first, as the API shows them."""
        return select_page(
            self._connection,
            request,
            columns="message_json",
            source="shown_messages",
            where=kept.where,
            values=kept.values,
        )

    def ids(self, kept: Filter) -> list[str]:
        """Return the ids of the messages that fit a filter, oldest first."""
        sql = f"SELECT id FROM messages WHERE {' AND '.join(kept.where)} ORDER BY seq"  # noqa: S608
        return [row[0] for row in self._connection.execute(sql, kept.values)]

    def fits(self, seq: int, kept: Filter) -> bool:
        """Say whether a message fits a filter."""
        sql = f"SELECT 1 FROM messages WHERE seq = :seq AND {' AND '.join(kept.where)}"  # noqa: S608
        return self._connection.execute(sql, {**kept.values, "seq": seq}).fetchone() is not None

    def delete(self, seq: int) -> None:
        """Delete a message with all that belongs to it."""
        self._connection.execute("DELETE FROM messages WHERE seq = ?", (seq,))

    def ages(self, *, after: int, limit: int) -> list[tuple[int, bool, str]]:
        """Return the places of messages behind one, whether they are in-app, and when they were made, in order."""
        rows = self._connection.execute(
            "SELECT seq, blocks IS NOT NULL, inserted_at FROM messages WHERE seq > ? ORDER BY seq LIMIT ?",
            (after, limit),
        )
        return rows.fetchall()

    def delete_all(self, seqs: Iterable[int]) -> None:
        """Delete messages with all that belongs to them."""
        self._connection.executemany("DELETE FROM messages WHERE seq = ?", [(each,) for each in seqs])

    def delete_of(self, recipient: Ref) -> None:
        """Delete the messages of a recipient with all that belongs to them (USER-DELETE-MESSAGES)."""
        self._connection.execute("DELETE FROM messages WHERE collection = ? AND recipient_id = ?", recipient)

    def show(self, id: str) -> None:  # noqa: A002
        """Let a message that was held back stand in the feed."""
        self._connection.execute("UPDATE messages SET feed = 1 WHERE id = ?", (id,))

    def move(self, old: Ref, new: Ref, *, newer_than: str) -> None:
        """Hand what was sent to a user since a moment, and what names it, to another.

        Sources: USER-MERGE-MESSAGES, USER-MERGE-ACTIVITIES.
        """
        self._connection.execute(
            "UPDATE messages SET recipient_id = ?, recipient = ?"
            " WHERE collection = ? AND recipient_id = ? AND inserted_at >= ?",
            (new.id, as_json(reference(*new)), *old, newer_than),
        )
        acted = self._connection.execute(
            "SELECT seq, actors, more_actors, activities, activity_actor, item_activities, item_actors FROM messages"
            " WHERE seq IN (SELECT message FROM message_actors WHERE collection = ? AND id = ?) AND inserted_at >= ?",
            (*old, newer_than),
        ).fetchall()
        before, after = reference(*old), reference(*new)
        for seq, actors, more_actors, *marked in acted:
            texts = [text and replaced(text, old, new) for text in marked]
            self._connection.execute(
                "UPDATE messages SET actors = ?, more_actors = ?, activities = ?, activity_actor = ?,"
                " item_activities = ?, item_actors = ? WHERE seq = ?",
                (*(_renamed(each, before, after) for each in (actors, more_actors)), *texts, seq),
            )
            self._connection.execute(
                "UPDATE OR IGNORE message_actors SET id = ? WHERE collection = ? AND id = ? AND message = ?",
                (new.id, *old, seq),
            )

    def _add_event(self, seq: int, type: str, at: str, data: Mapping[str, Any] | None) -> None:  # noqa: A002
        self._connection.execute(_ADD_EVENT, (seq, type, at, None if data is None else as_json(data)))
        if self.listeners:
            id_ = self._connection.execute("SELECT id FROM messages WHERE seq = ?", (seq,)).fetchone()[0]
            self._tell(MessageEvent(id_, type, at, data))

    def _tell(self, event: MessageEvent) -> None:
        for each in list(self.listeners.values()):
            each(event)


def _renamed(actors: str | None, before: Any, after: Any) -> str | None:
    """Return a list of references in which one is another now, each once."""
    if actors is None:
        return None
    renamed = [after if each == before else each for each in _decode(actors)]
    return as_json([each for place, each in enumerate(renamed) if each not in renamed[:place]])
