"""The clock of an environment, read and moved."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.emulator.clock import VirtualClock, moment, stamp
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.refusals import InvalidParams

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from knock_harness.emulator.environment import Environment

    from .call import ControlCall, Handler

__all__ = ["HANDLERS", "shown_clock"]


def get_clock(call: ControlCall) -> Reply:
    """Read the clock."""
    return Reply(200, shown_clock(call.environment))


def advance_clock(call: ControlCall) -> Iterator[Reply | None]:
    """Move the clock forward, and do in order what falls due on the way."""
    to, done = _moment_to(call), 0
    for number in call.emulator.advance(call.environment.name, to=to):
        done += number
        yield None
    yield Reply(200, {**shown_clock(call.environment), "done": done})


def shown_clock(environment: Environment) -> dict[str, Any]:
    """Return the clock of an environment, as it is answered."""
    kind = "virtual" if isinstance(environment.clock, VirtualClock) else "real"
    return {"now": stamp(environment.clock.now()), "kind": kind}


def _moment_to(call: ControlCall) -> datetime:
    """Return the moment that the clock is to show.

    Raises:
        InvalidParams: it is no moment, or before the one that it shows.
    """
    now = call.now
    if "by" in call.body:
        by = _duration(call.body["by"])
        try:
            return now + by
        except OverflowError:
            raise InvalidParams.at("by", "leads beyond the year 9999") from None
    try:
        to = moment(call.body["to"])
    except ValueError:
        raise InvalidParams.at("to", "is no moment") from None
    if to < now:
        raise InvalidParams.at("to", f"lies before {stamp(now)}, which the clock shows")
    return to


def _duration(value: str | float) -> timedelta:
    try:
        by = timedelta(seconds=value) if not isinstance(value, str) else msgspec.convert(value, timedelta)
    except (msgspec.ValidationError, OverflowError):
        raise InvalidParams.at("by", "is no duration of days, hours, minutes and seconds") from None
    if by < timedelta():
        raise InvalidParams.at("by", "is negative; a clock is moved forward")
    return by


HANDLERS: Final[Mapping[str, Handler]] = {"getClock": get_clock, "advanceClock": advance_clock}
