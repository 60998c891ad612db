"""Sends requests, has every answer judged, and sees to it that no failure is reported lightly.

A failure is reduced to the smallest request that shows it, and that one is sent once more about entities that nobody
has touched. Whether the request was valid is asked of the contract each time, of the bytes that were sent. What does
not come back is called unstable and does not count as failed.

All promises are judged on every answer, and each failure is followed up by itself: a promise that is broken everywhere
does not hide the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import pytest

from knock_harness.contract import requirements
from knock_harness.errors import NotMade

from .answers import Answer
from .blame import repeated
from .disputed import is_disputed
from .documented import Broken
from .drafts import send
from .judgements import ANY_REQUEST
from .reduction import reduce_draft, size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from knock_harness.target import Exchange, World

    from .documented import Finding
    from .drafts import Draft
    from .judgements import Judges
    from .observations import Judge

    Check = Callable[[Answer], Finding]

__all__ = ["BrokenPromises", "Examiner"]

#: Requests that one failure may be followed up with, and all failures of one test together.
_TRIES_PER_FAILURE = 300
_TRIES_PER_TEST = 1500
#: A promise that is broken on so many operations is broken everywhere: from then on its failures get few tries.
_OFTEN = 5
_FEW_TRIES = 10

_NO_CHECKS: Mapping[str, Check] = MappingProxyType({})


class BrokenPromises(AssertionError):
    """Promises that the target does not keep, each with the smallest request that shows it."""

    def __init__(self, reports: Iterable[str]) -> None:
        super().__init__("\n\n".join(reports))


class _Shown(NamedTuple):
    """A broken promise, and the exchange that shows it."""

    broken: Broken
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class _Failure:
    """The best example so far of a promise that is broken on an operation."""

    requirement: str
    operation: str
    draft: Draft
    shown: _Shown
    checks: Mapping[str, Check]


class Examiner:
    """Examines one operation, or one aspect of it; a test has one of its own.

    Attributes:
        sent: how many requests were judged.
    """

    def __init__(self, world: World, judge: Judge, judges: Judges, *, seed: int = 0) -> None:
        """Send nothing yet.

        Args:
            world: what requests are about, and sent with.
            judge: where findings are written.
            judges: those of the whole run.
            seed: that the requests were drawn with, for the report.
        """
        self.sent = 0
        self._world = world
        self._judge = judge
        self._judges = judges
        self._seed = seed
        self._failures: dict[tuple[str, str], _Failure] = {}
        self._not_made = ""
        self._tries_left = _TRIES_PER_TEST

    def examine(self, draft: Draft, checks: Mapping[str, Check] = _NO_CHECKS) -> Answer | None:
        """Send a draft, have the answer judged and note what came of it.

        Args:
            draft: what to send.
            checks: judges of this request alone, by requirement id; each takes the place of the common one, and those
                whose requirement does not bind the operation are left out.

        Returns:
            The answer; None if the draft could not be sent, as what it names could not be made.
        """
        known = requirements.load()
        checks = {each: check for each, check in checks.items() if known[each].binds(draft.operation.id)}
        try:
            answer = self.ask(draft)
        except NotMade as error:
            self._not_made = str(error)
            return None
        self.sent += 1
        for requirement, finding in self._findings(answer, checks):
            if isinstance(finding, Broken):
                shown = _Shown(finding, answer.exchange)
                self._keep(_Failure(requirement, answer.operation.id, draft, shown, checks))
            else:
                self._judge.passed(requirement, answer.operation.id)
        return answer

    def examine_all(self, drafts: Iterable[Draft]) -> Examiner:
        """Examine each of the drafts."""
        for draft in drafts:
            self.examine(draft)
        return self

    def conclude(self) -> None:
        """Follow up every failure and report it.

        Raises:
            BrokenPromises: some came back.
        """
        __tracebackhide__ = True
        if not self.sent and self._not_made:
            pytest.skip(self._not_made)
        if reports := [report for failure in self._failures.values() if (report := self._follow_up(failure))]:
            raise BrokenPromises(reports)

    def ask(self, draft: Draft) -> Answer:
        """Send a draft and return the answer, unjudged.

        Raises:
            NotMade: the target did not let something be made that the draft names.
        """
        exchange = send(draft, self._world)
        if exchange.operation is None or draft.method is not None:
            return Answer(exchange, operation=draft.operation, path={})
        possible = draft.existing and exchange.operation == draft.operation.id and not is_disputed(draft)
        answer = Answer.of(exchange, meant_to_succeed=possible)
        return answer or Answer(exchange, operation=draft.operation, path={})

    def _findings(
        self, answer: Answer, checks: Mapping[str, Check], *, only: str | None = None
    ) -> Iterator[tuple[str, Finding]]:
        for requirement, check in checks.items():
            if only in (None, requirement) and (finding := check(answer)) is not None:
                yield requirement, finding
        if only in checks:
            return
        foreign = answer.exchange.operation != answer.operation.id
        for requirement, finding in self._judges.findings(answer, only=only):
            if requirement not in checks and (not foreign or requirement in ANY_REQUEST):
                yield requirement, finding

    def _keep(self, failure: _Failure) -> None:
        key = (failure.requirement, failure.operation)
        best = self._failures.get(key)
        if best is None or size(failure.draft) < size(best.draft):
            self._failures[key] = failure

    def _fails(self, failure: _Failure, draft: Draft) -> _Shown | None:
        """Send a draft; return how it breaks the same promise of the same operation, or None."""
        try:
            answer = self.ask(draft)
        except NotMade:
            return None
        if answer.operation.id != failure.operation:
            return None
        for _, finding in self._findings(answer, failure.checks, only=failure.requirement):
            if isinstance(finding, Broken):
                return _Shown(finding, answer.exchange)
        return None

    def _follow_up(self, failure: _Failure) -> str | None:
        often = self._judges.followed_up[failure.requirement] >= _OFTEN
        self._judges.followed_up[failure.requirement] += 1
        tries = min(_FEW_TRIES if often else _TRIES_PER_FAILURE, self._tries_left)
        found = reduce_draft(failure.draft, failure.shown, fails=lambda draft: self._fails(failure, draft), tries=tries)
        self._tries_left -= found.tries
        shown, shrunk = repeated(found.draft, self._world, lambda draft: self._fails(failure, draft)), found.complete
        if shown is None and found.draft is not failure.draft:  # reduced to something that comes and goes
            shown, shrunk = repeated(failure.draft, self._world, lambda draft: self._fails(failure, draft)), False
        note = self._judge.failed if shown else self._judge.unstable
        broken, exchange = shown or found.shown
        note(
            failure.requirement,
            failure.operation,
            expected=broken.expected,
            got=broken.got,
            exchange=exchange,
            shrunk=shrunk,
        )
        return self._report(failure, broken, exchange) if shown else None

    def _report(self, failure: _Failure, broken: Broken, exchange: Exchange) -> str:
        requirement = requirements.load()[failure.requirement]
        return "\n".join(
            (
                f"{requirement.id} ({requirement.level}) is broken by {failure.operation}",
                f"  promise:  {requirement.statement}",
                f"  source:   {requirement.source}",
                f"  expected: {broken.expected}",
                f"  got:      {broken.got}",
                f"  repeat:   {exchange.curl()}",
                f"  seed:     {self._seed}",
            )
        )
