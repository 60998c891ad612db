"""Calls about messages: their contents, events, activities and logs, and what is done to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .case import Case, after, call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .stage import Stage

__all__ = ["CASES"]

CASES: Mapping[str, Case] = {
    "messages.list": Case(
        lambda on: after(
            (
                on.message("ada", data={"colour": "red"}),
                on.message("bob"),
                on.on_channel("email", on.user("eve", email="e@x.io")),
            ),
            call(channel_id=on.channel["in-app-feed"], engagement_status=["unseen"], trigger_data='{"colour": "red"}'),
        ),
        lambda page, on: [message.recipient for message in page] == ["ada"],
    ),
    "messages.get": Case(
        lambda on: call(on.message("ada", data={"colour": "red"})),
        lambda message, on: message.data == {"colour": "red"} and message.channel.id == on.channel["in-app-feed"],
    ),
    "messages.get_content": Case(
        lambda on: call(on.on_channel("email", on.user(email="ada@example.com"), data={"title": "Hello Ada"})),
        lambda content, on: (content.data.to, content.data.subject_line) == ("ada@example.com", "Hello Ada"),
    ),
    "messages.list_activities": Case(
        lambda on: call(on.message("ada", actor=on.user("bob"), data={"colour": "red"})),
        lambda page, on: [(each.actor.id, each.data) for each in page] == [("bob", {"colour": "red"})],
    ),
    "messages.list_events": Case(
        lambda on: call(_read(on)),
        lambda page, on: "message.read" in {event.type for event in page},
    ),
    "messages.list_delivery_logs": Case(
        lambda on: call(on.sent("email", on.user(email="ada@example.com"))),
        lambda page, on: len(page.items) == 1 and page.items[0].response.status // 100 == 2,
    ),
    "messages.mark_as_seen": Case(
        lambda on: call(on.message()), lambda message, on: message.seen_at is not None and message.read_at is None
    ),
    "messages.mark_as_unseen": Case(lambda on: call(_read(on)), lambda message, on: message.seen_at is None),
    "messages.mark_as_read": Case(lambda on: call(on.message()), lambda message, on: message.read_at is not None),
    "messages.mark_as_unread": Case(lambda on: call(_read(on)), lambda message, on: message.read_at is None),
    "messages.mark_as_interacted": Case(
        lambda on: call(on.message(), metadata={"button": "open"}),
        lambda message, on: (
            message.interacted_at is not None
            and {"metadata": {"button": "open"}} in [event.data for event in on.knock.messages.list_events(message.id)]
        ),
    ),
    "messages.archive": Case(lambda on: call(on.message()), lambda message, on: message.archived_at is not None),
    "messages.unarchive": Case(
        lambda on: call(on.knock.messages.archive(on.message()).id), lambda message, on: message.archived_at is None
    ),
    "messages.batch.get_content": Case(
        lambda on: call(message_ids=[on.message("ada"), on.message("bob")]),
        lambda contents, on: ["ada" in each.data.blocks[0].rendered for each in contents].count(True) == 1,
    ),
    "messages.batch.mark_as_seen": Case(
        lambda on: call(message_ids=_ids(on)),
        lambda messages, on: _all(messages, lambda each: each.seen_at is not None),
    ),
    "messages.batch.mark_as_unseen": Case(
        lambda on: call(
            message_ids=[message.id for message in on.knock.messages.batch.mark_as_seen(message_ids=_ids(on))]
        ),
        lambda messages, on: _all(messages, lambda each: each.seen_at is None),
    ),
    "messages.batch.mark_as_read": Case(
        lambda on: call(message_ids=_ids(on)),
        lambda messages, on: _all(messages, lambda each: each.read_at is not None),
    ),
    "messages.batch.mark_as_unread": Case(
        lambda on: call(
            message_ids=[message.id for message in on.knock.messages.batch.mark_as_read(message_ids=_ids(on))]
        ),
        lambda messages, on: _all(messages, lambda each: each.read_at is None),
    ),
    "messages.batch.mark_as_interacted": Case(
        lambda on: call(message_ids=_ids(on), metadata={"button": "open"}),
        lambda messages, on: _all(messages, lambda each: each.interacted_at is not None),
    ),
    "messages.batch.archive": Case(
        lambda on: call(message_ids=_ids(on)),
        lambda messages, on: _all(messages, lambda each: each.archived_at is not None),
    ),
    "messages.batch.unarchive": Case(
        lambda on: call(message_ids=[message.id for message in on.knock.messages.batch.archive(message_ids=_ids(on))]),
        lambda messages, on: _all(messages, lambda each: each.archived_at is None),
    ),
    "channels.bulk.update_message_status": Case(
        lambda on: after(
            on.messages("ada", "bob"),
            call(on.channel["in-app-feed"], "archive", recipient_ids=["ada"], has_tenant=False),
        ),
        lambda started, on: (
            on.done(started).status == "completed"
            and {message.recipient for message in on.knock.messages.list(engagement_status=["archived"])} == {"ada"}
        ),
    ),
}


def _ids(on: Stage) -> list[str]:
    """Return the ids of two messages."""
    return [message.id for message in on.messages("ada", "bob")]


def _read(on: Stage) -> str:
    """Return the id of a message that was read."""
    return on.knock.messages.mark_as_read(on.message()).id


def _all(messages: list[Any], holds: Callable[[Any], bool]) -> bool:
    """Say whether the answer holds both messages, and each is as it should be."""
    return len(messages) == 2 and all(holds(each) for each in messages)
