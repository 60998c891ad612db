"""Filters of message lists, feeds and bulk updates, as conditions in SQL."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any, Final, Self

from knock_harness.emulator.clock import moment, stamp
from knock_harness.emulator.message import as_json
from knock_harness.emulator.refusals import InvalidParams
from knock_harness.emulator.trigger_data import pairs

from .message_schema import STAMPS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from knock_harness.emulator.references import Ref

__all__ = ["Filter", "bulk_filter", "feed_filter", "list_filter"]

LONGEST_IDS: Final = 50  # LIST-FILTER-IDS

#: What the message columns hold for each word of ``archived`` (FEED-ARCHIVED-FILTER).
ARCHIVED: Final[Mapping[str, str | None]] = {
    "exclude": "archived_at IS NULL",
    "include": None,
    "only": "archived_at IS NOT NULL",
}
#: What an item has for each word of the feed's ``status`` (FEED-STATUS-FILTER).
FEED_STATUS: Final[Mapping[str, str | None]] = {
    "unread": "read_at IS NULL",
    "read": "read_at IS NOT NULL",
    "unseen": "seen_at IS NULL",
    "seen": "seen_at IS NOT NULL",
    "all": None,
}
_BOUNDS: Final = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
#: What a message has for each engagement status and its negation (LIST-FILTER-ENGAGEMENT).
_ENGAGEMENT: Final = {word: f"{column} IS NOT NULL" for word, column in STAMPS.items()} | {
    f"un{word}": f"{column} IS NULL" for word, column in STAMPS.items()
}


class Filter:
    """Conditions that all hold, with their named parameters.

    Attributes:
        where: the conditions.
        values: the parameters.
        countable: whether ``feed_cells`` has all the columns that the conditions name.
    """

    def __init__(self, where: Sequence[str] = (), values: Mapping[str, Any] | None = None) -> None:
        self.where = list(where)
        self.values = dict(values or {})
        self.countable = True

    def add(self, condition: str | None, **values: Any) -> Self:
        """Add a condition (None: none) on what a feed is counted by."""
        if condition is not None:
            self.where.append(condition)
            self.values.update(values)
        return self

    def add_other(self, condition: str, **values: Any) -> Self:
        """Add a condition on anything else."""
        self.countable = False
        return self.add(condition, **values)

    def any_of(self, column: str, words: Sequence[str]) -> Self:
        """Keep what has one of several values."""
        one_of = f"{column} IN (SELECT value FROM json_each(:{column}))"  # noqa: S608 - a column of ours
        return self.add_other(one_of, **{column: as_json(words)})

    def categories(self, words: Sequence[str]) -> Self:
        """Keep messages of workflows that have any of the categories (LIST-FILTER-CATEGORIES)."""
        return self.add_other(
            "EXISTS (SELECT 1 FROM json_each(categories) WHERE value IN (SELECT value FROM json_each(:wanted)))",
            wanted=as_json(words),
        )

    def engagement(self, words: Sequence[str]) -> Self:
        """Keep messages in all of these states."""
        for word in words:
            self.add_other(_ENGAGEMENT[word])
        return self

    def inserted(self, query: Mapping[str, Any]) -> Self:
        """Keep what was made within the bounds that a query gives (QUERY-DOTTED)."""
        for bound, comparison in _BOUNDS.items():
            if text := query.get(f"inserted_at.{bound}"):
                name = f"inserted_{bound}"
                self.add_other(f"inserted_at {comparison} :{name}", **{name: timestamp(f"inserted_at.{bound}", text)})
        return self

    def trigger_data(self, value: Any) -> Self:
        """Keep messages whose data has every pair of a filter (TRIGGER-DATA-JSON)."""
        wanted = pairs(value)
        for place, key in enumerate(wanted):  # cheap to tell, and false for most
            self.add_other(f"instr(data, :key_{place}) > 0", **{f"key_{place}": f"{as_json(key)}:"})
        return self.add_other("matches_data(data, :wanted_data)", wanted_data=as_json(wanted))


def timestamp(field: str, text: str) -> str:
    """Return a moment as the columns hold it.

    Raises:
        InvalidParams: the text is no timestamp (QUERY-DATETIME-FORMS).
    """
    try:
        return stamp(moment(text))
    except (ValueError, OverflowError):
        raise InvalidParams.at(field, "is no timestamp", kind="format") from None


def list_filter(query: Mapping[str, Any], *, recipient: Ref | None = None, since: str = "") -> Filter:
    """Return what the query of a message list asks for; all filters apply together (LIST-FILTERS-AND).

    Args:
        query: as decoded.
        recipient: whose messages; None: those of all.
        since: before this moment, as the API writes it, nothing is seen (RETENTION-LISTS).
    """
    kept = Filter(["inserted_at >= :since"], {"since": since})
    if recipient is not None:
        kept.add("collection = :collection", collection=recipient.collection)
        kept.add("recipient_id = :recipient_id", recipient_id=recipient.id)
    for name, column in (
        ("channel_id", "channel_id"),
        ("tenant", "tenant"),  # LIST-FILTER-TENANT-EXACT
        ("source", "source_key"),
        ("workflow_run_id", "run_id"),
        ("workflow_recipient_run_id", "recipient_run_id"),
    ):
        if value := query.get(name):
            kept.add(f"{column} = :{column}", **{column: value})
    if statuses := query.get("status"):
        kept.any_of("status", statuses)
    if ids := query.get("message_ids"):
        if len(ids) > LONGEST_IDS:
            raise InvalidParams.at("message_ids", f"are more than {LONGEST_IDS}", kind="maxItems")
        kept.add("seq IN (SELECT seq FROM messages WHERE id IN (SELECT value FROM json_each(:ids)))", ids=as_json(ids))
    if words := query.get("engagement_status"):
        kept.engagement(words)
    if words := query.get("workflow_categories"):
        kept.categories(words)
    if value := query.get("trigger_data"):
        kept.trigger_data(value)
    return kept.inserted(query)


def feed_filter(query: Mapping[str, Any], *, user_id: str, channel_id: str) -> Filter:
    """Return what the query of a feed asks for; all filters apply together (FEED-FILTERS-AND)."""
    named = {"recipient_id": user_id, "channel_id": channel_id}
    archived = query.get("archived") or "exclude"
    if archived == "exclude":
        kept = Filter(["recipient_id = :recipient_id", "channel_id = :channel_id", "archived_at IS NULL"], named)
    else:  # the index of feeds is in order for one value of archived_at alone, that of recipients always is
        kept = Filter(["collection = ''", "recipient_id = :recipient_id", "+channel_id = :channel_id"], named)
        kept.add(ARCHIVED[archived])
    if not query:
        return kept
    kept.add(FEED_STATUS[query.get("status") or "all"])
    tenant, has_tenant = query.get("tenant"), query.get("has_tenant")
    if has_tenant is not None:
        kept.add(f"tenant IS {'NOT ' if has_tenant else ''}NULL")  # FEED-HAS-TENANT
    if tenant:
        kept.add("(tenant = :tenant OR tenant IS NULL)", tenant=tenant)  # FEED-TENANT-INCLUDES-NONE
    if source := query.get("source"):
        kept.add("source_key = :source", source=source)
    if words := query.get("workflow_categories"):
        kept.categories(words)
    if value := query.get("trigger_data"):
        kept.trigger_data(value)
    return kept.inserted(query)


def bulk_filter(body: Mapping[str, Any], *, channel_id: str, since: str = "") -> Filter:
    """Return what the body of a bulk update asks for; without anything, all of a channel (BULKMSG-ALL-OF-CHANNEL).

    Args:
        body: of the request.
        channel_id: the channel.
        since: of messages that are not in-app, those before this moment are not reached (RETENTION-BULK-CHANNEL).
    """
    kept = Filter(["channel_id = :channel_id"], {"channel_id": channel_id})
    kept.add(ARCHIVED[body.get("archived", "include")])
    kept.add_other("(blocks IS NOT NULL OR inserted_at >= :since)", since=since)
    named = [body[name] for name in ("recipient_ids", "user_ids") if name in body]
    if named:  # an empty list names nobody (BULKMSG-FILTER-USER-IDS)
        kept.any_of("recipient_id", [*dict.fromkeys(functools.reduce(operator.iadd, named, []))]).add("collection = ''")
    for name, column in (("workflows", "source_key"), ("tenants", "tenant")):
        if name in body:
            kept.any_of(column, body[name])
    if (has_tenant := body.get("has_tenant")) is not None:
        kept.add(f"tenant IS {'NOT ' if has_tenant else ''}NULL")
    if status := body.get("delivery_status"):
        kept.any_of("status", [status])
    words = body.get("engagement_status", [])
    kept.engagement([words] if isinstance(words, str) else words)
    for name, comparison in (("older_than", "<"), ("newer_than", ">")):
        if text := body.get(name):
            kept.add_other(f"inserted_at {comparison} :{name}", **{name: timestamp(name, text)})
    if value := body.get("trigger_data"):
        kept.trigger_data(value)  # TRIGGER-DATA-BULK
    return kept
