"""Stored records as templates may load them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.contract.project import Partial

__all__ = ["RECORDS", "ROOT", "Records"]

#: The variable under which a template's scope holds its `Records`; no template can name it.
RECORDS: Final = "$records"
#: The variable under which the scope of a partial holds that of the template it stands in.
ROOT: Final = "$root"


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

    def partial(self, key: str) -> Partial | None:
        """Return a partial, or None."""
        ...

    def translation(self, key: str, variables: Mapping[str, Any], *, count: Any = None) -> str | None:
        """Return the text of a key in the locale of the recipient, or None."""
        ...

    def translation_of_text(self, text: str, variables: Mapping[str, Any]) -> str | None:
        """Return what a text in the default language is in the locale of the recipient, or None."""
        ...
