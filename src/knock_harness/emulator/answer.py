"""An answer, as whoever sends it gets it."""

from __future__ import annotations

import msgspec

from .faults import Trouble

__all__ = ["Answer"]


class Answer(msgspec.Struct, frozen=True):
    """An answer as it goes onto the wire: status, header pairs in lower case, and the body.

    Attributes:
        trouble: what the faults of the environment ask of whoever sends it.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    content: bytes
    trouble: Trouble | None = None
