"""Where the entities of a request came from, so that a finding can be shown on a target that has none of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from knock_harness.target import Exchange

__all__ = ["Origins"]

_WRITES = frozenset({"PUT", "POST"})

#: What is looked through of a body, and how much is told: a reproduction that nobody reads is none.
_LONGEST_BODY = 20_000
_TOLD = 4


class Origins:
    """Remembers, for each id that a run made up, the first accepted write that named it."""

    def __init__(self, prefix: str) -> None:
        """Know nothing yet.

        Args:
            prefix: how every id begins that is made up.
        """
        self._ids = re.compile(re.escape(prefix) + r"[\w-]*\w")
        self._made: dict[str, Exchange] = {}

    def observe(self, exchange: Exchange) -> None:
        """Add an exchange."""
        if exchange.method in _WRITES and 200 <= exchange.status < 300:
            for id_ in self._named(exchange):
                self._made.setdefault(id_, exchange)

    def of(self, exchange: Exchange) -> list[Exchange]:
        """Return the requests that made what another one names, the earliest first; no more than a reader can bear."""
        found = {id(made): made for each in self._named(exchange) if (made := self._made.get(each))}
        others = [made for made in found.values() if made is not exchange]
        return sorted(others, key=lambda made: made.at)[:_TOLD]

    def _named(self, exchange: Exchange) -> set[str]:
        body = exchange.request_body[:_LONGEST_BODY].decode("utf-8", "replace")
        return set(self._ids.findall(exchange.url)) | set(self._ids.findall(body))
