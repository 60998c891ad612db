"""What a bulk operation does for each of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import bulk, subscriptions
from .engine import schedules
from .operations import channels, objects, preferences, tenants, users

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .environment import Environment

__all__ = ["BULK_KINDS", "advance"]

#: The kinds of bulk work, and what is done for one row of each.
BULK_KINDS: Final[Mapping[str, bulk.RowWork]] = {
    "messages.update": channels.update_row,
    "objects.delete": objects.delete_row,
    "objects.delete_subscriptions": subscriptions.delete_row,
    "objects.set": objects.set_row,
    "objects.upsert_subscriptions": subscriptions.add_row,
    "schedules.create": schedules.create_row,
    "tenants.set": tenants.set_row,
    "users.delete": users.delete_row,
    "users.identify": users.identify_row,
    "users.set_preferences": preferences.set_row,
}


def advance(environment: Environment, payload: bytes, at: datetime) -> None:  # noqa: ARG001 - as all tasks
    """Take one step of the bulk operation whose id is the payload."""
    bulk.advance(environment, payload, kinds=BULK_KINDS)
