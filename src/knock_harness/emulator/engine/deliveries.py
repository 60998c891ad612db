"""Deliveries: a queued message is handed to its provider, tried again or given up, and confirmed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.emulator.channel_data import without_token
from knock_harness.emulator.clock import stamp

from .providers import Delivery, Outcome, delivery

if TYPE_CHECKING:
    from datetime import datetime

    from knock_harness.contract.project import Channel
    from knock_harness.emulator.environment import Environment

__all__ = ["CONFIRM", "SEND", "WAITS", "confirm", "plan", "send"]

SEND: Final = "send"  # kinds of due work
CONFIRM: Final = "confirm"
#: How long to wait after each try that failed; the last of eight is within 30 minutes (MSG-RETRY-LIFECYCLE).
WAITS: Final = tuple(timedelta(seconds=each) for each in (5, 15, 30, 60, 120, 300, 600))
_TRY_AGAIN: Final = frozenset({408, 425, 429})
#: Answers of a webhook that no further try mends.
_WEBHOOK_FINAL: Final = frozenset({401, 403, 404, 405})
#: Channel types whose provider says later that a message arrived (MSG-EMAIL-SMS-LIFECYCLE).
_CONFIRMED_LATER: Final = frozenset({"email", "sms"})

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[str, str, int]).decode


def plan(environment: Environment, message_id: str, channel: Channel, *, at: datetime, attempt: int = 1) -> None:
    """Let a message be handed to the provider of its channel at a moment."""
    environment.later(SEND, _encode((message_id, channel.id, attempt)), at=at)


def send(environment: Environment, payload: bytes, at: datetime) -> None:
    """Try to hand a message to its provider; nothing happens if message or channel are gone."""
    message_id, channel_id, attempt = _decode(payload)
    channel = environment.project.channels_by_id.get(channel_id)
    content = environment.store.messages.content(message_id)
    if channel is None or content is None:
        return
    data = msgspec.json.decode(content)["data"]
    request = delivery(channel, data)
    outcome = environment.provider.deliver(channel, request)
    environment.store.messages.add_delivery_log(message_id, _log(channel, request, outcome), at=stamp(at))
    status, event = _status(channel, outcome, attempt)
    environment.store.messages.set_status(message_id, status, at=stamp(at), data=event)
    if status == "delivery_attempted":
        plan(environment, message_id, channel, at=at + WAITS[attempt - 1], attempt=attempt + 1)
    elif status == "sent" and channel.type in _CONFIRMED_LATER:
        environment.later(CONFIRM, message_id.encode(), at=at)
    elif status == "bounced" and channel.type == "push" and channel.settings.get("token_deregistration"):
        _deregister(environment, message_id, channel, token=data["token"])


def confirm(environment: Environment, payload: bytes, at: datetime) -> None:
    """Take the provider's word that a message arrived; a status that is final by then stays (MSG-STATUS-MACHINE)."""
    message_id = payload.decode()
    message = environment.store.messages.find(message_id)
    if message is not None and message.status == "sent":
        environment.store.messages.set_status(message_id, "delivered", at=stamp(at))


def _deregister(environment: Environment, message_id: str, channel: Channel, *, token: str) -> None:
    """Forget a token that the provider does not know any more (CHDATA-TOKEN-DEREGISTRATION)."""
    message = environment.store.messages.find(message_id)
    data = environment.store.channel_data.get(message.recipient, channel.id) if message is not None else None
    if message is not None and data is not None:
        environment.store.channel_data.put(message.recipient, channel.id, without_token(data, token))


def _status(channel: Channel, outcome: Outcome, attempt: int) -> tuple[str, dict[str, Any] | None]:
    """Return what becomes of a message after a try, and what its event tells (EVENTS-DELIVERY-DATA)."""
    if outcome.bounced:  # MSG-FATAL-AND-BOUNCE
        return "bounced", {"failure_reason": "bounced", "failure_details": outcome.body}
    if 200 <= outcome.status < 300:
        return ("delivered" if channel.type == "http" else "sent"), None  # MSG-PUSH-CHAT-NEVER-DELIVERED
    if channel.type == "http":  # WEBHOOK-CHANNEL-STATUS: redirects are not followed
        retryable = outcome.status not in _WEBHOOK_FINAL
    else:
        retryable = outcome.status >= 500 or outcome.status in _TRY_AGAIN
    if retryable and attempt <= len(WAITS):
        return "delivery_attempted", {"attempt": attempt, "max_attempts": len(WAITS) + 1, "retryable": True}
    return "undelivered", {"failure_reason": f"the provider answered {outcome.status}", "failure_details": outcome.body}


def _log(channel: Channel, request: Delivery, outcome: Outcome) -> dict[str, Any]:
    return {
        "service_name": channel.provider,
        "request": {
            "method": request.method,
            "host": request.host,
            "path": request.path,
            "query": request.query,
            "headers": request.headers,
            "body": request.body,
        },
        "response": {"status": outcome.status, "headers": {"content-type": "application/json"}, "body": outcome.body},
    }
