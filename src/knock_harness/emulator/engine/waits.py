"""Steps that wait for an event: the run goes on when it happens, or when the time for it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.emulator.clock import moment, stamp

from .conditions import holds
from .durations import InvalidDelay, duration
from .orders import encode
from .outcomes import End, StepFailed, Wait

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from knock_harness.emulator.environment import Environment
    from knock_harness.emulator.references import Ref
    from knock_harness.emulator.store.messages import Listener, MessageEvent

    from .outcomes import Outcome
    from .plans import PlannedStep
    from .runs import Run

__all__ = ["HAPPENED", "decode_happened", "follow_messages", "happened", "wait_ended", "wait_left", "wait_step"]

HAPPENED: Final = "happened"  # a kind of due work
_LISTENER: Final = "waits"
_MESSAGE: Final = "message"

#: The run that may go on, and the event, as JSON.
decode_happened = msgspec.msgpack.Decoder(tuple[str, bytes]).decode


def happened(
    environment: Environment, kind: str, key: str, recipient: Ref, about: Mapping[str, Any], *, at: datetime
) -> None:
    """Tell of an event the runs that may wait for it.

    Args:
        environment: where it happened.
        kind: such as ``message``.
        key: such as ``read``.
        recipient: whose event it is; those of others let nobody go on.
        about: what else is known of it.
        at: when.
    """
    waits = environment.store.waits
    if kind not in waits.kinds:
        return
    event = msgspec.json.encode({"event_type": kind, "event_key": key, "inserted_at": stamp(at), **about})
    for run_id in waits.waiting(kind, key, recipient):
        environment.later(HAPPENED, encode((run_id, event)), at=at)


def follow_messages(environment: Environment) -> None:
    """Let the runs that wait for a message hear of what happens to messages, while there may be such runs."""
    listeners = environment.store.messages.listeners
    if _MESSAGE not in environment.store.waits.kinds:
        listeners.pop(_LISTENER, None)
    elif _LISTENER not in listeners:
        listeners[_LISTENER] = _listener(environment)


def _listener(environment: Environment) -> Listener:
    def listen(event: MessageEvent) -> None:
        found = environment.store.messages.whose(event.id)
        if found is not None:
            recipient, told = found
            about = {**told, "message_id": event.id, "data": event.data}
            key, at = event.type.removeprefix("message."), moment(event.at)
            happened(environment, _MESSAGE, key, recipient, about, at=at)

    return listen


def wait_step(run: Run, planned: PlannedStep) -> Outcome:
    """Let the run wait for an event of its recipient (WAIT-EVENT).

    Raises:
        StepFailed: the time for it ends beyond the calendar.
    """
    limit = planned.step.settings.get("expires_after")
    try:
        until = None if limit is None else run.at + duration(limit)
    except (InvalidDelay, OverflowError, ValueError) as error:
        raise StepFailed(str(error)) from None
    run.tell(planned.step, "wait_started", {"until": None if until is None else stamp(until)})
    return _wait(run, planned, until)


def wait_ended(run: Run, planned: PlannedStep) -> Outcome:
    """Go on, or halt, as the step says: the event happened, or the time for it is over (WAIT-EVENT)."""
    step, settings = planned.step, planned.step.settings
    event, run.event = run.event, None
    if event is None:
        run.environment.store.waits.remove(run.id)
        run.tell(step, "wait_timed_out")
        return _next(run, settings.get("on_timeout") or "halt", "no_event_in_time")
    if not _matches(run, settings, event):
        until = msgspec.msgpack.decode(run.progress.memory, type=str)
        return _wait(run, planned, moment(until) if until else None)
    run.tell(step, "event_matched", {"event_type": event["event_type"], "event_key": event["event_key"]})
    return _next(run, settings.get("on_match"), "event_matched")


def wait_left(run: Run, planned: PlannedStep) -> None:  # noqa: ARG001 - as every step has it
    """Wait no more, as the run ends."""
    run.environment.store.waits.remove(run.id)


def _wait(run: Run, planned: PlannedStep, until: datetime | None) -> Wait:
    wanted = planned.step.settings["event"]
    run.environment.store.waits.add(run.id, wanted["event_type"], wanted.get("event_key") or "", run.ref)
    follow_messages(run.environment)
    run.progress.memory = encode("" if until is None else stamp(until))
    return Wait(until)


def _next(run: Run, wanted: str | None, reason: str) -> Outcome:
    if wanted != "halt":
        return None
    run.events.add("run_halted", run.stamp, data={"reason": reason})
    return End()


def _matches(run: Run, settings: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Say whether an event is of the kind and from where the step wants it, and one of its groups of conditions holds.

    An event of another kind can come late, for an earlier step that another event let go on.
    """
    wanted = settings["event"]
    of_kind = wanted["event_type"] == event["event_type"] and wanted.get("event_key") in {None, event["event_key"]}
    if not of_kind or not _comes_from(run, wanted, event):
        return False
    groups = settings.get("match_conditions")
    run.scope.variables["event"] = event
    return not groups or any(holds({"all": group.get("conditions")}, run.scope) for group in groups)


def _comes_from(run: Run, wanted: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    if wanted["event_type"] == "audience":
        return bool(wanted["audience_key"] == event["audience_key"])
    source = wanted.get("source_key")
    if source is None or source == event.get("source_key"):
        return True
    return event.get("message_id") in run.events.messages_of(source)  # the source may be a step of this run
