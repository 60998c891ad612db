"""The steps of a workflow, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["DAYS", "MINUTES_A_DAY", "Branch", "SendWindow", "Step", "all_steps"]

#: The days of send windows, in the order of `datetime.weekday`.
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTES_A_DAY: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class SendWindow:
    """When a channel step may send on one day of the week.

    Attributes:
        weekday: 0 for Monday.
        sends: whether anything is sent on that day.
        from_minute: the first minute of the day that is open.
        until_minute: the first minute of the day that is closed again.
    """

    weekday: int
    sends: bool = True
    from_minute: int = 0
    until_minute: int = MINUTES_A_DAY


@dataclass(frozen=True, slots=True)
class Branch:
    """One of the ways that a run can take at a step of type ``branch`` or ``random_cohort``.

    Attributes:
        name: for people.
        steps: in order; none: the run goes on behind the step.
        conditions: when a run takes it; None: the default, which is the last one (and every cohort).
        terminates: whether a run that took it ends behind its last step.
        percentage: how many of a hundred recipients fall to it; of cohorts only.
    """

    name: str
    steps: tuple[Step, ...] = ()
    conditions: Mapping[str, Any] | None = None
    terminates: bool = False
    percentage: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a workflow.

    Attributes:
        ref: its name, unique in the workflow, branches included.
        type: one of `step_settings.STEP_TYPES`.
        conditions: ``{"all": [...]}`` or ``{"any": [...]}``; None: it always runs.
        channel_key: the channel that a channel step sends through; empty where `channel_group_key` is given.
        channel_type: of a channel step, where it says so.
        template: what a channel step sends.
        settings: how the step works, by the names of the definition; of a channel step: the settings of its channel
            that it overrides.
        name: for people.
        channel_group_key: the group of channels that a channel step sends through.
        send_windows: when a channel step may send; none: always.
        branches: of a branch or a random cohort.
        cohort_key: a template whose value decides the cohort; empty: the recipient decides.
    """

    ref: str
    type: str
    conditions: Mapping[str, Any] | None = None
    channel_key: str = ""
    channel_type: str = ""
    template: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    channel_group_key: str = ""
    send_windows: tuple[SendWindow, ...] = ()
    branches: tuple[Branch, ...] = ()
    cohort_key: str = ""


def all_steps(steps: Sequence[Step]) -> Iterator[Step]:
    """Yield steps and those in their branches, in the order of the definition."""
    for step in steps:
        yield step
        for branch in step.branches:
            yield from all_steps(branch.steps)
