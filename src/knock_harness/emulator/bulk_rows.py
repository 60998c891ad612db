"""What a bulk operation does for each of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import bulk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .environment import Environment

__all__ = ["BULK_KINDS", "advance"]

#: The kinds of bulk work, and what is done for one row of each.
BULK_KINDS: Final[Mapping[str, bulk.RowWork]] = {}


def advance(environment: Environment, payload: bytes, at: datetime) -> None:
    """Take one step of the bulk operation whose id is the payload."""
    bulk.advance(environment, payload, at, kinds=BULK_KINDS)
