"""Deliveries: a queued message is handed to its provider, tried again or given up, and confirmed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.emulator.channel_data import without_token
from knock_harness.emulator.clock import stamp
from knock_harness.emulator.outbound import LOOPBACK, OutboundRequest, decode_answered, is_loopback
from knock_harness.emulator.provider_rules import ACCEPTS, rule_for
from knock_harness.emulator.tracking import unsubscribe_link

from .providers import Delivery, Outcome, address, delivery, stand_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from knock_harness.contract.project import Channel
    from knock_harness.emulator.environment import Environment
    from knock_harness.emulator.outbound import OutboundAnswer
    from knock_harness.emulator.provider_rules import ProviderRule
    from knock_harness.emulator.references import Ref
    from knock_harness.emulator.store.messages import Outgoing

__all__ = ["ANSWERED", "MOST_TRIES", "REPORT", "SEND", "WAITS", "answered", "plan", "report", "send"]

SEND: Final = "send"  # kinds of due work
ANSWERED: Final = "sent"
REPORT: Final = "report"
#: How long to wait after each try that failed; the last of eight is within 30 minutes (MSG-RETRY-LIFECYCLE).
WAITS: Final = tuple(timedelta(seconds=each) for each in (5, 15, 30, 60, 120, 300, 600))
MOST_TRIES: Final = len(WAITS) + 1
_TRY_AGAIN: Final = frozenset({408, 425, 429})
#: Answers of a webhook that no further try mends.
_WEBHOOK_FINAL: Final = frozenset({401, 403, 404, 405})
#: Channel types whose provider says later what became of a message (MSG-EMAIL-SMS-LIFECYCLE).
_REPORTED_LATER: Final = frozenset({"email", "sms"})
#: The delivery statuses that a message is sent in.
_TO_BE_SENT: Final = frozenset({"queued", "delivery_attempted"})

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[str, str, int]).decode
_decode_report = msgspec.msgpack.Decoder(tuple[str, str]).decode


def plan(environment: Environment, message_id: str, channel: Channel, *, at: datetime, attempt: int = 1) -> None:
    """Let a message be handed to the provider of its channel at a moment."""
    environment.later(SEND, _encode((message_id, channel.id, attempt)), at=at)


def send(environment: Environment, payload: bytes, at: datetime) -> None:
    """Try to hand a message to its provider; nothing happens if message or channel are gone."""
    message_id, channel_id, attempt = _decode(payload)
    channel = environment.project.channels_by_id.get(channel_id)
    message = environment.store.messages.outgoing(message_id)
    if channel is None or message is None or message.status not in _TO_BE_SENT:
        return
    content = msgspec.json.decode(message.content)
    to = address(channel, content)
    rule = rule_for(environment.settings.provider_rules, channel, address=to, workflow=message.workflow)
    try:
        request = _request(environment, message, channel, content)
    except ValueError as error:
        environment.store.messages.move_to(
            message.seq, "undelivered", at=stamp(at), data=_failure("fatal_error", str(error))
        )
        return
    if channel.type == "http" and rule is ACCEPTS and environment.settings.outbound == LOOPBACK and is_loopback(to):
        environment.call_out(_call(request), answered_by=ANSWERED, about=payload)
        return
    outcome = stand_in(rule, channel, attempt=attempt)
    _settle(environment, message, channel, request, outcome, attempt=attempt, at=at)
    if channel.type in _REPORTED_LATER and rule.report != "nothing" and 200 <= outcome.status < 300:
        _await_report(environment, message, rule, at=at)


def answered(environment: Environment, payload: bytes, at: datetime) -> None:
    """Take the answer to a webhook that was really called; nothing happens if message or channel are gone."""
    about, answer = decode_answered(payload)
    message_id, channel_id, attempt = _decode(about)
    channel = environment.project.channels_by_id.get(channel_id)
    message = environment.store.messages.outgoing(message_id)
    if channel is None or message is None or message.status not in _TO_BE_SENT:
        return
    request = _request(environment, message, channel, msgspec.json.decode(message.content))
    _settle(environment, message, channel, request, _outcome(answer), attempt=attempt, at=at)


def report(environment: Environment, payload: bytes, at: datetime) -> None:
    """Take the provider's word on a message; a status that is final by then stays (MSG-STATUS-MACHINE)."""
    message_id, status = _decode_report(payload)
    message = environment.store.messages.find(message_id)
    if message is None or message.status != "sent":
        return
    _report(environment, message.seq, status, at=at)


def _request(environment: Environment, message: Outgoing, channel: Channel, content: Mapping[str, Any]) -> Delivery:
    """Return the request for a message; that of a commercial email names the link by which to opt out."""
    request = delivery(channel, content)
    workflow = environment.project.workflows.get(message.workflow)
    if channel.type != "email" or workflow is None or not workflow.settings.get("is_commercial"):
        return request
    link = unsubscribe_link(environment, message.recipient)
    headers = {"list-unsubscribe": f"<{link}>", "list-unsubscribe-post": "List-Unsubscribe=One-Click"}
    return request._replace(headers={**request.headers, **headers})


def _await_report(environment: Environment, message: Outgoing, rule: ProviderRule, *, at: datetime) -> None:
    """Let the provider's word come: at once, which needs no piece of work of its own, or later."""
    if rule.report_after_s:
        due = at + timedelta(seconds=rule.report_after_s)
        environment.later(REPORT, _encode((message.id, rule.report)), at=due)
    else:
        _report(environment, message.seq, rule.report, at=at)


def _report(environment: Environment, seq: int, status: str, *, at: datetime) -> None:
    told = None if status == "delivered" else _failure(status, "The provider reported it later")
    environment.store.messages.move_to(seq, status, at=stamp(at), data=told)


def _settle(
    environment: Environment,
    message: Outgoing,
    channel: Channel,
    request: Delivery,
    outcome: Outcome,
    *,
    attempt: int,
    at: datetime,
) -> None:
    """Let a message be what the answer to a try makes of it."""
    messages, now = environment.store.messages, stamp(at)
    messages.add_delivery_log(message.seq, _log(channel, request, outcome), at=now)
    status, told = _status(channel, outcome, attempt)
    token = request.body.get("token") if channel.type == "push" and isinstance(request.body, dict) else None
    if status == "bounced" and told is not None and token:
        told["token"] = token
    messages.move_to(message.seq, status, at=now, data=told)
    if status == "delivery_attempted":
        plan(environment, message.id, channel, at=at + WAITS[attempt - 1], attempt=attempt + 1)
    elif status == "bounced" and token and channel.settings.get("token_deregistration"):
        _deregister(environment, message.recipient, channel, token=token)


def _deregister(environment: Environment, recipient: Ref, channel: Channel, *, token: str) -> None:
    """Forget a token that the provider does not know any more (CHDATA-TOKEN-DEREGISTRATION)."""
    data = environment.store.channel_data.get(recipient, channel.id)
    if data is not None:
        environment.store.channel_data.put(recipient, channel.id, without_token(data, token))


def _status(channel: Channel, outcome: Outcome, attempt: int) -> tuple[str, dict[str, Any] | None]:
    """Return what becomes of a message after a try, and what its event tells (EVENTS-DELIVERY-DATA)."""
    if outcome.bounced:  # MSG-FATAL-AND-BOUNCE
        return "bounced", _failure("bounced", f"The provider answered {outcome.status}")
    if 200 <= outcome.status < 300:
        return ("delivered" if channel.type == "http" else "sent"), None  # MSG-PUSH-CHAT-NEVER-DELIVERED
    if channel.type == "http":  # WEBHOOK-CHANNEL-STATUS: redirects are not followed
        retryable = outcome.status not in _WEBHOOK_FINAL
    else:
        retryable = outcome.status >= 500 or outcome.status in _TRY_AGAIN
    if retryable and attempt < MOST_TRIES:
        return "delivery_attempted", {"attempt": attempt, "max_attempts": MOST_TRIES, "retryable": True}
    reason = "retries_exhausted" if retryable else "fatal_error"
    details = f"The provider answered {outcome.status}" if outcome.status else str(outcome.body)
    return "undelivered", _failure(reason, details)


def _failure(reason: str, details: str) -> dict[str, Any]:
    return {"failure_reason": reason, "failure_details": details}


def _call(request: Delivery) -> OutboundRequest:
    body = request.body if isinstance(request.body, str) else msgspec.json.encode(request.body).decode()
    headers = [(name, str(value)) for name, value in request.headers.items()]
    if body and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", "application/json"))
    return OutboundRequest(request.method, request.url, headers, body.encode())


def _outcome(answer: OutboundAnswer) -> Outcome:
    if not answer.status:
        return Outcome(0, answer.failure, {})
    headers = dict(answer.headers)
    text = answer.body.decode(errors="replace")
    if "json" in headers.get("content-type", ""):
        try:
            value = msgspec.json.decode(answer.body)
        except msgspec.DecodeError:
            value = text
        return Outcome(answer.status, value if isinstance(value, dict) else text, headers)
    return Outcome(answer.status, text, headers)


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
        "response": {"status": outcome.status, "headers": outcome.headers, "body": outcome.body},
    }
