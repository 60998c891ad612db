"""Channels of an environment: through what a workflow reaches somebody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, uuid5

from knock_harness.errors import InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PROVIDERS", "Channel", "read_channels"]

#: The provider of a channel whose type is all that is known of it.
PROVIDERS: Final[Mapping[str, str]] = {
    "email": "email_sendgrid",
    "in_app_feed": "in_app_feed_knock",
    "in_app_guide": "in_app_guide_knock",
    "sms": "sms_twilio",
    "push": "push_fcm",
    "chat": "chat_slack",
    "http": "http_knock_webhook",
}


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as it is configured in the environment.

    Attributes:
        id: the UUID by which the API knows it.
        key: by which workflows name it.
        type: one of `PROVIDERS`.
        provider: in the published spelling, such as ``push_fcm``.
        name: for people.
        created_at: when it was made, as the API writes it.
        updated_at: when it was changed last, as the API writes it.
        settings: ``sandbox_mode``, ``conditions``, ``from_address`` and whatever else the provider wants.
    """

    id: str
    key: str
    type: str
    provider: str
    name: str
    created_at: str
    updated_at: str
    settings: Mapping[str, Any]


def read_channels(entries: Mapping[str, Any], *, created_at: str, where: str) -> dict[str, Channel]:
    """Return the channels of an environment by key.

    Args:
        entries: for each key a map with ``type`` and, if wanted, ``id``, ``provider``, ``name`` and ``settings``.
        created_at: when they were made.
        where: the file, for the error.

    Raises:
        InvalidDocument: an entry is no channel.
    """
    channels = {}
    for key, entry in entries.items():
        if not isinstance(entry, dict) or entry.get("type") not in PROVIDERS:
            raise InvalidDocument(f"channel {key!r} needs a 'type' out of {', '.join(PROVIDERS)}", where=where)
        channels[key] = Channel(
            id=entry.get("id") or str(uuid5(NAMESPACE_URL, f"knock-harness:channel:{key}")),
            key=key,
            type=entry["type"],
            provider=entry.get("provider") or PROVIDERS[entry["type"]],
            name=entry.get("name") or key,
            created_at=created_at,
            updated_at=created_at,
            settings=entry.get("settings") or {},
        )
    return channels
