"""Delay steps: the run waits for a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knock_harness.emulator.clock import stamp

from .conditions import holds
from .durations import InvalidDelay, resume_at, zone
from .outcomes import Wait

if TYPE_CHECKING:
    from .outcomes import Outcome
    from .plans import PlannedStep
    from .runs import Run

__all__ = ["delay_ended", "delay_step"]


def delay_step(run: Run, planned: PlannedStep) -> Outcome:
    """Let the run wait, or skip the step and say why (DELAY-FIXED)."""
    step = planned.step
    if not holds(step.conditions, run.scope):
        return run.skip(step, "conditions_not_met")
    if run.progress.order.skip_delay:  # TRIGGER-SETTINGS-SKIP-DELAY
        return run.skip(step, "delays_skipped")
    path = step.settings.get("delay_until_field_path")
    value = run.scope.value(path) if path else None
    timezone = zone(run.scope.timezone, default=run.environment.project.account.timezone)
    try:
        until = resume_at(step.settings, value, now=run.at, timezone=timezone)
    except InvalidDelay as error:  # DELAY-DYNAMIC-INVALID-SKIPS
        run.tell(step, "delay_skipped", {"reason": str(error)}, failed=True)
        return None
    if until <= run.at:
        return None
    run.tell(step, "delay_started", {"until": stamp(until)})
    return Wait(until)


def delay_ended(run: Run, planned: PlannedStep) -> Outcome:
    """Go on behind a delay."""
    run.tell(planned.step, "delay_finished")
    return None
