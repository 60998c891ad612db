"""Recipients inside other records, as they are at the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .message import as_json
from .recipients import render
from .references import USERS

if TYPE_CHECKING:
    from .marks import Lookup
    from .references import Ref
    from .store import Store

__all__ = ["live", "missing"]


def live(store: Store) -> Lookup:
    """Return what finds the JSON of a recipient in a store."""

    def look_up(ref: Ref) -> str:
        record = store.recipients.get(*ref)
        return as_json(missing(ref) if record is None else render(record))

    return look_up


def missing(ref: Ref) -> dict[str, Any]:
    """Return what stands in the place of a recipient that is gone or never was (USER-DELETE-ACTOR-MARKER)."""
    if ref.collection == USERS:
        return {"__typename": "User", "id": ref.id, "created_at": None, "updated_at": _NEVER, "__missing__": True}
    return {
        "__typename": "Object",
        "id": ref.id,
        "collection": ref.collection,
        "properties": {},
        "created_at": None,
        "updated_at": _NEVER,
        "__missing__": True,
    }


#: The schema wants a time; this one says that there was no change.
_NEVER = "1970-01-01T00:00:00.000000Z"
