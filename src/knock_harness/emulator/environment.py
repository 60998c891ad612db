"""An environment: its records, its project, its clock, and what is due in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from .clock import Clock, moment, stamp
from .engine.plans import Plans
from .engine.providers import Provider, StandIn
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from knock_harness.contract.project import Project

    from .identifiers import Identifiers

__all__ = ["Environment", "Task"]

#: Does one piece of work that became due: the environment, what the work is about (JSON), and the moment it was due.
Task: TypeAlias = "Callable[[Environment, bytes, datetime], None]"


class Environment:
    """One isolated world of records (ENV-ISOLATION).

    Attributes:
        name: the secret key that opened it.
        project: the committed workflows, channels, guides and defaults; replaced as a whole by a commit.
        clock: its time.
        ids: where new identifiers come from.
        store: its records.
        plans: its workflows, ready to run.
        provider: who delivers what goes out of it.
    """

    def __init__(self, name: str, *, project: Project, clock: Clock, ids: Identifiers) -> None:
        self.name = name
        self.project = project
        self.clock = clock
        self.ids = ids
        self.store = Store()
        self.plans = Plans()
        self.provider: Provider = StandIn()

    def later(self, kind: str, payload: bytes, *, at: datetime) -> int:
        """Put work into the queue and return its place there."""
        return self.store.queue.put(stamp(at), kind, payload)

    def run_due(self, tasks: Mapping[str, Task], *, limit: int) -> int:
        """Do what is due now, in order, each piece wholly or not at all; return how many pieces were done.

        Args:
            tasks: what to do for each kind of work.
            limit: how many pieces at the most.
        """
        due = self.store.queue.due(stamp(self.clock.now()), limit=limit)
        for each in due:
            with self.store.transaction():
                self.store.queue.remove(each.seq)
                tasks[each.kind](self, each.payload, moment(each.due_at))
        return len(due)
