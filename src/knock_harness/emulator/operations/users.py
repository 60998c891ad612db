"""Users: identify, read, list, delete, merge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from knock_harness import contract
from knock_harness.emulator import bulk, preferences, recipients, removal
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.paging import PageRequest, Row
from knock_harness.emulator.references import USERS, Ref
from knock_harness.emulator.refusals import FieldError, InvalidParams, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from knock_harness.emulator.call import Call, Handler
    from knock_harness.emulator.environment import Environment
    from knock_harness.emulator.store.recipients import Record

__all__ = ["HANDLERS", "delete_row", "identify_row"]


def list_users(call: Call) -> Reply:
    """List all users that exist, with what they stored as preferences if wanted (USER-LIST-EXACT)."""
    records = call.store.recipients
    with_preferences = "preferences" in call.query.get("include", ())

    def entry(row: Row) -> dict[str, Any]:
        record = records.record(row)
        user = recipients.render(record)
        if with_preferences:
            user["preferences"] = preferences.stored(call.environment, record.ref)
        return user

    return Reply(200, records.page(USERS, PageRequest.of(call.query)).answer("entries", entry))


def get_user(call: Call) -> Reply:
    """Read a user (CROSS-GET-UNKNOWN-404)."""
    return Reply(200, recipients.render(_user(call, call.path["user_id"])))


def identify_user(call: Call) -> Reply:
    """Create the user, or merge the given properties into the one that exists (USER-IDENTIFY-CREATES)."""
    body = _properties_of_query(call) if call.body is None else call.body
    ref = Ref(USERS, call.path["user_id"])
    return Reply(200, recipients.render(recipients.save(call.environment, ref, body, at=call.now)))


def delete_user(call: Call) -> Reply:
    """Delete a user with all that belongs to it (USER-DELETE-GONE)."""
    if not removal.delete(call.environment, Ref(USERS, call.path["user_id"]), at=call.now):
        raise NotFound("This user")
    return Reply(204)


def merge_user(call: Call) -> Reply:
    """Merge another user into this one, which is returned (USER-MERGE-RETURNS-PRIMARY)."""
    primary = _user(call, call.path["user_id"])
    if call.body["from_user_id"] == primary.id:  # USER-MERGE-SELF
        raise InvalidParams.at("from_user_id", "is the user itself", kind="self")
    secondary = _user(call, call.body["from_user_id"])
    return Reply(200, recipients.render(removal.merge_users(call.environment, primary, secondary, at=call.now)))


def bulk_identify_users(call: Call) -> Reply:
    """Identify up to a thousand users, one after the other (BULK-EQUALS-SINGLES)."""
    return Reply(200, _start(call, "users.identify", call.body["users"]))


def bulk_delete_users(call: Call) -> Reply:
    """Delete up to a thousand users (BULK-USERS-DELETE)."""
    return Reply(200, _start(call, "users.delete", [{"id": each} for each in call.body["user_ids"]]))


def identify_row(environment: Environment, row: Mapping[str, Any], at: datetime) -> None:
    """Identify one user of a bulk operation."""
    recipients.save(environment, Ref(USERS, row["id"]), row, at=at)


def delete_row(environment: Environment, row: Mapping[str, Any], at: datetime) -> None:
    """Delete one user of a bulk operation; one that is not there hinders nobody."""
    removal.delete(environment, Ref(USERS, row["id"]), at=at)


def _start(call: Call, kind: str, rows: list[Any]) -> dict[str, Any]:
    return bulk.start(call.environment, kind, rows, kind=kind, at=call.now, base_url=call.request.base_url)


def _user(call: Call, id: str) -> Record:  # noqa: A002 - the name of the API
    record = call.store.recipients.get(USERS, id)
    if record is None:
        raise NotFound("This user")
    return record


def _properties_of_query(call: Call) -> dict[str, Any]:
    """Return the properties that the browser client puts into the query (USER-IDENTIFY-QUERY-PARAMS)."""
    properties: dict[str, Any] = {}
    for name, value in parse_qsl(call.request.query, keep_blank_values=True):
        if name.endswith("[]"):
            properties.setdefault(name.removesuffix("[]"), []).append(value)
        else:
            properties[name] = value
    if broken := contract.body_errors(call.operation, properties):
        raise InvalidParams(FieldError(each.field, each.message, kind=each.keyword) for each in broken)
    return properties


HANDLERS: Final[Mapping[str, Handler]] = {
    "listUsers": list_users,
    "getUser": get_user,
    "identifyUser": identify_user,
    "deleteUser": delete_user,
    "mergeUser": merge_user,
    "bulkIdentifyUsers": bulk_identify_users,
    "bulkDeleteUsers": bulk_delete_users,
}
