"""The report of a run in Markdown, short enough for a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .summary import (
    again,
    broken_requirements,
    coverage_line,
    heading,
    resource_rows,
    unchecked_line,
    verdict_line,
    warning_line,
)

if TYPE_CHECKING:
    from knock_harness.verify.results import Results

__all__ = ["LONGEST", "render_markdown"]

#: Lines that the report has at the most.
LONGEST = 60

_LONGEST_LINE = 300


def render_markdown(results: Results) -> str:
    """Return the report, at most `LONGEST` lines."""
    run = results.run
    judged = [each for each in results.requirements if each.status in ("passed", "failed", "unstable")]
    lines = [
        f"# {results.verdict.title}",
        "",
        f"`{run.target}`: {_line(verdict_line(results))}.",
        "",
        f"- {coverage_line(results)[:_LONGEST_LINE]}",
        f"- {len(judged)} of {len(results.requirements)} requirements judged, with {run.requests} requests",
        f"- profile {run.profile}, seed {run.seed}, {run.seconds:.0f} s, knock-harness {run.harness}",
        *(f"- {line}" for line in (unchecked_line(results), warning_line(results)) if line),
        "",
        "| resource | operations | 2xx | passed | failed | skipped | holes |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in resource_rows(results):
        figures = (row.operations, row.reached, row.passed, row.failed, row.skipped, row.holes)
        lines.append(f"| {row.resource} | {' | '.join(map(str, figures))} |")
    return "\n".join(lines + _failures(results, room=LONGEST - len(lines))) + "\n"


def _failures(results: Results, *, room: int) -> list[str]:
    """Return as many broken requirements, three lines each, as there is room for."""
    found = broken_requirements(results)
    if not found:
        return []
    lines = ["", "## Broken promises", ""]
    shown = min(len(found), (room - len(lines) - 1) // 3)
    for broken in found[:shown]:
        finding = broken.example.finding
        lines.append(f"- **{heading(broken)}**: expected {_line(finding.expected)}")
        lines.append(f"  got {_line(finding.got)}")
        lines.append(f"  `{again(broken.example, results)}`")
    if shown < len(found):
        lines.append(f"- and {len(found) - shown} more in `results.json`")
    return lines


def _line(text: str) -> str:
    joined = " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
    return joined if len(joined) <= _LONGEST_LINE else f"{joined[:_LONGEST_LINE]}…"
