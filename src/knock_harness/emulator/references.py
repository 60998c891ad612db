"""Who is meant: users by their id, objects and tenants by collection and id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .refusals import InvalidParams

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LONGEST_ID", "TENANTS", "USERS", "Ref", "checked", "parse_reference", "ref_of_path", "reference"]

USERS: Final = ""  # no object can be in this collection: a path segment is never empty (OBJECT-USER-NAMESPACES)
TENANTS: Final = "$tenants"  # TENANT-IS-OBJECT
LONGEST_ID: Final = 256  # PATH-ID-FORBIDDEN


class Ref(NamedTuple):
    """A recipient: its collection (`USERS` for users) and its id. Compared exactly (CROSS-IDS-EXACT)."""

    collection: str
    id: str


def reference(collection: str, id: str) -> str | dict[str, str]:  # noqa: A002 - the name of the API
    """Return how the API writes a reference: a user by its id, an object by id and collection (RECIPIENT-REF-FORMS)."""
    return id if collection == USERS else {"id": id, "collection": collection}


def parse_reference(value: str | Mapping[str, Any]) -> Ref:
    """Read a reference, or the part of an inline recipient that says who it is.

    Raises:
        InvalidParams: there is no id, or one that nobody can have (INLINE-ID-REQUIRED).
    """
    if isinstance(value, str):
        return checked(Ref(USERS, value))
    collection = value.get("collection")
    return checked(Ref(USERS if collection is None else _text(collection, "collection"), _text(value.get("id"), "id")))


def ref_of_path(path: Mapping[str, str]) -> Ref:
    """Return the recipient whose sub-resource a path names: ``user_id``, or ``collection`` and ``object_id``."""
    user_id = path.get("user_id")
    return Ref(path["collection"], path["object_id"]) if user_id is None else Ref(USERS, user_id)


def checked(ref: Ref) -> Ref:
    """Return a reference whose id somebody can have.

    Raises:
        InvalidParams: the id is empty or too long, or a user id with a slash or a hash (PATH-ID-FORBIDDEN).
    """
    if not ref.id:
        raise InvalidParams.at("id", "is empty", kind="required")
    if len(ref.id) > LONGEST_ID:
        raise InvalidParams.at("id", f"is longer than {LONGEST_ID} characters", kind="maxLength")
    if ref.collection == USERS and ("/" in ref.id or "#" in ref.id):
        raise InvalidParams.at("id", "holds a slash or a hash", kind="pattern")
    return ref


def _text(value: object, field: str) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidParams.at(field, "is required", kind="required")
    return value
