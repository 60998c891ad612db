"""Recipient runs: begun by an order, paused by delays, ended by their last step."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.emulator.clock import moment, stamp
from knock_harness.emulator.definitions import is_active
from knock_harness.emulator.message import NewActivity, as_json
from knock_harness.emulator.outbound import decode_answered
from knock_harness.emulator.preferences import effective
from knock_harness.emulator.references import reference
from knock_harness.emulator.store.runs import RunRow

from .batched import changed, of_first_activity, widened
from .conditions import holds
from .events import Events
from .kinds import KINDS
from .orders import GO_ON, Order, Progress, decode_progress, encode
from .outcomes import End, GoTo, StepFailed, Wait
from .plans import END
from .scopes import RunScope
from .waits import HAPPENED, decode_happened
from .waits import happened as tell_waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from knock_harness.contract.project import Step
    from knock_harness.emulator.environment import Environment
    from knock_harness.emulator.outbound import OutboundAnswer, OutboundRequest
    from knock_harness.emulator.preference_sets import Settings
    from knock_harness.emulator.references import Ref
    from knock_harness.emulator.store.runs import Paused

    from .orders import Addressee
    from .outcomes import Outcome
    from .plans import Plan

__all__ = [
    "ANSWERED",
    "GO_ON",
    "HAPPENED",
    "QUEUE",
    "Run",
    "answered",
    "begin",
    "cancel",
    "go_on",
    "happened",
    "queue",
]

ANSWERED: Final = "run_answered"  # kinds of due work
QUEUE: Final = "queue_runs"
#: Runs of one order that are carried out in one piece of work; requests wait for what was begun, which is several
#: pieces. So few recipients are not queued at all.
AT_A_TIME: Final = 2
FEW: Final = 8
#: Runs of one order that are put into the queue in one piece of work.
PORTION: Final = 16
_LEAST: Final = timedelta(microseconds=1)

_decode_data = msgspec.json.Decoder(dict[str, object]).decode
_decode_ids = msgspec.msgpack.Decoder(list[str]).decode
#: An order for a portion of its recipients, and when its runs begin.
_decode_portion = msgspec.msgpack.Decoder(tuple[Order, str]).decode


class Run:
    """The run for one recipient, from one pause to the next.

    Attributes:
        environment: whose records it works on.
        plan: the version of the workflow that it follows.
        id: its own.
        progress: how far it has come.
        events: what happened in it.
        at: the moment; `stamp` is the same as the API writes it.
        answer: what came of the call that the step made which the run waits in.
        event: what happened that the step may wait for.
    """

    answer: OutboundAnswer | None = None
    event: Mapping[str, Any] | None = None

    def __init__(
        self,
        environment: Environment,
        plan: Plan,
        run_id: str,
        progress: Progress,
        events: Events,
        *,
        at: datetime,
    ) -> None:
        self.environment = environment
        self.plan = plan
        self.id = run_id
        self.progress = progress
        self.events = events
        self.at = at
        self.stamp = stamp(at)

    @property
    def ref(self) -> Ref:
        """Return the recipient."""
        return self.progress.order.addressees[0].ref

    @cached_property
    def scope(self) -> RunScope:
        """Return what the run knows, as the records stand now (ENGINE-CONDITION-AT-STEP)."""
        order, batched = self.progress.order, self.progress.batch
        scope = RunScope(
            self.environment,
            self.plan,
            order,
            order.addressees[0],
            data=_decode_data(order.data),
            now=self.at,
            messages_of=self.events.messages_of,
        )
        return scope if batched is None else widened(scope, self.environment, batched)

    @property
    def preference_scope(self) -> RunScope:
        """Return what the conditions of preferences are judged on (RUNPREF-CONDITIONS-BATCH)."""
        batched = self.progress.batch
        return self.scope if batched is None else of_first_activity(self.scope, batched)

    @cached_property
    def preferences(self) -> Settings:
        """Return the settings of the recipient that decide what is sent."""
        return effective(self.environment, self.ref, tenant=self.progress.order.tenant)

    @property
    def activities(self) -> Sequence[NewActivity]:
        """Return the triggers that the run carries out: its own, or those that a batch collected."""
        progress = self.progress
        if progress.batch is not None:
            return progress.batch.activities
        order = progress.order
        return (NewActivity(progress.activity_id, order.actor, progress.trigger_data or order.data, order.at),)

    def go(self) -> Wait | End:
        """Carry out steps until the run is over or waits."""
        progress = self.progress
        if progress.next_step == 0 and not progress.waits:
            self.tell_waiting("started")
            if not holds(self.plan.workflow.conditions, self.scope):
                self.events.add("run_halted", self.stamp, data={"reason": "conditions_not_met"})
                return End()  # ENGINE-TRIGGER-CONDITION-HALT
        while progress.next_step != END:
            planned = self.plan.steps[progress.next_step]
            kind = KINDS[planned.step.type]
            try:
                outcome = kind.resume(self, planned) if progress.waits else kind.enter(self, planned)
            except StepFailed as error:
                self.tell(planned.step, "step_failed", {"reason": str(error)}, failed=True, attempt=error.attempt)
                return End()
            progress.waits = isinstance(outcome, Wait)
            if outcome is None:
                progress.next_step = planned.next
            elif isinstance(outcome, GoTo):
                progress.next_step = outcome.place
            else:
                return outcome
            if progress.memory:
                progress.memory = b""
        return End()

    def tell_waiting(self, key: str) -> None:
        """Tell other runs of the recipient, which may wait for it, that this one ``started`` or is ``completed``."""
        if "workflow" not in self.environment.store.waits.kinds:
            return
        about = {"source_key": self.plan.workflow.key, "run_id": self.id}
        tell_waiting(self.environment, "workflow", key, self.ref, about, at=self.at)

    @property
    def data(self) -> Mapping[str, Any]:
        """Return the data of the run, as its steps left it."""
        data: Mapping[str, Any] = self.scope.variables["data"]
        return data

    def put_data(self, data: Mapping[str, Any]) -> None:
        """Let the run have other data from now on."""
        batched = self.progress.batch
        if batched is not None:
            batched.message_data = as_json(changed(_decode_data(batched.message_data), self.data, data))
        self.progress.trigger_data = self.progress.trigger_data or self.progress.order.data
        self.progress.order = msgspec.structs.replace(self.progress.order, data=as_json(data))
        self.look_again()

    @contextmanager
    def causing(self) -> Iterator[None]:
        """Let this run be the cause of what a change of records starts."""
        self.environment.cause = self.progress
        try:
            yield
        finally:
            self.environment.cause = None

    def look_again(self) -> None:
        """Let the steps that follow see records and data as they are now."""
        self.__dict__.pop("scope", None)
        self.__dict__.pop("preferences", None)

    def call_out(self, request: OutboundRequest) -> None:
        """Ask somebody outside; when the answer is there, the step that waits in the run takes it from `answer`."""
        self.environment.call_out(request, answered_by=ANSWERED, about=self.id.encode())

    def tell(
        self, step: Step, event: str, data: dict[str, Any] | None = None, *, failed: bool = False, attempt: int = 1
    ) -> None:
        """Add an event of a step."""
        self.events.add(event, self.stamp, step=(step.ref, step.type), data=data, failed=failed, attempt=attempt)

    def skip(self, step: Step, reason: str) -> Outcome:
        """Skip a step and say why: the run goes on with what follows (ENGINE-SKIP-CONTINUES)."""
        self.tell(step, "step_skipped", {"reason": reason})
        return None


def begin(environment: Environment, plan: Plan, order: Order, addressees: Sequence[Addressee], *, at: datetime) -> None:
    """Run an order for recipients: at once if they are few, else in portions (TRIGGER-ASYNC)."""
    now = stamp(at)
    if now >= environment.purge.due_from:
        environment.purge.plan(at=at)
    if order.depth and addressees:  # those that a workflow starts share what it may start
        order = msgspec.structs.replace(order, allowance=order.allowance // len(addressees))
    about = _about(order)
    if len(addressees) <= FEW:
        for each in addressees:
            run = Run(environment, plan, environment.ids.uuid(), _progress(environment, order, each), Events(), at=at)
            environment.store.runs.add(_carried_on(run, inserted_at=now, about=about))
        return
    if len(addressees) <= PORTION:
        _queue(environment, order, addressees, about=about, at=at)
        return
    for start in range(0, len(addressees), PORTION):  # none begins, and no cancellation is carried out, before all wait
        portion = msgspec.structs.replace(order, addressees=list(addressees[start : start + PORTION]))
        environment.later(QUEUE, encode((portion, now)), at=at - _LEAST)


def queue(environment: Environment, payload: bytes, at: datetime) -> None:  # noqa: ARG001 - `at` is too early
    """Queue the runs of a portion of an order (RECIPIENT-FANOUT-PAGES)."""
    order, began_at = _decode_portion(payload)
    _queue(environment, order, order.addressees, about=_about(order), at=moment(began_at))


def _queue(
    environment: Environment, order: Order, addressees: Sequence[Addressee], *, about: str | None, at: datetime
) -> None:
    now = stamp(at)
    rows = [_queued(environment, order, each, at=now, about=about) for each in addressees]
    environment.store.runs.add_all(rows)
    for start in range(0, len(rows), AT_A_TIME):
        ids = [row.id for row in rows[start : start + AT_A_TIME]]
        environment.later(GO_ON, encode(ids), at=at)


def go_on(environment: Environment, payload: bytes, at: datetime) -> None:
    """Carry on with the runs whose ids are the payload; those that do not wait any more are passed over."""
    for run_id in _decode_ids(payload):
        paused = environment.store.runs.waiting(run_id)
        if paused is not None:
            _go_on(_resumed(environment, paused, at=at))


def answered(environment: Environment, payload: bytes, at: datetime) -> None:
    """Carry on with a run that called out; one that does not wait any more is passed over (CANCEL-FETCH-BACKOFF)."""
    about, answer = decode_answered(payload)
    paused = environment.store.runs.waiting(about.decode())
    if paused is not None:
        run = _resumed(environment, paused, at=at)
        run.answer = answer
        _go_on(run)


def happened(environment: Environment, payload: bytes, at: datetime) -> None:
    """Carry on with a run that waits for an event; one that does not any more is passed over (WAIT-EVENT)."""
    run_id, event = decode_happened(payload)
    paused = environment.store.runs.waiting(run_id)
    if paused is None or not environment.store.waits.remove(run_id):
        return
    if paused.wake is not None:
        environment.store.queue.remove(paused.wake)
    run = _resumed(environment, paused, at=at)
    run.event = _decode_data(event)
    _go_on(run)


def _go_on(run: Run) -> None:
    if run.progress.waits and not is_active(run.environment, run.plan.workflow.key):
        _end(run)  # WORKFLOW-INACTIVE-PAUSED-TERMINATES
    else:
        run.environment.store.runs.put(_carried_on(run))


def cancel(environment: Environment, paused: Iterable[Paused], *, at: datetime) -> None:
    """End runs that wait; their messages stay (CANCEL-PAUSED-DELAY, CANCEL-KEEPS-EARLIER-MESSAGES)."""
    for each in paused:
        if each.wake is not None:
            environment.store.queue.remove(each.wake)
        _end(_resumed(environment, each, at=at))


def _end(run: Run) -> None:
    if run.progress.waits:
        planned = run.plan.steps[run.progress.next_step]
        leave = KINDS[planned.step.type].leave
        if leave is not None:
            leave(run, planned)
    run.events.add("run_cancelled", run.stamp)
    run.environment.store.runs.put(_row(run.id, run.progress, "cancelled", run.events, at=run.stamp))


def _resumed(environment: Environment, paused: Paused, *, at: datetime) -> Run:
    progress = decode_progress(paused.state)
    plan = environment.plans.pinned(environment.project, progress.order.version_id)
    return Run(environment, plan, paused.id, progress, Events(paused.events), at=at)


def _progress(environment: Environment, order: Order, each: Addressee) -> Progress:
    data = order.data
    if each.own_data:
        data = as_json({**_decode_data(data), **_decode_data(each.own_data)})
    own = msgspec.structs.replace(order, addressees=[each], data=data)
    return Progress(own, activity_id=environment.ids.uuid())


def _queued(environment: Environment, order: Order, each: Addressee, *, at: str, about: str | None) -> RunRow:
    progress = _progress(environment, order, each)
    run_id, state = environment.ids.uuid(), encode(progress)
    return _row(run_id, progress, "queued", Events(), at=at, inserted_at=at, about=about, state=state)


def _carried_on(run: Run, *, inserted_at: str = "", about: str | None = None) -> RunRow:
    outcome, status, state, wake = run.go(), "paused", None, None
    if isinstance(outcome, End):
        status = outcome.status
        run.events.add(f"run_{status}", run.stamp)
        if status == "completed":
            run.tell_waiting("completed")
    else:
        state = encode(run.progress)
        if outcome.until is not None:
            wake = run.environment.later(GO_ON, encode([run.id]), at=outcome.until)
    return _row(
        run.id,
        run.progress,
        status,
        run.events,
        at=run.stamp,
        inserted_at=inserted_at,
        about=about,
        state=state,
        wake=wake,
    )


def _row(
    run_id: str,
    progress: Progress,
    status: str,
    events: Events,
    *,
    at: str,
    inserted_at: str = "",
    about: str | None = None,
    state: bytes | None = None,
    wake: int | None = None,
) -> RunRow:
    order = progress.order
    return RunRow(
        run_id,
        order.run_id,
        order.workflow,
        *order.addressees[0].ref,
        order.tenant,
        order.cancellation_key,
        status,
        events.errors,
        inserted_at,
        at,
        about,
        events.text(),
        state,
        wake,
    )


def _about(order: Order) -> str | None:
    """Return what all runs of an order show alike, as JSON (RUN-TRIGGER-SOURCE-API, -SCHEDULE, -AUDIENCE).

    Most runs come from the API without an actor: None says so.
    """
    if order.source == "api" and order.actor is None:
        return None
    source = {
        "type": order.source,
        "cancellation_key": order.cancellation_key,
        "schedule_id": order.schedule["id"] if order.schedule else None,
        "audience_key": order.audience,
    }
    actor = None if order.actor is None else reference(*order.actor)
    return f'"actor":{as_json(actor)},"trigger_source":{as_json(source)}'
