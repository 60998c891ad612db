"""Subscribing recipients to objects, one by one or in bulk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import recipients
from .bulk import BulkRowError
from .references import USERS, Ref, parse_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from .environment import Environment
    from .store.subscriptions import Subscription

__all__ = ["add_row", "delete_row", "subscribe", "unsubscribe"]


def subscribe(
    environment: Environment,
    object_: Ref,
    values: Iterable[str | Mapping[str, Any]],
    properties: Mapping[str, Any] | None,
    *,
    at: datetime,
) -> list[Subscription]:
    """Let recipients follow an object that exists, and return one subscription for each of them (SUB-ADD-RETURNS).

    Maps are identified first (INLINE-BEFORE-ACTION); a user whom nobody identified is made, without properties.
    """
    refs = [recipients.identify(environment, each, at=at) for each in values]
    for ref in refs:
        if ref.collection == USERS:
            recipients.ensure(environment, ref, at=at)
    return [environment.store.subscriptions.upsert(object_, ref, properties, at=at) for ref in dict.fromkeys(refs)]


def unsubscribe(
    environment: Environment, object_: Ref, values: Iterable[str | Mapping[str, Any]]
) -> list[Subscription]:
    """Let recipients no longer follow an object, and return the subscriptions that there were (SUB-DELETE)."""
    refs = dict.fromkeys(parse_reference(each) for each in values)
    removed = [environment.store.subscriptions.delete(object_, ref) for ref in refs]
    return [each for each in removed if each is not None]


def add_row(environment: Environment, row: Mapping[str, Any], at: datetime) -> None:
    """Add the subscriptions of one object of a bulk operation (SUB-BULK-ADD)."""
    object_ = Ref(row["collection"], row["id"])
    if not environment.store.recipients.exists(*object_):
        raise BulkRowError(row["id"], collection=row["collection"])
    subscribe(environment, object_, row["recipients"], row["properties"], at=at)


def delete_row(environment: Environment, row: Mapping[str, Any], at: datetime) -> None:  # noqa: ARG001 - as all rows
    """Remove the subscriptions of one object of a bulk operation; missing ones are skipped (SUB-BULK-DELETE-SKIPS)."""
    unsubscribe(environment, Ref(row["collection"], row["id"]), row["recipients"])
