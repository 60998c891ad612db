"""An environment: its records, its project, its clock, and what is due in it."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING, Final, TypeAlias

from .clock import Clock, moment, stamp
from .engine.plans import Plans
from .engine.providers import Provider, StandIn
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from knock_harness.contract.project import Project

    from .identifiers import Identifiers
    from .queue import Due

__all__ = ["Environment", "Task"]

#: Does one piece of work that became due: the environment, what the work is about (JSON), and the moment it was due.
Task: TypeAlias = "Callable[[Environment, bytes, datetime], None]"


#: Later than any moment.
NEVER: Final = "~"


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
        self._earliest_put = NEVER  # of the work put since a piece of work began, when the first is due

    def later(self, kind: str, payload: bytes, *, at: datetime) -> int:
        """Put work into the queue and return its place there."""
        due_at = stamp(at)
        self._earliest_put = min(self._earliest_put, due_at)
        return self.store.queue.put(due_at, kind, payload)

    def run_due(self, tasks: Mapping[str, Task], *, limit: int) -> int:
        """Do what is due now, in order, each piece wholly or not at all; return how many pieces were done.

        A piece that fails is our fault: it is reported to the operator and dropped, and the others go on.

        Args:
            tasks: what to do for each kind of work.
            limit: how many pieces at the most.
        """
        done = 0
        while done < limit and (due := self.store.queue.due(stamp(self.clock.now()), limit=limit - done)):
            try:
                done += self._do(due, tasks)
            except Exception:  # noqa: BLE001 - one of them failed; all are undone, and the first is tried by itself
                done += self._do_alone(due[0], tasks)
        return done

    def _do(self, due: Sequence[Due], tasks: Mapping[str, Task]) -> int:
        """Do pieces in one transaction, as one for each would cost more than the work; return how many were done.

        Work that was put meanwhile and is due earlier comes first: the rest is left for the next time.
        """
        number = 0
        with self.store.transaction():
            for number, each in enumerate(due, start=1):
                self._earliest_put = NEVER
                tasks[each.kind](self, each.payload, moment(each.due_at))
                if number < len(due) and self._earliest_put < due[number].due_at:
                    break
            self.store.queue.remove_all([each.seq for each in due[:number]])
        return number

    def _do_alone(self, each: Due, tasks: Mapping[str, Task]) -> int:
        try:
            return self._do([each], tasks)
        except Exception:  # noqa: BLE001 - see run_due
            traceback.print_exc(file=sys.stderr)
            self.store.queue.remove(each.seq)
            return 1
