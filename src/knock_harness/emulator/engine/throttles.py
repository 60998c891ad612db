"""Throttle steps: within a window only so many runs go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knock_harness.emulator.clock import stamp
from knock_harness.emulator.message import as_json

from .conditions import holds
from .durations import InvalidDelay
from .outcomes import End
from .templates import TemplateFailed
from .windows import key_of, window_end

if TYPE_CHECKING:
    from .outcomes import Outcome
    from .plans import PlannedStep
    from .runs import Run

__all__ = ["throttle_step"]


def throttle_step(run: Run, planned: PlannedStep) -> Outcome:
    """Let the run pass, or end it as others passed before (THROTTLE-DROPS, THROTTLE-STOPS-RUN).

    The first that passes opens the window; those that are refused do not prolong it (THROTTLE-REOPENS).
    """
    step, settings = planned.step, planned.step.settings
    if not holds(step.conditions, run.scope):
        return run.skip(step, "conditions_not_met")
    try:
        key = key_of(run.scope, settings.get("throttle_key"))
        ends_at = window_end(run, settings, length="throttle_window", path="throttle_window_field_path")
    except (InvalidDelay, TemplateFailed) as error:  # also while a window is open that another run told
        return _skip(run, planned, str(error))
    if key is None and settings.get("throttle_key"):
        return _skip(run, planned, "the throttle key has no value")
    place = as_json([run.plan.workflow.key, step.ref, key])  # THROTTLE-PER-WORKFLOW, THROTTLE-KEY
    throttles = run.environment.store.throttles
    passed = throttles.passed(run.ref, place, now=run.stamp)
    if passed >= settings.get("throttle_limit", 1):
        run.tell(step, "throttled", {"limit": settings.get("throttle_limit", 1)})
        return End()
    if passed:
        throttles.let_pass(run.ref, place)
        return None
    throttles.open(run.ref, place, now=run.stamp, ends_at=stamp(ends_at))
    return None


def _skip(run: Run, planned: PlannedStep, reason: str) -> Outcome:
    """Let the run pass uncounted, with an error on it (THROTTLE-INVALID-SKIPS)."""
    run.tell(planned.step, "throttle_skipped", {"reason": reason}, failed=True)
    return None
