"""Users, objects and tenants: one table, as all of them receive notifications."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from knock_harness.emulator.clock import stamp
from knock_harness.emulator.merging import merged, serialised
from knock_harness.emulator.paging import Page, PageRequest, Row, select_page
from knock_harness.emulator.references import TENANTS, Ref

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

__all__ = ["Recipients", "Record"]

Merge: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Record(msgspec.Struct, frozen=True):
    """A recipient as it stands.

    Attributes:
        collection: empty for users.
        id: unique within the collection.
        properties: reserved and custom ones, in the order they were first sent.
        created_at: what the caller said, or None.
        updated_at: the last change.
    """

    collection: str
    id: str
    properties: dict[str, Any]
    created_at: str | None
    updated_at: str

    @property
    def ref(self) -> Ref:
        """Return who it is."""
        return Ref(self.collection, self.id)


class Recipients:
    """Recipients by collection and id."""

    SCHEMA = """
        CREATE TABLE recipients (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, collection TEXT NOT NULL, id TEXT NOT NULL, properties TEXT NOT NULL,
            created_at TEXT, updated_at TEXT NOT NULL, UNIQUE (collection, id)
        );
        CREATE INDEX recipients_of_collection ON recipients (collection);
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, collection: str, id: str) -> Record | None:  # noqa: A002 - the name of the API
        """Return a recipient, or None if there is no such."""
        row = self._connection.execute(
            "SELECT properties, created_at, updated_at FROM recipients WHERE collection = ? AND id = ?",
            (collection, id),
        ).fetchone()
        return Record(collection, id, _decode(row[0]), row[1], row[2]) if row else None

    def ids(self, collection: str) -> list[str]:
        """Return the ids of a collection, oldest first."""
        rows = self._connection.execute("SELECT id FROM recipients WHERE collection = ? ORDER BY seq", (collection,))
        return [row[0] for row in rows]

    def exists(self, collection: str, id: str) -> bool:  # noqa: A002
        """Say whether there is such a recipient."""
        return (
            self._connection.execute(
                "SELECT 1 FROM recipients WHERE collection = ? AND id = ?", (collection, id)
            ).fetchone()
            is not None
        )

    def upsert(
        self,
        collection: str,
        id: str,  # noqa: A002
        properties: Mapping[str, Any],
        *,
        at: datetime,
        merge: Merge = merged,
        created_at: str | msgspec.UnsetType | None = msgspec.UNSET,
    ) -> Record:
        """Make a recipient, or merge properties into the one that exists, and return it.

        Args:
            collection: empty for users.
            id: the id within the collection.
            properties: what is laid over the old ones.
            at: the moment of the change; a call that changes nothing leaves ``updated_at`` alone.
            merge: how new properties are laid over old ones.
            created_at: the caller's own date of the recipient, which may be None; not given: the old one stays.

        Raises:
            InvalidParams: the merged properties are too large.
        """
        old = self.get(collection, id)
        if old is None:
            created_at = None if created_at is msgspec.UNSET else created_at
            record = Record(collection, id, merge({}, properties), created_at, stamp(at))
            self._connection.execute(
                "INSERT INTO recipients (collection, id, properties, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
                (collection, id, serialised(record.properties), created_at, record.updated_at),
            )
            return record
        created_at = old.created_at if created_at is msgspec.UNSET else created_at
        new = merge(old.properties, properties)
        if new == old.properties and created_at == old.created_at:
            return old
        return self.replace(Record(collection, id, new, created_at, old.updated_at), at=at)

    def replace(self, record: Record, *, at: datetime) -> Record:
        """Put a changed record in the place of the old one and return it with the moment of the change."""
        updated_at = max(stamp(at), record.updated_at)  # USER-UPDATED-AT-ADVANCES
        self._connection.execute(
            "UPDATE recipients SET properties = ?, created_at = ?, updated_at = ? WHERE collection = ? AND id = ?",
            (serialised(record.properties), record.created_at, updated_at, record.collection, record.id),
        )
        return msgspec.structs.replace(record, updated_at=updated_at)

    def ensure(self, collection: str, id: str, *, at: datetime) -> None:  # noqa: A002
        """Make an empty recipient where there is none (CHDATA-CREATES-USER, TENANT-STUB-FROM-TRIGGER)."""
        self._connection.execute(
            "INSERT OR IGNORE INTO recipients (collection, id, properties, updated_at) VALUES (?, ?, '{}', ?)",
            (collection, id, stamp(at)),
        )

    def delete(self, collection: str, id: str) -> bool:  # noqa: A002
        """Remove the record alone, and say whether there was one; `recipients.delete` removes what hangs on it."""
        removed = self._connection.execute("DELETE FROM recipients WHERE collection = ? AND id = ?", (collection, id))
        return removed.rowcount > 0

    def page(self, collection: str, request: PageRequest) -> Page:
        """Return a page of a collection, newest first; rows as `record` reads them."""
        return self._page(request, ["collection = :collection"], {"collection": collection})

    def page_of_tenants(self, request: PageRequest, *, id: str | None, name: str | None) -> Page:  # noqa: A002
        """Return a page of the tenants, of those with an id or a name if one is given (TENANT-LIST-FILTER-NAME)."""
        conditions = ["collection = :collection"]
        if id is not None:
            conditions.append("id = :id")
        if name is not None:
            conditions.append("json_extract(properties, '$.name') = :name")
        return self._page(request, conditions, {"collection": TENANTS, "id": id, "name": name})

    def _page(self, request: PageRequest, where: Sequence[str], values: Mapping[str, Any]) -> Page:
        return select_page(
            self._connection,
            request,
            columns="collection, id, properties, created_at, updated_at",
            source="recipients",
            where=where,
            values=values,
        )

    @staticmethod
    def record(row: Row) -> Record:
        """Return the record in a row of a page."""
        _, collection, id_, properties, created_at, updated_at = row
        return Record(collection, id_, _decode(properties), created_at, updated_at)
