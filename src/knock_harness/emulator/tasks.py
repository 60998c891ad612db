"""What is done for each kind of work in the queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .environment import Task

__all__ = ["TASKS"]

#: Each kind of due work, and what does it.
TASKS: Final[Mapping[str, Task]] = {}
