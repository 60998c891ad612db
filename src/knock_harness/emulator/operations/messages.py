"""Messages one at a time: read them, what belongs to them, and change their engagement."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.emulator.clock import stamp
from knock_harness.emulator.engagement import CHANGES, interaction
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.identifiers import named_uuid
from knock_harness.emulator.live import live
from knock_harness.emulator.marks import filled
from knock_harness.emulator.paging import PageRequest, sliced_page
from knock_harness.emulator.references import reference
from knock_harness.emulator.refusals import NotFound
from knock_harness.emulator.retention import horizon, is_changeable, not_before
from knock_harness.emulator.trigger_data import matches, pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from knock_harness.emulator.call import Call, Handler
    from knock_harness.emulator.paging import Row
    from knock_harness.emulator.store.messages import Stored

__all__ = ["HANDLERS"]

_activities = msgspec.json.Decoder(list[dict[str, Any]]).decode


def get_message(call: Call) -> Reply:
    """Return a message."""
    return _shown(call, since=horizon(call.environment, at=call.now))


def get_message_contents(call: Call) -> Reply:
    """Return what was rendered for a message."""
    content = call.store.messages.content(call.path["message_id"], since=horizon(call.environment, at=call.now))
    if content is None:
        raise NotFound("This message")
    return Reply(200, msgspec.Raw(content.encode()))


def list_message_events(call: Call) -> Reply:
    """List what happened to a message, oldest first."""
    message = _message(call)

    def event(row: Row) -> dict[str, Any]:
        seq, kind, inserted_at, data = row
        return {
            "__typename": "MessageEvent",
            "id": named_uuid(f"event:{message.id}:{seq}"),
            "type": kind,
            "recipient": reference(*message.recipient),
            "data": None if data is None else msgspec.Raw(data.encode()),
            "inserted_at": inserted_at,
        }

    return Reply(200, call.store.messages.events(message.seq, PageRequest.of(call.query)).answer("items", event))


def list_message_delivery_logs(call: Call) -> Reply:
    """List the requests to the provider of a message and its answers, oldest first (DELIVERY-LOGS-ATTEMPTS)."""
    message = _message(call)
    environment_id = named_uuid(f"environment:{call.environment.name}")

    def log(row: Row) -> dict[str, Any]:
        seq, inserted_at, text = row
        return {
            "__typename": "MessageDeliveryLog",
            "id": named_uuid(f"log:{message.id}:{seq}"),
            "environment_id": environment_id,
            "inserted_at": inserted_at,
            **msgspec.json.decode(text),
        }

    page = call.store.messages.delivery_logs(message.seq, PageRequest.of(call.query))
    return Reply(200, page.answer("items", log))


def list_message_activities(call: Call) -> Reply:
    """List the triggers that a message tells of, with actor and recipient as they are now."""
    message = _message(call)
    text = call.store.messages.activities(message.seq)
    activities = _activities(filled(text, owner=message.recipient, lookup=live(call.store)))
    if wanted := call.query.get("trigger_data"):
        added, kept = _added(call.store.messages.data(message.seq), activities), pairs(wanted)
        activities = [each for each in activities if matches({**added, **(each["data"] or {})}, kept)]
    page = sliced_page(activities, PageRequest.of(call.query))
    return Reply(200, page.answer("items", lambda row: row[1]))


def _added(data: str, activities: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the data of a message has and none of its triggers brought (TRIGGER-DATA-FETCHED)."""
    brought = {name for each in activities for name in each["data"] or ()}
    return {name: value for name, value in msgspec.json.decode(data).items() if name not in brought}


def mark_message_interacted(call: Call) -> Reply:
    """Note that a reader did something with a message, and what (ENGAGE-INTERACTED)."""
    return _changed(call, "interacted", interaction(call.body))


def _changed(call: Call, word: str, data: Mapping[str, Any] | None = None) -> Reply:
    """Set or clear one engagement status (ENGAGE-MARK, ENGAGE-UNDO)."""
    message = call.store.messages.find(call.path["message_id"])
    if message is None or not is_changeable(call.environment, message, at=call.now):
        raise NotFound("This message")  # ENGAGE-404
    call.store.messages.engage([message.seq], CHANGES[word], at=stamp(call.now), data=data)
    return _shown(call)


def _message(call: Call) -> Stored:
    message = call.store.messages.find(call.path["message_id"])
    return not_before(call.environment, message, at=call.now)  # MSG-UNKNOWN-404


def _shown(call: Call, *, since: str = "") -> Reply:
    message = call.store.messages.read(call.path["message_id"], since=since)
    if message is None:
        raise NotFound("This message")
    return Reply(200, msgspec.Raw(message.encode()))


HANDLERS: Final[Mapping[str, Handler]] = {
    "archiveMessage": partial(_changed, word="archived"),
    "getMessage": get_message,
    "getMessageContents": get_message_contents,
    "listMessageActivities": list_message_activities,
    "listMessageDeliveryLogs": list_message_delivery_logs,
    "listMessageEvents": list_message_events,
    "markMessageInteracted": mark_message_interacted,
    "markMessageRead": partial(_changed, word="read"),
    "markMessageSeen": partial(_changed, word="seen"),
    "markMessageUnread": partial(_changed, word="unread"),
    "markMessageUnreadAlias": partial(_changed, word="unread"),
    "markMessageUnseen": partial(_changed, word="unseen"),
    "markMessageUnseenAlias": partial(_changed, word="unseen"),
    "unarchiveMessage": partial(_changed, word="unarchived"),
    "unarchiveMessageAlias": partial(_changed, word="unarchived"),
}
