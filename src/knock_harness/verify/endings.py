"""How a test ended, and what that says of the requirements it is marked with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
import pytest
from hypothesis.errors import Flaky

from knock_harness.errors import TargetUnreachable
from knock_harness.verify.observations import Finding, Observation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knock_harness.verify.books import CollectedItem
    from knock_harness.verify.observations import Evidence, Judge, Outcome

__all__ = ["Ending", "ending_of", "settle"]

Kind = Literal["passed", "skipped", "unstable", "failed", "error"]

_WEIGHT: dict[Kind, int] = {"passed": 0, "skipped": 1, "unstable": 2, "failed": 3, "error": 4}

#: What is shown of an exception's text, in characters.
_LONGEST_MESSAGE = 2_000


class Ending(msgspec.Struct, frozen=True):
    """How a test, or a phase of it, ended.

    Attributes:
        message: why, if it did not pass.
        unreachable: the target did not answer.
    """

    kind: Kind = "passed"
    message: str = ""
    unreachable: bool = False

    def then(self, later: Ending) -> Ending:
        """Return the ending of both phases together: the one that weighs more."""
        return later if _WEIGHT[later.kind] > _WEIGHT[self.kind] else self


def ending_of(call: pytest.CallInfo[None]) -> Ending:
    """Return how one phase ended: a broken promise is an assertion of the test itself, all else a fault of ours."""
    if call.excinfo is None:
        return Ending()
    error = call.excinfo.value
    if isinstance(error, pytest.skip.Exception):
        return Ending("skipped", str(error.msg))
    if any(isinstance(each, TargetUnreachable) for each in _leaves(error)):
        return Ending("error", _text(error), unreachable=True)
    if isinstance(error, Flaky):
        return Ending("unstable", _text(error))
    if call.when == "call" and all(isinstance(each, AssertionError | pytest.fail.Exception) for each in _leaves(error)):
        return Ending("failed", _text(error))
    return Ending("error", _text(error))


def settle(judge: Judge, ending: Ending, about: CollectedItem, *, last: Evidence | None) -> tuple[Observation, ...]:
    """Return what a test says of requirements: what it noted itself, completed by how it ended.

    Args:
        judge: what it noted.
        ending: how it ended.
        about: which requirements it is marked with.
        last: the latest exchange, evidence for a failure that was not noted with evidence of its own.
    """
    if ending.kind == "unstable":
        judge.withdraw_failures()
    noted = judge.observations()
    if ending.kind == "error":
        return (*noted, *_each(about, "error", reason=ending.message))
    if ending.kind == "failed" and not judge.has_failures:
        return (*noted, *_each(about, "failed", reason=ending.message, last=last))
    if ending.kind == "unstable" and not any(each.outcome == "unstable" for each in noted):
        return (*noted, *_each(about, "unstable", reason=ending.message, last=last))
    if ending.kind == "skipped":
        return (*noted, *_each(about, "skipped", reason=ending.message))
    if judge.is_empty:
        return tuple(_each(about, "passed"))
    return noted


def _each(
    about: CollectedItem, outcome: Outcome, *, reason: str = "", last: Evidence | None = None
) -> Iterator[Observation]:
    """Yield one observation for each requirement that a test is marked with."""
    operation = about.operations[0] if len(about.operations) == 1 else None
    finding = None
    if outcome in ("failed", "unstable"):
        finding = Finding("what the requirement states", reason, last)
    for requirement in about.requirements:
        yield Observation(requirement, operation, outcome, reason=reason, finding=finding)


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """Yield the exceptions that a group holds, at any depth; for no group the exception itself."""
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    for each in error.exceptions:
        yield from _leaves(each)


def _text(error: BaseException) -> str:
    parts = [str(each) for each in _leaves(error) if isinstance(each, AssertionError | pytest.fail.Exception)]
    text = "\n".join(parts) if parts else f"{type(error).__name__}: {error}"
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}…"
