"""What is done for each kind of work in the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import bulk, bulk_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .environment import Task

__all__ = ["TASKS"]

#: Each kind of due work, and what does it.
TASKS: Final[Mapping[str, Task]] = {bulk.TASK: bulk_rows.advance}
