"""Channel data by provider: which shape each one takes, and the full form in which it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .refusals import InvalidParams

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from knock_harness.contract.project import Channel

__all__ = ["normalised", "without_token"]

_SLACK_KEYS: Final = ("access_token", "channel_id", "channel_name", "user_id")
_TEAMS_KEYS: Final = ("ms_teams_tenant_id", "ms_teams_team_id", "ms_teams_channel_id", "ms_teams_user_id")


def normalised(channel: Channel, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return channel data in its full form; what it says is not judged (CHDATA-TOKENS-NOT-JUDGED).

    Raises:
        InvalidParams: the provider of the channel takes another shape, or none at all (CHDATA-WRONG-SHAPE-422).
    """
    form = _FORMS.get(channel.provider)
    if form is None:
        raise InvalidParams.at("data", f"a channel of {channel.provider} takes no channel data", kind="shape")
    return form(data)


def without_token(data: Mapping[str, Any], token: str) -> dict[str, Any]:
    """Return channel data of push without a token and its device (CHDATA-TOKEN-DEREGISTRATION)."""
    return {key: [each for each in values if token not in _names(each)] for key, values in data.items()}


def _names(entry: Any) -> tuple[Any, ...]:
    return (entry.get("token"), entry.get("target_arn")) if isinstance(entry, dict) else (entry,)


def _push(data: Mapping[str, Any], *, plural: str = "tokens", singular: str = "token") -> dict[str, Any]:
    """Return the devices in both forms (CHDATA-PUSH-BOTH-FORMS)."""
    if plural not in data and "devices" not in data:
        raise _wrong(f"needs {plural} or devices")
    devices = [_device(each, singular) for each in _list(data, "devices")]
    described = {each[singular] for each in devices}
    for token in _list(data, plural):
        if not isinstance(token, str):
            raise _wrong(f"{plural} are texts")
        if token not in described:
            devices.append({singular: token, "locale": None, "timezone": None})
    return {plural: [each[singular] for each in devices], "devices": devices}


def _device(device: Any, key: str) -> dict[str, str | None]:
    if not isinstance(device, dict) or not isinstance(device.get(key), str):
        raise InvalidParams.at("data.devices", f"each device needs a {key}", kind="required")
    locale, timezone = device.get("locale"), device.get("timezone")
    if not _all_texts((locale, timezone)):
        raise _wrong("locale and timezone of a device are texts")
    return {key: device[key], "locale": locale, "timezone": timezone}  # CHDATA-PUSH-DEVICE-METADATA


def _sns(data: Mapping[str, Any]) -> dict[str, Any]:
    return _push(data, plural="target_arns", singular="target_arn")


def _one_signal(data: Mapping[str, Any]) -> dict[str, Any]:
    players = _list(data, "player_ids", required=True)
    if not all(isinstance(each, str) for each in players):
        raise _wrong("player_ids are texts")
    return {"player_ids": players}


def _slack(data: Mapping[str, Any]) -> dict[str, Any]:
    token = data.get("token")
    if token is None:
        return {"connections": _connections(data, _SLACK_KEYS)}
    if not isinstance(token, dict) or not _all_texts((token.get("access_token"),)):
        raise _wrong("token holds an access_token")
    return {"connections": _connections(data, _SLACK_KEYS, required=False), "token": token}  # CHDATA-SLACK-TENANT-TOKEN


def _ms_teams(data: Mapping[str, Any]) -> dict[str, Any]:
    tenant = data.get("ms_teams_tenant_id")
    if tenant is None:
        return {"connections": _connections(data, _TEAMS_KEYS)}
    if not isinstance(tenant, str):
        raise _wrong("ms_teams_tenant_id is a text")
    connections = _connections(data, _TEAMS_KEYS, required=False)  # CHDATA-MSTEAMS-TENANT-ID
    return {"connections": connections, "ms_teams_tenant_id": tenant}


def _discord(data: Mapping[str, Any]) -> dict[str, Any]:
    connections = _connections(data, ("channel_id",))
    if not all(each.get("channel_id") or each.get("incoming_webhook") for each in connections):
        raise _wrong("each connection needs a channel_id or an incoming_webhook")  # CHDATA-DISCORD
    return {"connections": connections}


_FORMS: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "push_fcm": _push,
    "push_apns": _push,
    "push_expo": _push,
    "push_aws_sns": _sns,
    "push_one_signal": _one_signal,
    "chat_slack": _slack,
    "chat_ms_teams": _ms_teams,
    "chat_discord": _discord,
}


def _connections(data: Mapping[str, Any], keys: tuple[str, ...], *, required: bool = True) -> list[dict[str, Any]]:
    """Return the connections in their order, as they were sent (CHDATA-SLACK-CONNECTIONS, CHDATA-MSTEAMS)."""
    connections = _list(data, "connections", required=required)
    for each in connections:
        if not isinstance(each, dict):
            raise _wrong("each connection is a map")
        webhook = each.get("incoming_webhook")
        if webhook is not None and not (isinstance(webhook, dict) and isinstance(webhook.get("url"), str)):
            raise _wrong("an incoming_webhook needs a url")
        if not _all_texts(each.get(key) for key in keys):
            raise _wrong(f"{', '.join(keys)} are texts")
    return connections


def _list(data: Mapping[str, Any], key: str, *, required: bool = False) -> list[Any]:
    if key not in data and not required:
        return []
    value = data.get(key)
    if not isinstance(value, list):
        raise _wrong(f"needs a list of {key}")
    return value


def _all_texts(values: Any) -> bool:
    return all(value is None or isinstance(value, str) for value in values)


def _wrong(message: str) -> InvalidParams:
    return InvalidParams.at("data", message, kind="shape")
