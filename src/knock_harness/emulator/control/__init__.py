"""The control API of an emulator: what answers it. How it is described and spoken stands in `knock_harness.control`."""

from __future__ import annotations

from .api import ControlApi

__all__ = ["ControlApi"]
