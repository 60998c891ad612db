"""What an accepted request made or removed on the target, read off the request itself.

Generated requests make users and objects of their own, and destroy what the world holds. Both are seen here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from knock_harness import contract

from .ledger import Entity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .exchange import Exchange

__all__ = ["MADE", "REMOVED", "Accepted", "read_accepted"]


class Accepted(NamedTuple):
    """A request that was answered with 2xx.

    Attributes:
        path: its path parameters.
        query: its decoded query.
        body: its decoded body; None: it had none.
        answer: the decoded body of the answer; None: it had none.
    """

    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    answer: Any


def read_accepted(exchange: Exchange, *, base_url: str) -> Accepted | None:
    """Return what an exchange asked for and got; None: it cannot be read as a request to an operation."""
    path, _, query = exchange.url.removeprefix(base_url).partition("?")
    match = contract.match(exchange.method, path)
    if match is None:
        return None
    try:
        body = json.loads(exchange.request_body) if exchange.request_body else None
        answer = json.loads(exchange.response_body) if exchange.response_body else None
    except ValueError:
        return None
    return Accepted(match.path, contract.wire.decode_query(match.operation, query), body, answer)


def _user_of_path(seen: Accepted) -> Iterator[Entity]:
    yield Entity("user", seen.path["user_id"])


def _object_of_path(seen: Accepted) -> Iterator[Entity]:
    yield _object(seen.path["collection"], seen.path.get("object_id") or seen.path["id"])


def _tenant_of_path(seen: Accepted) -> Iterator[Entity]:
    yield Entity("tenant", seen.path["id"])


def _object(collection: str, id_: str) -> Entity:
    """A tenant is also an object of the collection `$tenants`."""
    return Entity("tenant", id_) if collection == "$tenants" else Entity("object", id_, collection)


def _value(body: Any, key: str) -> Any:
    return body.get(key) if isinstance(body, dict) else None


def _entries(body: Any, key: str) -> list[Any]:
    value = _value(body, key)
    return value if isinstance(value, list) else []


def _ids(entries: list[Any]) -> Iterator[str]:
    for entry in entries:
        id_ = entry.get("id") if isinstance(entry, dict) else entry
        if isinstance(id_, str):
            yield id_


def _recipients(entries: list[Any]) -> Iterator[Entity]:
    """Read inline identifications; a plain id or a reference makes nobody."""
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            continue
        collection = entry.get("collection")
        yield _object(collection, entry["id"]) if isinstance(collection, str) else Entity("user", entry["id"])


def _inline(seen: Accepted) -> Iterator[Entity]:
    """Read everybody whom a trigger, a schedule or a subscription identifies on the way."""
    for part in [seen.body, *_entries(seen.body, "schedules"), *_entries(seen.body, "subscriptions")]:
        if not isinstance(part, dict):
            continue
        yield from _recipients([*_entries(part, "recipients"), part.get("recipient"), part.get("actor")])
        yield from (Entity("tenant", id_) for id_ in _ids([part.get("tenant")]))


def _made_schedules(seen: Accepted) -> Iterator[Entity]:
    yield from _inline(seen)
    yield from (Entity("schedule", id_) for id_ in _ids(seen.answer if isinstance(seen.answer, list) else []))


def _made_subscriptions(seen: Accepted) -> Iterator[Entity]:
    yield from _inline(seen)
    if "object_id" in seen.path:
        yield from _object_of_path(seen)


def _bulk_made_subscriptions(seen: Accepted) -> Iterator[Entity]:
    yield from _inline(seen)
    yield from (_object(seen.path["collection"], id_) for id_ in _ids(_entries(seen.body, "subscriptions")))


def _members(seen: Accepted) -> Iterator[Entity]:
    for id_ in _ids([_value(member, "user") for member in _entries(seen.body, "members")]):
        yield Entity("user", id_)
        yield Entity("audience_member", id_, seen.path["key"])


def _removed_members(seen: Accepted) -> Iterator[Entity]:
    return (entity for entity in _members(seen) if entity.kind == "audience_member")


def _users_in(key: str) -> Callable[[Accepted], Iterator[Entity]]:
    return lambda seen: (Entity("user", id_) for id_ in _ids(_entries(seen.body, key)))


def _objects_in(key: str) -> Callable[[Accepted], Iterator[Entity]]:
    return lambda seen: (_object(seen.path["collection"], id_) for id_ in _ids(_entries(seen.body, key)))


def _merged_user(seen: Accepted) -> Iterator[Entity]:
    yield from (Entity("user", id_) for id_ in _ids([_value(seen.body, "from_user_id")]))


def _channel_data(seen: Accepted) -> Iterator[Entity]:
    yield Entity("channel_data", seen.path["channel_id"], within=_holder(seen.path))


def _preference_set(seen: Accepted) -> Iterator[Entity]:
    yield Entity("preference_set", seen.path["id"], within=_holder(seen.path))


def _holder(path: Mapping[str, str]) -> str:
    return path["user_id"] if "user_id" in path else f"{path['collection']}/{path['object_id']}"


def _token(parameter: str) -> Callable[[Accepted], Iterator[Entity]]:
    def of(seen: Accepted) -> Iterator[Entity]:
        reference = seen.query.get(parameter)
        if isinstance(reference, str):  # as the document has it; the browser client sends it in brackets
            reference = json.loads(reference)
        holder = f"{_value(reference, 'collection')}/{_value(reference, 'object_id')}"
        yield Entity("channel_data", seen.path["channel_id"], within=holder)

    return of


def _cancellation(seen: Accepted) -> Iterator[Entity]:
    yield from (Entity("cancellation_key", key) for key in _ids([_value(seen.body, "cancellation_key")]))


def _subscriptions(seen: Accepted) -> Iterator[Entity]:
    holder = f"{seen.path['collection']}/{seen.path['object_id']}"
    yield from (Entity("subscription", id_, within=holder) for id_ in _ids(_entries(seen.body, "recipients")))


def _bulk_subscriptions(seen: Accepted) -> Iterator[Entity]:
    for part in _entries(seen.body, "subscriptions"):
        holder = f"{seen.path['collection']}/{_value(part, 'id')}"
        yield from (Entity("subscription", id_, within=holder) for id_ in _ids(_entries(part, "recipients")))


def _deleted_messages(seen: Accepted) -> Iterator[Entity]:
    """Read whose messages of a channel were deleted; `*` stands for everybody's."""
    if seen.path["action"] == "delete":
        named = [*_ids(_entries(seen.body, "recipient_ids")), *_ids(_entries(seen.body, "user_ids"))]
        yield from (Entity("messages", id_, within=seen.path["channel_id"]) for id_ in named or ["*"])


#: What each operation makes, as far as it stays behind on the target.
MADE: Mapping[str, Callable[[Accepted], Iterator[Entity]]] = {
    "identifyUser": _user_of_path,
    "setUserChannelData": _user_of_path,
    "updateUserPreferenceSet": _user_of_path,
    "bulkIdentifyUsers": _users_in("users"),
    "setObject": _object_of_path,
    "setObjectChannelData": _object_of_path,
    "updateObjectPreferenceSet": _object_of_path,
    "bulkSetObjects": _objects_in("objects"),
    "addSubscriptionsForObject": _made_subscriptions,
    "bulkAddSubscriptions": _bulk_made_subscriptions,
    "setTenant": _tenant_of_path,
    "bulkSetTenants": lambda seen: (Entity("tenant", id_) for id_ in _ids(_entries(seen.body, "tenants"))),
    "triggerWorkflow": _inline,
    "createSchedules": _made_schedules,
    "updateSchedules": _inline,
    "bulkCreateSchedules": _inline,
    "addAudienceMembers": _members,
}

#: What each operation takes away from the world.
REMOVED: Mapping[str, Callable[[Accepted], Iterator[Entity]]] = {
    "deleteUser": _user_of_path,
    "mergeUser": _merged_user,
    "bulkDeleteUsers": _users_in("user_ids"),
    "deleteObject": _object_of_path,
    "bulkDeleteObjects": _objects_in("object_ids"),
    "deleteTenant": _tenant_of_path,
    "bulkDeleteTenants": lambda seen: (Entity("tenant", id_) for id_ in _ids(seen.query.get("tenant_ids", []))),
    "deleteSchedules": lambda seen: (Entity("schedule", id_) for id_ in _ids(_entries(seen.body, "schedule_ids"))),
    "removeAudienceMembers": _removed_members,
    "unsetUserChannelData": _channel_data,
    "unsetObjectChannelData": _channel_data,
    "deleteUserPreferenceSet": _preference_set,
    "deleteObjectPreferenceSet": _preference_set,
    "slackProviderRevokeAccess": _token("access_token_object"),
    "msTeamsProviderRevokeAccess": _token("ms_teams_tenant_object"),
    "cancelWorkflow": _cancellation,
    "cancelWorkflowLegacy": _cancellation,
    "deleteSubscriptionsForObject": _subscriptions,
    "bulkDeleteSubscriptions": _bulk_subscriptions,
    "bulkUpdateMessagesForChannel": _deleted_messages,
}
