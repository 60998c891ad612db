"""`knock-harness target`: what is configured, and where each value comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from knock_harness import target
from knock_harness.errors import ExitCode, HarnessError

from .options import target_options

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["command"]


@click.group("target")
def command() -> None:
    """Look at the configured target."""


@command.command("show")
@target_options
def show(*, live: bool, **flags: Any) -> int:
    """Show each value of the configuration and where it comes from; nothing is sent."""
    resolved = target.resolve(flags=flags, live_allowed=live)
    rows = [*_rows(resolved), ("", _judgement(resolved), "")]
    console = Console()
    if console.is_terminal:
        console.print(_table(rows))
    else:
        for row in rows:
            click.echo("\t".join(row).strip("\t"))
    return ExitCode.OK


def _rows(resolved: target.Resolved) -> Iterator[tuple[str, str, str]]:
    for key, setting in target.SETTINGS.items():
        if key not in resolved.values:
            origin = "default: the packaged project" if "." in key else "not set"
            yield key, "", origin
            continue
        value = resolved.values[key]
        yield key, target.mask(value.value) if setting.secret else _shown(value.value), value.origin


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} = {each}" for key, each in value.items())
    return str(value)


def _judgement(resolved: target.Resolved) -> str:
    """Say whether a run could start with this."""
    try:
        target.Client(resolved.target()).close()
    except HarnessError as error:
        return f"A run would be refused: {error}"
    return "A run may start."


def _table(rows: list[tuple[str, str, str]]) -> Table:
    table = Table("key", "value", "from", box=None, caption=rows[-1][1], caption_justify="left")
    for row in rows[:-1]:
        table.add_row(*row)
    return table
