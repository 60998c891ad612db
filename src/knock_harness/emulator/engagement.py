"""What readers do with a message: each change of its engagement, and what it sets or clears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .refusals import InvalidParams

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CHANGES", "MOST_METADATA", "Change", "interaction"]

MOST_METADATA: Final = 5  # ENGAGE-INTERACTED-METADATA-LIMIT


class Change(NamedTuple):
    """A change of engagement.

    Attributes:
        column: the timestamp that says since when a status holds.
        sets: whether the status holds afterwards.
        event: the type of the event that it leaves (EVENTS-EACH-CHANGE).
    """

    column: str
    sets: bool
    event: str


#: Every change by its word; statuses are independent of each other (ENGAGE-INCLUSIVE).
CHANGES: Final[Mapping[str, Change]] = {
    "seen": Change("seen_at", True, "message.seen"),
    "unseen": Change("seen_at", False, "message.unseen"),
    "read": Change("read_at", True, "message.read"),
    "unread": Change("read_at", False, "message.unread"),
    "interacted": Change("interacted_at", True, "message.interacted"),
    "link_clicked": Change("link_clicked_at", True, "message.link_clicked"),
    "archived": Change("archived_at", True, "message.archived"),
    "unarchived": Change("archived_at", False, "message.unarchived"),
}


def interaction(body: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return what an interaction tells of itself: the metadata of a body, None without any.

    Raises:
        InvalidParams: it has more than five pairs, or a nested value (ENGAGE-INTERACTED-METADATA-LIMIT).
    """
    metadata: Mapping[str, Any] | None = (body or {}).get("metadata")
    if not metadata:
        return None
    if len(metadata) > MOST_METADATA:
        raise InvalidParams.at("metadata", f"has more than {MOST_METADATA} pairs", kind="maxProperties")
    if any(isinstance(each, dict | list) for each in metadata.values()):
        raise InvalidParams.at("metadata", "holds a nested value", kind="type")
    return {"metadata": metadata}
