"""Messages many at a time: their content, and changes of their engagement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.emulator.clock import stamp
from knock_harness.emulator.engagement import CHANGES, interaction
from knock_harness.emulator.exchange import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from knock_harness.emulator.call import Call, Handler

__all__ = ["HANDLERS"]


def batch_get_message_contents(call: Call) -> Reply:
    """Return the contents of the messages named, in their order; ids of no message are left out (CONTENT-BATCH-IDS)."""
    wanted = dict.fromkeys(call.query["message_ids"])
    return _list(filter(None, map(call.store.messages.content, wanted)))


def batch_mark_messages_as_interacted(call: Call) -> Reply:
    """Note that a reader did something with messages, and what (MSGBATCH-INTERACTED-METADATA)."""
    return _changed(call, "interacted", interaction(call.body))


def _changes_to(word: str) -> Handler:
    """Return what sets or clears one engagement status of all messages named (MSGBATCH-APPLIES)."""

    def change(call: Call) -> Reply:
        return _changed(call, word, None)

    return change


def _changed(call: Call, word: str, data: Mapping[str, Any] | None) -> Reply:
    messages = call.store.messages
    known = [
        each for each in map(messages.find, dict.fromkeys(call.body["message_ids"])) if each
    ]  # MSGBATCH-UNKNOWN-ID
    messages.engage([each.seq for each in known], CHANGES[word], at=stamp(call.now), data=data)
    return _list(messages.read(each.id) or "" for each in known)


def _list(texts: Iterable[str]) -> Reply:
    return Reply(200, msgspec.Raw(f"[{','.join(texts)}]".encode()))


HANDLERS: Final[Mapping[str, Handler]] = {
    "batchGetMessageContents": batch_get_message_contents,
    "batchMarkMessagesAsArchived": _changes_to("archived"),
    "batchMarkMessagesAsInteracted": batch_mark_messages_as_interacted,
    "batchMarkMessagesAsRead": _changes_to("read"),
    "batchMarkMessagesAsSeen": _changes_to("seen"),
    "batchMarkMessagesAsUnarchived": _changes_to("unarchived"),
    "batchMarkMessagesAsUnread": _changes_to("unread"),
    "batchMarkMessagesAsUnseen": _changes_to("unseen"),
}
