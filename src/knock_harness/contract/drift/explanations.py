"""The differences that we want, with the reason for each."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .difference import Difference

__all__ = ["Explained", "Explanation", "explain", "load_explanations"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A reason why the contract differs from another document in some places.

    Attributes:
        where: the places; `*` stands for any text.
        kind: the sort of difference.
        what: how they differ; `*` stands for any text.
        reason: why that is wanted.
    """

    where: str
    kind: str
    what: str
    reason: str

    def covers(self, difference: Difference) -> bool:
        """Say whether this is the reason of a difference."""
        return (
            self.kind == difference.kind and _fits(self.where, difference.where) and _fits(self.what, difference.what)
        )


class Explained(NamedTuple):
    """A difference with its reason; None: it has none."""

    difference: Difference
    reason: str | None


def load_explanations() -> tuple[Explanation, ...]:
    """Return the explanations that come with the contract."""
    text = files("knock_harness.contract").joinpath("differences.yaml").read_bytes()
    return tuple(
        Explanation(where=where, kind=each["kind"], what=each["what"], reason=each["reason"])
        for each in yaml.safe_load(text)
        for where in each["where"]
    )


def explain(differences: Iterable[Difference], explanations: Sequence[Explanation]) -> list[Explained]:
    """Return the differences, each with the first explanation that covers it."""
    return [
        Explained(difference, next((each.reason for each in explanations if each.covers(difference)), None))
        for difference in differences
    ]


def _fits(pattern: str, text: str) -> bool:
    """Match with `*` alone: brackets and question marks occur in the texts themselves."""
    return fnmatchcase(text, pattern.replace("[", "[[]").replace("?", "[?]"))
