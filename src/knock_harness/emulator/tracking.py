"""Links of the emulator's own in messages: counted clicks, the image that tells of opening, and unsubscribing.

A link says by itself what it is about, signed by its environment; nothing is kept for it.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec

from .clock import stamp
from .engagement import CHANGES
from .exchange import Reply
from .identifiers import named_uuid
from .preference_sets import DEFAULT
from .references import Ref
from .refusals import NotFound, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from .engine.tracked_links import Link
    from .environment import Environment
    from .exchange import Request

__all__ = ["PATH", "follow", "link_maker", "pixel", "unsubscribe_link", "whose"]

#: All these links lie below; they are no part of the API, and no part of the control of the emulator either.
PATH: Final = "/_tracking/"
#: On these a click counts as reading too (TRACK-CHAT-SMS-CLICK-READ).
_READ_BY_CLICK: Final = frozenset({"chat", "sms"})
_CLICK, _OPEN, _UNSUBSCRIBE = "click", "open", "unsubscribe"
_SIGNATURE_BYTES: Final = 12
#: A transparent image of one pixel, as PNG.
_IMAGE: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000b4944415478da6360000200000500"
    "01e9fadcd80000000049454e44ae426082"
)
_PAGE: Final = (
    b"<!doctype html><html><head><title>Unsubscribed</title></head>"
    b"<body><p>You will get no more commercial messages.</p></body></html>"
)


def link_maker(environment: Environment, message_id: str) -> Link:
    """Return what makes links that count the clicks on a message."""
    return lambda url: _link(environment, _CLICK, [message_id, url])


def pixel(environment: Environment, message_id: str) -> str:
    """Return where the image of an email lies that tells of opening."""
    return _link(environment, _OPEN, [message_id])


def unsubscribe_link(environment: Environment, recipient: Ref) -> str:
    """Return the link by which a recipient opts out of commercial messages (PREF-COMMERCIAL-UNSUBSCRIBE)."""
    return _link(environment, _UNSUBSCRIBE, recipient)


def whose(path: str, environments: Iterable[Environment]) -> Environment:
    """Return the environment that made a link.

    Raises:
        NotFound: none of these.
    """
    named = path.removeprefix(PATH).partition("/")[0]
    for each in environments:
        if _name(each) == named:
            return each
    raise NotFound(path, code="route_missing")


def follow(environment: Environment, request: Request, *, at: datetime) -> Reply:
    """Do what a link is for, and answer who follows it.

    Raises:
        Refusal: the link is none of the environment's, or the method none of the link's.
    """
    kind, about = _read(environment, request.path)
    if request.method not in ({"GET", "HEAD", "POST"} if kind == _UNSUBSCRIBE else {"GET", "HEAD"}):
        raise Refusal(405, "method_not_allowed", f"{request.method} is not a method of this path")
    if kind == _UNSUBSCRIBE:
        _unsubscribe(environment, Ref(*about))
        return Reply(200, msgspec.Raw(_PAGE), {"content-type": "text/html; charset=utf-8"})
    if kind == _OPEN:
        _engage(environment, about[0], ["read"], at=at)
        return Reply(200, msgspec.Raw(_IMAGE), {"content-type": "image/png", "cache-control": "no-store"})
    message_id, url = about
    _engage(environment, message_id, ["link_clicked"], at=at, url=url)
    return Reply(302, msgspec.Raw(b""), {"location": quote(url, safe="!#$%&'()*+,/:;=?@[]~")})


def _engage(environment: Environment, message_id: str, words: Sequence[str], *, at: datetime, url: str = "") -> None:
    """Note what a reader did; of a message that is gone there is nothing to note."""
    messages = environment.store.messages
    message = messages.find(message_id)
    if message is None:
        return
    channel = environment.project.channels_by_id.get(message.channel_id)
    if "link_clicked" in words and channel is not None and channel.type in _READ_BY_CLICK:
        words = [*words, "read"]
    for word in words:
        told: dict[str, Any] | None = {"url": url} if word == "link_clicked" else None
        messages.engage([message.seq], CHANGES[word], at=stamp(at), data=told)


def _unsubscribe(environment: Environment, recipient: Ref) -> None:
    sets = environment.store.preferences
    sets.put(recipient, DEFAULT, {**(sets.get(recipient, DEFAULT) or {}), "commercial_subscribed": False})


def _link(environment: Environment, kind: str, about: Sequence[str]) -> str:
    told = urlsafe_b64encode(msgspec.msgpack.encode([kind, *about])).decode().rstrip("=")
    return f"{environment.base_url}{PATH}{_name(environment)}/{told}.{_signature(environment, told)}"


def _read(environment: Environment, path: str) -> tuple[str, list[str]]:
    told, _, signature = path.removeprefix(f"{PATH}{_name(environment)}/").partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(environment, told).encode()):
        raise NotFound(path, code="route_missing")
    kind, *about = msgspec.msgpack.decode(urlsafe_b64decode(told + "=" * (-len(told) % 4)), type=list[str])
    return kind, about


def _signature(environment: Environment, told: str) -> str:
    digest = hmac.digest(environment.name.encode(), f"link:{told}".encode(), "sha256")
    return urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode()


def _name(environment: Environment) -> str:
    return named_uuid(f"environment:{environment.name}")
