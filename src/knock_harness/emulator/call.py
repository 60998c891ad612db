"""A call: an admitted, decoded and validated request, as the handlers see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from .exchange import Reply, Request

if TYPE_CHECKING:
    from datetime import datetime

    from knock_harness.contract import Operation

    from .environment import Environment
    from .store import Store

__all__ = ["Call", "Handler"]


class Call(NamedTuple):
    """What a handler is given.

    Attributes:
        operation: the operation of the contract.
        environment: whose records it works on.
        path: path parameters, percent-decoded.
        query: query parameters under the names of the contract, lists and objects put together, numbers converted.
        body: the JSON value of the body; None where the operation has none.
        now: the moment of the call.
        request: the bytes, for the few that need them.
        branch: whose workflows are meant; None: those of no branch (BRANCH-HEADER).
    """

    operation: Operation
    environment: Environment
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    now: datetime
    request: Request
    branch: str | None = None

    @property
    def store(self) -> Store:
        """Return the records of the environment."""
        return self.environment.store


Handler: TypeAlias = Callable[[Call], Reply]
