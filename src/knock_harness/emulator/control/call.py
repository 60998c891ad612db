"""A control request, as the functions that answer it see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from knock_harness.emulator.exchange import Reply, Request

if TYPE_CHECKING:
    from datetime import datetime

    from knock_harness.contract import Operation
    from knock_harness.emulator.emulator import Emulator
    from knock_harness.emulator.environment import Environment

__all__ = ["ControlCall", "Handler"]


class ControlCall(NamedTuple):
    """What a handler is given; path, query and body fit the document.

    Attributes:
        operation: the operation of the control API.
        emulator: the emulator as a whole.
        environment: which it is about; of an operation on the whole emulator, the first one.
        path: path parameters, percent-decoded.
        query: query parameters, lists put together and numbers converted.
        body: the JSON value of the body; None where there is none.
        request: the bytes, for the few that need them.
    """

    operation: Operation
    emulator: Emulator
    environment: Environment
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    request: Request

    @property
    def now(self) -> datetime:
        """Return the moment in the environment."""
        return self.environment.clock.now()


#: Answers at once; or works in slices and yields None after each, so that other requests get their turn, and at last
#: the reply. It raises a `Refusal` for what cannot be done, or lets an `InvalidDocument` pass.
Handler: TypeAlias = Callable[[ControlCall], Reply | Iterator[Reply | None]]
