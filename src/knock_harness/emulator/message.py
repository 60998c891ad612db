"""A message before it is stored: what it is made of, and the parts of its JSON that never change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import msgspec

from .marks import OWNER, mark
from .references import USERS, Ref, reference

if TYPE_CHECKING:
    from knock_harness.contract.project import Channel

__all__ = ["FEED", "ITEM_ACTIVITIES", "NewActivity", "NewMessage", "Origin", "as_json", "message_row", "origin"]

FEED: Final = "in_app_feed"
#: A feed item shows this many of its activities (FEED-ACTIVITIES).
ITEM_ACTIVITIES: Final = 10
#: A message names this many of its actors (BATCHSTEP-TOTALS).
MOST_ACTORS: Final = 10
#: Key of the trigger data that no feed shows (FEED-ATTACHMENTS-HIDDEN).
ATTACHMENTS: Final = "attachments"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def as_json(value: Any) -> str:
    """Return a value as compact JSON text, the form in which the tables keep it."""
    return _encode(value).decode()


class Origin(msgspec.Struct, frozen=True):
    """What all messages of one step have in common; make it once for each step, by `origin`.

    Attributes:
        channel_id: through which they go.
        feed: whether users see them in a feed.
        key: of the workflow or guide.
        categories: of the workflow, as JSON.
        about: channel, key and source as the message shows them, as JSON that ends before the runs of the source.
        item: its source as the feed item shows it, as JSON.
        seq: a number that stands for all of this.
    """

    channel_id: str
    feed: bool
    key: str
    categories: str
    about: str
    item: str
    seq: int


def origin(
    channel: Channel,
    *,
    key: str,
    version_id: str,
    categories: Sequence[str] = (),
    step_ref: str | None = None,
    kind: str = "workflow",
) -> Origin:
    """Say where messages come from (MSG-SOURCE).

    Args:
        channel: through which they go.
        key: of the workflow, broadcast or guide.
        version_id: of its committed version, a UUID.
        categories: of the workflow.
        step_ref: the step that makes them.
        kind: ``workflow``, ``broadcast`` or ``guide``.
    """
    shown = {
        "id": channel.id,
        "key": channel.key,
        "name": channel.name,
        "type": channel.type,
        "provider": channel.provider,
        "created_at": channel.created_at,
        "updated_at": channel.updated_at,
    }
    source = {"__typename": "NotificationSource", "key": key, "version_id": version_id, "categories": list(categories)}
    about = (
        f'"channel_id":{as_json(channel.id)},"channel":{as_json(shown)},"workflow":{as_json(key)},'
        f'"source":{as_json({**source, "type": kind, "step_ref": step_ref})[:-1]}'
    )
    digest = blake2b(about.encode(), digest_size=8).digest()
    return Origin(
        channel_id=channel.id,
        feed=channel.type == FEED,
        key=key,
        categories=as_json(list(categories)),
        about=about,
        item=as_json(source),
        seq=int.from_bytes(digest, signed=True),
    )


class NewActivity(msgspec.Struct, frozen=True, array_like=True):
    """One trigger that a message tells of.

    Attributes:
        id: unique; a UUID or KSUID.
        actor: who did it.
        data: of the trigger, as JSON.
        at: when it came, as the API writes it.
    """

    id: str
    actor: Ref | None
    data: str
    at: str


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message to be stored.

    Attributes:
        id: a KSUID.
        recipient: who gets it.
        origin: where it comes from.
        data: the data of the run, as JSON.
        activities: the triggers it tells of, at least one for workflows.
        content: what was rendered, in the form of the API; of in-app feeds only ``blocks`` are kept.
        status: of delivery, at first.
        at: when it is made, as the API writes it.
        tenant: for which it was made.
        run_id: of the trigger.
        recipient_run_id: of the run for this recipient.
        recipient_snapshot: the destination as it is now (MSG-RECIPIENT-SNAPSHOT).
        scheduled_at: when its delivery was planned, as the API writes it.
        is_held: it stands in no feed before that.
    """

    id: str
    recipient: Ref
    origin: Origin
    data: str
    activities: Sequence[NewActivity]
    content: Mapping[str, Any]
    status: str
    at: str
    tenant: str | None = None
    run_id: str | None = None
    recipient_run_id: str | None = None
    recipient_snapshot: Mapping[str, Any] | None = None
    scheduled_at: str | None = None
    is_held: bool = False

    @property
    def actors(self) -> list[Ref]:
        """Return who did what it tells of, each once, in order."""
        return list(dict.fromkeys(each.actor for each in self.activities if each.actor is not None))


def message_row(new: NewMessage, actors: Sequence[Ref]) -> tuple[Any, ...]:
    """Return the row of a new message, in the order of the columns that are written when it is added."""
    from_, recipient, at = new.origin, new.recipient, new.at
    return (
        new.id,
        recipient.collection,
        recipient.id,
        from_.channel_id,
        from_.feed and recipient.collection == USERS and not new.is_held,  # FEED-ONLY-OWN
        new.tenant,
        from_.key,
        new.run_id,
        new.recipient_run_id,
        new.status,
        at,
        at,
        from_.seq,
        from_.categories,
        as_json(reference(*recipient)),
        as_json([reference(*each) for each in actors[:MOST_ACTORS]]) if actors else "[]",
        None if new.recipient_snapshot is None else as_json(new.recipient_snapshot),
        new.scheduled_at,
        new.data,
        *_activities(new),
        as_json(new.content["blocks"]) if from_.feed else None,
        None if from_.feed else as_json(new.content),
        *(_item(new, actors) if from_.feed else _NO_ITEM),
        as_json([reference(*each) for each in actors[MOST_ACTORS:]]) if len(actors) > MOST_ACTORS else None,
    )


def _activities(new: NewMessage) -> tuple[str | None, ...]:
    """Return the columns of the activities: of a single one that tells the data of the message, what is its own."""
    if len(new.activities) == 1:
        each = new.activities[0]
        if each.data == new.data:
            return (
                each.id,
                None if each.actor is None else mark(each.actor),
                None if each.at == new.at else each.at,
                None,
            )
    return None, None, None, f"[{','.join(map(_activity, new.activities))}]"


def _item(new: NewMessage, actors: Sequence[Ref]) -> tuple[str | int | None, ...]:
    """Return what the feed shows beside the message: None where both show the same."""
    shown = ",".join(map(mark, actors[:MOST_ACTORS]))
    hides = f'"{ATTACHMENTS}":' in new.data
    data = _shown(new.data) if hides else new.data
    activities = None
    if hides or len(new.activities) > ITEM_ACTIVITIES:
        cut = ",".join(_activity(each, hides=hides) for each in new.activities[:ITEM_ACTIVITIES])
        activities = f"[{cut}]"
    return (
        len(new.activities),
        data if hides else None,
        activities,
        f"[{shown}]",
        _flat(data) if "{" in data[1:] or "[" in data else None,
        f"[{mark(actors[0])}]" if len(actors) > 1 else None,
    )


def _activity(each: NewActivity, *, hides: bool = False) -> str:
    actor = "null" if each.actor is None else mark(each.actor)
    data = _shown(each.data) if hides else each.data
    return (
        f'{{"__typename":"Activity","id":"{each.id}","actor":{actor},"recipient":{OWNER},"data":{data},'
        f'"inserted_at":"{each.at}","updated_at":"{each.at}"}}'
    )


#: What stands in the columns of the feed item for what is no feed item.
_NO_ITEM: Final = (None,) * 6


def _flat(data: str) -> str:
    return as_json({key: value for key, value in _decode(data).items() if not isinstance(value, dict | list)})


def _shown(data: str) -> str:
    values = _decode(data)
    return as_json({key: value for key, value in values.items() if key != ATTACHMENTS})
