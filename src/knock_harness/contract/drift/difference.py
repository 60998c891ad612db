"""A difference between two documents, and whom it breaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["Breaks", "Difference", "Direction", "Side", "broken_by"]

Breaks = Literal["clients", "servers", "neither"]
Side = Literal["request", "answer"]
#: Whether the contract allows less than the other document, more, or the same under another name.
Direction = Literal["narrower", "wider", "same"]

#: Clients break when they may send what the contract does not allow, or get what the other document did not let them
#: expect; servers break when they may refuse what the contract allows, or answer what it does not.
_BROKEN: Final[dict[tuple[Side, Direction], Breaks]] = {
    ("request", "narrower"): "clients",
    ("request", "wider"): "servers",
    ("answer", "narrower"): "servers",
    ("answer", "wider"): "clients",
}


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """Something that the two documents say differently.

    Attributes:
        where: an operation or a schema of the contract, and the place in it.
        kind: what sort of statement differs, in one word, such as `required`.
        what: how it differs; "here" is the contract, "there" the other document.
        breaks: whom: clients or servers that were written by the other document.
    """

    where: str
    kind: str
    what: str
    breaks: Breaks

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; breaks {self.breaks}"


def broken_by(side: Side, direction: Direction) -> Breaks:
    """Return whom it breaks that the contract allows less, or more, on a side of the exchange."""
    return _BROKEN.get((side, direction), "neither")
