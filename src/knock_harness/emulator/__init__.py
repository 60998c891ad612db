"""A Knock API on this machine: all operations on real state, no sockets needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .clock import Clock, RunningClock, VirtualClock
from .emulator import Answer, Emulator
from .exchange import Request

if TYPE_CHECKING:
    from .transport import EmulatorTransport

__all__ = ["Answer", "Clock", "Emulator", "EmulatorTransport", "Request", "RunningClock", "VirtualClock"]


def __getattr__(name: str) -> Any:
    """Return the transport once it is asked for: loading the client library takes longer than all the rest."""
    if name == "EmulatorTransport":
        from .transport import EmulatorTransport

        return EmulatorTransport
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
