"""The tables of messages.

What never changes in a message is kept as JSON, what changes as columns, and SQLite puts both together when a message
is read: the columns whose names end in ``_json`` are computed. So a list costs no work in Python for each record, and
nothing is said twice.

Feeds show counts on every page. They are kept in ``feed_counts``, one cell for each kind of item in a feed, by
triggers: no writer can forget them, and a count costs the same whether the feed is short or long.

Places (``seq``) are never given again, here and in the other tables that are read in pages and whose rows can be
deleted: cursors and the engagement with guides hold them.
"""

# ruff: noqa: S608 - all SQL here is put together from constants of this module

from __future__ import annotations

from typing import Final

__all__ = ["COLUMNS", "SCHEMA", "STAMPS"]

#: What is written when a message is added, in order.
COLUMNS: Final = (
    "id, collection, recipient_id, channel_id, feed, tenant, source_key, run_id, recipient_run_id, status, "
    "inserted_at, updated_at, categories, recipient, actors, about, data, activities, blocks, content, item, "
    "total_activities, item_data, item_activities, item_actors, compact_data, compact_actors"
)
#: The word of each engagement status and the column that says since when it holds, in the order of the API.
STAMPS: Final = {
    "seen": "seen_at",
    "read": "read_at",
    "interacted": "interacted_at",
    "link_clicked": "link_clicked_at",
    "archived": "archived_at",
}

_WORDS = " || ".join(f"""iif({column} IS NULL, '', '"{word}",')""" for word, column in STAMPS.items())
_TIMES = ",".join(f'"{column}":%s' for column in (*STAMPS.values(), "clicked_at"))
_VALUES = ", ".join(f"""coalesce('"' || {column} || '"', 'null')""" for column in (*STAMPS.values(), "link_clicked_at"))

_MESSAGE = f"""printf(
    '{{"__typename":"Message",%s,"recipient":%s,"actors":%s,"data":%s,"status":"%s","engagement_statuses":[%s],{_TIMES},"updated_at":"%s"}}',
    about, recipient, actors, data, status, rtrim({_WORDS}, ','), {_VALUES}, updated_at
)"""
_ITEM = f"""printf(
    '"__typename":"FeedItem",%s,"blocks":%s,"data":%s,"actors":%s,"activities":%s,"total_activities":%d,{_TIMES},"updated_at":"%s"}}',
    item, blocks, coalesce(item_data, data), item_actors, coalesce(item_activities, activities), total_activities,
    {_VALUES}, updated_at
)"""
_COMPACT = f"""printf(
    '"__typename":"FeedItem",%s,"blocks":%s,"data":%s,"actors":%s,{_TIMES},"updated_at":"%s"}}',
    item, blocks, coalesce(compact_data, item_data, data), coalesce(compact_actors, item_actors), {_VALUES}, updated_at
)"""
_CONTENT = """printf(
    '{"__typename":"MessageContent","message_id":"%s","inserted_at":"%s","data":%s}',
    id, inserted_at, coalesce(content, '{"__typename":"MessageInAppFeedContent","blocks":' || blocks || '}')
)"""


def _cell(row: str, change: str) -> str:
    return f"""
        INSERT INTO feed_counts VALUES (
            {row}.recipient_id, {row}.channel_id, coalesce({row}.tenant, ''), {row}.source_key,
            {row}.archived_at IS NOT NULL, {row}.seen_at IS NOT NULL, {row}.read_at IS NOT NULL, {change}
        ) ON CONFLICT DO UPDATE SET number = number + excluded.number;
    """


SCHEMA: Final = f"""
    CREATE TABLE messages (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        collection TEXT NOT NULL,
        recipient_id TEXT NOT NULL,
        channel_id TEXT NOT NULL,
        feed INTEGER NOT NULL,
        tenant TEXT,
        source_key TEXT NOT NULL,
        run_id TEXT,
        recipient_run_id TEXT,
        status TEXT NOT NULL,
        inserted_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        seen_at TEXT,
        read_at TEXT,
        interacted_at TEXT,
        link_clicked_at TEXT,
        archived_at TEXT,
        categories TEXT NOT NULL,
        recipient TEXT NOT NULL,
        actors TEXT NOT NULL,
        about TEXT NOT NULL,
        data TEXT NOT NULL,
        activities TEXT NOT NULL,
        blocks TEXT,
        content TEXT,
        item TEXT,
        total_activities INTEGER,
        item_data TEXT,
        item_activities TEXT,
        item_actors TEXT,
        compact_data TEXT,
        compact_actors TEXT,
        message_json TEXT AS ({_MESSAGE}) VIRTUAL,
        item_json TEXT AS ({_ITEM}) VIRTUAL,
        compact_json TEXT AS ({_COMPACT}) VIRTUAL,
        content_json TEXT AS ({_CONTENT}) VIRTUAL
    );
    CREATE INDEX messages_of_recipient ON messages (collection, recipient_id);
    CREATE INDEX messages_of_feed ON messages (recipient_id, channel_id, archived_at) WHERE feed;
    CREATE INDEX messages_of_run ON messages (run_id);

    CREATE TABLE message_actors (
        collection TEXT NOT NULL, id TEXT NOT NULL, message INTEGER NOT NULL, PRIMARY KEY (collection, id, message)
    ) WITHOUT ROWID;
    CREATE TABLE message_events (
        seq INTEGER PRIMARY KEY, message INTEGER NOT NULL, type TEXT NOT NULL, inserted_at TEXT NOT NULL, data TEXT
    );
    CREATE INDEX message_events_of_message ON message_events (message);
    CREATE TABLE delivery_logs (
        seq INTEGER PRIMARY KEY, message INTEGER NOT NULL, inserted_at TEXT NOT NULL, log TEXT NOT NULL
    );
    CREATE INDEX delivery_logs_of_message ON delivery_logs (message);

    CREATE TABLE feed_counts (
        recipient_id TEXT NOT NULL, channel_id TEXT NOT NULL, tenant TEXT NOT NULL, source_key TEXT NOT NULL,
        archived INTEGER NOT NULL, seen INTEGER NOT NULL, read INTEGER NOT NULL, number INTEGER NOT NULL,
        PRIMARY KEY (recipient_id, channel_id, tenant, source_key, archived, seen, read)
    ) WITHOUT ROWID;
    CREATE TRIGGER feed_counts_added AFTER INSERT ON messages WHEN NEW.feed BEGIN {_cell("NEW", "1")} END;
    CREATE TRIGGER feed_counts_removed AFTER DELETE ON messages WHEN OLD.feed BEGIN {_cell("OLD", "-1")} END;
    CREATE TRIGGER feed_counts_moved AFTER UPDATE OF recipient_id, seen_at, read_at, archived_at ON messages
        WHEN OLD.feed BEGIN {_cell("OLD", "-1")} {_cell("NEW", "1")} END;
    CREATE TRIGGER message_parts_removed AFTER DELETE ON messages BEGIN
        DELETE FROM message_events WHERE message = OLD.seq;
        DELETE FROM delivery_logs WHERE message = OLD.seq;
        DELETE FROM message_actors WHERE message = OLD.seq AND (collection, id) IN (
            SELECT iif(type = 'object', value ->> 'collection', ''), iif(type = 'object', value ->> 'id', value)
            FROM json_each(OLD.actors)
        );
    END;
"""
