"""Schedules: create, update, delete, list, and create in bulk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator import bulk
from knock_harness.emulator.engine import schedules
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.paging import PageRequest, Row
from knock_harness.emulator.references import USERS, Ref, parse_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from knock_harness.emulator.call import Call, Handler
    from knock_harness.emulator.store.schedules import Schedule

__all__ = ["HANDLERS"]


def create_schedules(call: Call) -> Reply:
    """Make one schedule for each recipient."""
    made = schedules.create(call.environment, call.body, call.body["recipients"], at=call.now)
    return _all(call, made)


def update_schedules(call: Call) -> Reply:
    """Give schedules the same new values."""
    changed = schedules.update(call.environment, call.body["schedule_ids"], call.body, at=call.now)
    return _all(call, changed)


def delete_schedules(call: Call) -> Reply:
    """Remove schedules."""
    return _all(call, schedules.delete(call.environment, call.body["schedule_ids"]))


def list_schedules(call: Call) -> Reply:
    """List the schedules of a workflow, newest first (SCHED-LIST-WORKFLOW-REQUIRED)."""
    named = call.query.get("recipients")
    return _page(call, recipients=None if named is None else [parse_reference(each) for each in named])


def list_user_schedules(call: Call) -> Reply:
    """List the schedules whose recipient a user is (SCHED-OWNER-LISTS)."""
    return _page(call, recipients=[Ref(USERS, call.path["user_id"])])


def list_object_schedules(call: Call) -> Reply:
    """List the schedules whose recipient an object is (SCHED-OWNER-LISTS)."""
    return _page(call, recipients=[Ref(call.path["collection"], call.path["id"])])


def bulk_create_schedules(call: Call) -> Reply:
    """Begin to make many schedules, of any workflows (SCHED-BULK-CREATE)."""
    operation = bulk.start(
        call.environment,
        "schedules.create_schedules",  # BULK-NAMES
        call.body["schedules"],
        kind="schedules.create",
        at=call.now,
        base_url=call.request.base_url,
    )
    return Reply(200, operation)


def _all(call: Call, found: Iterable[Schedule]) -> Reply:
    return Reply(200, [schedules.render(call.environment, each) for each in found])


def _page(call: Call, *, recipients: Iterable[Ref] | None) -> Reply:
    store, query = call.store.schedules, call.query
    page = store.page(
        PageRequest.of(query),
        workflow=query.get("workflow") or None,
        tenant=query.get("tenant") or None,
        recipients=recipients,
    )

    def entry(row: Row) -> dict[str, Any]:
        return schedules.render(call.environment, store.record(row))

    return Reply(200, page.answer("entries", entry))


HANDLERS: Final[Mapping[str, Handler]] = {
    "bulkCreateSchedules": bulk_create_schedules,
    "createSchedules": create_schedules,
    "deleteSchedules": delete_schedules,
    "listObjectSchedules": list_object_schedules,
    "listSchedules": list_schedules,
    "listUserSchedules": list_user_schedules,
    "updateSchedules": update_schedules,
}
