"""The report of a run for the terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.table import Table

from .summary import again, broken_requirements, heading, resource_rows

if TYPE_CHECKING:
    from knock_harness.verify.results import Failure, Results

__all__ = ["render_failures", "render_table"]

#: Broken requirements that are shown; the results file has all.
_SHOWN = 20

#: Operations that are named beside the one of the example.
_NAMED = 10


def render_table(results: Results) -> Table:
    """Return what came of each resource, as a table."""
    rows = resource_rows(results)
    table = Table(show_footer=True, show_edge=False, pad_edge=False)
    columns = ("operations", "2xx", "passed", "failed", "skipped", "holes")
    totals = [sum(row.operations for row in rows), sum(row.reached for row in rows), *_requirement_totals(results)]
    table.add_column("resource", footer="all")
    for name, total in zip(columns, [*totals, sum(row.holes for row in rows)], strict=True):
        table.add_column(name, justify="right", footer=str(total))
    for row in rows:
        figures = (row.operations, row.reached, row.passed, row.failed, row.skipped, row.holes)
        style = "red" if row.failed else "yellow" if row.reached < row.operations else ""
        table.add_row(row.resource, *map(str, figures), style=style)
    return table


def render_failures(results: Results) -> str:
    """Return the broken promises, each with the request that shows it best; empty if none is broken."""
    statements = {each.id: each for each in results.requirements}
    found = broken_requirements(results)
    parts = []
    for broken in found[:_SHOWN]:
        requirement = statements[broken.example.requirement]
        lines = [
            heading(broken),
            f"  promise:  {requirement.statement}",
            f"  source:   {requirement.source}",
            *_evidence(broken.example),
            f"  again:    {again(broken.example, results)}",
            *([f"  also:     {_names(broken.elsewhere)}"] if broken.elsewhere else []),
        ]
        parts.append("\n".join(lines))
    if len(found) > _SHOWN:
        parts.append(f"... and {len(found) - _SHOWN} more requirements: see results.json")
    parts += [
        f"fault of the harness in {each.item}\n{textwrap.indent(each.message, '  ')}"
        for each in results.faults[:_SHOWN]
    ]
    return "\n\n".join(parts)


def _requirement_totals(results: Results) -> tuple[int, int, int]:
    """Return how many requirements passed, failed and were skipped, each counted once, however many its operations."""
    statuses = [each.status for each in results.requirements]
    return (
        statuses.count("passed"),
        statuses.count("failed") + statuses.count("unstable"),
        statuses.count("skipped") + statuses.count("not judged"),
    )


def _evidence(failure: Failure) -> list[str]:
    finding = failure.finding
    lines = [f"  expected: {_indented(finding.expected)}", f"  got:      {_indented(finding.got)}"]
    if finding.evidence:
        if finding.evidence.before:
            lines += [
                "  on a target that has not what it names, first:",
                *(f"    {each}" for each in finding.evidence.before),
            ]
        size = "smallest request found" if finding.shrunk else "request"
        lines.append(f"  {size} ({finding.evidence.status} in {finding.evidence.elapsed_s * 1000:.0f} ms):")
        lines.append(f"    {finding.evidence.curl}")
    return lines


def _names(operations: tuple[str, ...]) -> str:
    more = f" and {len(operations) - _NAMED} more" if len(operations) > _NAMED else ""
    return ", ".join(operations[:_NAMED]) + more


def _indented(text: str) -> str:
    return text.strip().replace("\n", "\n            ")
