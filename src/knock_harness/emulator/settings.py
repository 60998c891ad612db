"""What is set for an environment, beside its definitions and its keys."""

from __future__ import annotations

import msgspec

from .event_webhooks import EventWebhook
from .provider_rules import ProviderRule

__all__ = ["Settings"]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of one environment; they are kept in its store.

    Attributes:
        outbound: whether workflows may call out: ``off``, or ``loopback`` for servers on this machine.
        journal_entries: how many requests its journal keeps; 0: none.
        event_webhooks: who wants to hear of messages.
        keeps_feeds: whether in-app messages stay in their feeds when they are older than the window
            (RETENTION-FEED-KEEPS); without them the store is bounded.
        provider_rules: what the third parties answer, the first that covers a message.
        retention_s: the window in which messages and runs are seen, in seconds (RETENTION-WINDOW).
    """

    outbound: str = "off"
    event_webhooks: tuple[EventWebhook, ...] = ()
    keeps_feeds: bool = True
    provider_rules: tuple[ProviderRule, ...] = ()
    retention_s: float = 30 * 24 * 3600.0
    journal_entries: int = 10_000
