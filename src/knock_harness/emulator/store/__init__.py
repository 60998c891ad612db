"""What an environment remembers: one SQLite database for each, one module for each kind of record."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING
from zlib import crc32

from knock_harness.emulator.queue import Queue
from knock_harness.errors import InvalidDocument

from .audiences import Audiences
from .batches import Batches
from .bulk_operations import BulkOperations
from .channel_data import ChannelDataStore
from .definitions import Definitions
from .feeds import Feeds
from .guides import Guides
from .kept import Kept
from .keys import Keys
from .messages import Messages
from .outbound import OutboundCalls
from .preferences import PreferenceSets
from .recipients import Recipients
from .replies import Replies
from .runs import Runs
from .schedules import Schedules
from .subscriptions import Subscriptions
from .throttles import Throttles
from .waits import Waits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Store"]

#: What makes an in-memory database fast; nothing is to survive the process.
IN_MEMORY = ("journal_mode = MEMORY", "synchronous = OFF", "temp_store = MEMORY")
#: What is committed is with the operating system, and so outlives the process however it ends; not the machine's.
IN_A_FILE = ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = OFF", "temp_store = MEMORY")

AREAS = (
    Queue,
    Audiences,
    Batches,
    BulkOperations,
    ChannelDataStore,
    Definitions,
    Messages,
    Feeds,
    Guides,
    Kept,
    Keys,
    OutboundCalls,
    PreferenceSets,
    Recipients,
    Replies,
    Runs,
    Schedules,
    Subscriptions,
    Throttles,
    Waits,
)


#: Says of a file whether it was written with the tables of this version.
SCHEMA_VERSION = crc32("".join(area.SCHEMA for area in AREAS).encode()) >> 1


class Store:
    """The records of one environment. Each attribute answers the questions about one kind of record.

    Args:
        path: the file they are in, made if need be; None: they are in memory.

    Raises:
        InvalidDocument: the file is none of this version's, or another process has it open.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.connection = sqlite3.connect(
            path or ":memory:", isolation_level=None, cached_statements=1024, check_same_thread=False, timeout=0.0
        )
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self.connection.close()
            raise InvalidDocument(str(error), where=str(path), hint="Is another emulator running on it?") from None
        self._read()

    def _read(self) -> None:
        self.queue = Queue(self.connection)
        self.audiences = Audiences(self.connection)
        self.batches = Batches(self.connection)
        self.bulk_operations = BulkOperations(self.connection)
        self.channel_data = ChannelDataStore(self.connection)
        self.definitions = Definitions(self.connection)
        self.feeds = Feeds(self.connection)
        self.guides = Guides(self.connection)
        self.kept = Kept(self.connection)
        self.keys = Keys(self.connection)
        self.messages = Messages(self.connection)
        self.outbound_calls = OutboundCalls(self.connection)
        self.preferences = PreferenceSets(self.connection)
        self.recipients = Recipients(self.connection)
        self.replies = Replies(self.connection)
        self.runs = Runs(self.connection)
        self.schedules = Schedules(self.connection)
        self.subscriptions = Subscriptions(self.connection)
        self.throttles = Throttles(self.connection)
        self.waits = Waits(self.connection)

    def _prepare(self) -> None:
        for pragma in IN_A_FILE if self.path else IN_MEMORY:
            self.connection.execute(f"PRAGMA {pragma}")
        version = self.connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            tables = "".join(area.SCHEMA for area in AREAS)
            self.connection.executescript(f"BEGIN; {tables} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        elif version != SCHEMA_VERSION:
            self.connection.close()
            raise InvalidDocument(
                "was written by another version of the emulator",
                where=str(self.path),
                hint="Remove it, or choose another --data directory.",
            )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all of a block or nothing of it (ERR-4XX-NO-EFFECT)."""
        self.connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            self.messages.doubt()
            raise
        self.connection.execute("COMMIT")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Do all of a block or nothing of it, within a transaction; such blocks do not nest."""
        self.connection.execute("SAVEPOINT block")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK TO block")
            self.messages.doubt()
            self.connection.execute("RELEASE block")
            raise
        self.connection.execute("RELEASE block")

    def restore(self, copy: sqlite3.Connection) -> None:
        """Hold what the copy of a store holds, wholly or not at all; those who listened do not any more."""
        copy.backup(self.connection)
        self._read()

    def close(self) -> None:
        """Let go of the records; those in memory are gone then."""
        self.connection.close()
