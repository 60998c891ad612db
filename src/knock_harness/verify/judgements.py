"""The judges: for each promise that one answer can keep or break, a function that says which.

A judge sees one answer and nothing else, so the same ones look at generated requests and at recorded traffic. Which
operations a judge looks at is what the requirement says, and nothing that is written here.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from knock_harness.contract import requirements

from . import judgements_http, judgements_paging, judgements_refusals, judgements_shapes
from .documented import Broken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .answers import Answer
    from .documented import Finding

__all__ = ["ANY_REQUEST", "JUDGES", "Judges", "judged_of"]

#: By requirement id.
JUDGES: Mapping[str, Callable[[Answer], Finding]] = {
    **judgements_http.JUDGES,
    **judgements_refusals.JUDGES,
    **judgements_paging.JUDGES,
    **judgements_shapes.JUDGES,
}

_UNIQUE = "REQID-UNIQUE"

#: What holds for an answer to anything, also to a request that is none of the contract.
ANY_REQUEST = frozenset({"ERR-NO-5XX-ON-INPUT", "REQID-PRESENT", _UNIQUE})


@cache
def judged_of(operation: str) -> tuple[str, ...]:
    """Return the requirements of an operation that single answers are judged by."""
    known = requirements.load()
    return tuple(id_ for id_ in (*JUDGES, _UNIQUE) if known[id_].binds(operation))


class Judges:
    """Judges the answers of one run; it remembers the ids of all answers, of which no two may be the same.

    Attributes:
        followed_up: how many failures of each requirement were followed up so far.
    """

    def __init__(self) -> None:
        self.followed_up: Counter[str] = Counter()
        self._seen: set[str] = set()

    def findings(self, answer: Answer, *, only: str | None = None) -> Iterator[tuple[str, Finding]]:
        """Yield requirement id and finding for each promise that is a matter of this answer.

        Args:
            answer: to one request; each is to be judged once.
            only: the one requirement to judge by.
        """
        for id_ in judged_of(answer.operation.id) if only is None else (only,):
            finding = self._unique(answer) if id_ == _UNIQUE else JUDGES[id_](answer)
            if finding is not None:
                yield id_, finding

    def _unique(self, answer: Answer) -> Finding:
        id_ = answer.headers.get("x-request-id")
        if not id_:
            return None
        if id_ in self._seen:
            return Broken("an x-request-id that no other answer has", f"{id_!r} again")
        self._seen.add(id_)
        return True
