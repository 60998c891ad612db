"""Messages as a workflow would have made them some time ago, written by the thousand.

One message is rendered with marks in the place of what differs from message to message, and SQLite puts the rest of
each row together: a row that comes in whole takes twice the time.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import msgspec

from .clock import stamp
from .engine.records import RECORDS
from .engine.scopes import StoredRecords
from .engine.templates import TemplateFailed
from .message import FEED, NewActivity, NewMessage, as_json, message_row
from .references import USERS, Ref
from .refusals import InvalidParams
from .store.message_schema import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from random import Random

    from .engine.plans import Sender
    from .environment import Environment
    from .seeding import RecipientSeeds

__all__ = ["MessageSeeds", "Messenger", "filled"]

Share: TypeAlias = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]

#: Channel types whose messages can be seeded, and where the address of a user stands in its properties.
_ADDRESSES: Final[Mapping[str, str | None]] = {FEED: None, "email": "email", "sms": "phone_number"}
#: What happened to a message until it was delivered.
_EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    FEED: ("created", "delivered"),
    "email": ("created", "queued", "sent", "delivered"),
    "sms": ("created", "queued", "sent", "delivered"),
}
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS: Final = tuple(high + low for high in _DIGITS for low in _DIGITS)
_KSUID_EPOCH: Final = 1_400_000_000
#: A KSUID is a number of 27 digits to the base 62, and a second of it counts 2**128.
_HEADS_A_SECOND: Final = 2**128 / 62**21
#: Marks, and the parameter that takes the place of each.
_MARKS: Final[Mapping[str, str]] = {
    "{message}": "?1",
    "{id}": "?2",
    "{user_n}": "?3",
    "{n}": "?4",
    "{at}": "?5",
    "{activity}": "?6",
    "{tenant}": "?7",
}
_MARK: Final = re.compile("(" + "|".join(re.escape(mark) for mark in _MARKS) + ")")
_ENGAGEMENTS: Final[Mapping[str, str]] = {"seen": "?8", "read": "?9", "archived": "?10"}


class MessageSeeds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Messages to make, spread evenly over a time that ends now.

    Attributes:
        per_user: how many each of the seeded users gets.
        workflow: the key of the workflow whose template is rendered.
        channel: the key of the channel; None: that of the first channel step whose messages can be seeded.
        data: of the trigger; ``{n}`` in a text stands for the number of the message, ``{id}`` for the id of the user.
        period_s: how long ago the first of them was made.
        seen: the share of them that was seen.
        read: the share that was read too, which is no more.
        archived: the share that was archived.
        tenants: the share that was made for one of the seeded tenants, which take turns.
    """

    per_user: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    workflow: str
    channel: str | None = None
    data: dict[str, Any] = {}
    period_s: Annotated[float, msgspec.Meta(ge=0.0, le=10 * 365 * 86_400.0)] = 7 * 86_400.0
    seen: Share = 0.0
    read: Share = 0.0
    archived: Share = 0.0
    tenants: Share = 0.0


def filled(text: str, *, number: int, id: str) -> str:  # noqa: A002 - the name of the API
    """Return a text with a number and an id in the place of ``{n}`` and ``{id}``."""
    return text.replace("{n}", str(number)).replace("{id}", id)


class Messenger:
    """Writes the messages of one kind.

    Args:
        environment: into which they go.
        seeds: how many, and which.
        users: who gets them.
        tenants: for which they are made.
        random: decides what is left open.
        now: when the last of them was made.

    Attributes:
        left: how many are not written yet.

    Raises:
        InvalidParams: the workflow is none of the environment's, or its messages cannot be seeded.
    """

    def __init__(
        self,
        environment: Environment,
        seeds: MessageSeeds,
        *,
        users: RecipientSeeds,
        tenants: RecipientSeeds,
        random: Random,
        now: datetime,
    ) -> None:
        self._environment = environment
        self._seeds = seeds
        self._users = users
        self._tenants = tenants
        self._random = random
        self._count = self.left = seeds.per_user * users.count
        self._start = now - timedelta(seconds=seeds.period_s)
        self._step = timedelta(seconds=seeds.period_s) / max(self._count, 1)
        self._tail = "".join(random.choices(_DIGITS, k=13))
        self._activities = f"{random.getrandbits(32):08x}-{random.getrandbits(16):04x}-7000-8000-"
        self._first_id: str | None = None
        self._last_id: str | None = None
        sender, variables = _sender(environment, seeds)
        self._origin = sender.origin
        self._events = [
            *(_insert_events(each, "inserted_at") for each in _EVENTS[sender.channel.type]),
            *(_insert_events(each, f"{each}_at") for each in _ENGAGEMENTS),
        ]
        self._sql = _insert(environment, _template(environment, sender, variables, seeds, users))

    def write(self, most: int) -> int:
        """Write the next ones, within a transaction, and return how many there were."""
        number = min(most, self.left)
        first = self._count - self.left
        connection = self._environment.store.connection
        before = connection.execute("SELECT coalesce(max(seq), 0) FROM messages").fetchone()[0]
        origin = self._origin
        connection.execute(
            "INSERT OR IGNORE INTO message_origins VALUES (?, ?, ?)", (origin.seq, origin.about, origin.item)
        )
        rows = [self._row(place) for place in range(first, first + number)]
        connection.executemany(self._sql, rows)
        for sql in self._events:
            connection.execute(sql, (before,))
        self._first_id = self._first_id or rows[0][0]
        self._last_id = rows[-1][0]
        self.left -= number
        return number

    def written(self) -> dict[str, Any]:
        """Return how many were written, and the first and the last of them."""
        return {
            "workflow": self._seeds.workflow,
            "count": self._count - self.left,
            "first": self._first_id,
            "last": self._last_id,
        }

    def _row(self, place: int) -> tuple[Any, ...]:
        seeds, users, tenants, draw = self._seeds, self._users, self._tenants, self._random.random
        at = self._start + self._step * (place + 1)
        shown, user = stamp(at), place % users.count
        engaged = draw()
        return (
            f"{_ksuid_head(at.timestamp() // 1)}{self._tail}{place:08d}",
            users.id(user),
            users.first + user,
            place + 1,
            shown,
            f"{self._activities}{place:012x}",
            tenants.id(place % tenants.count) if tenants.count and draw() < seeds.tenants else None,
            shown if engaged < max(seeds.seen, seeds.read) else None,
            shown if engaged < seeds.read else None,
            shown if draw() < seeds.archived else None,
        )


def _sender(environment: Environment, seeds: MessageSeeds) -> tuple[Sender, Mapping[str, Any]]:
    """Return what makes the messages, and what templates see of the workflow."""
    workflow = environment.project.workflows.get(seeds.workflow)
    if workflow is None:
        raise InvalidParams.at("workflow", f"there is no workflow {seeds.workflow}")
    plan = environment.plans.plan(environment.project, workflow)
    for each in plan.steps:
        sender = each.sender
        if sender is None or sender.channel.type not in _ADDRESSES:
            continue
        if seeds.channel in {None, sender.channel.key}:
            return sender, plan.variables
    raise InvalidParams.at("channel", "the workflow has no such channel step: in-app, email and sms can be seeded")


def _template(
    environment: Environment,
    sender: Sender,
    workflow: Mapping[str, Any],
    seeds: MessageSeeds,
    users: RecipientSeeds,
) -> NewMessage:
    """Return a message that holds marks in the place of what differs from message to message."""
    properties = msgspec.json.decode(as_json(users.properties).replace("{n}", "{user_n}"))
    recipient = {**properties, "id": "{id}"}
    address = _ADDRESSES[sender.channel.type]
    variables = {
        "data": seeds.data,
        "recipient": recipient,
        "actor": None,
        "actors": [],
        "tenant": None,
        "vars": environment.project.variables,
        "workflow": workflow,
        "run": {"total_activities": 1, "total_actors": 0},
        "activities": [{**seeds.data, "data": seeds.data, "actor": None, "recipient": recipient, "timestamp": "{at}"}],
        "total_activities": 1,
        "total_actors": 0,
        "timestamp": "{at}",
        "current_message": {"id": "{message}", "inserted_at": "{at}", "updated_at": "{at}"},
        RECORDS: StoredRecords(environment),
    }
    try:
        content = sender.make(variables, None if address is None else properties.get(address) or "")
    except TemplateFailed as error:
        raise InvalidParams.at("workflow", f"its template cannot be rendered: {error}") from None
    data = as_json(seeds.data)
    return NewMessage(
        id="{message}",
        recipient=Ref(USERS, "{id}"),
        origin=sender.origin,
        data=data,
        activities=(NewActivity("{activity}", None, data, "{at}"),),
        content=content,
        status="delivered",
        at="{at}",
        tenant="{tenant}",
    )


def _insert(environment: Environment, template: NewMessage) -> str:
    """Return the SQL that writes a message like a template, from what differs."""

    def quoted(value: Any) -> str:
        text: str = environment.store.connection.execute("SELECT quote(?)", (value,)).fetchone()[0]
        return text

    def expression(value: Any) -> str:
        parts = [part for part in _MARK.split(value) if part] if isinstance(value, str) else []
        return " || ".join(_MARKS.get(part) or quoted(part) for part in parts) or quoted(value)

    values = [*map(expression, message_row(template, ())), *_ENGAGEMENTS.values()]
    columns = f"{COLUMNS}, {', '.join(f'{word}_at' for word in _ENGAGEMENTS)}"
    return f"INSERT INTO messages ({columns}) VALUES ({', '.join(values)})"  # noqa: S608 - quoted by SQLite


def _insert_events(word: str, at: str) -> str:
    """Return the SQL that writes an event of each message behind a place which has a moment in a column."""
    return f"""
        INSERT INTO message_events (message, type, inserted_at)
        SELECT seq, 'message.{word}', {at} FROM messages WHERE seq > ? AND {at} IS NOT NULL
    """  # noqa: S608 - words and columns of ours


def _ksuid_head(seconds: float) -> str:
    """Return six characters with which a KSUID of a second may begin, whatever follows."""
    number = int((seconds - _KSUID_EPOCH) * _HEADS_A_SECOND) + 2  # rounded or not, neither too early nor too late
    rest, low = divmod(number, len(_PAIRS))
    high, middle = divmod(rest, len(_PAIRS))
    return _PAIRS[high] + _PAIRS[middle] + _PAIRS[low]
