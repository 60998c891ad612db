"""What became of triggers: recipient runs, one by one or in a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.emulator.clock import moment, stamp
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.message import as_json
from knock_harness.emulator.paging import PageRequest, page_info
from knock_harness.emulator.references import parse_reference
from knock_harness.emulator.refusals import InvalidParams, NotFound
from knock_harness.emulator.retention import horizon

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.emulator.call import Call, Handler

__all__ = ["HANDLERS"]


def get_workflow_recipient_run(call: Call) -> Reply:
    """Return a run with its events; the id that runs share is none of theirs (RUN-GET-404)."""
    run = call.store.runs.read(call.path["id"], since=horizon(call.environment, at=call.now))
    if run is None:
        raise NotFound("This workflow recipient run")
    return Reply(200, msgspec.Raw(run.encode()))


def list_workflow_recipient_runs(call: Call) -> Reply:
    """List runs, newest first."""
    where, values = _kept(call.query)
    where.append("inserted_at >= :since")  # RETENTION-LISTS
    values["since"] = horizon(call.environment, at=call.now)
    page = call.store.runs.page(PageRequest.of(call.query), where=where, values=values)
    items = ",".join([row[1] for row in page.rows])
    return Reply(200, msgspec.Raw(f'{{"items":[{items}],"page_info":{as_json(page_info(page))}}}'.encode()))


def _kept(query: Mapping[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """Return the conditions of the filters of a query, all of which hold, and their values."""
    where: list[str] = []
    values: dict[str, Any] = {}
    for name in ("workflow", "tenant"):  # RUN-FILTER-WORKFLOW-TENANT
        if query.get(name) is not None:
            where.append(f"{name} = :{name}")
            values[name] = query[name]
    if query.get("status"):
        where.append("status IN (SELECT value FROM json_each(:statuses))")
        values["statuses"] = as_json(query["status"])
    if query.get("has_errors") is not None:
        where.append("(error_count > 0) = :has_errors")
        values["has_errors"] = query["has_errors"]
    if query.get("recipient") is not None:  # RUN-FILTER-RECIPIENT
        ref = parse_reference(query["recipient"])
        where.append("collection = :collection AND recipient_id = :recipient_id")
        values.update(collection=ref.collection, recipient_id=ref.id)
    for name, comparison in (("starting_at", ">"), ("ending_at", "<")):  # RUN-FILTER-TIME
        if query.get(name):
            where.append(f"inserted_at {comparison} :{name}")
            values[name] = _moment(query[name], name)
    return where, values


def _moment(text: str, name: str) -> str:
    try:
        return stamp(moment(text))
    except (OverflowError, ValueError):
        raise InvalidParams.at(name, "is no timestamp", kind="format") from None


HANDLERS: Final[Mapping[str, Handler]] = {
    "getWorkflowRecipientRun": get_workflow_recipient_run,
    "listWorkflowRecipientRuns": list_workflow_recipient_runs,
}
