"""Bulk operations: accepted at once, done step by step from the queue, so that progress can be watched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .clock import stamp
from .refusals import Refusal
from .store.bulk_operations import BulkOperation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from .environment import Environment

__all__ = ["NEXT_STATUS", "TASK", "BulkRowError", "RowWork", "advance", "render", "start"]

#: Each status of a bulk operation, and those it may turn into. Source: BULK-STATUS-FORWARD
NEXT_STATUS: Final[Mapping[str, frozenset[str]]] = {
    "queued": frozenset({"processing"}),
    "processing": frozenset({"completed", "failed"}),
    "completed": frozenset(),
    "failed": frozenset(),
}
ROWS_A_STEP: Final = 100
TASK: Final = "bulk_operation"  # the kind of due work

#: Does one row at a moment; raises `BulkRowError` or a refusal if the row cannot be done.
RowWork: TypeAlias = "Callable[[Environment, Any, datetime], None]"


class BulkRowError(Exception):
    """One row of a bulk operation failed; the others go on (BULK-ERROR-ITEMS)."""

    def __init__(self, id: str, *, collection: str | None = None) -> None:  # noqa: A002 - the name of the API
        super().__init__(id)
        self.id = id
        self.collection = collection


def start(
    environment: Environment,
    name: str,
    rows: list[Any],
    *,
    kind: str,
    at: datetime,
    base_url: str,
    estimated: int | None = None,
    rows_a_step: int = ROWS_A_STEP,
) -> dict[str, Any]:
    """Accept a bulk operation and return it as the API shows it (BULK-RETURNS-OPERATION).

    Args:
        environment: whose records are changed.
        name: the kind of work, for people (BULK-NAMES).
        rows: what is to be done, one JSON value a row.
        kind: what is done for each row, by its name in `bulk_rows.BULK_KINDS`.
        at: now.
        base_url: where the caller reached the API.
        estimated: how many rows to promise (None: as many as there are).
        rows_a_step: how many rows are done at a time.
    """
    operation = BulkOperation(
        id=environment.ids.uuid(),
        name=name,
        kind=kind,
        status="queued",
        rows_a_step=rows_a_step,
        estimated_total_rows=len(rows) if estimated is None else estimated,  # BULK-ESTIMATE
        inserted_at=stamp(at),
        updated_at=stamp(at),
        base_url=base_url,
    )
    environment.store.bulk_operations.add(operation, rows)
    environment.later(TASK, operation.id.encode(), at=at)
    return render(operation)


def advance(environment: Environment, payload: bytes, *, kinds: Mapping[str, RowWork]) -> None:
    """Take one step: begin, or do some rows; the step after it is due at once, but others are served in between.

    Args:
        environment: whose records are changed.
        payload: the id of the operation.
        kinds: what is done for a row of each kind.
    """
    operation = environment.store.bulk_operations.get(payload.decode())
    if operation is None or not NEXT_STATUS[operation.status]:
        return
    now = environment.clock.now()
    operation.updated_at = stamp(now)
    if operation.status == "queued":
        operation.status, operation.started_at = "processing", stamp(now)  # BULK-TIMESTAMPS
    else:
        rows = environment.store.bulk_operations.take(operation)
        for row in rows:
            _do(environment, operation, row, at=now, work=kinds[operation.kind])
        if len(rows) < operation.rows_a_step:
            operation.status, operation.completed_at = "completed", stamp(now)
    environment.store.bulk_operations.put(operation)
    if NEXT_STATUS[operation.status]:
        environment.later(TASK, payload, at=now)
        environment.rest()


def render(operation: BulkOperation) -> dict[str, Any]:
    """Return a bulk operation as the API shows it (BULK-SHAPE, BULK-COUNTS)."""
    return {
        "__typename": "BulkOperation",
        "id": operation.id,
        "name": operation.name,
        "status": operation.status,
        "estimated_total_rows": operation.estimated_total_rows,
        "processed_rows": operation.processed_rows,
        "success_count": operation.success_count,
        "error_count": operation.processed_rows - operation.success_count,
        "error_items": operation.error_items,
        "progress_path": f"{operation.base_url}/v1/bulk_operations/{operation.id}",  # BULK-PROGRESS-PATH
        "inserted_at": operation.inserted_at,
        "updated_at": operation.updated_at,
        "started_at": operation.started_at,
        "completed_at": operation.completed_at,
        "failed_at": operation.failed_at,
    }


def _do(environment: Environment, operation: BulkOperation, row: Any, *, at: datetime, work: RowWork) -> None:
    """Do one row wholly or not at all, and count it."""
    operation.processed_rows += 1
    try:
        with environment.store.savepoint():
            work(environment, row, at)
    except BulkRowError as error:
        operation.error_items.append({"id": error.id, "collection": error.collection})
    except Refusal:
        operation.error_items.append({"id": str(row.get("id", "")), "collection": row.get("collection")})
    else:
        operation.success_count += 1
