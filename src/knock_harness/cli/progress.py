"""How far a run is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
from time import monotonic
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from knock_harness.verify import Progress

__all__ = ["show_progress"]

_SECONDS_BETWEEN_LINES = 5.0


@contextlib.contextmanager
def show_progress(console: Console) -> Iterator[Callable[[Progress], None]]:
    """Give a function that shows how far a run is."""
    if not console.is_terminal:
        yield _lines(console)
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("collecting checks", total=None)

        def update(progress: Progress) -> None:
            broken = f", [red]{progress.failed} broken[/red]" if progress.failed else ""
            text = f"checking{broken}" if progress.total else "collecting checks"
            bar.update(task, description=text, total=progress.total or None, completed=progress.done)

        yield update


def _lines(console: Console) -> Callable[[Progress], None]:
    began = last = monotonic()

    def write(progress: Progress) -> None:
        nonlocal last
        if monotonic() - last < _SECONDS_BETWEEN_LINES:
            return
        last = monotonic()
        done = f"{progress.done} of {progress.total} checks" if progress.total else "collecting checks"
        console.print(f"{last - began:.0f} s: {done}, {progress.failed} broken")

    return write
