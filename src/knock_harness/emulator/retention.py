"""Retention: what is older than the window is not seen any more, and taken out of the store in the background.

Nothing waits in the queue for that: whenever something new begins, the moment is compared with the one from which on
something may be old. A store that gets nothing new does not grow, so what is old in it can stay; it is not seen.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from .clock import moment, stamp
from .idempotency import WINDOW as REPLIES_WINDOW
from .refusals import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .environment import Environment
    from .store.messages import Stored

__all__ = ["PURGE", "Purge", "horizon", "is_changeable", "not_before", "purge"]

PURGE: Final = "purge"  # the kind of due work
#: Records that are looked at in one piece of work; requests wait for what was begun.
SLICE: Final = 256
#: Into so many parts the window is divided; in each of them there is one purge at the most.
PARTS: Final = 20
#: Later than any moment, as a text.
_NEVER: Final = "~"


def horizon(environment: Environment, *, at: datetime) -> str:
    """Return the moment before which messages and runs are outside the window (RETENTION-WINDOW)."""
    return stamp(at - timedelta(seconds=environment.settings.retention_s))


def not_before(environment: Environment, message: Stored | None, *, at: datetime) -> Stored:
    """Return a message that lies inside the window.

    Raises:
        NotFound: there is none, or it lies outside (RETENTION-GET-404).
    """
    if message is None or message.inserted_at < horizon(environment, at=at):
        raise NotFound("This message")
    return message


def is_changeable(environment: Environment, message: Stored, *, at: datetime) -> bool:
    """Say whether the engagement with a message can change: in-app always, else inside the window.

    Source: RETENTION-STATUS-UPDATES.
    """
    return message.in_app or message.inserted_at >= horizon(environment, at=at)


class Purge:
    """How far an environment has come in taking out what is old.

    Attributes:
        due_from: before this moment, as the API writes it, nothing can be old.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._messages_from = 0  # the place behind which messages may be old and not kept for feeds
        self._runs_from = 0
        self.due_from = self._next(environment.clock.now(), pause=timedelta())

    def plan(self, *, at: datetime) -> None:
        """Let what is old be taken out, if anything is."""
        self.due_from = self._next(at, pause=timedelta())
        if stamp(at) < self.due_from:
            return
        self.due_from = _NEVER
        self._runs_from = 0  # those that waited when they became old may be over by now
        self._environment.later(PURGE, b"", at=at)

    def go(self, *, at: datetime) -> None:
        """Take out one slice; what is left is taken out by later pieces of work."""
        old = horizon(self._environment, at=at)
        more = [
            self._purge_messages(old),
            self._purge_runs(old),
            self._environment.store.replies.purge(before=stamp(at - REPLIES_WINDOW), limit=SLICE) == SLICE,
        ]
        if any(more):
            self._environment.later(PURGE, b"", at=at)
        else:
            self.due_from = self._next(at, pause=min(self._window, REPLIES_WINDOW) / PARTS)

    @property
    def _window(self) -> timedelta:
        return timedelta(seconds=self._environment.settings.retention_s)

    def _purge_messages(self, old: str) -> bool:
        """Take out old messages; those of feeds stay where that is wanted (RETENTION-FEED-KEEPS)."""
        messages, keeps = self._environment.store.messages, self._environment.settings.keeps_feeds
        gone = []
        rows = messages.ages(after=self._messages_from, limit=SLICE)
        for seq, in_app, inserted_at in rows:
            if inserted_at >= old:
                break
            self._messages_from = seq
            if not (in_app and keeps):
                gone.append(seq)
        messages.delete_all(gone)
        return len(rows) == SLICE and rows[-1][0] == self._messages_from

    def _purge_runs(self, old: str) -> bool:
        """Take out old runs that are over and that no later trigger asks for (FREQUENCY-ONCE)."""
        runs, asked_for = self._environment.store.runs, self._asked_for()
        gone = []
        rows = runs.ages(after=self._runs_from, limit=SLICE)
        for seq, waits, workflow, inserted_at in rows:
            if inserted_at >= old:
                break
            self._runs_from = seq
            if not waits and workflow not in asked_for:
                gone.append(seq)
        runs.delete_all(gone)
        return len(rows) == SLICE and rows[-1][0] == self._runs_from

    def _asked_for(self) -> frozenset[str]:
        workflows = self._environment.project.workflows.values()
        return frozenset(each.key for each in workflows if each.trigger_frequency != "every_trigger")

    def _next(self, at: datetime, *, pause: timedelta) -> str:
        """Return the moment from which on something will be old."""
        store = self._environment.store
        firsts = [
            *(_at(row[2:], self._window) for row in store.messages.ages(after=self._messages_from, limit=1)),
            *(_at(row[3:], self._window) for row in store.runs.ages(after=self._runs_from, limit=1)),
            *(_at([first], REPLIES_WINDOW) for first in [store.replies.oldest()] if first is not None),
        ]
        return stamp(max(at + pause, min(firsts, default=at + min(self._window, REPLIES_WINDOW))))


def _at(inserted_at: Iterable[str], window: timedelta) -> datetime:
    (text,) = inserted_at
    return moment(text) + window


def purge(environment: Environment, payload: bytes, at: datetime) -> None:  # noqa: ARG001 - as all tasks
    """Take out one slice of what is old."""
    environment.purge.go(at=at)
