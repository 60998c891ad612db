"""Runs the suites against a target in processes of their own, watches them, and makes results of what they found."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from knock_harness import __version__, contract
from knock_harness.contract import requirements
from knock_harness.verify import suites, verdict
from knock_harness.verify.books import Reader
from knock_harness.verify.judgements import JUDGES
from knock_harness.verify.observations import ItemReport, Observation
from knock_harness.verify.results import OperationResult, Results, Run
from knock_harness.verify.verdict import Course

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from knock_harness.verify.books import CollectedItem
    from knock_harness.verify.plan import Plan

__all__ = ["Progress", "run_suites"]

_SECONDS_BETWEEN_LOOKS = 0.1

#: pytest's exit codes for a run that went as planned, whether or not tests failed.
_WENT_AS_PLANNED = frozenset({pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED})


class Progress(msgspec.Struct, frozen=True):
    """How far a run is.

    Attributes:
        total: tests selected; 0 as long as that is not known.
        done: tests that ended.
        failed: promises found broken so far.
    """

    total: int
    done: int
    failed: int


def run_suites(
    plan: Plan,
    *,
    profile: str,
    seed: int,
    on_progress: Callable[[Progress], None],
    folders: tuple[Path, ...] | None = None,
) -> Results:
    """Check the target of a plan and return what came of it; an interruption ends it early and is in the results.

    Args:
        plan: whom to check and what of it; its folder is where the processes write.
        profile: how much to try.
        seed: of everything random.
        on_progress: told how far the run is, several times a second.
        folders: of the suites; None: those that come with the package.
    """
    assert plan.folder is not None  # noqa: S101 - as the arguments say
    started_at, started = datetime.now(UTC), time.monotonic()
    reader = Reader(Path(plan.folder))
    reader.clear()
    process = suites.start(plan, profile=profile, seed=seed, suites=folders or suites.locate())
    reports, interrupted = _follow(process, reader, on_progress)
    collected = reader.collected()
    course = _course(process.returncode, reader, collected, reports, interrupted=interrupted)
    operations = _operations(reader.accounts(), asked=_asked(plan, collected))
    run = Run(
        harness=__version__,
        target=plan.target.base_url,
        emulated=plan.disposable,
        profile=profile,
        seed=seed,
        workers=plan.workers,
        started_at=started_at.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - started, 3),
        prefixes=plan.prefixes,
        operations=plan.operations,
        items=course.selected,
        items_done=course.done,
        requests=sum(each.requests for each in operations),
    )
    marked = {name for item in collected.values() for name in item.requirements}
    selected = marked & set(plan.requirements or marked)
    if plan.operations:
        reports.append(_unshown(reports, selected))
    unchecked = _unchecked(plan, marked)
    return _results(run, reports, selected=selected, course=course, operations=operations, unchecked=unchecked)


def _results(
    run: Run,
    reports: Sequence[ItemReport],
    *,
    selected: Collection[str],
    course: Course,
    operations: tuple[OperationResult, ...],
    unchecked: tuple[str, ...],
) -> Results:
    known = requirements.load()
    judged = verdict.judge(reports, known, selected=selected)
    faults = verdict.faults(reports)
    return Results(
        verdict=verdict.decide(judged, faults, course=course),
        run=run,
        requirements=judged,
        failures=verdict.failures(reports, known, selected=selected),
        operations=operations,
        faults=faults,
        unchecked=unchecked,
    )


def _unchecked(plan: Plan, marked: Collection[str]) -> tuple[str, ...]:
    """Return the requirements that a plan selects and no collected test is marked with."""
    known = requirements.load()
    return tuple(
        id_
        for id_ in plan.requirements or known
        if id_ not in marked
        if not plan.operations or any(known[id_].binds(operation) for operation in plan.operations)
    )


def _course(
    returncode: int,
    reader: Reader,
    collected: Collection[str],
    reports: Sequence[ItemReport],
    *,
    interrupted: bool,
) -> Course:
    """Return how the run went; what an interruption does to the processes is not held against it."""
    selected, done = len(collected), len({each.item for each in reports})
    if interrupted:
        return Course(selected, done, interrupted=True)
    complaint = _complaint(returncode, collected, reports, folder=reader.folder)
    return Course(selected, done, dead_workers=reader.dead_workers(), complaint=complaint)


def _unshown(reports: Sequence[ItemReport], selected: Collection[str]) -> ItemReport:
    """Report what single answers are judged by and no answer of a few chosen operations showed; it is not owed then.

    A run over all operations owes every requirement a judgement.
    """
    seen = {each.requirement for report in reports for each in report.observations}
    return ItemReport(
        item="",
        seconds=0.0,
        observations=tuple(
            Observation(id_, None, "skipped", reason="no answer of the selected operations shows it")
            for id_ in sorted(set(selected) - seen)
            if id_ in JUDGES
        ),
    )


def _asked(plan: Plan, collected: Mapping[str, CollectedItem]) -> Collection[str]:
    """Return the operations that a run was to ask: all, or those that the selected tests are about."""
    if not plan.operations and not plan.requirements:
        return contract.load().operations
    return {name for item in collected.values() for name in item.operations}


def _follow(
    process: subprocess.Popen[bytes], reader: Reader, on_progress: Callable[[Progress], None]
) -> tuple[list[ItemReport], bool]:
    """Follow the process to its end; return what its tests reported, and whether somebody interrupted it."""
    reports: list[ItemReport] = []
    interrupted = False
    try:
        for progress in _watch(process, reader, reports):
            on_progress(progress)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        _end(process)
    reports += reader.new_reports()
    return reports, interrupted


def _watch(process: subprocess.Popen[bytes], reader: Reader, reports: list[ItemReport]) -> Iterator[Progress]:
    """Yield how far the run is, until the process ends; what is read meanwhile is added to the reports."""
    total = failed = 0
    while process.poll() is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_SECONDS_BETWEEN_LOOKS)
        total = total or len(reader.collected())
        for report in reader.new_reports():
            reports.append(report)
            failed += sum(each.outcome == "failed" for each in report.observations)
        yield Progress(total, len(reports), failed)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and those it started, at once; what they found is in their files already."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _complaint(returncode: int, collected: Collection[str], reports: Sequence[ItemReport], *, folder: Path) -> str:
    """Say what the run as a whole came to grief with; empty if with nothing."""
    if reports and reports[-1].unreachable:
        return "the target stopped answering"
    if returncode == pytest.ExitCode.NO_TESTS_COLLECTED:
        return "no check fits the selection"
    if collected and returncode in _WENT_AS_PLANNED:
        return ""
    return f"pytest ended with code {returncode} ({folder / suites.LOG} says more)"


def _operations(accounts: Iterable[Mapping[str, Any]], *, asked: Collection[str]) -> tuple[OperationResult, ...]:
    from knock_harness.verify.account import Account  # not before it is needed: it takes its time

    account = Account.merged(accounts, contract.load())
    known = contract.load().operations
    return tuple(
        OperationResult(
            id=name,
            method=known[name].method,
            path=known[name].path,
            resource=known[name].resource,
            deprecated=known[name].deprecated,
            selected=name in asked,
            requests=seen.requests,
            statuses=seen.statuses,
            holes=seen.holes,
            exercised=seen.exercised,
        )
        for name, seen in account.operations().items()
    )
