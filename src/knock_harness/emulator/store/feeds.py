"""In-app feeds: the messages of one user on one channel, and how many of them there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from knock_harness.emulator.message import as_json
from knock_harness.emulator.paging import Page, PageRequest, select_page

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from .message_filters import Filter

__all__ = ["Counts", "Feeds"]


class Counts(NamedTuple):
    """How many items of a feed fit a filter, and how many of those are unread and unseen."""

    total: int
    unread: int
    unseen: int


class Feeds:
    """Feeds of users; the items are rows of ``shown_messages``, the counts cells of ``feed_counts``."""

    #: The counts under the names that the columns of messages have, so that one filter fits both.
    SCHEMA = """
        CREATE VIEW feed_cells AS SELECT
            '' AS collection, recipient_id, channel_id, nullif(tenant, '') AS tenant, source_key,
            iif(archived, 1, NULL) AS archived_at, iif(seen, 1, NULL) AS seen_at, iif(read, 1, NULL) AS read_at, number
        FROM feed_counts;
        CREATE TABLE feed_translations (
            message INTEGER NOT NULL, locale TEXT NOT NULL, blocks TEXT NOT NULL, PRIMARY KEY (message, locale)
        ) WITHOUT ROWID;
        CREATE TRIGGER feed_translations_removed AFTER DELETE ON messages WHEN OLD.feed BEGIN
            DELETE FROM feed_translations WHERE message = OLD.seq;
        END;
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def page(self, request: PageRequest, kept: Filter, *, compact: bool = False) -> Page:
        """Return a page of items, newest first: JSON that lacks its opening brace, with marks for recipients."""
        return select_page(
            self._connection,
            request,
            columns="compact_json" if compact else "item_json",
            source="shown_messages",
            where=["feed", *kept.where],
            values=kept.values,
        )

    def translate(self, message: int, locale: str, blocks: Sequence[Mapping[str, Any]]) -> None:
        """Note what the blocks of a message are in another language (FEED-LOCALE)."""
        self._connection.execute("INSERT INTO feed_translations VALUES (?, ?, ?)", (message, locale, as_json(blocks)))

    def translations(self, messages: Sequence[int], locales: Sequence[str]) -> dict[int, Any]:
        """Return the blocks of messages in the first of some languages that they are translated into, by place."""
        rows = self._connection.execute(
            "SELECT message, locale, blocks FROM feed_translations"
            " WHERE message IN (SELECT value FROM json_each(?)) AND locale IN (SELECT value FROM json_each(?))",
            (as_json(messages), as_json(locales)),
        ).fetchall()
        best = sorted(rows, key=lambda row: -locales.index(row[1]))
        return {message: msgspec.json.decode(blocks) for message, _, blocks in best}

    def counts(self, kept: Filter) -> Counts:
        """Return the counts over all pages (FEED-COUNTS-MATCH-ITEMS, FEED-COUNTS-SCOPED)."""
        source, number, where = (
            ("feed_cells", "number", kept.where) if kept.countable else ("messages", "1", ["feed", *kept.where])
        )
        row = self._connection.execute(
            f"SELECT coalesce(sum({number}), 0), coalesce(sum({number}) FILTER (WHERE read_at IS NULL), 0),"  # noqa: S608
            f" coalesce(sum({number}) FILTER (WHERE seen_at IS NULL), 0) FROM {source} WHERE {' AND '.join(where)}",
            kept.values,
        ).fetchone()
        return Counts(*row)
