"""A project folder that is read again when it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knock_harness.contract.project_folder import read_folder
from knock_harness.errors import InvalidDocument

from . import definitions

if TYPE_CHECKING:
    from asyncio import Event
    from collections.abc import Callable
    from pathlib import Path

    from knock_harness.contract.project_folder import CheckWorkflow

    from .emulator import Emulator

__all__ = ["ProjectWatch"]

#: How long changes are collected before the folder is read: editors write a file in several steps.
DEBOUNCE_MS = 100


class ProjectWatch:
    """Keeps an emulator at what its project folder holds.

    What is broken stays as it was when it was last good, and is told of once.

    Args:
        emulator: that was started with the project of the folder.
        folder: the project folder.
        report: is given one line for each piece that is broken.
        check: refuses workflows that can be read, but that somebody does not want.
    """

    def __init__(
        self,
        emulator: Emulator,
        folder: Path,
        *,
        report: Callable[[str], None],
        check: CheckWorkflow | None = None,
    ) -> None:
        self._emulator = emulator
        self._folder = folder
        self._report = report
        self._check = check
        self._told: set[str] = set()

    def reload(self) -> None:
        """Read the folder now, and let every environment stand on what is good in it."""
        emulator = self._emulator
        try:
            project, broken = read_folder(self._folder, before=emulator.project, check=self._check)
        except InvalidDocument as error:
            project, broken = emulator.project, [error]
        wrong = {str(each) for each in broken}
        for line in sorted(wrong - self._told):
            self._report(line)
        self._told = wrong
        if project != emulator.project:
            emulator.project = project
            for environment in emulator.environments.values():
                definitions.rebase(environment, project)

    async def follow(self, stop: Event | None = None) -> None:
        """Read the folder whenever something in it changes, until stopped or cancelled."""
        from watchfiles import awatch  # here, as most emulators watch nothing

        async for _ in awatch(self._folder, stop_event=stop, debounce=DEBOUNCE_MS, rust_timeout=1000):
            self.reload()
