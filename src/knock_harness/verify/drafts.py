"""A request before it is sent: whatever it names stands there as a symbol, and the world puts the real value in.

A draft is a value: it can be compared, reduced and sent again, each time about other entities.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from knock_harness.contract import wire
from knock_harness.errors import NotMade
from knock_harness.target import ABSENT
from knock_harness.target.guard import host_of, is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from knock_harness.contract import Operation
    from knock_harness.target import Exchange, World

__all__ = ["BULK_UPDATE", "Draft", "send", "symbols"]

#: Without recipients it changes the messages of everybody.
BULK_UPDATE = "bulkUpdateMessagesForChannel"


@dataclass(frozen=True, slots=True)
class Draft:
    """A request to an operation, not sent yet.

    Attributes:
        operation: which one it is meant for.
        path: the path parameters by name.
        query: the query parameters by the names of the contract.
        headers: added to those of the client, symbols possible; None takes one of the client's away.
        body: sent as JSON; ABSENT: no body.
        content: sent as it is in place of a body.
        pairs: further query parameters, already in the form of the wire.
        method: sent in place of the operation's own method.
        credential: as `Client.send` takes it.
        existing: everything it names exists, and nothing in it is at odds with a rule that no schema can say.
    """

    operation: Operation
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: Any = ABSENT
    content: bytes | None = None
    pairs: tuple[tuple[str, str], ...] = ()
    method: str | None = None
    credential: str | None = "secret"
    existing: bool = True


def send(draft: Draft, world: World) -> Exchange:
    """Send a draft, real values in place of its symbols, and return what went over the wire.

    Raises:
        NotMade: the target did not let something be made that the draft names, no URL can hold its query, or it would
            change what is not ours.
    """
    if draft.operation.id == BULK_UPDATE and not _bounded(draft, world):
        raise NotMade(f"{BULK_UPDATE} without recipients would change the messages of others")
    values = {name: world.resolve_symbols(value) for name, value in draft.path.items()}
    query = world.resolve_symbols(dict(draft.query))
    body = draft.body if draft.body is ABSENT else world.resolve_symbols(draft.body)
    pairs = wire.encode_query(draft.operation, query) + world.resolve_query(draft.pairs)
    client = world.client
    try:
        client.send(
            draft.method or draft.operation.method,
            _filled(draft.operation.path, values),
            query=pairs,
            body=body,
            content=draft.content,
            headers=world.resolve_symbols(dict(draft.headers)) if draft.headers else None,
            credential=draft.credential,
        )
    except httpx.InvalidURL as error:
        raise NotMade(f"a request to {draft.operation.id} cannot be sent: {error}") from None
    if client.last is None:  # never: it has just sent something
        raise AssertionError
    return client.last


def symbols(draft: Draft) -> frozenset[str]:
    """Return the symbols that a draft names."""
    pairs = [value for _, value in draft.pairs]
    return frozenset(_strings([dict(draft.path), dict(draft.query), dict(draft.headers), draft.body, pairs]))


def _bounded(draft: Draft, world: World) -> bool:
    """Say whether a bulk update of messages is kept to our own, or nobody else's can be there.

    A target may take a body of another content type for an empty one, and a list of anything but ids likewise.
    """
    if is_loopback(host_of(world.target.base_url, where="base_url")):
        return True
    if draft.content is not None or not isinstance(draft.body, dict):
        return False
    recipients = draft.body.get("recipient_ids")
    ours = isinstance(recipients, list) and all(isinstance(each, str) and each.startswith("@") for each in recipients)
    return ours and bool(recipients) and not any(name.lower() == "content-type" for name in draft.headers)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value.startswith("@"):
            yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _strings(key)
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _filled(template: str, values: Mapping[str, Any]) -> str:
    path = template
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", _segment(str(value)), 1)
    return path


def _segment(text: str) -> str:
    """Percent-encode a path segment, dots included where they would be taken for `.` or `..`."""
    return text.replace(".", "%2E") if text in {".", ".."} else quote(text.encode("utf-8", "replace"), safe="")
