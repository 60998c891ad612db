"""Snapshots: copies of an environment in memory, to which it can return as often as wanted."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from .clock import stamp
from .refusals import InvalidParams, NotFound
from .store import SCHEMA_VERSION
from .store.kept import Kept
from .store.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .environment import Environment

__all__ = ["LONGEST_NAME", "MOST", "Snapshot", "Snapshots", "exported", "imported", "taken"]

#: Snapshots that one environment may have.
MOST: Final = 16
LONGEST_NAME: Final = 100
#: The first word of an exported snapshot.
_FORMAT: Final = "knock-harness snapshot 1"
#: Where a database says whether it keeps a write-ahead log, and what it says if not: one in memory keeps none.
_JOURNAL_MARK: Final = slice(18, 20)
_NO_LOG: Final = b"\1\1"


class Snapshot(msgspec.Struct, frozen=True):
    """An environment at a moment.

    Attributes:
        at: the moment on its clock.
        identifiers: what its identifiers need to go on from there.
        database: its records, definitions, settings and queue; not to be changed.
    """

    at: datetime
    identifiers: bytes
    database: sqlite3.Connection

    @property
    def size(self) -> int:
        """Return how many bytes it takes."""
        pages, page_size = (
            self.database.execute(f"PRAGMA {each}").fetchone()[0] for each in ("page_count", "page_size")
        )
        return int(pages * page_size)


class _Exported(msgspec.Struct, frozen=True, array_like=True):
    format: str
    version: int
    at: datetime
    identifiers: bytes
    database: bytes


class Snapshots:
    """The snapshots of one environment, by name."""

    def __init__(self) -> None:
        self._kept: dict[str, Snapshot] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def put(self, name: str, snapshot: Snapshot) -> None:
        """Keep a snapshot, in the place of the one of this name if there is one.

        Raises:
            InvalidParams: the name is empty or too long, or there are too many snapshots.
        """
        if not 0 < len(name) <= LONGEST_NAME:
            raise InvalidParams.at("name", f"has 1 to {LONGEST_NAME} characters", kind="maxLength")
        if name not in self._kept and len(self._kept) >= MOST:
            raise InvalidParams.at("name", f"there are {MOST} snapshots: delete one first", kind="maxItems")
        self._kept[name] = snapshot

    def get(self, name: str) -> Snapshot:
        """Return a snapshot.

        Raises:
            NotFound: there is none of this name.
        """
        if name not in self._kept:
            raise NotFound(f"The snapshot {name}")
        return self._kept[name]

    def delete(self, name: str) -> None:
        """Forget a snapshot.

        Raises:
            NotFound: there is none of this name.
        """
        self.get(name)
        del self._kept[name]

    def listed(self) -> list[dict[str, Any]]:
        """Return what there is, oldest first."""
        return [{"name": name, "at": stamp(each.at), "bytes": each.size} for name, each in self._kept.items()]


def taken(environment: Environment) -> Snapshot:
    """Return an environment as it is now; its journal, its faults and its snapshots are no part of that."""
    copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    environment.store.connection.backup(copy)
    return Snapshot(environment.clock.now(), environment.ids.state(), copy)


def exported(snapshot: Snapshot) -> bytes:
    """Return a snapshot as bytes that `imported` reads, in another process too."""
    database = bytearray(snapshot.database.serialize())
    database[_JOURNAL_MARK] = _NO_LOG
    return msgspec.msgpack.encode(
        _Exported(_FORMAT, SCHEMA_VERSION, snapshot.at, snapshot.identifiers, bytes(database))
    )


def imported(content: bytes, *, into: Environment) -> Snapshot:
    """Return the snapshot in bytes that `exported` wrote, with the keys of the environment it goes into.

    Raises:
        InvalidParams: they are no snapshot, or one of another version of the emulator.
    """
    try:
        read = msgspec.msgpack.decode(content, type=_Exported)
    except msgspec.DecodeError:
        raise InvalidParams.at("body", "is no snapshot", kind="format") from None
    if read.format != _FORMAT or read.version != SCHEMA_VERSION:
        raise InvalidParams.at("body", "is a snapshot of another version of the emulator", kind="format")
    database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    try:
        database.deserialize(read.database)
        sound = database.execute("PRAGMA quick_check").fetchone()[0] == "ok"
    except sqlite3.DatabaseError:
        sound = False
    if not sound:
        database.close()
        raise InvalidParams.at("body", "is a damaged snapshot", kind="format")
    Kept(database).put("name", into.name.encode())
    Keys(database).replace(into.store.keys.all())
    return Snapshot(read.at, read.identifiers, database)
