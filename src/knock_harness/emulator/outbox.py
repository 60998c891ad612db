"""The outbox: what was sent, or would have been, as it was made: a view of messages and delivery logs."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - msgspec reads the annotations when it decodes
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import msgspec

from .clock import stamp
from .references import reference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from knock_harness.contract.project import Channel

    from .environment import Environment

__all__ = ["LARGEST_PAGE", "Question", "count", "page"]

LARGEST_PAGE: Final = 1000

Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]

_COLUMNS: Final = (
    "seq, id, inserted_at, status, collection, recipient_id, tenant, channel_id, source_key, run_id, "
    "recipient_run_id, content_json"
)
#: Each filter of a `Question` that is one condition, and what it asks of a message.
_CONDITIONS: Final[Mapping[str, str]] = {
    "after": "seq > :after",
    "collection": "collection = :collection",
    "recipient": "recipient_id = :recipient",
    "workflow": "source_key = :workflow",
    "status": "status = :status",
    "tenant": "tenant = :tenant",
    "run_id": "run_id = :run_id",
    "message_id": "id = :message_id",
    "since": "inserted_at >= :since",
    "until": "inserted_at < :until",
}

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of the outbox is asked for; what is not given fits all.

    Attributes:
        recipient: the id of the recipient.
        collection: of the recipient; empty: users.
        channel: the key or the id of a channel.
        channel_type: such as ``email``.
        provider: such as ``email_sendgrid``.
        workflow: the key of the workflow, broadcast or guide.
        status: of the message, as it is now.
        tenant: of the message.
        run_id: of the trigger.
        message_id: of the message.
        since: made not before this moment.
        until: made before this moment.
        after: made after the message of this place.
        limit: so many at the most.
    """

    recipient: str | None = None
    collection: str | None = None
    channel: str | None = None
    channel_type: str | None = None
    provider: str | None = None
    workflow: str | None = None
    status: str | None = None
    tenant: str | None = None
    run_id: str | None = None
    message_id: str | None = None
    since: Moment | None = None
    until: Moment | None = None
    after: int | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_PAGE)] = 100


def page(environment: Environment, question: Question) -> dict[str, Any]:
    """Return the messages that fit, oldest first, and the place after which the others come (None: these are all)."""
    where, values = _where(environment, question)
    sql = f"SELECT {_COLUMNS} FROM shown_messages WHERE {where} ORDER BY seq LIMIT :limit"  # noqa: S608 - all of it ours
    rows = environment.store.connection.execute(sql, {**values, "limit": question.limit + 1}).fetchall()
    more, rows = len(rows) > question.limit, rows[: question.limit]
    attempts = _attempts(environment, rows)
    return {
        "messages": [_shown(environment, row, attempts.get(row[0], [])) for row in rows],
        "after": rows[-1][0] if more else None,
    }


def count(environment: Environment, question: Question) -> int:
    """Return how many messages fit, on all pages."""
    where, values = _where(environment, question)
    sql = f"SELECT count(*) FROM messages WHERE {where}"  # noqa: S608 - all of it ours
    number: int = environment.store.connection.execute(sql, values).fetchone()[0]
    return number


def _where(environment: Environment, question: Question) -> tuple[str, dict[str, Any]]:
    asked = {name: getattr(question, name) for name in _CONDITIONS if getattr(question, name) is not None}
    conditions = ["1", *(_CONDITIONS[name] for name in asked)]
    channels = _channels(environment, question)
    if channels is not None:
        conditions.append("channel_id IN (SELECT value FROM json_each(:channels))")
        asked["channels"] = msgspec.json.encode(channels).decode()
    values = {name: stamp(value) if isinstance(value, datetime) else value for name, value in asked.items()}
    return " AND ".join(conditions), values


def _channels(environment: Environment, question: Question) -> list[str] | None:
    """Return the ids of the channels that are asked for; None: all."""
    if question.channel is question.channel_type is question.provider is None:
        return None
    return [
        each.id
        for each in environment.project.channels.values()
        if question.channel in {None, each.id, each.key}
        and question.channel_type in {None, each.type}
        and question.provider in {None, each.provider}
    ]


def _attempts(environment: Environment, rows: Sequence[tuple[Any, ...]]) -> dict[int, list[dict[str, Any]]]:
    """Return what was asked of providers for each message, and what they answered, oldest first."""
    found: dict[int, list[dict[str, Any]]] = {}
    logs = environment.store.connection.execute(
        "SELECT message, inserted_at, log FROM delivery_logs"
        " WHERE message IN (SELECT value FROM json_each(?)) ORDER BY seq",
        (msgspec.json.encode([row[0] for row in rows]).decode(),),
    )
    for message, at, log in logs:
        found.setdefault(message, []).append({"at": at, **_decode(log)})
    return found


def _shown(environment: Environment, row: tuple[Any, ...], attempts: list[dict[str, Any]]) -> dict[str, Any]:
    seq, id_, at, status, collection, recipient_id, tenant, channel_id, workflow, run_id, recipient_run_id, text = row
    channel = environment.project.channels_by_id.get(channel_id)
    content = _decode(text)["data"]
    return {
        "place": seq,
        "message_id": id_,
        "at": at,
        "status": status,
        "workflow": workflow,
        "run_id": run_id,
        "recipient_run_id": recipient_run_id,
        "recipient": reference(collection, recipient_id),
        "tenant": tenant,
        "channel": _channel(channel_id, channel),
        "to": _TO[channel.type](content) if channel is not None and channel.type in _TO else None,
        "content": content,
        "attempts": attempts,
    }


def _channel(channel_id: str, channel: Channel | None) -> dict[str, str | None]:
    if channel is None:  # it was taken out of the project meanwhile
        return {"id": channel_id, "key": None, "type": None, "provider": None}
    return {"id": channel.id, "key": channel.key, "type": channel.type, "provider": channel.provider}


#: Where in the content of a message its address is; an in-app message has none.
_TO: Final[Mapping[str, Callable[[Mapping[str, Any]], Any]]] = {
    "email": lambda content: content["to"],
    "sms": lambda content: content["to"],
    "push": lambda content: content["token"],
    "chat": lambda content: content["connection"],
    "http": lambda content: content["connection"]["url"],
}
