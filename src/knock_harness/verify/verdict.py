"""From what was observed to a verdict: pure functions, no file and no clock.

A failed must makes a target not conformant; a failed should is a warning, a failed may a note. What was not judged is
never green: a run that judged nothing, or less than it selected, comes to no verdict.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import msgspec

from knock_harness.contract.requirements import LEVELS
from knock_harness.verify.results import Failure, HarnessFault, RequirementResult, Tally, Verdict, weightiest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from knock_harness.contract.requirements import Requirement
    from knock_harness.verify.observations import ItemReport, Observation

__all__ = ["Course", "decide", "failures", "faults", "judge"]

#: Failures of one requirement that are told in full; the others are counted.
_TOLD_PER_REQUIREMENT = 25

_OUTCOMES = ("passed", "failed", "unstable", "skipped")


class Course(msgspec.Struct, frozen=True):
    """How the run went, apart from what it found.

    Attributes:
        selected: tests that were to run.
        done: tests that ran to their end.
        dead_workers: processes that ended before their time.
        interrupted: somebody stopped the run.
        complaint: what the run as a whole came to grief with; empty if with nothing.
    """

    selected: int
    done: int
    dead_workers: int = 0
    interrupted: bool = False
    complaint: str = ""


def judge(
    reports: Iterable[ItemReport], requirements: Mapping[str, Requirement], *, selected: Collection[str]
) -> tuple[RequirementResult, ...]:
    """Return what came of each selected requirement, in the order of the requirements.

    Args:
        reports: what the tests left behind; what they say of other requirements is not counted.
        requirements: all of them, by id.
        selected: the ids whose tests were collected.
    """
    seen: dict[str, list[Observation]] = defaultdict(list)
    for report in reports:
        for observation in report.observations:
            seen[observation.requirement].append(observation)
    return tuple(_result(each, seen[each.id]) for each in requirements.values() if each.id in selected)


def failures(
    reports: Iterable[ItemReport], requirements: Mapping[str, Requirement], *, selected: Collection[str]
) -> tuple[Failure, ...]:
    """Return the broken promises, stable ones and strong levels first; of each requirement as many as are told."""
    found = [
        Failure(
            seen.requirement,
            requirements[seen.requirement].level,
            seen.operation,
            seen.count,
            seen.finding,
            seen.outcome == "unstable",
            report.item,
        )
        for report in reports
        for seen in report.observations
        if seen.finding is not None and seen.requirement in selected
    ]
    found.sort(key=_order)
    told: Counter[str] = Counter()
    kept = []
    for each in found:
        told[each.requirement] += 1
        if told[each.requirement] <= _TOLD_PER_REQUIREMENT:
            kept.append(each)
    return tuple(kept)


def faults(reports: Iterable[ItemReport]) -> tuple[HarnessFault, ...]:
    """Return what went wrong in the harness itself, once for each test and message."""
    found = {
        (report.item, seen.reason): HarnessFault(report.item, seen.reason)
        for report in reports
        for seen in report.observations
        if seen.outcome == "error"
    }
    return tuple(found.values())


def decide(results: Sequence[RequirementResult], errors: Sequence[HarnessFault], *, course: Course) -> Verdict:
    """Return the verdict on a run.

    Args:
        results: what came of each selected requirement.
        errors: faults of the harness itself.
        course: how the run went.
    """
    reasons = tuple(_shortcomings(results, errors, course))
    partial = bool(reasons)
    if course.interrupted:
        return Verdict("no verdict", partial=True, interrupted=True, reasons=reasons)
    if course.dead_workers or course.complaint or course.done < course.selected:
        return Verdict("no verdict", partial=True, reasons=reasons)
    if any(each.level == "must" and each.status == "failed" for each in results):
        return Verdict("not conformant", partial=partial, reasons=reasons)
    if partial or not any(each.status == "passed" for each in results):
        return Verdict("no verdict", partial=partial, reasons=reasons or ("nothing was judged",))
    return Verdict("conformant")


def _shortcomings(
    results: Sequence[RequirementResult], errors: Sequence[HarnessFault], course: Course
) -> Iterator[str]:
    """Yield a sentence for each reason why less was judged than was selected."""
    if course.interrupted:
        yield "the run was interrupted"
    if course.complaint:
        yield course.complaint
    if course.dead_workers:
        yield f"{_several(course.dead_workers, 'worker process')} died"
    if course.done < course.selected:
        yield f"{course.selected - course.done} of {_several(course.selected, 'test')} did not run to the end"
    if errors:
        yield f"{_several(len(errors), 'test')} came to grief in the harness itself"
    if unjudged := [each.id for each in results if each.status == "not judged"]:
        yield f"not judged: {', '.join(unjudged[:5])}{' and others' if len(unjudged) > 5 else ''}"


def _result(requirement: Requirement, seen: Sequence[Observation]) -> RequirementResult:
    counts: dict[str | None, Counter[str]] = defaultdict(Counter)
    for each in seen:
        counts[each.operation][each.outcome] += each.count
    tallies = tuple(
        Tally(operation, each["passed"], each["failed"], each["unstable"], each["skipped"])
        for operation, each in counts.items()
    )
    total = Tally(None, *(sum(getattr(each, name) for each in tallies) for name in _OUTCOMES))
    return RequirementResult(
        id=requirement.id,
        level=requirement.level,
        status=weightiest(total),
        statement=requirement.statement,
        source=requirement.source,
        note=requirement.note,
        tallies=tallies,
        skipped_because=tuple(dict.fromkeys(each.reason for each in seen if each.outcome == "skipped")),
    )


def _order(failure: Failure) -> tuple[bool, int, str, str, str]:
    level = LEVELS.index(failure.level)
    return failure.unstable, level, failure.requirement, failure.operation or "", failure.item


def _several(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "es" if noun.endswith("s") else "s")
