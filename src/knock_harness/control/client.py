"""The client of the control API."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Self

import httpx
import msgspec

from . import TOKEN_VARIABLE
from .definition_subjects import (
    ChannelsSubject,
    DefinitionsSubject,
    GuidesSubject,
    TranslationsSubject,
    WorkflowsSubject,
)
from .journal_subject import JournalSubject, StraysSubject
from .results import EnvironmentInfo, Health, State
from .subjects import (
    BranchesSubject,
    ClockSubject,
    DefaultsSubject,
    DeliveriesSubject,
    FaultsSubject,
    KeysSubject,
    LimitsSubject,
    OutboxSubject,
    RetentionSubject,
    SettingsSubject,
    SnapshotsSubject,
    WebhooksSubject,
    seed,
)
from .wire import Wire

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from .results import Seeded

__all__ = ["Control", "Environment"]

DEFAULT_TIMEOUT_S = 30.0


class Control:
    """Steers an emulator over its control API; may be shared by threads.

    Every method raises `ControlError` where the emulator refuses, and `TargetUnreachable` where it does not answer.

    Args:
        base_url: of the emulator, such as ``http://127.0.0.1:4000``.
        token: what an emulator that was started with a token wants to be shown; None: whatever the variable
            ``KNOCK_EMULATOR_TOKEN`` holds, if there is one.
        timeout_s: how long to wait for an answer; moving a clock and filling an environment take as long as they take.
        transport: through which; None: over sockets. An `EmulatorTransport` steers an emulator of this process.

    Attributes:
        strays: the requests that reached no environment.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        token = token if token is not None else os.environ.get(TOKEN_VARIABLE)
        self._client = httpx.Client(
            base_url=base_url,
            timeout=timeout_s,
            headers={} if not token else {"authorization": f"Bearer {token}"},
            transport=transport,
            trust_env=False,
            verify=not base_url.startswith("http://"),  # loading certificates takes longer than the rest
        )
        self._wire = Wire(self._client)
        self.strays = StraysSubject(self._wire)

    def __enter__(self) -> Self:
        """Return it; it is closed at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def health(self) -> Health:
        """Return that the emulator answers."""
        return self._wire.ask("GET", "/health", Health)

    def document(self) -> dict[str, Any]:
        """Return the OpenAPI document of the emulator's control API."""
        return self._wire.ask("GET", "/openapi", dict[str, Any])

    @property
    def environments(self) -> Sequence[EnvironmentInfo]:
        """Return the environments, in the order in which they were opened."""
        return self._wire.ask("GET", "/environments", _Environments).environments

    def environment(self, key: str | None = None) -> Environment:
        """Return what steers one environment.

        Args:
            key: the secret key that opened it, or another one of its secret keys; a test key that was never seen opens
                one. None: the first environment.
        """
        return Environment(Wire(self._client, environment=key))


class Environment:
    """Steers one environment of an emulator.

    Attributes:
        branches: on which workflows can differ.
        channels: through which workflows reach somebody.
        clock: its time.
        defaults: its default preferences, variables and the like.
        definitions: its layouts, partials, audiences and channel groups.
        deliveries: what third parties answer.
        faults: late answers, refusals, cut connections and garbage.
        guides: what applications show.
        journal: the requests it got.
        keys: what lets callers in.
        limits: how many requests are admitted.
        outbox: what was sent, or would have been.
        retention: for how long messages are seen.
        settings: what else is set.
        snapshots: copies, to which it can return.
        translations: texts in other languages.
        webhooks: who hears of messages.
        workflows: what a trigger starts.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.branches = BranchesSubject(wire)
        self.channels = ChannelsSubject(wire)
        self.clock = ClockSubject(wire)
        self.defaults = DefaultsSubject(wire)
        self.definitions = DefinitionsSubject(wire)
        self.deliveries = DeliveriesSubject(wire)
        self.faults = FaultsSubject(wire)
        self.guides = GuidesSubject(wire)
        self.journal = JournalSubject(wire)
        self.keys = KeysSubject(wire)
        self.limits = LimitsSubject(wire)
        self.outbox = OutboxSubject(wire)
        self.retention = RetentionSubject(wire)
        self.settings = SettingsSubject(wire)
        self.snapshots = SnapshotsSubject(wire)
        self.translations = TranslationsSubject(wire)
        self.webhooks = WebhooksSubject(wire)
        self.workflows = WorkflowsSubject(wire)

    def info(self) -> EnvironmentInfo:
        """Return its keys and the moment on its clock."""
        return self._wire.ask("GET", "/environment", EnvironmentInfo)

    def state(self) -> State:
        """Return what it holds, and what it waits for."""
        return self._wire.ask("GET", "/state", State)

    def reset(self) -> None:
        """Let it be as when it was first opened; its keys stay."""
        self._wire.tell("POST", "/reset")

    def seed(
        self,
        *,
        users: Mapping[str, Any] | None = None,
        tenants: Mapping[str, Any] | None = None,
        objects: Sequence[Mapping[str, Any]] | None = None,
        messages: Sequence[Mapping[str, Any]] | None = None,
    ) -> Seeded:
        """Fill it, and return which ids there are now: ``seed(users={"count": 1000})``; see the document."""
        return seed(self._wire, users=users, tenants=tenants, objects=objects, messages=messages)


class _Environments(msgspec.Struct):
    environments: list[EnvironmentInfo]
