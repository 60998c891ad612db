"""What is set for an environment, beside its definitions and its keys."""

from __future__ import annotations

import msgspec

from .event_webhooks import EventWebhook
from .limits import OFF, factor
from .provider_rules import ProviderRule

__all__ = ["Settings"]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of one environment; they are kept in its store.

    Attributes:
        enhanced_security: whether a public key takes a user token beside it (TOKEN-REQUIRED-WHEN-ON).
        limits: how many requests a second are admitted: ``off`` for any number, ``on`` for what the tiers say, or
            ``5x`` for five times that. Batches of status changes are limited along with it.
        outbound: whether workflows may call out: ``off``, or ``loopback`` for servers on this machine.
        journal_entries: how many requests its journal keeps; 0: none.
        event_webhooks: who wants to hear of messages.
        keeps_feeds: whether in-app messages stay in their feeds when they are older than the window
            (RETENTION-FEED-KEEPS); without them the store is bounded.
        provider_rules: what the third parties answer, the first that covers a message.
        retention_s: the window in which messages and runs are seen, in seconds (RETENTION-WINDOW).
        signing_key: the public half of the key that user tokens are signed with, in PEM; None: there is none. See
            `user_tokens.public_half`.
        strict_templates: whether a workflow whose templates cannot be rendered is refused when it is committed; else
            its runs fail.
    """

    enhanced_security: bool = False
    limits: str = OFF
    outbound: str = "off"
    event_webhooks: tuple[EventWebhook, ...] = ()
    keeps_feeds: bool = True
    provider_rules: tuple[ProviderRule, ...] = ()
    retention_s: float = 30 * 24 * 3600.0
    journal_entries: int = 10_000
    signing_key: str | None = None
    strict_templates: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be followed.

        Raises:
            ValueError: a value has no meaning.
        """
        factor(self.limits)
