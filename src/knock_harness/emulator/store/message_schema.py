"""The tables of messages.

Each message keeps what is its own. What all messages of a step have in common lies in ``message_origins``, and SQLite
puts both together when a message is read: the columns of ``shown_messages`` whose names end in ``_json`` are computed.
So a list costs no work in Python for each record, nothing is said twice, and a million messages fit into memory.

Feeds show counts on every page. They are kept in ``feed_counts``, one cell for each kind of item in a feed, by
triggers: no writer can forget them, and a count costs the same whether the feed is short or long.

Places (``seq``) are never given again, here and in the other tables that are read in pages and whose rows can be
deleted: cursors and the engagement with guides hold them.
"""

# ruff: noqa: S608 - all SQL here is put together from constants of this module

from __future__ import annotations

from typing import Final

from knock_harness.emulator.marks import OWNER

__all__ = ["COLUMNS", "SCHEMA", "STAMPS"]

#: What is written when a message is added, in order.
COLUMNS: Final = (
    "id, collection, recipient_id, channel_id, feed, tenant, source_key, run_id, recipient_run_id, status, "
    "inserted_at, updated_at, origin, categories, recipient, actors, recipient_snapshot, scheduled_at, data, "
    "activity_id, activity_actor, activity_at, activities, blocks, content, "
    "total_activities, item_data, item_activities, item_actors, compact_data, compact_actors, more_actors"
)
#: The word of each engagement status and the column that says since when it holds, in the order of the API.
STAMPS: Final = {
    "seen": "seen_at",
    "read": "read_at",
    "interacted": "interacted_at",
    "link_clicked": "link_clicked_at",
    "archived": "archived_at",
}

#: Most messages were never engaged with: `marked` says so at the cost of one column.
_WORDS = " || ".join(f"""iif({column} IS NULL, '', '"{word}",')""" for word, column in STAMPS.items())
_TIMES = ",".join(f'"{column}":%s' for column in (*STAMPS.values(), "clicked_at"))
_VALUES = ", ".join(f"""coalesce('"' || {column} || '"', 'null')""" for column in (*STAMPS.values(), "link_clicked_at"))
_NO_TIMES = _TIMES.replace("%s", "null")
_TIMES_JSON = f"iif(marked IS NULL, '{_NO_TIMES}', printf('{_TIMES}', {_VALUES}))"
_WORDS_JSON = f"iif(marked IS NULL, '', rtrim({_WORDS}, ','))"

#: The one activity of a message whose data is that of the message is made of columns.
_ACTIVITIES = f"""coalesce(activities, printf(
    '[{{"__typename":"Activity","id":"%s","actor":%s,"recipient":{OWNER},"data":%s,"inserted_at":"%s","updated_at":"%s"}}]',
    activity_id, coalesce(activity_actor, 'null'), data,
    coalesce(activity_at, inserted_at), coalesce(activity_at, inserted_at)
))"""
_MESSAGE = f"""printf(
    '{{"__typename":"Message","id":"%s",%s,"workflow_run_id":%s,"workflow_recipient_run_id":%s}},"tenant":%s,"metadata":null,"recipient_snapshot":%s,"scheduled_at":%s,"inserted_at":"%s","recipient":%s,"actors":%s,"data":%s,"status":"%s","engagement_statuses":[%s],%s,"updated_at":"%s"}}',
    id, origins.about, json_quote(run_id), json_quote(recipient_run_id), json_quote(tenant),
    coalesce(recipient_snapshot, 'null'), json_quote(scheduled_at), inserted_at,
    recipient, actors, data, status, {_WORDS_JSON}, {_TIMES_JSON}, updated_at
)"""
_ITEM_HEAD = """"__typename":"FeedItem","id":"%s","inserted_at":"%s","tenant":%s,"source":%s,"total_actors":%d"""
_ITEM_HEAD_VALUES = """id, inserted_at, iif(tenant IS NULL, 'null', json_quote(tenant)), origins.item,
    iif(actors = '[]', 0, json_array_length(actors) + coalesce(json_array_length(more_actors), 0))"""
_ITEM = f"""printf(
    '{_ITEM_HEAD},"blocks":%s,"data":%s,"actors":%s,"activities":%s,"total_activities":%d,%s,"updated_at":"%s"}}',
    {_ITEM_HEAD_VALUES}, blocks, coalesce(item_data, data), item_actors, coalesce(item_activities, {_ACTIVITIES}),
    total_activities, {_TIMES_JSON}, updated_at
)"""
_COMPACT = f"""printf(
    '{_ITEM_HEAD},"blocks":%s,"data":%s,"actors":%s,%s,"updated_at":"%s"}}',
    {_ITEM_HEAD_VALUES}, blocks, coalesce(compact_data, item_data, data), coalesce(compact_actors, item_actors),
    {_TIMES_JSON}, updated_at
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
        marked TEXT AS (coalesce({", ".join(STAMPS.values())})) STORED,
        origin INTEGER NOT NULL,
        categories TEXT NOT NULL,
        recipient TEXT NOT NULL,
        actors TEXT NOT NULL,
        recipient_snapshot TEXT,
        scheduled_at TEXT,
        data TEXT NOT NULL,
        activity_id TEXT,
        activity_actor TEXT,
        activity_at TEXT,
        activities TEXT,
        blocks TEXT,
        content TEXT,
        total_activities INTEGER,
        item_data TEXT,
        item_activities TEXT,
        item_actors TEXT,
        compact_data TEXT,
        compact_actors TEXT,
        more_actors TEXT
    );
    CREATE TABLE message_origins (seq INTEGER PRIMARY KEY, about TEXT NOT NULL, item TEXT NOT NULL);
    CREATE VIEW shown_messages AS SELECT
        messages.*, {_ACTIVITIES} AS activities_json, {_MESSAGE} AS message_json, {_ITEM} AS item_json,
        {_COMPACT} AS compact_json, {_CONTENT} AS content_json
    FROM messages LEFT JOIN message_origins AS origins ON origins.seq = messages.origin;
    CREATE INDEX messages_of_recipient ON messages (collection, recipient_id);
    CREATE INDEX messages_of_feed ON messages (recipient_id, channel_id, archived_at) WHERE feed;
    CREATE INDEX messages_of_run ON messages (run_id);

    CREATE TABLE message_actors (
        collection TEXT NOT NULL, id TEXT NOT NULL, message INTEGER NOT NULL, PRIMARY KEY (collection, id, message)
    ) WITHOUT ROWID;
    CREATE TABLE message_events (
        seq INTEGER PRIMARY KEY, message INTEGER NOT NULL, type TEXT NOT NULL, inserted_at TEXT, data TEXT
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
    CREATE TRIGGER feed_counts_shown AFTER UPDATE OF feed ON messages WHEN NEW.feed AND NOT OLD.feed
        BEGIN {_cell("NEW", "1")} END;
    CREATE TRIGGER feed_counts_removed AFTER DELETE ON messages WHEN OLD.feed BEGIN {_cell("OLD", "-1")} END;
    CREATE TRIGGER feed_counts_moved AFTER UPDATE OF recipient_id, seen_at, read_at, archived_at ON messages
        WHEN OLD.feed BEGIN {_cell("OLD", "-1")} {_cell("NEW", "1")} END;
    CREATE TRIGGER message_parts_removed AFTER DELETE ON messages BEGIN
        DELETE FROM message_events WHERE message = OLD.seq;
        DELETE FROM delivery_logs WHERE message = OLD.seq;
        DELETE FROM message_actors WHERE message = OLD.seq AND (collection, id) IN (
            SELECT iif(type = 'object', value ->> 'collection', ''), iif(type = 'object', value ->> 'id', value)
            FROM (SELECT * FROM json_each(OLD.actors) UNION ALL SELECT * FROM json_each(OLD.more_actors))
        );
    END;
"""
