"""What the control API answers, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec

__all__ = [
    "ActiveFault",
    "Branch",
    "Channel",
    "Clock",
    "Difference",
    "Due",
    "EnvironmentInfo",
    "EventWebhook",
    "Guide",
    "Health",
    "Key",
    "Limits",
    "MessagePage",
    "Moved",
    "NearMiss",
    "Operations",
    "ProviderRule",
    "Recorded",
    "RequestPage",
    "Retention",
    "Seeded",
    "SeededIds",
    "SeededMessages",
    "SeededObjects",
    "Sent",
    "SentThrough",
    "Settings",
    "Snapshot",
    "State",
    "StepInfo",
    "Translation",
    "Workflow",
    "WorkflowDefinition",
]

KeyKind: TypeAlias = Literal["secret", "public"]


class Health(msgspec.Struct, frozen=True):
    """That an emulator answers, its version, and how many environments it has."""

    status: str
    version: str
    environments: int


class EnvironmentInfo(msgspec.Struct, frozen=True):
    """An environment: the secret key that opened it, the public key beside it, and the moment on its clock."""

    key: str
    public_key: str
    now: datetime


class Clock(msgspec.Struct, frozen=True):
    """The moment that a clock shows, and whether it goes on by itself (``real``) or not (``virtual``)."""

    now: datetime
    kind: str


class Moved(Clock, frozen=True):
    """A clock that was moved, and how many pieces of work were done on the way."""

    done: int


class Due(msgspec.Struct, frozen=True):
    """How many pieces of work wait for their time, and when the first of them is due (None: there is none)."""

    waiting: int
    next: datetime | None


class State(msgspec.Struct, frozen=True):
    """What an environment holds, and what it waits for.

    Attributes:
        key: the secret key that opened it.
        clock: its clock.
        counts: how many records of each kind there are, such as ``users`` and ``messages``.
        runs_waiting: runs that have paused, such as in a delay or a batch.
        due: what waits for its time.
        outbound_calls: calls of servers that are yet to be answered.
        journal: requests in the journal.
        faults: faults that are not over.
        settings: by name.
    """

    key: str
    clock: Clock
    counts: Mapping[str, int]
    runs_waiting: int
    due: Due
    outbound_calls: int
    journal: int
    faults: int
    settings: Mapping[str, Any]


class StepInfo(msgspec.Struct, frozen=True):
    """A step of a workflow."""

    ref: str
    type: str


class Workflow(msgspec.Struct, frozen=True):
    """A committed workflow; its version id follows from its content."""

    key: str
    name: str
    active: bool
    version_id: str
    categories: Sequence[str]
    steps: Sequence[StepInfo]


class WorkflowDefinition(Workflow, frozen=True):
    """A committed workflow with its definition, as in the layout of Knock's CLI, texts in place."""

    definition: Mapping[str, Any]


class Channel(msgspec.Struct, frozen=True):
    """A channel as it is configured."""

    id: str
    key: str
    type: str
    provider: str
    name: str
    settings: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime


class Guide(msgspec.Struct, frozen=True):
    """A committed guide, with the refs of its steps."""

    id: str
    key: str
    channel_key: str
    type: str
    active: bool
    steps: Sequence[str]
    created_at: datetime


class Translation(msgspec.Struct, frozen=True):
    """The texts of a locale in a namespace (empty: none)."""

    locale: str
    namespace: str
    texts: Mapping[str, Any]


class Branch(msgspec.Struct, frozen=True):
    """A branch, and when it was made."""

    slug: str
    created_at: datetime


class Key(msgspec.Struct, frozen=True):
    """A key of an environment.

    Attributes:
        key: what is sent.
        kind: ``secret`` or ``public``.
        status: ``valid``, ``expired`` or ``revoked``.
        created_at: when it was made.
        expires_at: from when on it is refused as expired; None: it does not expire.
        revoked_at: since when it is refused; None: it is not revoked.
    """

    key: str
    kind: KeyKind
    status: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class Settings(msgspec.Struct, frozen=True):
    """What is set for an environment, beside what has operations of its own."""

    enhanced_security: bool
    journal_entries: int
    strict_templates: bool


class Limits(msgspec.Struct, frozen=True):
    """How many requests are admitted: in a word, and in a second for each tier (None: any number)."""

    limits: str
    per_second: Mapping[str, float | None]


class ProviderRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a provider does with the messages that it covers; what is not given covers all.

    Attributes:
        channel: the key or the id of a channel.
        channel_type: such as ``email``.
        address: a pattern, such as ``*@gone.example``.
        workflow: the key of a workflow.
        answer: ``accept``, ``bounce`` or ``fail``.
        status: with what to fail; 408, 425, 429 and 500 to 599 ask for another try, all others are final.
        times: so many tries of a message fail, the next is taken; None: all fail.
        report: what is said later of an email or an SMS: ``delivered``, ``bounced``, ``undelivered`` or ``nothing``.
        report_after_s: how much later.
    """

    channel: str | None = None
    channel_type: str | None = None
    address: str | None = None
    workflow: str | None = None
    answer: str = "accept"
    status: int = 503
    times: int | None = None
    report: str = "delivered"
    report_after_s: float = 0.0


class EventWebhook(msgspec.Struct, frozen=True):
    """A server that hears of messages: where it is, by which secret posts are signed, and what it hears of."""

    id: str
    url: str
    secret: str
    events: Sequence[str]


class Retention(msgspec.Struct, frozen=True):
    """For how long messages and runs are seen, and whether in-app messages stay in their feeds beyond that."""

    window_s: float
    keeps_feeds: bool


class ActiveFault(msgspec.Struct, frozen=True):
    """A fault that is not over, and how far it got.

    Attributes:
        id: its number.
        fault: what it does.
        requests_met: how many requests of its operations came since.
        requests_hit: how many of them it hit.
        requests_left: how many it will still meet; None: it does not count them.
        until: when it ends; None: it does not look at the clock.
    """

    id: int
    fault: Mapping[str, Any]
    requests_met: int
    requests_hit: int
    requests_left: int | None
    until: datetime | None


class Recorded(msgspec.Struct, frozen=True):
    """A request in the journal, and its answer.

    Attributes:
        id: its number.
        at: the moment on the clock of the environment.
        request_id: as its answer names it.
        method: in capitals.
        path: percent-decoded.
        operation: the operationId; None: it is none of the API.
        path_parameters: of the operation.
        query: the values of each name.
        headers: pairs of name and value, without secrets.
        body: the value, or the text where it is no JSON or was cut; None: there is none.
        body_bytes: how long the body was.
        status: of the answer; None: none was sent.
        answer: as `body`.
        answer_bytes: how long the answer was.
        faults: the numbers of the faults that hit it.
    """

    id: int
    at: datetime
    request_id: str
    method: str
    path: str
    operation: str | None
    path_parameters: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    headers: Sequence[tuple[str, str]]
    body: Any
    body_bytes: int
    status: int | None
    answer: Any
    answer_bytes: int
    faults: Sequence[int]


class RequestPage(msgspec.Struct, frozen=True):
    """Requests, newest first; how many there are in all; and how many are not kept any more."""

    requests: Sequence[Recorded]
    count: int
    forgotten: int


class Difference(msgspec.Struct, frozen=True):
    """A part of a request that is not as expected; ``found`` is `UNSET` where there is nothing."""

    part: str
    at: str
    expected: Any
    found: Any = msgspec.UNSET


class NearMiss(msgspec.Struct, frozen=True):
    """A request that is nearly as expected, how far it is from it, and what is different."""

    request: Recorded
    distance: float
    differences: Sequence[Difference]


class Operations(msgspec.Struct, frozen=True):
    """How often each operation was called, and which never were."""

    called: Mapping[str, int]
    never_called: Sequence[str]


class SentThrough(msgspec.Struct, frozen=True):
    """The channel of a message; all but the id is None once the channel is gone."""

    id: str
    key: str | None
    type: str | None
    provider: str | None


class Sent(msgspec.Struct, frozen=True):
    """A message that was sent, or would have been.

    Attributes:
        place: its place in the outbox.
        message_id: by which the API knows it.
        at: when it was made.
        status: as it is now.
        workflow: the key of what it comes from.
        run_id: of the trigger; None: there was none.
        recipient_run_id: of the run for its recipient; None: there was none.
        recipient: the id of a user, or id and collection of an object.
        tenant: for which it was made; None: none.
        channel: through which.
        to: the address, as far as there is one.
        content: as it was rendered.
        attempts: what was asked of the provider, and what it answered.
    """

    place: int
    message_id: str
    at: datetime
    status: str
    workflow: str
    run_id: str | None
    recipient_run_id: str | None
    recipient: Any
    tenant: str | None
    channel: SentThrough
    to: Any
    content: Mapping[str, Any]
    attempts: Sequence[Mapping[str, Any]]


class MessagePage(msgspec.Struct, frozen=True):
    """Messages, oldest first; after which place the others come (None: these are all); and how many fit in all."""

    messages: Sequence[Sent]
    after: int | None
    count: int


class Snapshot(msgspec.Struct, frozen=True):
    """A snapshot: its name, the moment it was taken, and what it takes in memory."""

    name: str
    at: datetime
    bytes: int


class SeededIds(msgspec.Struct, frozen=True):
    """Which ids were seeded: how many, how one follows from its number, the first and the last."""

    count: int
    pattern: str
    first: str | None
    last: str | None


class SeededObjects(SeededIds, frozen=True):
    """Which objects of a collection were seeded."""

    collection: str


class SeededMessages(msgspec.Struct, frozen=True):
    """Which messages of a workflow were seeded: how many, the oldest and the newest."""

    workflow: str
    count: int
    first: str | None
    last: str | None


class Seeded(msgspec.Struct, frozen=True):
    """What was seeded."""

    users: SeededIds
    tenants: SeededIds
    objects: Sequence[SeededObjects]
    messages: Sequence[SeededMessages]
