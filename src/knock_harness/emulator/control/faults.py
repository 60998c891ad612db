"""Faults: listed, added, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.faults import AnyFault
from knock_harness.emulator.refusals import NotFound

from .reading import read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .call import ControlCall, Handler

__all__ = ["HANDLERS"]


def list_faults(call: ControlCall) -> Reply:
    """List the faults that are not over."""
    return Reply(200, {"faults": call.environment.faults.listed(now=call.now)})


def add_fault(call: ControlCall) -> Reply:
    """Let requests meet a fault from now on."""
    fault: Any = read(call.body, AnyFault)  # type: ignore[arg-type]  # a union, which msgspec takes for a type
    number = call.environment.faults.add(fault, now=call.now)
    added = next(each for each in call.environment.faults.listed(now=call.now) if each["id"] == number)
    return Reply(200, added)


def end_faults(call: ControlCall) -> Reply:
    """End all faults."""
    return Reply(200, {"ended": call.environment.faults.remove()})


def end_fault(call: ControlCall) -> Reply:
    """End a fault."""
    if not call.environment.faults.remove([int(call.path["fault_id"])]):
        raise NotFound("This fault")
    return Reply(204)


HANDLERS: Final[Mapping[str, Handler]] = {
    "listFaults": list_faults,
    "addFault": add_fault,
    "endFaults": end_faults,
    "endFault": end_fault,
}
