"""The third parties that deliver: in-process stand-ins, which answer as the real ones do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.contract.project import Channel

__all__ = ["Delivery", "Outcome", "Provider", "StandIn", "delivery"]

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


class Delivery(NamedTuple):
    """A request to a provider."""

    method: str
    host: str
    path: str
    query: str | None
    headers: Mapping[str, str]
    body: str | dict[str, Any]


class Outcome(NamedTuple):
    """The answer of a provider.

    Attributes:
        status: of HTTP; from 500 on, 408 and 429 ask for another try.
        body: what it says.
        bounced: the recipient's data is wrong, which no further try mends.
    """

    status: int
    body: str | dict[str, Any]
    bounced: bool = False


class Provider(Protocol):
    """Somebody who takes deliveries."""

    def deliver(self, channel: Channel, request: Delivery) -> Outcome:
        """Answer a request that comes through a channel."""
        ...


class StandIn:
    """A provider that takes everything."""

    def deliver(self, channel: Channel, request: Delivery) -> Outcome:  # noqa: ARG002 - as the protocol has it
        """Take a request."""
        return Outcome(200 if channel.type in {"chat", "http"} else 202, {"accepted": True})


def delivery(channel: Channel, content: Mapping[str, Any]) -> Delivery:
    """Return the request that hands the content of a message to the provider of a channel."""
    if channel.type == "http":
        return _webhook(content["connection"])
    if channel.type == "chat" and (webhook := content["connection"].get("incoming_webhook")):
        url = urlsplit(str(webhook.get("url")))
        return Delivery("POST", url.netloc, url.path or "/", None, {}, dict(content["template"]))
    host, path = _ENDPOINTS.get(channel.provider, ("provider.example.com", f"/{channel.provider}"))
    body = {key: value for key, value in content.items() if key != "__typename"}
    return Delivery("POST", host, path, None, {"content-type": "application/json"}, body)


def _webhook(request: Mapping[str, Any]) -> Delivery:
    url = urlsplit(request["url"])
    query = "&".join(part for part in (url.query, urlencode(request["query_params"])) if part)
    method = request["method"] if request["method"] in {"GET", "POST", "PUT", "DELETE", "PATCH"} else "POST"
    return Delivery(method, url.netloc, url.path or "/", query or None, request["headers"], request["body"])
