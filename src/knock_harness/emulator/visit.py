"""A request on its way through the emulator, and what became known of it so far."""

from __future__ import annotations

from datetime import datetime

import msgspec

from knock_harness.contract import Match

from .environment import Environment
from .exchange import Request
from .faults import Trouble
from .user_tokens import UserToken

__all__ = ["Visit"]


class Visit(msgspec.Struct, gc=False):
    """What is known of a request; the journal keeps it.

    Attributes:
        request: as it came.
        request_id: as its answer will name it.
        trouble: the faults that hit it.
        environment: whose it is; None: it named none that exists.
        at: the moment it came, on the clock of that environment.
        user: whom its user token speaks for; None: it has none to look at.
        match: the operation it is; None: none of the API, or not known.
    """

    request: Request
    request_id: str
    trouble: Trouble | None = None
    environment: Environment | None = None
    at: datetime | None = None
    match: Match | None = None
    user: UserToken | None = None
