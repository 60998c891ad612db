"""The types of steps, and how each is carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .channel_steps import channel_step
from .delays import delay_ended, delay_step
from .fetches import fetch_answered, fetch_step
from .outcomes import StepKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .outcomes import Outcome
    from .plans import PlannedStep
    from .runs import Run

__all__ = ["KINDS"]


def _never_waits(run: Run, planned: PlannedStep) -> Outcome:  # noqa: ARG001 - as every step has it
    raise RuntimeError(f"a step of type {planned.step.type} does not wait")


#: By the `type` of the step.
KINDS: Final[Mapping[str, StepKind]] = {
    "channel": StepKind(channel_step, _never_waits),
    "delay": StepKind(delay_step, delay_ended),
    "http_fetch": StepKind(fetch_step, fetch_answered),
}
