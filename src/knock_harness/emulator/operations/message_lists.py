"""Messages in lists: of the environment, of a user, of an object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.message import as_json
from knock_harness.emulator.paging import PageRequest, page_info
from knock_harness.emulator.references import USERS, Ref
from knock_harness.emulator.retention import horizon
from knock_harness.emulator.store.message_filters import list_filter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.emulator.call import Call, Handler

__all__ = ["HANDLERS"]


def list_messages(call: Call) -> Reply:
    """List all messages of the environment, newest first."""
    return _listed(call, None)


def list_messages_for_user(call: Call) -> Reply:
    """List what was sent to a user, newest first; nothing for one that was never identified."""
    return _listed(call, Ref(USERS, call.path["user_id"]))


def list_messages_for_object(call: Call) -> Reply:
    """List what was sent to an object itself, newest first (OBJECT-MESSAGES-NOT-SUBSCRIBERS)."""
    return _listed(call, Ref(call.path["collection"], call.path["id"]))


def _listed(call: Call, recipient: Ref | None) -> Reply:
    kept = list_filter(call.query, recipient=recipient, since=horizon(call.environment, at=call.now))
    page = call.store.messages.page(PageRequest.of(call.query), kept)
    items = ",".join([row[1] for row in page.rows])
    return Reply(200, msgspec.Raw(f'{{"items":[{items}],"page_info":{as_json(page_info(page))}}}'.encode()))


HANDLERS: Final[Mapping[str, Handler]] = {
    "listMessages": list_messages,
    "listMessagesForObject": list_messages_for_object,
    "listMessagesForUser": list_messages_for_user,
}
