"""Messages many at a time: their content, and changes of their engagement."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.emulator import batch_limits
from knock_harness.emulator.clock import stamp
from knock_harness.emulator.engagement import CHANGES, interaction
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.identifiers import ksuid_moment
from knock_harness.emulator.refusals import NotFound
from knock_harness.emulator.retention import horizon, is_changeable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from knock_harness.emulator.call import Call, Handler

__all__ = ["HANDLERS"]


def batch_get_message_contents(call: Call) -> Reply:
    """Return the contents of the messages named, in their order; ids of no message are left out (CONTENT-BATCH-IDS).

    One that is outside the window makes it none (RETENTION-BATCH-CONTENT); of one that was taken out already its id
    tells so.
    """
    since = horizon(call.environment, at=call.now)
    contents = []
    for each in dict.fromkeys(call.query["message_ids"]):
        content = call.store.messages.content(each, since=since)
        if content is not None:
            contents.append(content)
        elif (made_at := ksuid_moment(each)) is not None and stamp(made_at) < since:
            raise NotFound("One of these messages")
    return _list(contents)


def batch_mark_messages_as_interacted(call: Call) -> Reply:
    """Note that a reader did something with messages, and what (MSGBATCH-INTERACTED-METADATA)."""
    return _changed(call, "interacted", interaction(call.body))


def _changed(call: Call, word: str, data: Mapping[str, Any] | None = None) -> Reply:
    """Set or clear one engagement status of all messages named (MSGBATCH-APPLIES)."""
    messages = call.store.messages
    found = map(messages.find, dict.fromkeys(call.body["message_ids"]))  # MSGBATCH-UNKNOWN-ID
    known = [each for each in found if each and is_changeable(call.environment, each, at=call.now)]
    rejected = call.environment.batch_limits.rejected(word, [each.id for each in known], now=call.now)
    held = set(rejected)
    changed = [each.seq for each in known if each.id not in held]  # BATCH-DEDUP-PARTIAL
    messages.engage(changed, CHANGES[word], at=stamp(call.now), data=data)
    reply = _list(messages.read(each.id) or "" for each in known)  # BATCH-DEDUP-FULL-BODY
    if rejected:  # BATCH-DEDUP-HEADER-ABSENT
        reply.headers = {batch_limits.HEADER: ",".join(rejected)}
    return reply


def _list(texts: Iterable[str]) -> Reply:
    return Reply(200, msgspec.Raw(f"[{','.join(texts)}]".encode()))


HANDLERS: Final[Mapping[str, Handler]] = {
    "batchGetMessageContents": batch_get_message_contents,
    "batchMarkMessagesAsArchived": partial(_changed, word="archived"),
    "batchMarkMessagesAsInteracted": batch_mark_messages_as_interacted,
    "batchMarkMessagesAsRead": partial(_changed, word="read"),
    "batchMarkMessagesAsSeen": partial(_changed, word="seen"),
    "batchMarkMessagesAsUnarchived": partial(_changed, word="unarchived"),
    "batchMarkMessagesAsUnread": partial(_changed, word="unread"),
    "batchMarkMessagesAsUnseen": partial(_changed, word="unseen"),
}
