"""A Knock API on this machine: all operations on real state, no sockets needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .clock import Clock, RunningClock, VirtualClock
from .emulator import Answer, Emulator
from .exchange import Request

if TYPE_CHECKING:
    from .embedded import Running, running
    from .transport import EmulatorTransport

__all__ = [
    "Answer",
    "Clock",
    "Emulator",
    "EmulatorTransport",
    "Request",
    "Running",
    "RunningClock",
    "VirtualClock",
    "running",
]


def __getattr__(name: str) -> Any:
    """Return what needs a client or a server once it is asked for: loading them takes longer than all the rest."""
    if name == "EmulatorTransport":
        from .transport import EmulatorTransport

        return EmulatorTransport
    if name in {"Running", "running"}:
        from . import embedded

        return getattr(embedded, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
