"""What readers do with a message: each change of its engagement, and what it sets or clears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CHANGES", "Change"]


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
    "archived": Change("archived_at", True, "message.archived"),
    "unarchived": Change("archived_at", False, "message.unarchived"),
}
