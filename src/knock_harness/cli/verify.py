"""`knock-harness verify`: check a target against the contract."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from knock_harness import reporting
from knock_harness import target as targets
from knock_harness.contract import requirements
from knock_harness.errors import UsageError
from knock_harness.verify import Keys, Plan, new_run_name, remove_leftovers, results, run_suites
from knock_harness.verify.profiles import PROFILES

from .emulated import emulator
from .options import check_operations, target_options
from .progress import show_progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knock_harness.target import Target
    from knock_harness.verify import Results

__all__ = ["command"]

_EMULATOR = "emulator"
_RESULTS = "results.json"

#: How long an interrupted run may go on removing what it made; the rest is left to `cleanup`.
_SECONDS_TO_TIDY_UP = 1.0


@click.command("verify")
@click.argument("prefixes", nargs=-1, metavar="[PREFIX]...")
@target_options
@click.option("--profile", type=click.Choice(list(PROFILES)), default="standard", help="How much to try.")
@click.option("--operation", "operations", multiple=True, metavar="ID", help="Only this operation; may be repeated.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Repeat the random choices of an earlier run.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that check. [one for each core]")
@click.option("--output", type=click.Path(path_type=Path), default=Path("reports/latest"), help="Where results go.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write a JUnit report as well.")
@click.option("--markdown", type=click.Path(path_type=Path, dir_okay=False), help="Write a Markdown report as well.")
def command(
    *,
    prefixes: tuple[str, ...],
    profile: str,
    operations: tuple[str, ...],
    seed: int | None,
    workers: int | None,
    output: Path,
    junit: Path | None,
    markdown: Path | None,
    **flags: Any,
) -> int:
    """Check a target against the contract, or only the requirements whose ids start with a PREFIX.

    `--target emulator` checks an emulator that is started for this run, which is also what happens if no target is
    configured. Exit 0: conformant, 1: not conformant, 2: wrong usage, 3: the target cannot be reached, 4: too little
    was judged for a verdict, 130: interrupted.
    """
    selected = requirements.select(prefixes, among=requirements.load()) if prefixes else []
    check_operations(operations)
    _make_folders(output, junit, markdown)
    (output / _RESULTS).unlink(missing_ok=True)  # an earlier verdict must not be taken for that of this run
    seed = secrets.randbelow(2**32) if seed is None else seed
    console = Console(highlight=False, soft_wrap=True)
    selection = {
        "prefixes": tuple(prefix.upper() for prefix in prefixes),
        "requirements": tuple(selected),
        "operations": operations,
    }
    with contextlib.ExitStack() as stack:
        stack.enter_context(_interruptible())
        plan = _plan(stack, output=output, workers=workers or _cores(), flags=flags, selection=selection)
        console.print(f"{_whom(plan)}, profile {profile}, seed {seed}, {plan.workers} workers", markup=False)
        with targets.Client(plan.target_of("gw0")) as client:
            targets.probe(client)
        with show_progress(console) as on_progress:
            found = run_suites(plan, profile=profile, seed=seed, on_progress=on_progress)
        results.write(found, output / _RESULTS)
        _write_views(found, junit=junit, markdown=markdown)
        left = remove_leftovers(plan, seconds=_SECONDS_TO_TIDY_UP if found.verdict.interrupted else None)
        _show(found, console, output=output, left=left)
        return found.verdict.exit_code


def _plan(
    stack: contextlib.ExitStack,
    *,
    output: Path,
    workers: int,
    flags: dict[str, Any],
    selection: dict[str, tuple[str, ...]],
) -> Plan:
    run = new_run_name()
    target, environments = _target(stack, run=run, workers=workers, output=output, flags=flags)
    return Plan(
        run=run,
        target=target,
        folder=str(output / "run"),
        ledgers=str(output / "ledgers"),
        environments=environments,
        disposable=bool(environments),
        workers=workers,
        **selection,
    )


def _target(
    stack: contextlib.ExitStack, *, run: str, workers: int, output: Path, flags: dict[str, Any]
) -> tuple[Target, tuple[Keys, ...]]:
    """Return whom to check, and the environments of the workers if it is an emulator started for them."""
    live = flags.pop("live")
    given = flags["base_url"]
    if given != _EMULATOR:
        resolved = targets.resolve(flags=flags, live_allowed=live)
        if given or "base_url" in resolved.values:
            return resolved.target(), ()
    keys = tuple(Keys(f"sk_test_{run}_{number}", f"pk_test_{run}_{number}") for number in range(workers))
    address = stack.enter_context(emulator([each.secret for each in keys], log=output / "run" / "emulator.log"))
    first = keys[0]
    return targets.packaged_target(address, api_key=first.secret, public_key=first.public), keys


def _cores() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _whom(plan: Plan) -> str:
    return f"target {plan.target.base_url}" + (" (an emulator started for this run)" if plan.environments else "")


def _make_folders(output: Path, *views: Path | None) -> None:
    """Make the folders that results go to: better to fail now than after the run."""
    for folder in [output, *(view.parent for view in views if view)]:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"no results can be written there: {error.strerror}", where=str(folder)) from None
        if not os.access(folder, os.W_OK):
            raise UsageError("no results can be written there", where=str(folder), hint="Give another --output.")


def _write_views(found: Results, *, junit: Path | None, markdown: Path | None) -> None:
    if junit:
        junit.write_text(reporting.render_junit(found), "utf-8")
    if markdown:
        markdown.write_text(reporting.render_markdown(found), "utf-8")


#: What is told of how far a run went, a line each.
_COVERAGE = (reporting.coverage_line, reporting.holes_line, reporting.unchecked_line)


def _show(found: Results, console: Console, *, output: Path, left: list[Path]) -> None:
    console.print(reporting.render_table(found), soft_wrap=False)
    for text in (
        reporting.render_failures(found),
        reporting.warning_line(found),
        "\n".join(filter(None, (line(found) for line in _COVERAGE))),
        f"{found.run.requests} requests in {found.run.seconds:.1f} s; results in {output / _RESULTS}",
        *(f"not everything was removed from the target: knock-harness cleanup {path}" for path in left),
    ):
        if text:
            console.print(f"\n{text}", markup=False)
    style = {"conformant": "green", "not conformant": "red"}.get(found.verdict.conclusion, "yellow")
    console.print(f"\nverdict: {reporting.verdict_line(found)}", markup=False, style=f"bold {style}")


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Treat a request to end like Ctrl-C, and hear Ctrl-C even where a shell had it ignored, as behind `&`."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = {name: signal.signal(name, interrupt) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
