"""``knock-harness project``: the Knock project that the suites rely on."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from knock_harness.errors import InvalidConfiguration

__all__ = ["command"]


@click.group("project", no_args_is_help=True)
def command() -> None:
    """Write out the Knock project that the suites rely on."""


@command.command("export")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def export(folder: Path) -> None:
    """Write the project into a new or empty folder, in the layout of Knock's own CLI.

    Push it from there into a development environment of the real service, and change a copy of it for an emulator
    (`emulator --project DIR`).
    """
    from knock_harness import contract

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidConfiguration("is there already and holds something", where=str(folder), hint="Name a new folder.")
    try:
        shutil.copytree(contract.project.PACKAGED, folder, dirs_exist_ok=True)
    except OSError as error:
        raise InvalidConfiguration(f"cannot be written: {error.strerror}", where=str(folder)) from None
    written = contract.project.load(folder)
    click.echo(f"{folder}: {len(written.workflows)} workflows, {len(written.guides)} guides, environment.yaml")
