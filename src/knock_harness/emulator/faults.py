"""Faults that a test asks for: late answers, refusals, cut connections and garbage, for as long as it asks.

Which request a fault hits depends on the seed and on the requests alone, and its time is that of the environment's
clock. Only the waiting that a latency asks for is in seconds of the machine.
"""

from __future__ import annotations

import math
from datetime import timedelta
from fnmatch import fnmatchcase
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

import msgspec

from knock_harness import contract

from .clock import stamp
from .refusals import InvalidParams

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

__all__ = ["AnyFault", "Cut", "ErrorAnswer", "Failure", "Fault", "Faults", "Garbage", "Latency", "Trouble", "arrived"]

Share: TypeAlias = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Seconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0.0, le=3600.0)]

_P99: Final = 2.3263478740408408  # standard deviations above the mean; one in a hundred lies beyond


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every fault says of itself.

    Attributes:
        operation: the operationId it hits, or a glob of them.
        rate: the share of the requests of these operations that it hits.
        when: ``before``: the request has no effect; ``after``: it has, and only the answer suffers.
        requests: it ends after so many requests of its operations, hit or not; None: it does not count them.
        seconds: it ends after so long on the clock of the environment; None: it does not look at it.
        seed: what decides which requests are hit; None: the seed of the emulator.
    """

    operation: str = "*"
    rate: Share = 1.0
    when: Literal["before", "after"] = "before"
    requests: Annotated[int, msgspec.Meta(ge=1)] | None = None
    seconds: Annotated[float, msgspec.Meta(gt=0.0, le=10 * 365 * 86_400.0)] | None = None
    seed: int | None = None


class Latency(Fault, frozen=True, tag="latency"):
    """Requests take longer: a fixed time, one between two, or one from a log-normal distribution.

    Attributes:
        distribution: how the time is drawn.
        fixed_s: how long; of ``fixed``.
        low_s: the shortest time; of ``uniform``.
        high_s: the longest time; of ``uniform``.
        median_s: half of the requests take longer; of ``log_normal``.
        sigma: the standard deviation of the time's natural logarithm; of ``log_normal``.
        p99_s: one request in a hundred takes longer; of ``log_normal``, in the place of sigma.
        longest_s: no request takes longer.
    """

    distribution: Literal["fixed", "uniform", "log_normal"] = "fixed"
    fixed_s: Seconds = 0.0
    low_s: Seconds = 0.0
    high_s: Seconds = 0.0
    median_s: Annotated[float, msgspec.Meta(gt=0.0, le=3600.0)] | None = None
    sigma: Annotated[float, msgspec.Meta(ge=0.0, le=10.0)] | None = None
    p99_s: Annotated[float, msgspec.Meta(gt=0.0, le=3600.0)] | None = None
    longest_s: Seconds = 60.0

    def draw(self, random: Random) -> float:
        """Return a time in seconds."""
        return min(self.longest_s, self._drawn(random))

    def _drawn(self, random: Random) -> float:
        if self.distribution == "uniform":
            return random.uniform(self.low_s, self.high_s)
        if self.distribution == "log_normal" and self.median_s is not None:
            return self.median_s * math.exp(random.gauss(0.0, self._sigma))
        return self.fixed_s

    @property
    def _sigma(self) -> float:
        if self.sigma is not None or self.p99_s is None or self.median_s is None:
            return self.sigma or 0.0
        return math.log(self.p99_s / self.median_s) / _P99

    @property
    def mistake(self) -> str | None:
        """Return what is wrong with its numbers, or None."""
        if self.distribution == "uniform" and self.high_s < self.low_s:
            return "high_s is below low_s"
        if self.distribution != "log_normal":
            return None
        if self.median_s is None or (self.sigma is None) == (self.p99_s is None):
            return "a log-normal latency needs median_s, and sigma or p99_s"
        if self.p99_s is not None and self.p99_s < self.median_s:
            return "p99_s is below median_s"
        return None


class ErrorAnswer(Fault, frozen=True, tag="error"):
    """Requests are answered 429 or 5xx.

    Attributes:
        status: 429, or from 500 on.
        retry_after_s: told in the header Retry-After; None: there is none.
        body: the error body of the API, or a page of HTML, as a proxy in between would answer.
    """

    status: Annotated[int, msgspec.Meta(ge=429, le=599)] = 503
    retry_after_s: Annotated[int, msgspec.Meta(ge=0)] | None = None
    body: Literal["api", "html"] = "api"


class Cut(Fault, frozen=True, tag="cut"):
    """The connection ends.

    Attributes:
        at: before anything of the answer, or in the middle of its body.
    """

    at: Literal["answer", "body"] = "answer"


class Garbage(Fault, frozen=True, tag="garbage"):
    """Requests are answered 200 with what is no JSON."""


Failure: TypeAlias = ErrorAnswer | Cut | Garbage
AnyFault: TypeAlias = Latency | ErrorAnswer | Cut | Garbage


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """What the faults of an environment do to one request.

    Attributes:
        faults: the numbers of the faults that hit it.
        arrives_after_s: how long the request is under way, in seconds of the machine.
        answered_after_s: how long the answer is.
        failure: what the caller gets in place of the answer.
        arrived: whether the request is no longer under way.
    """

    faults: tuple[int, ...]
    arrives_after_s: float = 0.0
    answered_after_s: float = 0.0
    failure: Failure | None = None
    arrived: bool = False

    @property
    def is_under_way(self) -> bool:
        """Say whether the request is to be handed in again, once it has arrived."""
        return self.arrives_after_s > 0.0 and not self.arrived

    @property
    def has_no_effect(self) -> bool:
        """Say whether nobody works on the request, now or ever."""
        return self.is_under_way or (self.failure is not None and self.failure.when == "before")


def arrived(trouble: Trouble) -> Trouble:
    """Return what becomes of a request that is not under way any more."""
    return msgspec.structs.replace(trouble, arrived=True)


class _Active:
    """A fault that is not over, and how far it got."""

    def __init__(self, number: int, fault: AnyFault, operations: frozenset[str], random: Random, *, at: datetime):
        self.number = number
        self.fault = fault
        self.operations = operations
        self.random = random
        self.until = None if fault.seconds is None else at + timedelta(seconds=fault.seconds)
        self.met = 0
        self.hit = 0

    def is_over(self, now: datetime) -> bool:
        return self.met == self.fault.requests or (self.until is not None and now >= self.until)

    def meets(self) -> bool:
        self.met += 1
        hits = self.random.random() < self.fault.rate
        self.hit += hits
        return hits

    def shown(self) -> dict[str, Any]:
        left = None if self.fault.requests is None else self.fault.requests - self.met
        return {
            "id": self.number,
            "fault": self.fault,
            "requests_met": self.met,
            "requests_hit": self.hit,
            "requests_left": left,
            "until": None if self.until is None else stamp(self.until),
        }


class Faults:
    """The faults of one environment, in the order they were added.

    Args:
        seed: decides which requests are hit; None: the system does.
        whose: environments of different names are hit differently.

    Attributes:
        active: those that were not over when they were last looked at; empty: nobody need ask.
    """

    def __init__(self, seed: int | None = None, *, whose: str = "") -> None:
        self.active: tuple[_Active, ...] = ()
        self._seed = seed
        self._whose = whose
        self._numbers = count(1)

    def add(self, fault: AnyFault, *, now: datetime) -> int:
        """Let requests meet a fault from now on, and return its number.

        Raises:
            InvalidParams: it names no operation, or its numbers do not fit together.
        """
        operations = frozenset(each for each in contract.load().operations if fnmatchcase(each, fault.operation))
        if not operations:
            raise InvalidParams.at("operation", f"no operation is called {fault.operation}")
        if isinstance(fault, Latency) and (mistake := fault.mistake):
            raise InvalidParams.at("distribution", mistake)
        if isinstance(fault, ErrorAnswer) and 429 < fault.status < 500:
            raise InvalidParams.at("status", "is neither 429 nor from 500 on")
        number = next(self._numbers)
        seed = self._seed if fault.seed is None else fault.seed
        random = Random(None if seed is None else f"{seed}/{self._whose}/fault/{number}")  # noqa: S311 - no secret
        self.active = (*self.active, _Active(number, fault, operations, random, at=now))
        return number

    def strike(self, operation: str, *, now: datetime) -> Trouble | None:
        """Return what becomes of a request, or None if no fault hits it; faults that are over are forgotten.

        All latencies that hit it add up; of what fails it, the first that hits does, and the others do not meet it.
        """
        hit: list[int] = []
        waits = {"before": 0.0, "after": 0.0}
        failure: Failure | None = None
        for each in self.active:
            fault = each.fault
            passes = (
                operation not in each.operations
                or each.is_over(now)
                or (failure is not None and not isinstance(fault, Latency))
            )
            if passes or not each.meets():
                continue
            hit.append(each.number)
            if isinstance(fault, Latency):
                waits[fault.when] += fault.draw(each.random)
            else:
                failure = fault
        self._forget_ended(now)
        if not hit:
            return None
        return Trouble(
            faults=tuple(hit), arrives_after_s=waits["before"], answered_after_s=waits["after"], failure=failure
        )

    def listed(self, *, now: datetime) -> Sequence[dict[str, Any]]:
        """Return the faults that are not over, each with how far it got."""
        self._forget_ended(now)
        return [each.shown() for each in self.active]

    def remove(self, numbers: Iterable[int] | None = None) -> int:
        """End faults, by their numbers (None: all), and return how many there were."""
        before = len(self.active)
        gone = None if numbers is None else frozenset(numbers)
        self.active = tuple(each for each in self.active if gone is not None and each.number not in gone)
        return before - len(self.active)

    def clear(self) -> None:
        """End all faults and number new ones from 1, as in a new environment."""
        self.active = ()
        self._numbers = count(1)

    def _forget_ended(self, now: datetime) -> None:
        if any(each.is_over(now) for each in self.active):
            self.active = tuple(each for each in self.active if not each.is_over(now))
