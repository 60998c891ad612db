"""Outbound webhooks: what happens to messages is posted to servers of this machine that asked for it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from .clock import moment
from .identifiers import named_uuid
from .message import as_json
from .outbound import OutboundRequest, decode_answered, encode
from .signing import SIGNATURE_HEADER, signature

if TYPE_CHECKING:
    from datetime import datetime

    from .environment import Environment
    from .store.messages import Listener, MessageEvent

__all__ = ["AGAIN", "EVENT_TYPES", "POSTED", "WAITS", "EventWebhook", "listener", "post_again", "posted"]

AGAIN: Final = "post_event_again"  # kinds of due work
POSTED: Final = "event_posted"
#: How long to wait after each try that failed, but for the last of eight (OUTHOOK-RETRY).
WAITS: Final = tuple(timedelta(seconds=10 * 2**number) for number in range(7))
#: What can be asked for.
EVENT_TYPES: Final = tuple(
    f"message.{word}"
    for word in (
        *("created", "queued", "sent", "delivered", "delivery_attempted", "undelivered", "bounced", "not_sent"),
        *("seen", "unseen", "read", "unread", "interacted", "link_clicked", "archived", "unarchived"),
    )
)


class EventWebhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who wants to hear of messages.

    Attributes:
        id: a UUID.
        url: where to; a server of this machine.
        secret: by which the posts are signed (OUTHOOK-SIGNATURE).
        events: the types that it wants, out of `EVENT_TYPES`; none: all.
    """

    id: str
    url: str
    secret: str
    events: tuple[str, ...] = ()

    def wants(self, kind: str) -> bool:
        """Say whether it wants events of a type."""
        return not self.events or kind in self.events


class _Post(msgspec.Struct, array_like=True, frozen=True):
    """What is posted: the webhook, the type of the event, the body, and which try it is."""

    webhook_id: str
    kind: str
    body: bytes
    attempt: int = 1


_decode = msgspec.msgpack.Decoder(_Post).decode


def listener(environment: Environment) -> Listener | None:
    """Return what posts the events of messages as they happen (OUTHOOK-EVENTS); None: nobody wants them."""
    webhooks = environment.settings.event_webhooks
    if not webhooks:
        return None

    def listen(event: MessageEvent) -> None:
        wanted = [each for each in webhooks if each.wants(event.type)]
        if not wanted:
            return
        body = _body(environment, event)
        for each in wanted:
            _post(environment, each, _Post(each.id, event.type, body), at=moment(event.at))

    return listen


def posted(environment: Environment, payload: bytes, at: datetime) -> None:
    """Take the answer to a post: all but a 2xx asks for another try, eight in all (OUTHOOK-RETRY)."""
    about, answer = decode_answered(payload)
    post = _decode(about)
    if not 200 <= answer.status < 300 and post.attempt <= len(WAITS):
        again = msgspec.structs.replace(post, attempt=post.attempt + 1)
        environment.later(AGAIN, encode(again), at=at + WAITS[post.attempt - 1])


def post_again(environment: Environment, payload: bytes, at: datetime) -> None:
    """Try a post once more, unless its webhook is gone."""
    post = _decode(payload)
    for each in environment.settings.event_webhooks:
        if each.id == post.webhook_id:
            _post(environment, each, post, at=at)


def _body(environment: Environment, event: MessageEvent) -> bytes:
    told = "null" if event.data is None else as_json({"__typename": "EventData", **event.data})
    message = environment.store.messages.read(event.id) or "null"
    return (
        f'{{"__typename":"Event","type":"{event.type}","created_at":"{event.at}","data":{message},"event_data":{told}}}'
    ).encode()


def _post(environment: Environment, webhook: EventWebhook, post: _Post, *, at: datetime) -> None:
    headers = [
        ("content-type", "application/json"),
        ("x-knock-event", post.kind),
        ("x-knock-environment-id", named_uuid(f"environment:{environment.name}")),
        (SIGNATURE_HEADER, signature(webhook.secret, post.body, at=at)),
    ]
    request = OutboundRequest("POST", webhook.url, headers, post.body, line=webhook.id)
    environment.call_out(request, answered_by=POSTED, about=encode(post))
