"""The third parties that deliver: the requests they are sent, and stand-ins that answer as they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.contract.project import Channel
    from knock_harness.emulator.provider_rules import ProviderRule

__all__ = ["Delivery", "Outcome", "address", "delivery", "stand_in"]

#: Host and path that messages of a provider are sent to.
_ENDPOINTS: Final[Mapping[str, tuple[str, str]]] = {
    "email_sendgrid": ("api.sendgrid.com", "/v3/mail/send"),
    "sms_twilio": ("api.twilio.com", "/2010-04-01/Messages.json"),
    "push_fcm": ("fcm.googleapis.com", "/v1/messages:send"),
    "push_apns": ("api.push.apple.com", "/3/device"),
    "push_expo": ("exp.host", "/--/api/v2/push/send"),
    "push_aws_sns": ("sns.amazonaws.com", "/"),
    "push_one_signal": ("api.onesignal.com", "/notifications"),
    "chat_slack": ("slack.com", "/api/chat.postMessage"),
    "chat_ms_teams": ("smba.trafficmanager.net", "/teams/v3/conversations"),
    "chat_discord": ("discord.com", "/api/v10/channels/messages"),
}
#: What tells a chat connection from others, the most telling first.
_CONNECTION_KEYS: Final = ("channel_id", "user_id", "ms_teams_channel_id", "ms_teams_user_id")
_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH"})
_JSON: Final[Mapping[str, str]] = {"content-type": "application/json"}


class Delivery(NamedTuple):
    """A request to a provider."""

    method: str
    scheme: str
    host: str
    path: str
    query: str | None
    headers: Mapping[str, str]
    body: str | dict[str, Any]

    @property
    def url(self) -> str:
        """Return where it goes."""
        return f"{self.scheme}://{self.host}{self.path}{'?' + self.query if self.query else ''}"


class Outcome(NamedTuple):
    """The answer of a provider.

    Attributes:
        status: of HTTP; from 500 on, 408 and 429 ask for another try; 0: there was no answer.
        body: what it says.
        headers: pairs of lower-case name and value.
        bounced: the recipient's data is wrong, which no further try mends.
    """

    status: int
    body: str | dict[str, Any]
    headers: Mapping[str, str] = _JSON
    bounced: bool = False


def stand_in(rule: ProviderRule, channel: Channel, *, attempt: int) -> Outcome:
    """Answer a try (the first: 1) in the place of a provider, as a rule says."""
    if rule.answer == "bounce":
        return Outcome(400, {"error": "This address does not exist"}, bounced=True)
    if rule.answer == "fail" and (rule.times is None or attempt <= rule.times):
        return Outcome(rule.status, {"error": "The provider was told to fail"})
    return Outcome(200 if channel.type in {"chat", "http"} else 202, {"accepted": True})


def address(channel: Channel, content: Mapping[str, Any]) -> str:
    """Return in one text to whom a message goes."""
    if channel.type == "push":
        return str(content["token"])
    if channel.type == "http":
        return str(content["connection"]["url"])
    if channel.type == "chat":
        connection = content["connection"]
        named = next((connection[key] for key in _CONNECTION_KEYS if connection.get(key)), None)
        return str(named or _incoming_webhook(connection).rpartition("/")[2])
    return str(content["to"])


def delivery(channel: Channel, content: Mapping[str, Any]) -> Delivery:
    """Return the request that hands the content of a message to the provider of a channel.

    Raises:
        ValueError: the URL of a webhook cannot be read.
    """
    if channel.type == "http":
        return _webhook(content["connection"])
    if channel.type == "chat" and (webhook := _incoming_webhook(content["connection"])):
        url = urlsplit(webhook)
        return Delivery("POST", url.scheme, url.netloc, url.path or "/", None, {}, dict(content["template"]))
    host, path = _ENDPOINTS.get(channel.provider, ("provider.example.com", f"/{channel.provider}"))
    body = {key: value for key, value in content.items() if key != "__typename"}
    return Delivery("POST", "https", host, path, None, _JSON, body)


def _incoming_webhook(connection: Mapping[str, Any]) -> str:
    webhook = connection.get("incoming_webhook")
    return str(webhook.get("url") or "") if isinstance(webhook, dict) else ""


def _webhook(request: Mapping[str, Any]) -> Delivery:
    url = urlsplit(request["url"])
    query = "&".join(part for part in (url.query, urlencode(request["query_params"])) if part)
    method = request["method"] if request["method"] in _METHODS else "POST"
    return Delivery(method, url.scheme, url.netloc, url.path or "/", query or None, request["headers"], request["body"])
