"""Subscriptions: which recipients follow which objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from knock_harness.emulator.clock import stamp
from knock_harness.emulator.paging import Page, PageRequest, Row, select_page
from knock_harness.emulator.references import USERS, Ref

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

__all__ = ["Subscription", "Subscriptions"]

_COLUMNS = "object_collection, object_id, recipient_collection, recipient_id, properties, inserted_at, updated_at"


class Subscription(NamedTuple):
    """That a recipient follows an object, and what was said of this pair."""

    object: Ref
    recipient: Ref
    properties: dict[str, Any] | None
    inserted_at: str
    updated_at: str


class Subscriptions:
    """Subscriptions, each pair of object and recipient once (SUB-LIST-EXACT)."""

    SCHEMA = """
        CREATE TABLE subscriptions (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, object_collection TEXT NOT NULL, object_id TEXT NOT NULL,
            recipient_collection TEXT NOT NULL, recipient_id TEXT NOT NULL, properties TEXT,
            inserted_at TEXT NOT NULL, updated_at TEXT NOT NULL,
            UNIQUE (object_collection, object_id, recipient_collection, recipient_id)
        );
        CREATE INDEX subscriptions_of_object ON subscriptions (object_collection, object_id);
        CREATE INDEX subscriptions_of_recipient ON subscriptions (recipient_collection, recipient_id);
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def subscribers(self, collection: str, id: str) -> list[tuple[Ref, dict[str, Any] | None]]:  # noqa: A002
        """Return all who follow an object, oldest subscription first, each with its properties."""
        rows = self._connection.execute(
            """
            SELECT recipient_collection, recipient_id, properties FROM subscriptions
            WHERE object_collection = ? AND object_id = ? ORDER BY seq
            """,
            (collection, id),
        )
        return [(Ref(collection_, id_), _properties(properties)) for collection_, id_, properties in rows]

    def upsert(
        self, object_: Ref, recipient: Ref, properties: Mapping[str, Any] | None, *, at: datetime
    ) -> Subscription:
        """Make a subscription, or give the one that exists these properties, and return it (SUB-READD-UPSERTS)."""
        row = self._connection.execute(
            f"""
            INSERT INTO subscriptions (
                object_collection, object_id, recipient_collection, recipient_id, properties, inserted_at, updated_at
            ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
            ON CONFLICT (object_collection, object_id, recipient_collection, recipient_id)
            DO UPDATE SET properties = excluded.properties, updated_at = excluded.updated_at
            RETURNING seq, {_COLUMNS}
            """,  # noqa: S608 - the columns are ours
            (*object_, *recipient, _text(properties), stamp(at)),
        ).fetchall()[0]
        return self.record(row)

    def delete(self, object_: Ref, recipient: Ref) -> Subscription | None:
        """Remove a subscription and return what it was, or None if there was none (SUB-DELETE-ABSENT)."""
        rows = self._connection.execute(
            f"""
            DELETE FROM subscriptions
            WHERE object_collection = ? AND object_id = ? AND recipient_collection = ? AND recipient_id = ?
            RETURNING seq, {_COLUMNS}
            """,  # noqa: S608
            (*object_, *recipient),
        ).fetchall()
        return self.record(rows[0]) if rows else None

    def delete_of(self, ref: Ref) -> None:
        """Remove all subscriptions of a recipient and, for an object, to it (USER-DELETE-SUBSCRIPTIONS)."""
        self._connection.execute("DELETE FROM subscriptions WHERE recipient_collection = ? AND recipient_id = ?", ref)
        if ref.collection != USERS:
            self._connection.execute("DELETE FROM subscriptions WHERE object_collection = ? AND object_id = ?", ref)

    def move(self, old: Ref, new: Ref) -> None:
        """Let a recipient take the place of another; where both follow, its own stays (USER-MERGE-LINKS-RESOLVED)."""
        self._connection.execute(
            """
            UPDATE OR IGNORE subscriptions SET recipient_collection = ?, recipient_id = ?
            WHERE recipient_collection = ? AND recipient_id = ?
            """,
            (*new, *old),
        )
        self._connection.execute("DELETE FROM subscriptions WHERE recipient_collection = ? AND recipient_id = ?", old)

    def page_of_object(self, object_: Ref, request: PageRequest, *, recipients: Sequence[Ref] | None) -> Page:
        """Return a page of those who follow an object, of the named ones if any are (SUB-FILTER-RECIPIENTS)."""
        where = ["object_collection = :collection", "object_id = :id"]
        return self._page(object_, request, where, others=recipients, side="recipient")

    def page_of_recipient(self, recipient: Ref, request: PageRequest, *, objects: Sequence[Ref] | None) -> Page:
        """Return a page of what a recipient follows, of the named objects if any are (SUB-FILTER-OBJECTS)."""
        where = ["recipient_collection = :collection", "recipient_id = :id"]
        return self._page(recipient, request, where, others=objects, side="object")

    def _page(
        self, ref: Ref, request: PageRequest, where: list[str], *, others: Iterable[Ref] | None, side: str
    ) -> Page:
        values: dict[str, Any] = {"collection": ref.collection, "id": ref.id}
        if others is not None:
            named = "SELECT value ->> 0, value ->> 1 FROM json_each(:others)"
            where.append(f"({side}_collection, {side}_id) IN ({named})")
            values["others"] = msgspec.json.encode(list(others)).decode()
        return select_page(
            self._connection, request, columns=_COLUMNS, source="subscriptions", where=where, values=values
        )

    @staticmethod
    def record(row: Row) -> Subscription:
        """Return the subscription in a row of a page."""
        _, object_collection, object_id, collection, id_, properties, inserted_at, updated_at = row
        return Subscription(
            Ref(object_collection, object_id), Ref(collection, id_), _properties(properties), inserted_at, updated_at
        )


def _text(properties: Mapping[str, Any] | None) -> str | None:
    return None if properties is None else msgspec.json.encode(properties).decode()


def _properties(text: str | None) -> dict[str, Any] | None:
    return None if text is None else msgspec.json.decode(text, type=dict[str, Any])
