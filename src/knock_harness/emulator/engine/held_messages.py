"""Messages that wait for a send window: those of feeds are put there when it opens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from knock_harness.emulator.clock import stamp

from . import deliveries
from .send_windows import opens_at
from .windows import timezone_of

if TYPE_CHECKING:
    from datetime import datetime

    from knock_harness.contract.project import Channel, Step
    from knock_harness.emulator.environment import Environment

    from .runs import Run

__all__ = ["RELEASE", "held_until", "hold", "release"]

RELEASE: Final = "release"  # the kind of due work


def held_until(run: Run, step: Step) -> datetime | None:
    """Return when a message of a step may go out: now, or later; None: never, as no window ever opens."""
    if not step.send_windows:
        return run.at
    return opens_at(step.send_windows, now=run.at, timezone=timezone_of(run))


def hold(environment: Environment, message_id: str, channel: Channel, *, until: datetime) -> None:
    """Let a message go out at a moment (WINDOW-OUTSIDE-QUEUES)."""
    if channel.type == "in_app_feed":
        environment.later(RELEASE, message_id.encode(), at=until)
    else:
        deliveries.plan(environment, message_id, channel, at=until)


def release(environment: Environment, payload: bytes, at: datetime) -> None:
    """Put a message into the feed; nothing happens if it is gone."""
    message_id = payload.decode()
    environment.store.messages.show(message_id)
    environment.store.messages.set_status(message_id, "delivered", at=stamp(at))
