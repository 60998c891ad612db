"""Channel data of users and objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator import recipients
from knock_harness.emulator.channel_data import normalised
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.references import ref_of_path
from knock_harness.emulator.refusals import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.contract.project import Channel
    from knock_harness.emulator.call import Call, Handler

__all__ = ["HANDLERS"]


def get_channel_data(call: Call) -> Reply:
    """Read what a recipient has for a channel (CHDATA-GET-UNSET-404)."""
    channel = _channel(call)
    data = call.store.channel_data.get(ref_of_path(call.path), channel.id)
    if data is None:
        raise NotFound("Channel data of this recipient")
    return Reply(200, _rendered(channel, data))


def set_channel_data(call: Call) -> Reply:
    """Replace what a recipient has for a channel; the recipient is made if need be (CHDATA-SET-OVERWRITES)."""
    channel = _channel(call)
    data = normalised(channel, call.body["data"])
    ref = recipients.ensure(call.environment, ref_of_path(call.path), at=call.now)
    call.store.channel_data.put(ref, channel.id, data)
    return Reply(200, _rendered(channel, data))


def unset_channel_data(call: Call) -> Reply:
    """Remove what a recipient has for a channel, and nothing else (CHDATA-UNSET)."""
    channel, ref = _channel(call), ref_of_path(call.path)
    if not call.store.recipients.exists(*ref):
        raise NotFound("This recipient")
    call.store.channel_data.delete(ref, channel.id)
    return Reply(204)


def _channel(call: Call) -> Channel:
    channel = call.environment.project.channels_by_id.get(call.path["channel_id"])
    if channel is None:  # CHDATA-UNKNOWN-CHANNEL-404
        raise NotFound("This channel", code="channel_invalid")
    return channel


def _rendered(channel: Channel, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"__typename": "ChannelData", "channel_id": channel.id, "provider": channel.provider, "data": data}


HANDLERS: Final[Mapping[str, Handler]] = {
    "getUserChannelData": get_channel_data,
    "setUserChannelData": set_channel_data,
    "unsetUserChannelData": unset_channel_data,
    "getObjectChannelData": get_channel_data,
    "setObjectChannelData": set_channel_data,
    "unsetObjectChannelData": unset_channel_data,
}
