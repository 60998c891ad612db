"""The journal: what requests came, which are as expected, and what the nearest others lack."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.expectations import Expectation, matching, near_misses, never_called

from .reading import read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.emulator.journal import Journal

    from .call import ControlCall, Handler

__all__ = ["HANDLERS"]

_LIMIT: Final = 100
_NEAR_MISSES: Final = 3


def list_requests(call: ControlCall) -> Reply:
    """List the requests."""
    return Reply(200, _found(call, call.environment.journal, Expectation()))


def find_requests(call: ControlCall) -> Reply:
    """List the requests that are as expected."""
    return Reply(200, _found(call, call.environment.journal, read(call.body, Expectation)))


def find_near_misses(call: ControlCall) -> Reply:
    """List the requests that are nearly as expected."""
    expected, most = read(call.body, Expectation), call.query.get("limit", _NEAR_MISSES)
    nearest = [
        {
            "request": each.entry.shown(),
            "distance": round(each.distance, 3),
            "differences": [difference.shown() for difference in each.differences],
        }
        for each in near_misses(call.environment.journal, expected, most=most)
    ]
    return Reply(200, {"near_misses": nearest})


def get_operation_calls(call: ControlCall) -> Reply:
    """Say how often each operation was called."""
    journal = call.environment.journal
    return Reply(200, {"called": dict(journal.calls), "never_called": never_called(journal)})


def clear_journal(call: ControlCall) -> Reply:
    """Forget all requests."""
    call.environment.journal.clear()
    return Reply(204)


def list_strays(call: ControlCall) -> Reply:
    """List the requests that reached no environment."""
    return Reply(200, _found(call, call.emulator.strays, Expectation()))


def clear_strays(call: ControlCall) -> Reply:
    """Forget the requests that reached no environment."""
    call.emulator.strays.clear()
    return Reply(204)


def _found(call: ControlCall, journal: Journal, expected: Expectation) -> dict[str, Any]:
    found = list(matching(journal, expected))
    shown = [each.shown() for each in islice(found, call.query.get("limit", _LIMIT))]
    return {"requests": shown, "count": len(found), "forgotten": journal.forgotten}


HANDLERS: Final[Mapping[str, Handler]] = {
    "listRequests": list_requests,
    "findRequests": find_requests,
    "findNearMisses": find_near_misses,
    "getOperationCalls": get_operation_calls,
    "clearJournal": clear_journal,
    "listStrays": list_strays,
    "clearStrays": clear_strays,
}
