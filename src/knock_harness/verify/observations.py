"""What a check saw of a requirement, and the book it is written in while a test runs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from knock_harness.errors import InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Container

    from knock_harness.target import Exchange
    from knock_harness.verify.origins import Origins

__all__ = ["Evidence", "Finding", "ItemReport", "Judge", "Observation", "Outcome", "evidence"]

#: unstable: failed once and held when repeated. error: a fault of the harness, never the target's.
Outcome = Literal["passed", "failed", "unstable", "skipped", "error"]

#: What is kept of a body, in characters: enough to see what is wrong, not enough to fill a disk.
_LONGEST_BODY = 20_000


class Evidence(msgspec.Struct, frozen=True):
    """One request and its answer, as they went over the wire, secrets removed.

    Attributes:
        curl: a command that sends the request again; the secret stands there as `$KNOCK_API_KEY`.
        before: commands that make what the request names, for a target that no longer has it.
        elapsed_s: from the first byte sent to the last received.
    """

    method: str
    url: str
    request_headers: dict[str, str]
    request_body: str
    status: int
    response_headers: dict[str, str]
    response_body: str
    elapsed_s: float
    curl: str
    before: tuple[str, ...] = ()


class Finding(msgspec.Struct, frozen=True):
    """A broken promise: what should have been, what was, and the request that shows it.

    Attributes:
        shrunk: whether the request is the smallest that shows it, as far as was found.
    """

    expected: str
    got: str
    evidence: Evidence | None = None
    shrunk: bool = False


class Observation(msgspec.Struct, frozen=True):
    """One requirement, checked in one test against one operation.

    Attributes:
        operation: operationId; None if the promise was not checked on a single operation.
        count: how many requests led to it.
        reason: why it was skipped or what went wrong; empty otherwise.
    """

    requirement: str
    operation: str | None
    outcome: Outcome
    count: int = 1
    reason: str = ""
    finding: Finding | None = None


class ItemReport(msgspec.Struct, frozen=True):
    """What one test left behind.

    Attributes:
        item: pytest's node id.
        seconds: how long it took, set-up included.
        unreachable: the target did not answer while the test ran.
    """

    item: str
    seconds: float
    observations: tuple[Observation, ...]
    unreachable: bool = False


class _Key(NamedTuple):
    requirement: str
    operation: str | None


class Judge:
    """The book of one test: what was seen of which requirement on which operation.

    A test that generates many requests reports each. Of the failures of one requirement on one operation the last
    stays, because Hypothesis repeats the smallest one last; a shrunk one is never replaced by another.
    """

    def __init__(self, known: Container[str], *, origins: Origins | None = None) -> None:
        self._known = known
        self._origins = origins
        self._passed: Counter[_Key] = Counter()
        self._skipped: Counter[tuple[_Key, str]] = Counter()
        self._failed: dict[_Key, tuple[int, Finding]] = {}
        self._unstable: dict[_Key, tuple[int, Finding]] = {}

    def passed(self, requirement_id: str, operation_id: str | None) -> None:
        """Note that the promise held once."""
        self._passed[self._key(requirement_id, operation_id)] += 1

    def failed(
        self,
        requirement_id: str,
        operation_id: str | None,
        *,
        expected: str,
        got: str,
        exchange: Exchange | None = None,
        shrunk: bool = False,
    ) -> None:
        """Note that the promise was broken, with the exchange that shows it."""
        finding = Finding(expected, got, evidence(exchange, origins=self._origins), shrunk)
        _keep(self._failed, self._key(requirement_id, operation_id), finding)

    def unstable(
        self,
        requirement_id: str,
        operation_id: str | None,
        *,
        expected: str,
        got: str,
        exchange: Exchange | None = None,
        shrunk: bool = False,
    ) -> None:
        """Note that the promise was broken once and held when the request was repeated."""
        finding = Finding(expected, got, evidence(exchange, origins=self._origins), shrunk)
        _keep(self._unstable, self._key(requirement_id, operation_id), finding)

    def skipped(self, requirement_id: str, operation_id: str | None, reason: str) -> None:
        """Note that the promise could not be checked, and why."""
        self._skipped[self._key(requirement_id, operation_id), reason] += 1

    def withdraw_failures(self) -> None:
        """Turn all failures into unstable ones: they did not come back when the test was repeated."""
        self._unstable |= self._failed
        self._failed = {}

    @property
    def has_failures(self) -> bool:
        """Whether any promise was found broken."""
        return bool(self._failed)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was noted at all."""
        return not (self._passed or self._skipped or self._failed or self._unstable)

    def observations(self) -> tuple[Observation, ...]:
        """Return what was noted, one observation for each requirement, operation and outcome."""
        return (
            *(Observation(*key, "passed", count) for key, count in self._passed.items()),
            *(Observation(*key, "failed", count, finding=each) for key, (count, each) in self._failed.items()),
            *(Observation(*key, "unstable", count, finding=each) for key, (count, each) in self._unstable.items()),
            *(Observation(*key, "skipped", count, reason=why) for (key, why), count in self._skipped.items()),
        )

    def _key(self, requirement_id: str, operation_id: str | None) -> _Key:
        if requirement_id not in self._known:
            raise InvalidDocument(f"a check names requirement {requirement_id!r}, which is not defined")
        return _Key(requirement_id, operation_id)


def evidence(exchange: Exchange | None, *, origins: Origins | None = None) -> Evidence | None:
    """Return what is kept of an exchange: text, with bodies cut at a length that a reader can bear."""
    if exchange is None:
        return None
    return Evidence(
        method=exchange.method,
        url=exchange.url,
        request_headers=dict(exchange.request_headers),
        request_body=_text(exchange.request_body),
        status=exchange.status,
        response_headers=dict(exchange.response_headers),
        response_body=_text(exchange.response_body),
        elapsed_s=exchange.elapsed_s,
        curl=exchange.curl(),
        before=tuple(each.curl() for each in origins.of(exchange)) if origins else (),
    )


def _keep(book: dict[_Key, tuple[int, Finding]], key: _Key, finding: Finding) -> None:
    count, last = book.get(key, (0, finding))
    book[key] = (count + 1, last if last.shrunk and not finding.shrunk else finding)


def _text(body: bytes | None) -> str:
    text = (body or b"").decode("utf-8", "replace")
    return text if len(text) <= _LONGEST_BODY else f"{text[:_LONGEST_BODY]}… ({len(text)} characters)"
