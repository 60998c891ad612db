"""The types of steps, and how each is carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .batches import batch_closed, batch_left, batch_step
from .branches import branch_step, cohort_step
from .channel_steps import channel_step
from .conditions import holds
from .delays import delay_ended, delay_step
from .fetches import fetch_answered, fetch_step
from .nested import trigger_workflow_step
from .outcomes import StepKind
from .throttles import throttle_step
from .updates import update_audience_step, update_data_step, update_record_step
from .waits import wait_ended, wait_left, wait_step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .outcomes import Outcome
    from .plans import PlannedStep
    from .runs import Run

__all__ = ["KINDS"]


def _never_waits(run: Run, planned: PlannedStep) -> Outcome:  # noqa: ARG001 - as every step has it
    raise RuntimeError(f"a step of type {planned.step.type} does not wait")


def _where_it_holds(enter: Callable[[Run, PlannedStep], Outcome]) -> Callable[[Run, PlannedStep], Outcome]:
    """Return a step that is skipped where its conditions do not hold (ENGINE-STEP-CONDITION-SKIP)."""

    def entered(run: Run, planned: PlannedStep) -> Outcome:
        if not holds(planned.step.conditions, run.scope):
            return run.skip(planned.step, "conditions_not_met")
        return enter(run, planned)

    return entered


#: By the `type` of the step.
KINDS: Final[Mapping[str, StepKind]] = {
    "batch": StepKind(batch_step, batch_closed, batch_left),
    "branch": StepKind(branch_step, _never_waits),
    "channel": StepKind(channel_step, _never_waits),
    "delay": StepKind(delay_step, delay_ended),
    "http_fetch": StepKind(fetch_step, fetch_answered),
    "random_cohort": StepKind(cohort_step, _never_waits),
    "throttle": StepKind(throttle_step, _never_waits),
    "trigger_workflow": StepKind(_where_it_holds(trigger_workflow_step), _never_waits),
    "update_audience": StepKind(_where_it_holds(update_audience_step), _never_waits),
    "update_data": StepKind(_where_it_holds(update_data_step), _never_waits),
    "update_object": StepKind(_where_it_holds(update_record_step), _never_waits),
    "update_tenant": StepKind(_where_it_holds(update_record_step), _never_waits),
    "update_user": StepKind(_where_it_holds(update_record_step), _never_waits),
    "wait_for_event": StepKind(_where_it_holds(wait_step), wait_ended, wait_left),
}
