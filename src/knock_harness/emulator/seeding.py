"""Seeding: users, objects, tenants, subscriptions and messages by the million, the same in every run.

What is seeded is written straight into the tables, in slices, each of them one transaction: other requests are answered
in between, and see what is there by then.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec

from .clock import stamp
from .message import as_json
from .references import TENANTS, USERS
from .refusals import InvalidParams
from .seeded_messages import MessageSeeds, Messenger, filled

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from .environment import Environment
    from .store import Store

__all__ = ["SLICE", "ObjectSeeds", "RecipientSeeds", "Seeds", "seed"]

#: Rows that are written in one transaction; requests wait for what was begun.
SLICE: Final = 1000
MOST: Final = 10_000_000

Count = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
Prefix = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{0,100}\Z")]

_USER: Final = {"name": "User {n}", "email": "{id}@example.com", "phone_number": "+15005550006"}
_ADD_RECIPIENT: Final = (
    "INSERT OR IGNORE INTO recipients (collection, id, properties, updated_at) VALUES (?1, ?2, ?3, ?4)"
)
_ADD_SUBSCRIPTION: Final = """
    INSERT OR IGNORE INTO subscriptions (
        object_collection, object_id, recipient_collection, recipient_id, properties, inserted_at, updated_at
    ) VALUES (?1, ?2, ?3, ?4, NULL, ?5, ?5)
"""


class RecipientSeeds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Users or tenants to make; those that exist stay as they are.

    Attributes:
        count: how many.
        prefix: what their ids begin with; a number of at least six digits follows.
        first: the number of the first of them.
        properties: of each; ``{n}`` in a text stands for its number and ``{id}`` for its id.
    """

    count: Count
    prefix: Prefix
    first: Annotated[int, msgspec.Meta(ge=0, le=MOST)] = 1
    properties: dict[str, Any] = {}

    def id(self, place: int) -> str:
        """Return the id of one of them, from 0 on."""
        return f"{self.prefix}{self.first + place:06d}"

    def named(self) -> dict[str, Any]:
        """Return which ids they have."""
        return {
            "count": self.count,
            "pattern": f"{self.prefix}{{n:06d}}",
            "first": self.id(0) if self.count else None,
            "last": self.id(self.count - 1) if self.count else None,
        }


class ObjectSeeds(RecipientSeeds, frozen=True, kw_only=True):
    """Objects to make.

    Attributes:
        collection: in which they are.
        subscribers: how many of the seeded users follow each of them, in turn.
    """

    collection: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    prefix: Prefix = "object-"
    subscribers: Count = 0


class UserSeeds(RecipientSeeds, frozen=True, kw_only=True):
    """Users to make."""

    prefix: Prefix = "user-"
    properties: dict[str, Any] = msgspec.field(default_factory=lambda: dict(_USER))


class TenantSeeds(RecipientSeeds, frozen=True, kw_only=True):
    """Tenants to make."""

    prefix: Prefix = "tenant-"
    properties: dict[str, Any] = msgspec.field(default_factory=lambda: {"name": "Tenant {n}"})


class Seeds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to fill an environment with.

    Attributes:
        users: who gets the messages and follows the objects.
        tenants: for which messages are made.
        objects: of one collection or more.
        messages: to each of the users.
    """

    users: UserSeeds = UserSeeds(count=0)
    tenants: TenantSeeds = TenantSeeds(count=0)
    objects: list[ObjectSeeds] = []
    messages: list[MessageSeeds] = []


def seed(environment: Environment, seeds: Seeds) -> Generator[int, None, dict[str, Any]]:
    """Fill an environment, and return which ids there are now.

    The identifiers are drawn from those of the environment, the times are counted from its moment now: so they depend
    on the seed of the emulator, on its clock and on the requests before.

    Yields:
        How many rows were written since the last time.

    Raises:
        InvalidParams: there would be too many of a kind, or a workflow or a channel is none of the environment's, or
            none whose messages can be seeded; then nothing was written.
    """
    _check(seeds)
    now, random = environment.clock.now(), Random(environment.ids.uuid())  # noqa: S311 - identifiers, not secrets
    users, tenants = seeds.users, seeds.tenants
    messengers = [
        Messenger(environment, each, users=users, tenants=tenants, random=random, now=now) for each in seeds.messages
    ]
    at = stamp(now)
    yield from _written(environment, _ADD_RECIPIENT, _recipients(users, USERS, at))
    yield from _written(environment, _ADD_RECIPIENT, _recipients(tenants, TENANTS, at))
    for each in seeds.objects:
        yield from _written(environment, _ADD_RECIPIENT, _recipients(each, each.collection, at))
        yield from _written(environment, _ADD_SUBSCRIPTION, _subscriptions(each, users, at))
    for messenger in messengers:
        while messenger.left:
            with _slice(environment.store):
                number = messenger.write(SLICE)
            yield number
    return {
        "users": users.named(),
        "tenants": tenants.named(),
        "objects": [{"collection": each.collection, **each.named()} for each in seeds.objects],
        "messages": [each.written() for each in messengers],
    }


def _check(seeds: Seeds) -> None:
    for each in seeds.objects:
        if each.count * min(each.subscribers, seeds.users.count) > MOST:
            raise InvalidParams.at("objects.subscribers", f"makes more than {MOST:,} subscriptions")
    for kind in seeds.messages:
        if kind.per_user * seeds.users.count > MOST:
            raise InvalidParams.at("messages.per_user", f"makes more than {MOST:,} messages")


def _written(environment: Environment, sql: str, rows: Iterator[Sequence[Any]]) -> Iterator[int]:
    while part := list(islice(rows, SLICE)):
        with _slice(environment.store):
            environment.store.connection.executemany(sql, part)
        yield len(part)


@contextmanager
def _slice(store: Store) -> Iterator[None]:
    """Write a slice in one transaction.

    In memory nothing is noted by which it could be undone: most pages of the indexes change in every slice, and to copy
    them takes longer than the slice. Nothing in a slice can be refused, and without memory for it the process ends.
    """
    if store.path is not None:
        with store.transaction():
            yield
        return
    store.connection.execute("PRAGMA journal_mode = OFF")
    try:
        with store.transaction():
            yield
    finally:
        store.connection.execute("PRAGMA journal_mode = MEMORY")


def _recipients(seeds: RecipientSeeds, collection: str, at: str) -> Iterator[Sequence[Any]]:
    properties = as_json(seeds.properties)
    for place in range(seeds.count):
        id_ = seeds.id(place)
        yield collection, id_, filled(properties, number=seeds.first + place, id=id_), at


def _subscriptions(objects: ObjectSeeds, users: UserSeeds, at: str) -> Iterator[Sequence[Any]]:
    subscribers = min(objects.subscribers, users.count)
    for place in range(objects.count):
        for turn in range(place * subscribers, (place + 1) * subscribers):
            yield objects.collection, objects.id(place), USERS, users.id(turn % users.count), at
