"""`knock-harness requirements`: what is promised, in one line each or explained."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from knock_harness.contract import requirements
from knock_harness.errors import ExitCode

if TYPE_CHECKING:
    from knock_harness.contract.requirements import Requirement

__all__ = ["command"]

_WIDTH = 100


@click.command("requirements")
@click.argument("prefixes", nargs=-1, metavar="[ID|PREFIX]...")
def command(*, prefixes: tuple[str, ...]) -> int:
    """List the requirements, or those whose ids start with a PREFIX; explain one that is named by its whole ID."""
    known = requirements.load()
    found = [known[name] for name in requirements.select(prefixes, among=known)]
    if len(found) == 1 and prefixes:
        click.echo(_explained(found[0]))
        return ExitCode.OK
    width = max(len(each.id) for each in found)
    for each in found:
        click.echo(f"{each.id:{width}}  {each.level:6}  {each.statement}")
    return ExitCode.OK


def _explained(requirement: Requirement) -> str:
    everywhere = requirement.operations == ("*",)
    parts = {
        "level": f"{requirement.level} ({_MEANINGS[requirement.level]})",
        "promise": requirement.statement,
        "operations": "all" if everywhere else ", ".join(requirement.operations),
        "source": requirement.source,
        "note": requirement.note,
        "check": f"knock-harness verify {requirement.id}",
    }
    lines = [
        textwrap.fill(text, _WIDTH, initial_indent=f"  {name:11} ", subsequent_indent=" " * 14, break_on_hyphens=False)
        for name, text in parts.items()
        if text
    ]
    return "\n".join([requirement.id, *lines])


_MEANINGS = {
    "must": "stated by the public documents; broken: not conformant",
    "should": "shown by their examples or official clients; broken: a warning",
    "may": "inferred; broken: a note",
}
