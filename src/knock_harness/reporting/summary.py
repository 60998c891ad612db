"""The figures and sentences that all reports share."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import msgspec

from knock_harness.verify.results import Failure, Tally, weightiest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from knock_harness.verify.results import RequirementResult, Results

__all__ = [
    "BrokenRequirement",
    "ResourceRow",
    "again",
    "broken_requirements",
    "coverage_line",
    "heading",
    "holes_line",
    "resource_rows",
    "unchecked_line",
    "verdict_line",
    "warning_line",
]

#: The row of what was checked on no single operation.
ACROSS = "(across operations)"

#: Operations that are named in one line; the results file names all.
_NAMED = 12


class BrokenRequirement(msgspec.Struct, frozen=True):
    """A requirement that was broken, by its best example.

    Attributes:
        example: the failure that is easiest to read: the smallest request, if one was reduced.
        elsewhere: the other operations it was broken on.
    """

    example: Failure
    elsewhere: tuple[str, ...]


class ResourceRow(msgspec.Struct, frozen=True):
    """What came of one resource.

    Attributes:
        resource: its name.
        operations: how many of it were to be asked.
        reached: how many of them answered 2xx.
        passed: requirements that held on all its operations they were judged on.
        failed: requirements that were broken on at least one.
        skipped: requirements that could not be judged on any.
        holes: what was never exercised, over all its operations.
    """

    resource: str
    operations: int
    reached: int
    passed: int
    failed: int
    skipped: int
    holes: int


def broken_requirements(results: Results) -> tuple[BrokenRequirement, ...]:
    """Return each requirement that was broken, once, in the order of the failures; unstable findings by themselves."""
    found: dict[tuple[str, bool], list[Failure]] = defaultdict(list)
    for failure in results.failures:
        found[failure.requirement, failure.unstable].append(failure)
    broken_on = {
        each.id: {tally.operation for tally in each.tallies if tally.status in ("failed", "unstable")}
        for each in results.requirements
    }
    rows = []
    for (requirement, _), failures in found.items():
        example = min(failures, key=_difficulty)
        others = broken_on[requirement] - {example.operation, None}
        rows.append(BrokenRequirement(example, tuple(sorted(each for each in others if each))))
    return tuple(rows)


def resource_rows(results: Results) -> tuple[ResourceRow, ...]:
    """Return one row for each resource that was asked, and one for what was checked across operations."""
    resources = {each.id: each.resource for each in results.operations}
    outcomes = _outcomes(results.requirements, resources)
    rows = []
    for resource in dict.fromkeys([*(each.resource for each in results.asked), ACROSS]):
        asked = [each for each in results.asked if each.resource == resource]
        count = outcomes.get(resource, Counter())
        if asked or count:
            reached = sum(each.reached for each in asked)
            holes = sum(len(each.holes) for each in asked)
            failed = count["failed"] + count["unstable"]
            rows.append(ResourceRow(resource, len(asked), reached, count["passed"], failed, count["skipped"], holes))
    return tuple(rows)


def verdict_line(results: Results) -> str:
    """Return the verdict, and what it rests on, in one line."""
    run, verdict = results.run, results.verdict
    selection = " ".join([*run.prefixes, *run.operations])
    scope = f" in what was selected ({selection})" if selection else ""
    why = f": {'; '.join(verdict.reasons)}" if verdict.reasons else ""
    return f"{verdict.title}{scope}{why}"


def coverage_line(results: Results) -> str:
    """Return how many operations answered 2xx, and the names of those that did not."""
    unreached = [each.id for each in results.unreached]
    others = f" and {len(unreached) - _NAMED} others" if len(unreached) > _NAMED else ""
    holes = f"; never: {', '.join(unreached[:_NAMED])}{others}" if unreached else ""
    return f"{len(results.asked) - len(unreached)} of {len(results.asked)} operations answered 2xx{holes}"


def holes_line(results: Results) -> str:
    """Return how much of what the contract has was never exercised; empty if nothing."""
    holes = sum(len(each.holes) for each in results.asked)
    what = "parameters, fields, values and constraints that were never exercised"
    return f"{holes} hole{'' if holes == 1 else 's'}: {what}, listed by operation in the results" if holes else ""


def unchecked_line(results: Results) -> str:
    """Return how many of the selected requirements nothing checks; empty if none."""
    unchecked, every = len(results.unchecked), len(results.unchecked) + len(results.requirements)
    return f"not checked, as no test does so yet: {unchecked} of {every} requirements" if unchecked else ""


def warning_line(results: Results) -> str:
    """Return what is not as it should be but leaves the verdict alone; empty if nothing."""
    failed = Counter(each.level for each in results.requirements if each.status == "failed")
    unstable = sum(each.status == "unstable" for each in results.requirements)
    parts = [
        f"{failed['should']} broken at level should (warnings)" if failed["should"] else "",
        f"{failed['may']} broken at level may (notes)" if failed["may"] else "",
        f"{unstable} unstable: broken once, kept when repeated" if unstable else "",
    ]
    return "; ".join(filter(None, parts))


def heading(broken: BrokenRequirement) -> str:
    """Return which promise was broken, and where."""
    failure = broken.example
    where = failure.operation or "across operations"
    unstable = ", unstable" if failure.unstable else ""
    count = len(broken.elsewhere)
    others = f" and {count} other operation{'' if count == 1 else 's'}" if count else ""
    return f"{failure.requirement} ({failure.level}{unstable}): {where}{others}"


def again(failure: Failure, results: Results) -> str:
    """Return the command that checks this promise on this operation again, with the same random choices."""
    operation = f" --operation {failure.operation}" if failure.operation else ""
    run = results.run
    target = "emulator" if run.emulated else run.target
    choices = f"--target {target} --profile {run.profile} --seed {run.seed}"
    return f"knock-harness verify {failure.requirement}{operation} {choices}"


def _difficulty(failure: Failure) -> tuple[bool, int]:
    """Return how hard a failure is to read: a request that was not reduced, or a long one."""
    finding = failure.finding
    return not finding.shrunk, len(finding.evidence.curl) if finding.evidence else 0


def _outcomes(results: Iterable[RequirementResult], resources: dict[str, str]) -> dict[str, Counter[str]]:
    """Return, for each resource, how many requirements came out how on its operations taken together."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for requirement in results:
        by_resource: dict[str, list[Tally]] = defaultdict(list)
        for tally in requirement.tallies:
            by_resource[resources.get(tally.operation or "", ACROSS)].append(tally)
        for resource, tallies in by_resource.items():
            total = Tally(
                None,
                sum(each.passed for each in tallies),
                sum(each.failed for each in tallies),
                sum(each.unstable for each in tallies),
                sum(each.skipped for each in tallies),
            )
            found[resource][weightiest(total)] += 1
    return found
