"""Batch steps: triggers for a recipient are collected until a window closes, and one run goes on for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.emulator.clock import moment, stamp
from knock_harness.emulator.definitions import workflow_of
from knock_harness.emulator.refusals import NotFound
from knock_harness.emulator.store.batches import BatchPlace

from .batched import Batched, combined
from .durations import InvalidDelay, ends_at
from .orders import GO_ON, encode
from .outcomes import End, GoTo, Wait
from .templates import TemplateFailed
from .windows import key_of, timezone_of, window_end

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from knock_harness.emulator.environment import Environment
    from knock_harness.emulator.store.batches import Batch
    from knock_harness.emulator.store.runs import Paused

    from .outcomes import Outcome
    from .plans import PlannedStep
    from .runs import Run

__all__ = ["NOBODY", "batch_closed", "batch_left", "batch_step", "close_for_nobody", "not_collecting"]

#: The kind of due work that closes a batch which no run waits in.
NOBODY: Final = "batch"
RENDER_LIMIT: Final = 10


def batch_step(run: Run, planned: PlannedStep) -> Outcome:
    """Let the run open a batch and wait, or leave what it brings to the batch that is open (BATCHSTEP-COLLECTS)."""
    try:
        place = _place(run, planned)
        found = run.environment.store.batches.find(place)
        if found is not None:
            return _join(run, planned, found)
        return _open(run, planned, place)
    except (InvalidDelay, TemplateFailed) as error:  # BATCHSTEP-DYNAMIC-INVALID-SKIPS
        run.tell(planned.step, "batch_skipped", {"reason": str(error)}, failed=True)
        return None


def batch_closed(run: Run, planned: PlannedStep) -> Outcome:
    """Go on with all that was collected, on the latest version where the step says so (BATCHSTEP-VERSION-MODE)."""
    batches, progress, settings = run.environment.store.batches, run.progress, planned.step.settings
    activities = batches.activities(run.id)
    batches.remove_of_run(run.id)
    run.tell(planned.step, "batch_closed", {"total_activities": len(activities)})
    if not activities:
        return End("cancelled")  # BATCHSTEP-CANCEL-ALL-EMPTY
    data, message_data = combined(activities)
    progress.batch = Batched(
        activities,
        message_data,
        settings.get("batch_order") == "desc",
        settings.get("batch_items_render_limit", RENDER_LIMIT),
    )
    follows = planned.next
    if settings.get("workflow_version_mode") == "latest":
        follows = _moved_on(run, planned)
    version = run.plan.workflow.version_id
    progress.order = msgspec.structs.replace(progress.order, data=data, actor=activities[0].actor, version_id=version)
    run.look_again()
    return GoTo(follows)


def batch_left(run: Run, planned: PlannedStep) -> None:  # noqa: ARG001 - as every step has it
    """Drop the batch of a run that ends while it waits there."""
    wake = run.environment.store.batches.remove_of_run(run.id)
    if wake is not None:
        run.environment.store.queue.remove(wake)


def close_for_nobody(environment: Environment, payload: bytes, at: datetime) -> None:  # noqa: ARG001 - a task
    """Close a batch that collected nothing since the first trigger went through (BATCHSTEP-FLUSH-LEADING)."""
    environment.store.batches.remove(msgspec.msgpack.decode(payload, type=int))


def not_collecting(environment: Environment, paused: Iterable[Paused]) -> list[Paused]:
    """Return the runs that do not wait in an open batch: the others outlive the trigger (BATCHSTEP-CANCEL-OPENER)."""
    return [each for each in paused if not environment.store.batches.is_collecting(each.id)]


def _place(run: Run, planned: PlannedStep) -> BatchPlace:
    settings, workflow = planned.step.settings, run.plan.workflow
    return BatchPlace(
        workflow.key,
        run.ref,  # BATCHSTEP-PER-RECIPIENT
        planned.step.ref,
        "" if settings.get("workflow_version_mode") == "latest" else workflow.version_id,
        key_of(run.scope, settings.get("batch_key")) or "",  # BATCHSTEP-KEY
    )


def _open(run: Run, planned: PlannedStep, place: BatchPlace) -> Outcome:
    environment, step = run.environment, planned.step
    closes_at = window_end(run, step.settings, length="batch_window", path="batch_until_field_path")
    batches = environment.store.batches
    passes = step.settings.get("batch_execution_mode") == "flush_leading"
    until, run_id = stamp(closes_at), None if passes else run.id
    seq = batches.open(place, run_id=run_id, opened_at=run.stamp, closes_at=until)
    if passes:
        wake = environment.later(NOBODY, encode(seq), at=closes_at)
    else:
        wake = environment.later(GO_ON, encode([run.id]), at=closes_at)
        batches.add(seq, run.activities, cancellation_key=run.progress.order.cancellation_key)
    batches.close_at(seq, until, wake=wake, run_id=run_id)
    run.tell(step, "batch_opened", {"closes_at": until})
    return None if passes else Wait(None)


def _join(run: Run, planned: PlannedStep, found: Batch) -> Outcome:
    batches, step = run.environment.store.batches, planned.step
    batches.add(found.seq, run.activities, cancellation_key=run.progress.order.cancellation_key)
    _plan_closing(run, step.settings, found)
    if found.run_id is None:  # the first one went through: this one goes on in its place
        run.tell(step, "batch_opened", {"closes_at": found.closes_at})
        return Wait(None)
    run.tell(step, "batch_joined", {"workflow_recipient_run_id": found.run_id})
    return End()  # BATCHSTEP-ABSORBED-RUNS-END


def _plan_closing(run: Run, settings: Mapping[str, Any], found: Batch) -> None:
    """Let a batch that took something in close when it must now, and for the run that must wait if none did."""
    environment, brought = run.environment, len(run.activities)
    closes_at, is_open = moment(found.closes_at), True
    if settings.get("batch_window_type") == "sliding":
        closes_at = _slid(run, settings, found)
        is_open = closes_at > run.at  # BATCHSTEP-SLIDING-SHORT-LIMIT
    if found.size + brought >= settings.get("batch_items_max_limit", found.size + brought + 1):
        closes_at, is_open = run.at, False  # BATCHSTEP-MAX-ITEMS
    if stamp(closes_at) == found.closes_at and is_open and found.run_id is not None:
        return
    run_id = found.run_id or run.id
    environment.store.queue.remove(found.wake)
    wake = environment.later(GO_ON, encode([run_id]), at=max(closes_at, run.at))
    environment.store.batches.close_at(found.seq, stamp(closes_at), wake=wake, run_id=run_id, is_open=is_open)


def _slid(run: Run, settings: Mapping[str, Any], found: Batch) -> datetime:
    """Return when a sliding window closes: so long after this trigger, but not beyond the limit (BATCHSTEP-SLIDING)."""
    opened_at, timezone = moment(found.opened_at), timezone_of(run)
    if settings.get("batch_until_field_path"):  # BATCHSTEP-DYNAMIC-IMMUTABLE
        closes_at = run.at + (moment(found.first_closes_at) - opened_at)
    else:
        closes_at = ends_at(settings["batch_window"], is_dynamic=False, now=run.at, timezone=timezone)
    limit = settings.get("batch_window_extension_limit")
    if not limit:
        return closes_at
    return min(closes_at, ends_at(limit, is_dynamic=False, now=opened_at, timezone=timezone))


def _moved_on(run: Run, planned: PlannedStep) -> int:
    """Let a run follow the latest version, if that has the step, and return the place of what comes behind it."""
    environment = run.environment
    try:
        workflow = workflow_of(environment, run.plan.workflow.key, run.progress.order.branch)
    except NotFound:
        return planned.next
    latest = environment.plans.plan(environment.project, workflow)
    same = next((each for each in latest.steps if each.step.ref == planned.step.ref), None)
    if same is None:
        return planned.next
    run.plan = latest
    return same.next
