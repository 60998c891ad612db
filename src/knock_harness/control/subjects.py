"""The subjects of the control API of one environment, as the client has them: a class for each that is small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from .results import (
    ActiveFault,
    Branch,
    Clock,
    EventWebhook,
    Key,
    KeyKind,
    Limits,
    MessagePage,
    Moved,
    ProviderRule,
    Retention,
    Seeded,
    Sent,
    Settings,
    Snapshot,
)
from .wire import segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from .wire import Wire

__all__ = [
    "BranchesSubject",
    "ClockSubject",
    "DefaultsSubject",
    "DeliveriesSubject",
    "FaultsSubject",
    "KeysSubject",
    "LimitsSubject",
    "OutboxSubject",
    "RetentionSubject",
    "SettingsSubject",
    "SnapshotsSubject",
    "WebhooksSubject",
    "seed",
]


class Subject:
    """What one subject of an environment can be asked and told."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire


class ClockSubject(Subject):
    """The clock."""

    def read(self) -> Clock:
        """Return the moment that it shows, and of which kind it is."""
        return self._wire.ask("GET", "/clock", Clock)

    def now(self) -> datetime:
        """Return the moment that it shows."""
        return self.read().now

    def advance(self, by: timedelta | str) -> Moved:
        """Move it forward; return when everything that falls due on the way is done.

        Args:
            by: how far; a text is an ISO 8601 duration such as ``P1D`` or ``PT30M``.
        """
        return self._move({"by": by if isinstance(by, str) else by.total_seconds()})

    def move_to(self, at: datetime) -> Moved:
        """Move it forward to a moment; return when everything that falls due on the way is done."""
        return self._move({"to": at})

    def _move(self, body: Mapping[str, Any]) -> Moved:
        return self._wire.ask("POST", "/clock/advance", Moved, body=body, waits=True)


class DefaultsSubject(Subject):
    """What holds in the environment where nobody says otherwise."""

    def get(self, section: str) -> Any:
        """Return a default.

        Args:
            section: ``account``, ``guide_groups``, ``preference_center``, ``preferences``, ``tracking`` or
                ``variables``.
        """
        return self._wire.ask("GET", f"/defaults/{segment(section)}", _Default).value

    def set(self, section: str, value: Any) -> Any:
        """Set a default as a whole, written as in ``environment.yaml``, and return it."""
        return self._wire.ask("PUT", f"/defaults/{segment(section)}", _Default, body={"value": value}).value

    def set_preferences(self, preferences: Mapping[str, Any]) -> None:
        """Set the default preference set."""
        self.set("preferences", preferences)

    def set_variables(
        self, *, public: Mapping[str, Any] | None = None, secret: Mapping[str, Any] | None = None
    ) -> None:
        """Set the variables, those that clients may see and the others."""
        self.set("variables", {"public": public or {}, "secret": secret or {}})


class BranchesSubject(Subject):
    """Branches, on which workflows can differ."""

    def list(self) -> Sequence[Branch]:
        """Return all branches."""
        return self._wire.ask("GET", "/branches", _Branches).branches

    def create(self, slug: str) -> None:
        """Make a branch, unless there is one of that name."""
        self._wire.tell("PUT", f"/branches/{segment(slug)}")

    def delete(self, slug: str) -> None:
        """Remove a branch and the workflows committed on it."""
        self._wire.tell("DELETE", f"/branches/{segment(slug)}")


class KeysSubject(Subject):
    """The keys, and the key that user tokens are signed with."""

    def list(self) -> Sequence[Key]:
        """Return all keys, revoked ones too."""
        return self._wire.ask("GET", "/keys", _Keys).keys

    def create(self, kind: KeyKind = "secret", *, key: str | None = None, expires_at: datetime | None = None) -> Key:
        """Give the environment one more key; one is made up if none is given."""
        given = {"kind": kind, "key": key, "expires_at": expires_at}
        return self._wire.ask("POST", "/keys", Key, body=_given(given))

    def revoke(self, key: str) -> Key:
        """Refuse a key from now on."""
        return self._wire.ask("POST", "/keys/revoke", Key, body={"key": key})

    def expire(self, key: str, *, at: datetime | None) -> Key:
        """Refuse a key as expired from a moment on, by the clock of the environment; None: it does not expire."""
        return self._wire.ask("POST", "/keys/expire", Key, body={"key": key, "expires_at": at})

    def signing_key(self) -> str | None:
        """Return the public half of the key that user tokens are signed with, in PEM; None: there is none."""
        return self._wire.ask("GET", "/signing_key", _SigningKey).public_key

    def set_signing_key(self, key: str | None) -> str | None:
        """Let user tokens be signed with another RSA key (PEM, or base64 of it), and return its public half."""
        return self._wire.ask("PUT", "/signing_key", _SigningKey, body={"key": key}).public_key


class SettingsSubject(Subject):
    """The settings."""

    def get(self) -> Settings:
        """Return the settings."""
        return self._wire.ask("GET", "/settings", Settings)

    def change(
        self,
        *,
        enhanced_security: bool | None = None,
        journal_entries: int | None = None,
        strict_templates: bool | None = None,
    ) -> Settings:
        """Change the settings that are given, and return all.

        Args:
            enhanced_security: whether a public key takes a user token beside it.
            journal_entries: how many requests the journal keeps.
            strict_templates: whether a workflow whose templates cannot be rendered is refused when it is committed.
        """
        given = {
            "enhanced_security": enhanced_security,
            "journal_entries": journal_entries,
            "strict_templates": strict_templates,
        }
        return self._wire.ask("PATCH", "/settings", Settings, body=_given(given))


class LimitsSubject(Subject):
    """How many requests are admitted."""

    def get(self) -> Limits:
        """Return the limits."""
        return self._wire.ask("GET", "/limits", Limits)

    def set(self, limits: str) -> Limits:
        """Set the limits: ``off``, ``on``, or so many times what is published, such as ``5x``."""
        return self._wire.ask("PUT", "/limits", Limits, body={"limits": limits})


class DeliveriesSubject(Subject):
    """What third parties answer, and which servers are called."""

    def rules(self) -> Sequence[ProviderRule]:
        """Return the rules by which the third parties answer."""
        return self._wire.ask("GET", "/providers/rules", _Rules).rules

    def set_rules(self, rules: Iterable[ProviderRule]) -> Sequence[ProviderRule]:
        """Let the third parties answer by these rules, the first that covers a message, in place of those before."""
        return self._wire.ask("PUT", "/providers/rules", _Rules, body={"rules": list(rules)}).rules

    def calls(self) -> str:
        """Return which servers workflows call: ``off`` for none, ``loopback`` for those of this machine."""
        return self._wire.ask("GET", "/outbound", _Outbound).calls

    def set_calls(self, calls: str) -> str:
        """Let workflows call nobody (``off``), or servers of this machine (``loopback``)."""
        return self._wire.ask("PUT", "/outbound", _Outbound, body={"calls": calls}).calls


class WebhooksSubject(Subject):
    """Servers of this machine that hear of messages."""

    def list(self) -> Sequence[EventWebhook]:
        """Return all of them."""
        return self._wire.ask("GET", "/webhooks", _Webhooks).webhooks

    def add(self, url: str, *, events: Sequence[str] = (), secret: str | None = None) -> EventWebhook:
        """Let a server hear of events of these types (none: of all); a secret is made up if none is given."""
        given = {"url": url, "events": list(events), "secret": secret}
        return self._wire.ask("POST", "/webhooks", EventWebhook, body=_given(given))

    def remove(self, webhook_id: str) -> None:
        """Let a server hear of nothing any more."""
        self._wire.tell("DELETE", f"/webhooks/{segment(webhook_id)}")


class RetentionSubject(Subject):
    """For how long messages and runs are seen."""

    def get(self) -> Retention:
        """Return the window."""
        return self._wire.ask("GET", "/retention", Retention)

    def set(self, window: timedelta, *, keeps_feeds: bool = True) -> Retention:
        """Set the window, and whether in-app messages stay in their feeds beyond it."""
        body = {"window_s": window.total_seconds(), "keeps_feeds": keeps_feeds}
        return self._wire.ask("PUT", "/retention", Retention, body=body)


class FaultsSubject(Subject):
    """Faults, for whoever tests a client."""

    def add(self, kind: str, **given: Any) -> ActiveFault:
        """Let requests meet a fault from now on.

        Args:
            kind: ``latency``, ``error``, ``cut`` or ``garbage``.
            given: which operations, how often, for how long, and what the kind wants: see the document.
        """
        return self._wire.ask("POST", "/faults", ActiveFault, body={"kind": kind, **given})

    def list(self) -> Sequence[ActiveFault]:
        """Return the faults that are not over."""
        return self._wire.ask("GET", "/faults", _Faults).faults

    def end(self, fault_id: int) -> None:
        """End a fault."""
        self._wire.tell("DELETE", f"/faults/{fault_id}")

    def end_all(self) -> int:
        """End all faults, and return how many there were."""
        return self._wire.ask("DELETE", "/faults", _Ended).ended


class OutboxSubject(Subject):
    """What was sent, or would have been."""

    def page(self, *, after: int | None = None, limit: int | None = None, **filters: Any) -> MessagePage:
        """Return messages, oldest first.

        Args:
            after: made after the message of this place.
            limit: so many at the most.
            filters: ``recipient``, ``channel_type``, ``workflow``, ``status``, ``since`` and others: see the document.
        """
        return self._wire.ask("GET", "/outbox", MessagePage, query={**filters, "after": after, "limit": limit})

    def messages(self, **filters: Any) -> Iterator[Sent]:
        """Return all messages that fit the filters of `page`, oldest first."""
        after: int | None = None
        while True:
            page = self.page(**filters, after=after)
            yield from page.messages
            if page.after is None:
                return
            after = page.after


class SnapshotsSubject(Subject):
    """Copies of the environment, to which it can return."""

    def list(self) -> Sequence[Snapshot]:
        """Return all snapshots, oldest first."""
        return self._wire.ask("GET", "/snapshots", _Snapshots).snapshots

    def take(self, name: str) -> Snapshot:
        """Take a snapshot, in place of the one of this name if there is one."""
        return self._wire.ask("PUT", f"/snapshots/{segment(name)}", Snapshot, waits=True)

    def restore(self, name: str) -> Snapshot:
        """Let the environment be as when a snapshot was taken."""
        return self._wire.ask("POST", f"/snapshots/{segment(name)}/restore", Snapshot, waits=True)

    def delete(self, name: str) -> None:
        """Forget a snapshot."""
        self._wire.tell("DELETE", f"/snapshots/{segment(name)}")

    def export(self, name: str) -> bytes:
        """Return a snapshot as bytes, for `put`."""
        return self._wire.tell("GET", f"/snapshots/{segment(name)}/content")

    def put(self, name: str, content: bytes) -> Snapshot:
        """Keep a snapshot that was exported, by this emulator or another of the same version."""
        return self._wire.ask("PUT", f"/snapshots/{segment(name)}/content", Snapshot, body=content, waits=True)


def seed(wire: Wire, **seeds: Any) -> Seeded:
    """Fill the environment behind a wire; see `Environment.seed`."""
    return wire.ask("POST", "/seed", Seeded, body=_given(seeds), waits=True)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


class _Default(msgspec.Struct):
    value: Any


class _Branches(msgspec.Struct):
    branches: list[Branch]


class _Keys(msgspec.Struct):
    keys: list[Key]


class _SigningKey(msgspec.Struct):
    public_key: str | None


class _Rules(msgspec.Struct):
    rules: list[ProviderRule]


class _Outbound(msgspec.Struct):
    calls: str


class _Webhooks(msgspec.Struct):
    webhooks: list[EventWebhook]


class _Faults(msgspec.Struct):
    faults: list[ActiveFault]


class _Ended(msgspec.Struct):
    ended: int


class _Snapshots(msgspec.Struct):
    snapshots: list[Snapshot]
