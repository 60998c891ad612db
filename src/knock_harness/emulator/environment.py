"""An environment: its records, its project, its clock, and what is due in it."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from . import definitions, event_webhooks, memberships
from .batch_limits import BatchLimits
from .clock import Clock, moment, stamp
from .engine import waits
from .engine.plans import Plans
from .faults import Faults
from .identifiers import Identifiers
from .journal import Journal
from .limits import Limits, factor
from .outbound import encode
from .references import USERS
from .retention import Purge
from .settings import Settings
from .snapshots import Snapshots
from .store import Store
from .user_tokens import UserTokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from knock_harness.contract.project import Project

    from .engine.orders import Progress
    from .outbound import OutboundAnswer, OutboundCall, OutboundRequest
    from .queue import Due
    from .snapshots import Snapshot
    from .store.recipients import Record

__all__ = ["Environment", "Task"]

#: Does one piece of work that became due: the environment, what the work is about (JSON), and the moment it was due.
Task: TypeAlias = "Callable[[Environment, bytes, datetime], None]"

#: Where an environment is reached, as far as is known before the first request.
BASE_URL: Final = "http://127.0.0.1"
#: Later than any moment, as a text.
NEVER: Final = "~"
#: Pieces of work that are done in one transaction while the clock is moved.
MOVING_SLICE: Final = 256


class Environment:
    """One isolated world of records (ENV-ISOLATION).

    Args:
        name: the secret key that opened it.
        project: the workflows, channels, guides and defaults it starts with.
        new_clock: makes its clock.
        seed: makes its identifiers the same in every run.
        settings: that it starts with.
        path: the file of its store; None: in memory.

    Attributes:
        base_project: what its project folder holds.
        project: the committed workflows, channels, guides and defaults; replaced as a whole by a commit.
        branches: for each branch somebody asked for, the project that it was made from, and that with its workflows.
        clock: its time.
        ids: where new identifiers come from.
        store: its records.
        settings: what is set for it; changed by `configure`.
        plans: its workflows, ready to run.
        journal: the requests it got.
        faults: what befalls its requests.
        snapshots: what it can return to.
        purge: takes out what is old.
        base_url: where its callers reach it, such as ``http://127.0.0.1:4000``.
        limits: how many requests are admitted; a change of settings begins the account anew.
        batch_limits: how often a status of a message is changed by batches.
        user_tokens: who its users' tokens speak for.
        calls_out: whether it may have outbound calls to make.
        cause: the progress of the run whose step changes records at the moment, if one does.
    """

    cause: Progress | None = None

    def __init__(
        self,
        name: str,
        *,
        project: Project,
        new_clock: Callable[[], Clock],
        seed: int | None = None,
        settings: Settings | None = None,
        path: Path | None = None,
    ) -> None:
        self.name = name
        self.base_url = BASE_URL
        self.journal = Journal()
        self.faults = Faults(seed, whose=name)
        self.snapshots = Snapshots()
        self.base_project = project
        self._new_clock = new_clock
        self._seed = seed
        self._base_settings = settings or Settings()
        self._calling: set[int] = set()  # places of the outbound calls that are being made
        self._earliest_put = NEVER  # of the work put since a slice of work began, when the first is due
        self._rests = False
        self._open(Store(path))

    def _open(self, store: Store) -> None:
        """Begin with a store, from where it stands."""
        self.store = store
        kept = store.kept
        generation = int(kept.get("generation") or b"-1") + 1
        self.ids = Identifiers(self._seed, whose=self.name, generation=generation)
        with store.transaction():
            kept.put("name", self.name.encode())
            kept.put("generation", b"%d" % generation)
        self._reload()

    def _reload(self, *, at: datetime | None = None) -> None:
        """Take project, settings and time from the store, where it has them; or the time that is given."""
        self.project = definitions.stored_project(self.base_project, self.store)
        self.branches: dict[str, tuple[Project, Project]] = {}
        self.plans = Plans(lambda version_id: definitions.stored_version(self.store, self.project, version_id))
        settings = self.store.kept.get("settings")
        self.settings = self._base_settings if settings is None else msgspec.json.decode(settings, type=Settings)
        self.clock = self._new_clock()
        moved_to = self.store.kept.get("clock")
        if moved_to is not None:
            self.clock.move_to(max(self.clock.now(), moment(moved_to.decode())))
        if at is not None:
            self.clock.move_to(at)
        self.calls_out = bool(self.store.outbound_calls.all())
        self._calling.clear()
        self.store.waits.look_again()
        waits.follow_messages(self)
        self._follow_settings()

    def reset(self) -> None:
        """Forget all records, settings, commits and moves of the clock: be as when it was first opened.

        Its keys stay, so that whoever holds them goes on.
        """
        path, keys = self.store.path, self.store.keys.all()
        self.store.close()
        self.journal.clear()
        self.faults.clear()
        if path is not None:
            for each in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
                each.unlink(missing_ok=True)
        self._open(Store(path))
        self.store.keys.add(keys)

    def restore(self, snapshot: Snapshot) -> None:
        """Be as when a snapshot was taken, and go on from there; journal, faults and snapshots stay."""
        self.store.restore(snapshot.database)
        self.ids.restore(snapshot.identifiers)
        self._reload(at=snapshot.at)

    def configure(self, **changes: Any) -> None:
        """Change settings, by their names in `Settings`."""
        self.settings = msgspec.structs.replace(self.settings, **changes)
        self.store.kept.put("settings", msgspec.json.encode(self.settings))
        self._follow_settings()

    def _follow_settings(self) -> None:
        """Let those hear of messages whom the settings name, and what is old go when they say so."""
        self.purge = Purge(self)
        times = factor(self.settings.limits)
        self.limits, self.batch_limits = Limits(times), BatchLimits(times)
        self.user_tokens = UserTokens(self.settings.signing_key)
        listeners = self.store.messages.listeners
        listeners.pop("webhooks", None)
        if (listen := event_webhooks.listener(self)) is not None:
            listeners["webhooks"] = listen

    def recipient_stored(self, record: Record, *, at: datetime) -> None:
        """Let dynamic audiences, and runs that wait for it, follow a recipient that was just stored."""
        if self.project.audience_conditions and record.collection == USERS:
            memberships.follow_user(self, record, at=at)
        waits.happened(self, "recipient", "updated", record.ref, {"properties": record.properties}, at=at)

    def later(self, kind: str, payload: bytes, *, at: datetime) -> int:
        """Put work into the queue and return its place there."""
        due_at = stamp(at)
        self._earliest_put = min(self._earliest_put, due_at)
        return self.store.queue.put(due_at, kind, payload)

    def rest(self) -> None:
        """Let requests be answered before any more work is done, so that they can watch it."""
        self._rests = True

    def call_out(self, request: OutboundRequest, *, answered_by: str, about: bytes) -> None:
        """Let a request be made of somebody outside.

        Args:
            request: which.
            answered_by: the kind of work that takes the answer; its payload is read by `outbound.decode_answered`.
            about: what that work is about.
        """
        self.store.outbound_calls.add(request, answered_by=answered_by, about=about)
        self.calls_out = True

    def take_calls(self) -> Sequence[OutboundCall]:
        """Return the outbound calls to make that were not returned before; each is to be answered by `answered`."""
        waiting = self.store.outbound_calls.all() if self.calls_out else []
        self.calls_out = False
        taken = [each for each in waiting if each.seq not in self._calling]
        self._calling.update(each.seq for each in taken)
        return taken

    def answered(self, call: OutboundCall, answer: OutboundAnswer) -> None:
        """Take the answer of an outbound call; one that is not waited for any more is dropped."""
        if call.seq not in self._calling:
            return  # the environment was reset meanwhile
        self._calling.discard(call.seq)
        with self.store.transaction():
            if self.store.outbound_calls.remove(call.seq):
                self.later(call.answered_by, encode((call.about, answer)), at=self.clock.now())

    @property
    def is_calling(self) -> bool:
        """Say whether an outbound call is to be made, or to be answered."""
        return self.calls_out or bool(self._calling)

    def run_due(self, tasks: Mapping[str, Task], *, limit: int) -> int:
        """Do what is due now, in order, each piece wholly or not at all; return how many pieces were done.

        A piece that fails is our fault: it is reported to the operator and dropped, and the others go on.

        Args:
            tasks: what to do for each kind of work.
            limit: how many pieces at the most.
        """
        done, self._rests = 0, False
        while done < limit and not self._rests:
            due = self.store.queue.due(stamp(self.clock.now()), limit=limit - done)
            if not due:
                break
            done += self._do(due, tasks)
        return done

    def advance(self, tasks: Mapping[str, Task], *, to: datetime) -> Iterator[int]:
        """Move the clock, doing in order what falls due on the way; while a piece is done, it is the moment of it.

        Whoever drives this makes the outbound calls in between: the answers belong to the moment of the call, and
        what is due later waits for them.

        Args:
            tasks: what to do for each kind of work.
            to: the moment to move to; not before now.

        Yields:
            How many pieces were done since the last time.
        """
        until = stamp(to)
        while True:
            done, self._rests = 0, False
            if not self.is_calling and (due := self.store.queue.due(until, limit=MOVING_SLICE)):
                done = self._do(due, tasks, moving=True)
            elif not self.is_calling:
                break
            yield done
        self._move_to(to)
        self.store.kept.put("clock", until.encode())

    def _move_to(self, at: datetime) -> None:
        if at > self.clock.now():
            self.clock.move_to(at)

    def _do(self, due: Sequence[Due], tasks: Mapping[str, Task], *, moving: bool = False) -> int:
        try:
            return self._do_together(due, tasks, moving=moving)
        except Exception:  # noqa: BLE001 - one of them failed; all are undone, and the first is tried by itself
            return self._do_alone(due[0], tasks)

    def _do_together(self, due: Sequence[Due], tasks: Mapping[str, Task], *, moving: bool) -> int:
        """Do pieces in one transaction, as one for each would cost more than the work; return how many were done.

        Work that was put meanwhile and is due earlier comes first, as do outbound calls while the clock is moved: the
        rest is left for the next time.
        """
        number, self._earliest_put = 0, NEVER
        with self.store.transaction():
            for number, each in enumerate(due, start=1):
                at = moment(each.due_at)
                if moving:
                    self._move_to(at)
                tasks[each.kind](self, each.payload, at)
                if self._rests or (moving and self.calls_out):
                    break
                if number < len(due) and self._earliest_put < due[number].due_at:
                    break
            self.store.queue.remove_all([each.seq for each in due[:number]])
            if moving:
                self.store.kept.put("clock", due[number - 1].due_at.encode())
        return number

    def _do_alone(self, each: Due, tasks: Mapping[str, Task]) -> int:
        try:
            return self._do_together([each], tasks, moving=False)
        except Exception:  # noqa: BLE001 - see run_due
            traceback.print_exc(file=sys.stderr)
            self.store.queue.remove(each.seq)
            return 1
