"""Bulk operations as they are polled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from knock_harness.emulator import bulk
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.refusals import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.emulator.call import Call, Handler

__all__ = ["HANDLERS"]


def get_bulk_operation(call: Call) -> Reply:
    """Read how far a bulk operation has come (BULK-TERMINATES, BULK-GET-UNKNOWN-404)."""
    operation = call.store.bulk_operations.get(call.path["id"])
    if operation is None:
        raise NotFound("This bulk operation")
    return Reply(200, bulk.render(operation))


HANDLERS: Final[Mapping[str, Handler]] = {"getBulkOperation": get_bulk_operation}
