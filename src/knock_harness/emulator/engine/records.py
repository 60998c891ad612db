"""Stored records as templates may load them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RECORDS", "Records"]

#: The variable under which a template's scope holds its `Records`; no template can name it.
RECORDS: Final = "$records"


class Records(Protocol):
    """Stored records that a template may ask for by their ids, as they are when the message is made."""

    def user(self, id: str) -> dict[str, Any] | None:  # noqa: A002 - the name of the API
        """Return a user, or None."""
        ...

    def object(self, collection: str, id: str) -> dict[str, Any] | None:  # noqa: A002
        """Return an object, or None."""
        ...

    def tenant(self, id: str) -> dict[str, Any] | None:  # noqa: A002
        """Return a tenant, or None."""
        ...

    def subscriptions(self, record: Mapping[str, Any], *, limit: int) -> list[dict[str, Any]]:
        """Return what a record is subscribed to."""
        ...
