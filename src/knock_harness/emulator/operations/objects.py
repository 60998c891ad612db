"""Objects: set, read, list, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator import bulk, preferences, recipients, removal
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.paging import PageRequest, Row
from knock_harness.emulator.references import Ref
from knock_harness.emulator.refusals import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from knock_harness.emulator.call import Call, Handler
    from knock_harness.emulator.environment import Environment

__all__ = ["HANDLERS", "delete_row", "set_row"]


def list_objects(call: Call) -> Reply:
    """List the objects of a collection, which may be one that nobody used (OBJECT-LIST-UNKNOWN-COLLECTION)."""
    records = call.store.recipients
    with_preferences = "preferences" in call.query.get("include", ())

    def entry(row: Row) -> dict[str, Any]:
        record = records.record(row)
        rendered = recipients.render(record)
        if with_preferences:
            rendered["preferences"] = preferences.stored(call.environment, record.ref)
        return rendered

    page = records.page(call.path["collection"], PageRequest.of(call.query))
    return Reply(200, page.answer("entries", entry))


def get_object(call: Call) -> Reply:
    """Read an object, which may be a tenant (TENANT-IS-OBJECT)."""
    record = call.store.recipients.get(call.path["collection"], call.path["id"])
    if record is None:
        raise NotFound("This object")
    return Reply(200, recipients.render(record))


def set_object(call: Call) -> Reply:
    """Create the object, or merge the given properties into the one that exists (OBJECT-SET-CREATES)."""
    ref = Ref(call.path["collection"], call.path["id"])
    return Reply(200, recipients.render(recipients.save(call.environment, ref, call.body, at=call.now)))


def delete_object(call: Call) -> Reply:
    """Delete an object with all that belongs to it (OBJECT-DELETE-GONE)."""
    if not removal.delete(call.environment, Ref(call.path["collection"], call.path["id"]), at=call.now):
        raise NotFound("This object")
    return Reply(204)


def bulk_set_objects(call: Call) -> Reply:
    """Set up to a thousand objects of the collection (BULK-OBJECTS-COLLECTION)."""
    collection = call.path["collection"]
    rows = [{"id": each["id"], "collection": collection, "body": each} for each in call.body["objects"]]
    return Reply(200, _start(call, f"objects.{collection}.set", rows, kind="objects.set"))


def bulk_delete_objects(call: Call) -> Reply:
    """Delete up to a thousand objects of the collection (BULK-OBJECTS-COLLECTION)."""
    collection = call.path["collection"]
    rows = [{"id": each, "collection": collection} for each in call.body["object_ids"]]
    return Reply(200, _start(call, f"objects.{collection}.delete", rows, kind="objects.delete"))


def set_row(environment: Environment, row: Mapping[str, Any], at: datetime) -> None:
    """Set one object of a bulk operation."""
    recipients.save(environment, Ref(row["collection"], row["id"]), row["body"], at=at)


def delete_row(environment: Environment, row: Mapping[str, Any], at: datetime) -> None:
    """Delete one object of a bulk operation; one that is not there hinders nobody."""
    removal.delete(environment, Ref(row["collection"], row["id"]), at=at)


def _start(call: Call, name: str, rows: list[Any], *, kind: str) -> dict[str, Any]:
    return bulk.start(call.environment, name, rows, kind=kind, at=call.now, base_url=call.request.base_url)


HANDLERS: Final[Mapping[str, Handler]] = {
    "listObjects": list_objects,
    "getObject": get_object,
    "setObject": set_object,
    "deleteObject": delete_object,
    "bulkSetObjects": bulk_set_objects,
    "bulkDeleteObjects": bulk_delete_objects,
}
