"""What an environment remembers: one SQLite database for each, one module for each kind of record."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from knock_harness.emulator.queue import Queue

from .audiences import Audiences
from .bulk_operations import BulkOperations
from .channel_data import ChannelDataStore
from .feeds import Feeds
from .guides import Guides
from .messages import Messages
from .preferences import PreferenceSets
from .recipients import Recipients
from .replies import Replies
from .runs import Runs
from .schedules import Schedules
from .subscriptions import Subscriptions

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Store"]

#: What makes an in-memory database fast; nothing is to survive the process.
PRAGMAS = ("journal_mode = MEMORY", "synchronous = OFF", "temp_store = MEMORY", "foreign_keys = OFF")

AREAS = (
    Queue,
    Audiences,
    BulkOperations,
    ChannelDataStore,
    Messages,
    Feeds,
    Guides,
    PreferenceSets,
    Recipients,
    Replies,
    Runs,
    Schedules,
    Subscriptions,
)


class Store:
    """The records of one environment. Each attribute answers the questions about one kind of record."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(
            ":memory:", isolation_level=None, cached_statements=1024, check_same_thread=False
        )
        for pragma in PRAGMAS:
            self.connection.execute(f"PRAGMA {pragma}")
        for area in AREAS:
            self.connection.executescript(area.SCHEMA)
        self.queue = Queue(self.connection)
        self.audiences = Audiences(self.connection)
        self.bulk_operations = BulkOperations(self.connection)
        self.channel_data = ChannelDataStore(self.connection)
        self.feeds = Feeds(self.connection)
        self.guides = Guides(self.connection)
        self.messages = Messages(self.connection)
        self.preferences = PreferenceSets(self.connection)
        self.recipients = Recipients(self.connection)
        self.replies = Replies(self.connection)
        self.runs = Runs(self.connection)
        self.schedules = Schedules(self.connection)
        self.subscriptions = Subscriptions(self.connection)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all of a block or nothing of it (ERR-4XX-NO-EFFECT)."""
        self.connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
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
            self.connection.execute("RELEASE block")
            raise
        self.connection.execute("RELEASE block")

    def close(self) -> None:
        """Forget everything."""
        self.connection.close()
