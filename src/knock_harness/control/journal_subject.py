"""The journal, as the client asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from .results import NearMiss, Operations, RequestPage
from .subjects import Subject

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["JournalSubject", "StraysSubject"]


class JournalSubject(Subject):
    """The requests that the environment got."""

    def page(self, *, limit: int | None = None) -> RequestPage:
        """Return the newest requests."""
        return self._wire.ask("GET", "/journal", RequestPage, query={"limit": limit})

    def find(self, *, limit: int | None = None, **expected: Any) -> RequestPage:
        """Return the newest requests that are as expected, and how many there are.

        Args:
            limit: so many at the most.
            expected: ``operation``, ``path``, ``body_at``, ``status`` and others: see the document.
        """
        return self._wire.ask("POST", "/journal/find", RequestPage, body=expected, query={"limit": limit})

    def near_misses(self, *, limit: int | None = None, **expected: Any) -> Sequence[NearMiss]:
        """Return the requests that are nearly as expected, the nearest first, and what is different."""
        found = self._wire.ask("POST", "/journal/near-misses", _NearMisses, body=expected, query={"limit": limit})
        return found.near_misses

    def operations(self) -> Operations:
        """Return how often each operation was called, and which never were."""
        return self._wire.ask("GET", "/journal/operations", Operations)

    def clear(self) -> None:
        """Forget all requests, and that operations were called."""
        self._wire.tell("DELETE", "/journal")


class StraysSubject(Subject):
    """The requests that reached no environment, as those without a known key."""

    def page(self, *, limit: int | None = None) -> RequestPage:
        """Return the newest of them."""
        return self._wire.ask("GET", "/journal/strays", RequestPage, query={"limit": limit})

    def clear(self) -> None:
        """Forget them."""
        self._wire.tell("DELETE", "/journal/strays")


class _NearMisses(msgspec.Struct):
    near_misses: list[NearMiss]
