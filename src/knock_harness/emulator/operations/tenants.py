"""Tenants: set, read, list, delete. They are the objects of the collection ``$tenants`` (TENANT-IS-OBJECT)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator import bulk, preferences, recipients, removal
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.paging import PageRequest
from knock_harness.emulator.references import TENANTS, Ref
from knock_harness.emulator.refusals import NotFound
from knock_harness.emulator.tenants import default_preferences

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from knock_harness.emulator.call import Call, Handler
    from knock_harness.emulator.environment import Environment
    from knock_harness.emulator.store.recipients import Record

__all__ = ["HANDLERS", "set_row"]


def list_tenants(call: Call) -> Reply:
    """List the tenants, narrowed by id and name if wanted (TENANT-LIST-EXACT, TENANT-LIST-FILTER-ID)."""
    records = call.store.recipients
    page = records.page_of_tenants(
        PageRequest.of(call.query), id=call.query.get("tenant_id") or None, name=call.query.get("name") or None
    )
    return Reply(200, page.answer("entries", lambda row: recipients.render_tenant(records.record(row))))


def get_tenant(call: Call) -> Reply:
    """Read a tenant, its preferences over those of the environment if wanted."""
    record = call.store.recipients.get(TENANTS, call.path["id"])
    if record is None:
        raise NotFound("This tenant")
    return Reply(200, _shown(call, record))


def set_tenant(call: Call) -> Reply:
    """Create the tenant, or merge the given properties into the one that exists (TENANT-SET-CREATES)."""
    record = recipients.save_tenant(call.environment, call.path["id"], call.body, at=call.now)
    return Reply(200, _shown(call, record))


def delete_tenant(call: Call) -> Reply:
    """Delete a tenant with all its data, and no user (TENANT-DELETE-ALL-DATA, TENANT-DELETE-KEEPS-USERS)."""
    if not removal.delete(call.environment, Ref(TENANTS, call.path["id"]), at=call.now):
        raise NotFound("This tenant")
    return Reply(204)


def bulk_set_tenants(call: Call) -> Reply:
    """Set up to a thousand tenants, given as maps or as plain ids (BULK-TENANTS-SET)."""
    rows = [
        {"id": each if isinstance(each, str) else each["id"], "collection": TENANTS, "tenant": each}
        for each in call.body["tenants"]
    ]
    return Reply(200, _start(call, "tenants.set", rows, kind="tenants.set"))


def bulk_delete_tenants(call: Call) -> Reply:
    """Delete the tenants whose ids stand in the query (BULK-TENANTS-DELETE-QUERY)."""
    rows = [{"id": each, "collection": TENANTS} for each in call.query["tenant_ids"]]
    return Reply(200, _start(call, "tenants.delete", rows, kind="objects.delete"))


def set_row(environment: Environment, row: Mapping[str, Any], at: datetime) -> None:
    """Set one tenant of a bulk operation."""
    recipients.identify_tenant(environment, row["tenant"], at=at)


def _shown(call: Call, record: Record) -> dict[str, Any]:
    """Return a tenant; resolving its preferences shapes the answer only (TENANT-RESOLVE-NOT-STORED)."""
    tenant = recipients.render_tenant(record)
    if call.query.get("resolve_full_preference_settings"):
        own = default_preferences(record.properties)
        full = preferences.resolved_tenant_defaults(call.environment, own)
        tenant["settings"] = {**(tenant.get("settings") or {}), "preference_set": full}
    return tenant


def _start(call: Call, name: str, rows: list[Any], *, kind: str) -> dict[str, Any]:
    return bulk.start(call.environment, name, rows, kind=kind, at=call.now, base_url=call.request.base_url)


HANDLERS: Final[Mapping[str, Handler]] = {
    "listTenants": list_tenants,
    "getTenant": get_tenant,
    "setTenant": set_tenant,
    "deleteTenant": delete_tenant,
    "bulkSetTenants": bulk_set_tenants,
    "bulkDeleteTenants": bulk_delete_tenants,
}
