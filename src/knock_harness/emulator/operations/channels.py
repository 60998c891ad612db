"""Messages of a channel, all at once and in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator import bulk
from knock_harness.emulator.clock import stamp
from knock_harness.emulator.engagement import CHANGES
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.refusals import NotFound
from knock_harness.emulator.retention import horizon
from knock_harness.emulator.store.message_filters import bulk_filter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from knock_harness.emulator.call import Call, Handler
    from knock_harness.emulator.environment import Environment

__all__ = ["HANDLERS", "update_row"]

DELETE: Final = "delete"
#: Second spellings of actions (BULKMSG-ACTIONS).
SPELLINGS: Final[Mapping[str, str]] = {"archive": "archived", "unarchive": "unarchived"}


def bulk_update_messages_for_channel(call: Call) -> Reply:
    """Change all messages of a channel that fit, in the background (BULKMSG-OPERATION)."""
    channel_id, action = call.path["channel_id"], call.path["action"]
    if channel_id not in call.environment.project.channels_by_id:
        raise NotFound("This channel", code="channel_invalid")
    action = SPELLINGS.get(action, action)
    fits = {"channel_id": channel_id, "body": call.body, "since": horizon(call.environment, at=call.now)}
    ids = call.store.messages.ids(_filter(**fits))
    operation = bulk.start(
        call.environment,
        f"messages.{action}",
        [{"id": each, "action": action, "fits": fits} for each in ids],
        kind="messages.update",
        at=call.now,
        base_url=call.request.base_url,
    )
    return Reply(200, operation)


def update_row(environment: Environment, row: Mapping[str, Any], at: datetime) -> None:
    """Change one message, if it still fits when its turn comes (BULKMSG-FILTER-STATUS)."""
    messages = environment.store.messages
    message = messages.find(row["id"])
    if message is None or not messages.fits(message.seq, _filter(**row["fits"])):
        return
    if row["action"] == DELETE:
        messages.delete(message.seq)  # BULKMSG-DELETE
    else:
        messages.engage([message.seq], CHANGES[row["action"]], at=stamp(at))


def _filter(channel_id: str, body: Mapping[str, Any], since: str) -> Any:
    return bulk_filter(body, channel_id=channel_id, since=since)


HANDLERS: Final[Mapping[str, Handler]] = {"bulkUpdateMessagesForChannel": bulk_update_messages_for_channel}
