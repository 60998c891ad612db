"""Removes what a run made, with as few requests as the API allows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .waiting import Overdue, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import httpx

    from .client import Client
    from .ledger import Entity

__all__ = ["ORDER", "Removal", "remove"]

#: What hangs on something else goes before it.
ORDER = ("schedule", "audience_member", "object", "tenant", "user")

#: From how many on one bulk request (a second each) is quicker than single ones.
_WORTH_A_BULK_REQUEST = 5
_CHUNK = 100
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Removal:
    """How a clean-up went.

    Attributes:
        removed: what is gone now.
        left: what is still there, and what the target answered.
    """

    removed: tuple[Entity, ...]
    left: tuple[tuple[Entity, str], ...]


def remove(client: Client, entities: Sequence[Entity]) -> Removal:
    """Remove entities of a target; one that is gone already counts as removed.

    Raises:
        TargetUnreachable: the target no longer answers.
    """
    removed: list[Entity] = []
    left: list[tuple[Entity, str]] = []
    known = [entity for entity in entities if entity.kind in ORDER]
    for (kind, within), group in groupby(sorted(known, key=_place), key=_group):
        for chunk in _chunks(list(group)):
            reason = _REMOVERS[kind](client, within, [entity.id for entity in chunk])
            if reason and len(chunk) > 1:  # one bad apple must not keep the others
                singly = [(entity, _REMOVERS[kind](client, within, [entity.id])) for entity in chunk]
            else:
                singly = [(entity, reason) for entity in chunk]
            removed += [entity for entity, why in singly if not why]
            left += [(entity, why) for entity, why in singly if why]
    return Removal(tuple(removed), tuple(left))


def _place(entity: Entity) -> tuple[int, str]:
    return ORDER.index(entity.kind), entity.within


def _group(entity: Entity) -> tuple[str, str]:
    return entity.kind, entity.within


def _chunks(entities: list[Entity]) -> Iterator[list[Entity]]:
    bulk = entities[0].kind in {"schedule", "audience_member"} or len(entities) >= _WORTH_A_BULK_REQUEST
    size = _CHUNK if bulk else 1
    return (entities[start : start + size] for start in range(0, len(entities), size))


def _remove_users(client: Client, _: str, ids: list[str]) -> str:
    if len(ids) == 1:
        return _answer(client.send("DELETE", f"/v1/users/{_segment(ids[0])}"))
    return _completed(client, client.send("POST", "/v1/users/bulk/delete", body={"user_ids": ids}))


def _remove_objects(client: Client, collection: str, ids: list[str]) -> str:
    path = f"/v1/objects/{_segment(collection)}"
    if len(ids) == 1:
        return _answer(client.send("DELETE", f"{path}/{_segment(ids[0])}"))
    return _completed(client, client.send("POST", f"{path}/bulk/delete", body={"object_ids": ids}))


def _remove_tenants(client: Client, _: str, ids: list[str]) -> str:
    if len(ids) == 1:
        return _answer(client.send("DELETE", f"/v1/tenants/{_segment(ids[0])}"))
    query = [("tenant_ids[]", id_) for id_ in ids]
    return _completed(client, client.send("POST", "/v1/tenants/bulk/delete", query=query))


def _remove_schedules(client: Client, _: str, ids: list[str]) -> str:
    return _answer(client.send("DELETE", "/v1/schedules", body={"schedule_ids": ids}))


def _remove_members(client: Client, audience: str, ids: list[str]) -> str:
    members = [{"user": {"id": id_}} for id_ in ids]
    return _answer(client.send("DELETE", f"/v1/audiences/{_segment(audience)}/members", body={"members": members}))


#: Each takes what the entities are within and their ids, and returns why they are still there; empty: they are gone.
_REMOVERS: dict[str, Callable[[Client, str, list[str]], str]] = {
    "user": _remove_users,
    "object": _remove_objects,
    "tenant": _remove_tenants,
    "schedule": _remove_schedules,
    "audience_member": _remove_members,
}


def _segment(text: str) -> str:
    """Percent-encode a whole segment of a path, dots included where they would be taken for `.` or `..`."""
    return text.replace(".", "%2E") if text in {".", ".."} else quote(text, safe="")


def _answer(response: httpx.Response) -> str:
    gone = response.is_success or response.status_code == 404
    return "" if gone else f"answered {response.status_code}"


def _completed(client: Client, response: httpx.Response) -> str:
    """Wait for a bulk operation to end."""
    if not response.is_success:
        return _answer(response) or "answered 404"
    id_ = _field(response, "id")
    try:
        status = eventually(lambda: _end_of(client, id_), timeout_s=_PATIENCE_S)
    except Overdue:
        return "its bulk operation does not end"
    return "" if status == "completed" else f"its bulk operation {status}"


def _end_of(client: Client, id_: Any) -> str | None:
    response = client.send("GET", f"/v1/bulk_operations/{_segment(str(id_))}")
    if not response.is_success:
        return f"answers {response.status_code}"
    status = _field(response, "status")
    return status if status in {"completed", "failed"} else None


def _field(response: httpx.Response, name: str) -> Any:
    try:
        return response.json().get(name)
    except (ValueError, AttributeError):
        return None
