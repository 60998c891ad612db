"""Statuses of messages: their order, and conditions on the messages of an earlier step."""

from __future__ import annotations

import operator as operators
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["DELIVERY", "ENGAGEMENT", "MessageStatus", "status_holds"]

#: Delivery statuses, the worst first. Source: COND-MESSAGE-DELIVERY
DELIVERY: Final = ("undelivered", "bounced", "delivery_attempted", "queued", "not_sent", "sent", "delivered")
#: Engagement statuses, the weakest first; all of them are above every delivery status. Source: COND-MESSAGE-ENGAGEMENT
ENGAGEMENT: Final = ("seen", "read", "interacted", "archived")

_RANK: Final[Mapping[str, int]] = {
    **{status: rank for rank, status in enumerate((*DELIVERY, *ENGAGEMENT))},
    "link_clicked": len(DELIVERY) + ENGAGEMENT.index("interacted"),
}
_ORDER: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "greater_than": operators.gt,
    "greater_than_or_equal_to": operators.ge,
    "less_than": operators.lt,
    "less_than_or_equal_to": operators.le,
}


class MessageStatus(NamedTuple):
    """What has become of a message: its delivery status, and every engagement status it has."""

    delivery: str
    engagement: frozenset[str] = frozenset()

    @property
    def rank(self) -> int:
        """Return the place of the highest status that it has."""
        return max(_RANK[each] for each in (self.delivery, *self.engagement))


def status_holds(messages: Sequence[MessageStatus], aspect: str, operator: str, wanted: str) -> bool:
    """Judge a condition on the messages of an earlier step.

    Args:
        messages: all that the step made; none: it was skipped. The highest decides (COND-MESSAGE-HIGHEST).
        aspect: ``delivery_status``, ``engagement_status`` or ``status`` for both.
        operator: one that compares for equality or order; any other does not hold.
        wanted: a status, or ``skipped``, ``seen_not_read``, ``read_not_link_clicked``.
    """
    highest = max(messages, key=lambda each: each.rank, default=None)
    if operator in {"equal_to", "not_equal_to"}:
        return _is(highest, aspect, wanted) is (operator == "equal_to")
    if highest is None or operator not in _ORDER or wanted not in _RANK:
        return False  # COND-MESSAGE-SKIPPED: what was skipped has no place in the order
    rank = _RANK[highest.delivery] if aspect == "delivery_status" else highest.rank
    return _ORDER[operator](rank, _RANK[wanted])


def _is(message: MessageStatus | None, aspect: str, wanted: str) -> bool:
    if message is None or wanted == "skipped":
        return message is None and wanted == "skipped"
    if wanted == "seen_not_read":
        return "seen" in message.engagement and "read" not in message.engagement
    if wanted == "read_not_link_clicked":
        return "read" in message.engagement and "link_clicked" not in message.engagement
    if wanted in DELIVERY:
        return message.delivery == wanted and (aspect == "delivery_status" or not message.engagement)
    return wanted in message.engagement
