"""What our emulator does not keep, as a page of the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knock_harness.contract.requirements import LEVELS, topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from knock_harness.contract.requirements import Requirement

__all__ = ["render_unkept"]

_INTRODUCTION = """\
# What the emulator does not keep

The emulator keeps every [requirement](requirements.md) but those listed here, each with the reason why no emulator can
keep it. This page is written by `knock-harness requirements --unimplemented --markdown` from the field `unkept` of the
requirements.
"""


def render_unkept(unkept: Iterable[Requirement]) -> str:
    """Return docs/emulator-limits.md: a table for each topic, strong levels first."""
    return "\n".join([_INTRODUCTION, *_tables(list(unkept))])


def _tables(unkept: list[Requirement]) -> Iterator[str]:
    if not unkept:
        yield "There are none: what third parties do, such as providers of email or Slack, is done by stand-ins.\n"
    for topic, members in topics(unkept).items():
        yield f"## {topic.replace('_', ' ').capitalize()}\n"
        yield "| requirement | level | promise | why it is not kept |"
        yield "| --- | --- | --- | --- |"
        for each in sorted(members, key=lambda member: LEVELS.index(member.level)):
            yield f"| `{each.id}` | {each.level} | {_cell(each.statement)} | {_cell(each.unkept)} |"
        yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
