"""What a step of a workflow says when it has been carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .plans import PlannedStep
    from .runs import Run

__all__ = ["End", "GoTo", "Outcome", "StepFailed", "StepKind", "Wait"]


class GoTo(NamedTuple):
    """The run goes on at a step of the plan, by its place; `plans.END`: it is over."""

    place: int


class Wait(NamedTuple):
    """The run waits at this step; None: not for a moment, but until something else lets it go on."""

    until: datetime | None


class End(NamedTuple):
    """The run is over; its status is then ``completed`` or ``cancelled``."""

    status: str = "completed"


#: None: the run goes on with the step that follows.
Outcome: TypeAlias = GoTo | Wait | End | None


class StepFailed(Exception):
    """A step failed for good: the run ends here (ENGINE-FAIL-HALTS).

    Attributes:
        attempt: which of its tries it was (RUN-EVENT-ATTEMPT).
    """

    def __init__(self, reason: str, *, attempt: int = 1) -> None:
        super().__init__(reason)
        self.attempt = attempt


class StepKind(NamedTuple):
    """How steps of one type are carried out; entering and resuming raise `StepFailed`.

    Attributes:
        enter: when the run comes to the step.
        resume: when the run, after it waited there, goes on. What `enter` left in `run.progress.memory` is still there.
        leave: when the run ends while it waits there, as it is cancelled; None: nothing is to be done.
    """

    enter: Callable[[Run, PlannedStep], Outcome]
    resume: Callable[[Run, PlannedStep], Outcome]
    leave: Callable[[Run, PlannedStep], None] | None = None
