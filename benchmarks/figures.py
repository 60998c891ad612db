"""Figures: what a benchmark measured, next to its peer and its goal; and how a program hands them over.

Every benchmark program prints its figures as a table, and writes them as JSON where ``--figures FILE`` says so.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence  # noqa: TC003 - msgspec reads the annotations when it decodes
from pathlib import Path

import msgspec

__all__ = ["Figure", "Goal", "at_least", "at_most", "hand_over", "parser", "table"]


class Goal(msgspec.Struct, frozen=True):
    """A bound that a number should keep.

    Attributes:
        bound: the number.
        floor: whether the measured number should lie at or above it, rather than at or below.
    """

    bound: float
    floor: bool

    def met(self, value: float) -> bool:
        """Say whether a number keeps the bound."""
        return value >= self.bound if self.floor else value <= self.bound


def at_least(bound: float) -> Goal:
    """Return the goal that a number reaches a bound."""
    return Goal(bound, floor=True)


def at_most(bound: float) -> Goal:
    """Return the goal that a number does not exceed a bound."""
    return Goal(bound, floor=False)


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table.

    Attributes:
        what: what was measured.
        measured: the number.
        unit: its unit, such as ``ms`` or ``/s``.
        goal: for the number itself.
        peer: whom or what it stands next to, measured in the same run on the same machine.
        peer_measured: the same number of the peer; None: there is no peer, or it could not be had.
        ratio_goal: for the number divided by the peer's.
        note: what the reader must know of it.
    """

    what: str
    measured: float
    unit: str
    goal: Goal | None = None
    peer: str = ""
    peer_measured: float | None = None
    ratio_goal: Goal | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Return the number divided by the peer's, None without a peer."""
        return self.measured / self.peer_measured if self.peer_measured else None

    @property
    def met(self) -> bool | None:
        """Say whether all its goals are met; None: it has none, or a goal has no peer to be measured with."""
        if self.goal is not None and not self.goal.met(self.measured):
            return False
        if self.ratio_goal is not None:
            return None if self.ratio is None else self.ratio_goal.met(self.ratio)
        return None if self.goal is None else True


HEADINGS = ("what", "measured", "peer", "ratio", "goal", "met")


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as lines of text, columns aligned, notes below."""
    rows = [HEADINGS, *(_cells(each) for each in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    lines += [f"note: {each.what}: {each.note}" for each in figures if each.note]
    return "\n".join(lines)


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser of command lines that knows ``--figures``."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--figures", type=Path, help="also write the figures to this file, as JSON")
    return made


def hand_over(figures: Sequence[Figure], file: Path | None) -> None:
    """Print the table, and write the figures to a file if there is one."""
    print(table(figures), flush=True)
    if file is not None:
        file.write_bytes(msgspec.json.encode(list(figures)))


def _cells(figure: Figure) -> tuple[str, ...]:
    peer = f"{figure.peer} {_number(figure.peer_measured, figure.unit)}" if figure.peer_measured else "-"
    goals = [_bound(figure.goal, figure.unit), _bound(figure.ratio_goal, "times")]
    return (
        figure.what,
        _number(figure.measured, figure.unit),
        peer,
        f"{figure.ratio:.3g} times" if figure.ratio else "-",
        ", ".join(each for each in goals if each) or "-",
        {True: "yes", False: "NO", None: "-"}[figure.met],
    )


def _bound(goal: Goal | None, unit: str) -> str:
    return "" if goal is None else f"{'≥' if goal.floor else '≤'} {_number(goal.bound, unit)}"


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    digits = f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
    return f"{digits} {unit}".strip()
