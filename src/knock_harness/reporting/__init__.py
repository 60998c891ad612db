"""What was seen, for people and for other programs: every report is a pure function of the results."""

from __future__ import annotations

from .junit import render_junit
from .markdown import render_markdown
from .summary import ResourceRow, coverage_line, holes_line, resource_rows, unchecked_line, verdict_line, warning_line
from .terminal import render_failures, render_table

__all__ = [
    "ResourceRow",
    "coverage_line",
    "holes_line",
    "render_failures",
    "render_junit",
    "render_markdown",
    "render_table",
    "resource_rows",
    "unchecked_line",
    "verdict_line",
    "warning_line",
]
