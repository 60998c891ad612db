"""Branch steps and random cohorts: a run takes one of several ways."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from .conditions import holds
from .outcomes import GoTo
from .renderings import rendered_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .outcomes import Outcome
    from .plans import PlannedBranch, PlannedStep
    from .runs import Run

__all__ = ["branch_step", "cohort_of", "cohort_step"]

_WHOLE: Final = 1 << 64


def branch_step(run: Run, planned: PlannedStep) -> Outcome:
    """Take the first branch whose conditions hold; the default has none (BRANCH-FIRST-TRUE, BRANCH-DEFAULT)."""
    for each in planned.branches:
        if holds(each.branch.conditions, run.scope):
            return _take(run, planned, each)
    return run.skip(planned.step, "no_branch_matched")


def cohort_step(run: Run, planned: PlannedStep) -> Outcome:
    """Take the cohort that the recipient, or what the cohort key says, always falls to (EXPERIMENT-STABLE).

    Raises:
        StepFailed: the cohort key cannot be rendered.
    """
    collection, id_ = run.ref
    key = rendered_key(run, planned.step.cohort_key) or f"{collection}/{id_}"
    return _take(run, planned, cohort_of(planned.branches, f"{run.plan.workflow.key}/{planned.step.ref}/{key}"))


def cohort_of(cohorts: Sequence[PlannedBranch], key: str) -> PlannedBranch:
    """Return the cohort of a key: always the same, and by their weights over many keys; none of weight 0."""
    digest = blake2b(key.encode(errors="surrogatepass"), digest_size=8).digest()
    point = int.from_bytes(digest) / _WHOLE * sum(each.branch.percentage for each in cohorts)
    weighty = [each for each in cohorts if each.branch.percentage > 0]
    for each in weighty:
        point -= each.branch.percentage
        if point < 0:
            return each
    return weighty[-1]


def _take(run: Run, planned: PlannedStep, taken: PlannedBranch) -> Outcome:
    run.tell(planned.step, "branch_taken", {"name": taken.branch.name, "position": planned.branches.index(taken)})
    return GoTo(taken.start)
