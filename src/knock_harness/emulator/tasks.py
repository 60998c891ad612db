"""What is done for each kind of work in the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import bulk, bulk_rows, event_webhooks, retention
from .engine import batches, deliveries, held_messages, runs, schedules, triggers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .environment import Task

__all__ = ["TASKS"]

#: Each kind of due work, and what does it.
TASKS: Final[Mapping[str, Task]] = {
    batches.NOBODY: batches.close_for_nobody,
    bulk.TASK: bulk_rows.advance,
    deliveries.ANSWERED: deliveries.answered,
    deliveries.REPORT: deliveries.report,
    deliveries.SEND: deliveries.send,
    event_webhooks.AGAIN: event_webhooks.post_again,
    event_webhooks.POSTED: event_webhooks.posted,
    held_messages.RELEASE: held_messages.release,
    retention.PURGE: retention.purge,
    runs.ANSWERED: runs.answered,
    runs.GO_ON: runs.go_on,
    runs.HAPPENED: runs.happened,
    runs.QUEUE: runs.queue,
    schedules.FIRE: schedules.fire,
    triggers.CANCEL: triggers.carry_out_cancel,
    triggers.ORDER: triggers.carry_out,
}
