"""What leaves an environment: whom it may call, what the third parties answer, who hears of it, how long it is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.emulator.event_webhooks import EventWebhook
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.outbound import is_loopback
from knock_harness.emulator.provider_rules import ProviderRule
from knock_harness.emulator.refusals import InvalidParams, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .call import ControlCall, Handler

__all__ = ["HANDLERS"]


def get_outbound(call: ControlCall) -> Reply:
    """Say which servers are called."""
    return Reply(200, {"calls": call.environment.settings.outbound})


def set_outbound(call: ControlCall) -> Reply:
    """Let servers of this machine be called, or nobody."""
    call.environment.configure(outbound=call.body["calls"])
    return get_outbound(call)


def get_provider_rules(call: ControlCall) -> Reply:
    """Return what the third parties are told to answer."""
    return Reply(200, {"rules": msgspec.to_builtins(call.environment.settings.provider_rules)})


def set_provider_rules(call: ControlCall) -> Reply:
    """Tell the third parties what to answer."""
    rules = msgspec.convert(call.body["rules"], tuple[ProviderRule, ...])
    call.environment.configure(provider_rules=rules)
    return get_provider_rules(call)


def list_event_webhooks(call: ControlCall) -> Reply:
    """List who hears of what happens to messages."""
    return Reply(200, {"webhooks": call.environment.settings.event_webhooks})


def add_event_webhook(call: ControlCall) -> Reply:
    """Let a server of this machine hear of what happens to messages."""
    environment, body = call.environment, call.body
    if not is_loopback(body["url"]):
        raise InvalidParams.at("url", "is no URL of a server on this machine; nobody else is called")
    webhook = EventWebhook(
        id=environment.ids.uuid(),
        url=body["url"],
        secret=body.get("secret") or environment.ids.request_id(),
        events=tuple(dict.fromkeys(body.get("events") or ())),
    )
    environment.configure(event_webhooks=(*environment.settings.event_webhooks, webhook))
    return Reply(201, webhook)


def remove_event_webhook(call: ControlCall) -> Reply:
    """Let a server hear of nothing any more."""
    webhooks = call.environment.settings.event_webhooks
    left = tuple(each for each in webhooks if each.id != call.path["id"])
    if left == webhooks:
        raise NotFound("This webhook")
    call.environment.configure(event_webhooks=left)
    return Reply(204)


def get_retention(call: ControlCall) -> Reply:
    """Say for how long messages and runs are seen."""
    return Reply(200, _retention(call))


def set_retention(call: ControlCall) -> Reply:
    """Let messages and runs be seen for another while."""
    call.environment.configure(retention_s=float(call.body["window_s"]), keeps_feeds=call.body.get("keeps_feeds", True))
    return get_retention(call)


def _retention(call: ControlCall) -> dict[str, Any]:
    settings = call.environment.settings
    return {"window_s": settings.retention_s, "keeps_feeds": settings.keeps_feeds}


HANDLERS: Final[Mapping[str, Handler]] = {
    "addEventWebhook": add_event_webhook,
    "getOutbound": get_outbound,
    "getProviderRules": get_provider_rules,
    "getRetention": get_retention,
    "listEventWebhooks": list_event_webhooks,
    "removeEventWebhook": remove_event_webhook,
    "setOutbound": set_outbound,
    "setProviderRules": set_provider_rules,
    "setRetention": set_retention,
}
