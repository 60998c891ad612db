"""A Knock API on this machine: all operations on real state, no sockets needed."""

from __future__ import annotations

from .clock import Clock, FixedClock, RealClock
from .emulator import Answer, Emulator
from .exchange import Request
from .transport import EmulatorTransport

__all__ = ["Answer", "Clock", "Emulator", "EmulatorTransport", "FixedClock", "RealClock", "Request"]
