"""Where a channel reaches a recipient: nowhere, at one address, or at several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Address", "addresses"]

_TOKEN_LISTS = ("tokens", "target_arns", "player_ids")


class Address(NamedTuple):
    """One address.

    Attributes:
        value: what the channel type understands: an email address, a phone number, a token, a chat connection.
        snapshot: what the message keeps of it (MSG-RECIPIENT-SNAPSHOT).
    """

    value: Any = None
    snapshot: Mapping[str, Any] | None = None


_NOWHERE_IN_PARTICULAR = (Address(),)


def addresses(
    channel_type: str, properties: Mapping[str, Any], channel_data: Mapping[str, Any] | None
) -> Sequence[Address]:
    """Return the addresses of a recipient on a channel; for each of them the step makes a message.

    Args:
        channel_type: such as ``push``.
        properties: of the recipient.
        channel_data: what the recipient has for this channel, in its full form.

    Returns:
        None: the step is skipped (CHANNEL-NEEDS-ADDRESS, CHANNEL-NEEDS-CHANNEL-DATA).
    """
    if channel_type in {"in_app_feed", "http"}:  # CHANNEL-WEBHOOK-NO-DATA
        return _NOWHERE_IN_PARTICULAR
    if channel_type == "email":
        email = properties.get("email")
        return [Address(email, {"email": email, "name": _text(properties.get("name"))})] if _text(email) else []
    if channel_type == "sms":
        number = properties.get("phone_number")
        return [Address(number)] if _text(number) else []
    if channel_data is None:
        return []
    if channel_type == "push":  # CHANNEL-PUSH-PER-TOKEN
        return [Address(token) for name in _TOKEN_LISTS for token in channel_data.get(name) or ()]
    return [Address(each, _chat_snapshot(each)) for each in channel_data.get("connections") or ()]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _chat_snapshot(connection: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "channel_id": connection.get("channel_id") or connection.get("ms_teams_channel_id"),
        "user_id": connection.get("user_id") or connection.get("ms_teams_user_id"),
        "via_incoming_webhook": bool(connection.get("incoming_webhook")),
    }
