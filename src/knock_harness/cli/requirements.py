"""`knock-harness requirements`: what is promised, line by line or explained, and what our emulator does not keep."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from knock_harness.cli.options import check_operations
from knock_harness.contract import requirements
from knock_harness.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from knock_harness.contract.requirements import Requirement

__all__ = ["command"]

_WIDTH = 100


@click.command("requirements")
@click.argument("prefixes", nargs=-1, metavar="[ID|PREFIX]...")
@click.option("--level", type=click.Choice(requirements.LEVELS), help="Only those that bind so strongly.")
@click.option("--topic", metavar="NAME", help="Only those of one topic, such as paging.")
@click.option("--operation", metavar="ID", help="Only those that bind this operation.")
@click.option("--unimplemented", is_flag=True, help="Only those that our emulator does not keep, with the reason.")
@click.option("--markdown", is_flag=True, help="With --unimplemented: write docs/emulator-limits.md to the output.")
def command(
    *,
    prefixes: tuple[str, ...],
    level: str | None,
    topic: str | None,
    operation: str | None,
    unimplemented: bool,
    markdown: bool,
) -> int:
    """List the requirements, or those whose ids start with a PREFIX; explain one that is named by its whole ID."""
    if markdown and not unimplemented:
        raise UsageError("--markdown is for what is unimplemented", hint="Add --unimplemented.")
    known = requirements.load()
    found = [
        each
        for each in (known[name] for name in requirements.select(prefixes, among=known))
        if level in (None, each.level)
        if topic in (None, each.topic)
        if operation is None or each.binds(operation)
        if each.unkept or not unimplemented
    ]
    _check(topic, operation)
    if markdown:
        from knock_harness.reporting.unkept import render_unkept  # brings in what other reports are made with

        click.echo(render_unkept(found), nl=False)
    elif len(found) == 1 and found[0].id in (prefix.upper() for prefix in prefixes):
        click.echo(_explained(found[0]))
    else:
        click.echo("\n".join(_listed(found, reasons=unimplemented)))
    return ExitCode.OK


def _check(topic: str | None, operation: str | None) -> None:
    known = requirements.topics(requirements.load().values())
    if topic is not None and topic not in known:
        raise requirements.UnknownTopic(topic, topics=known)
    if operation is not None:
        check_operations([operation])


def _listed(found: Sequence[Requirement], *, reasons: bool) -> Iterable[str]:
    """Yield a line for each topic and, below it, one for each requirement; last, how many of each level there are."""
    width = max((len(each.id) for each in found), default=0)
    for topic, members in requirements.topics(found).items():
        yield f"{topic.replace('_', ' ')} ({len(members)})"
        for each in members:
            yield f"  {each.id:{width}}  {each.level:6}  {each.statement}"
            if reasons:
                yield f"  {'':{width}}  not kept: {each.unkept}"
        yield ""
    counts = {level: sum(each.level == level for each in found) for level in requirements.LEVELS}
    yield f"{len(found)} requirements: " + ", ".join(f"{count} {level}" for level, count in counts.items())


def _explained(requirement: Requirement) -> str:
    everywhere = requirement.operations == ("*",)
    parts = {
        "level": f"{requirement.level} ({_MEANINGS[requirement.level]})",
        "topic": requirement.topic.replace("_", " "),
        "promise": requirement.statement,
        "operations": "all" if everywhere else ", ".join(requirement.operations),
        "source": requirement.source,
        "note": requirement.note,
        "check": requirement.check,
        "defect": requirement.defect,
        "not kept": requirement.unkept,
        "judge": f"knock-harness verify {requirement.id}",
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
