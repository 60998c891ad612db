"""`knock-harness contract`: write the contract out, and hold another document against it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast

import click

from knock_harness import contract
from knock_harness.contract import drift, export
from knock_harness.errors import ExitCode

__all__ = ["command"]


@click.group("contract")
def command() -> None:
    """Write the contract out as one OpenAPI document, or hold another document against it."""


@command.command("export")
@click.option("--format", "form", type=click.Choice(export.FORMATS), default="json", show_default=True)
@click.option("--openapi", type=click.Choice(export.VERSIONS), default="3.1", show_default=True, help="Which version.")
def export_command(*, form: str, openapi: str) -> int:
    """Write the contract to the standard output, as one OpenAPI document that other tools read."""
    text = export.rendered(
        contract.load().document,
        form=cast(Literal["json", "yaml"], form),
        openapi=cast(Literal["3.0", "3.1"], openapi),
    )
    click.echo(text, nl=False)
    return ExitCode.OK


@command.command("diff")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="Show the explained differences too, each with its reason.")
def diff_command(*, file: Path, everything: bool) -> int:
    """Show where the OpenAPI document in FILE says something else than the contract.

    One line for each difference: where, what, and whom it breaks that was written by FILE. "Here" is the contract,
    "there" is FILE. Exit 0: nothing, or nothing but what the contract explains; 1: something unexplained; 2: FILE
    cannot be read.
    """
    differences = drift.compare(contract.load().document, drift.read_document(file))
    explained = drift.explain(differences, drift.load_explanations())
    unexplained = [each for each in explained if each.reason is None]
    for each in explained if everything else unexplained:
        click.echo(f"{each.difference} ({each.reason})" if each.reason else str(each.difference))
    click.echo(f"{len(unexplained)} unexplained, {len(explained) - len(unexplained)} explained", err=True)
    return ExitCode.NOT_CONFORMANT if unexplained else ExitCode.OK
