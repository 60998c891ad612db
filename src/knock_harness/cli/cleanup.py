"""`knock-harness cleanup`: removes from a target what an interrupted run left there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from knock_harness import target
from knock_harness.errors import ExitCode

from .options import target_options

__all__ = ["command"]


@click.command("cleanup")
@click.argument("ledgers", metavar="LEDGER...", nargs=-1, required=True, type=click.Path(path_type=Path))
@target_options
def command(*, ledgers: tuple[Path, ...], live: bool, **flags: Any) -> int:
    """Remove what the runs that wrote these ledgers made and did not remove.

    The target is the one that the ledger names, unless --target says otherwise; the key comes from the configuration.
    Exit 0: nothing is left; 1: something is.
    """
    left = sum(_clean_up(path, live=live, flags=flags) for path in ledgers)
    return ExitCode.NOT_CONFORMANT if left else ExitCode.OK


def _clean_up(path: Path, *, live: bool, flags: dict[str, Any]) -> int:
    """Clean up after one run; return how much is left."""
    header, entities = target.read_ledger(path)
    chosen = flags | {"base_url": flags["base_url"] or header.base_url}
    resolved = target.resolve(flags=chosen, live_allowed=live)
    with target.Client(resolved.target()) as client:
        removal = target.remove(client, entities)
    ledger = target.Ledger(path, base_url=header.base_url, prefix=header.prefix)
    for entity in removal.removed:
        ledger.removed(entity)
    ledger.close()
    for entity, reason in removal.left:
        click.echo(f"left: {entity.kind} {entity.id}: {reason}", err=True)
    click.echo(f"{path}: {len(removal.removed)} removed, {len(removal.left)} left")
    return len(removal.left)
