"""Members of audiences: add, remove, list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator import memberships, recipients
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.paging import PageRequest, Row
from knock_harness.emulator.references import USERS, Ref, checked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from knock_harness.emulator.call import Call, Handler

__all__ = ["HANDLERS"]


def list_audience_members(call: Call) -> Reply:
    """List the members, each with its user as it is now, or null (AUDIENCE-MISSING-USER, AUDIENCE-IDENTIFIED-LATER)."""
    key = _audience(call)

    def entry(row: Row) -> dict[str, Any]:
        _, user_id, tenant, added_at = row
        user = call.store.recipients.get(USERS, user_id)
        return {
            "__typename": "AudienceMember",
            "user_id": user_id,
            "tenant": tenant or None,
            "user": None if user is None else recipients.render(user),
            "added_at": added_at,
        }

    return Reply(200, call.store.audiences.page(key, PageRequest.of(call.query)).answer("entries", entry))


def add_audience_members(call: Call) -> Reply:
    """Add members, and identify those that come with properties (AUDIENCE-INLINE-IDENTIFY)."""
    if call.query.get("create_audience"):
        call.store.audiences.create(call.path["key"])
    key = _audience(call, changes=True)
    for ref, tenant, user in _members(call):
        if len(user) > 1:  # an id alone makes no user
            recipients.save(call.environment, ref, user, at=call.now)
        memberships.join(call.environment, key, ref.id, tenant, at=call.now)
    return Reply(204)


def remove_audience_members(call: Call) -> Reply:
    """Remove members; those that are none are passed over (AUDIENCE-ADD-REPEAT)."""
    key = _audience(call, changes=True)
    for ref, tenant, _ in _members(call):
        memberships.leave(call.environment, key, ref.id, tenant, at=call.now)
    return Reply(204)


def _members(call: Call) -> Iterator[tuple[Ref, str | None, Mapping[str, Any]]]:
    """Yield each member of the request: who it is, with which tenant, and what is said of the user."""
    for member in call.body["members"]:
        user = member["user"]
        yield checked(Ref(USERS, user["id"])), member.get("tenant"), user


def _audience(call: Call, *, changes: bool = False) -> str:
    key = call.path["key"]
    memberships.check(call.environment, key, changes=changes)
    return key


HANDLERS: Final[Mapping[str, Handler]] = {
    "listAudienceMembers": list_audience_members,
    "addAudienceMembers": add_audience_members,
    "removeAudienceMembers": remove_audience_members,
}
