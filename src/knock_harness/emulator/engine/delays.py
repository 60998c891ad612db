"""Delay steps: the run waits for a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knock_harness.emulator.clock import stamp

from .conditions import holds
from .durations import InvalidDelay
from .outcomes import Wait
from .windows import window_end

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
    try:
        until = window_end(run, step.settings, length="delay_for", path="delay_until_field_path")
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
