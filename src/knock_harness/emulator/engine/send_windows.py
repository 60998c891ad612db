"""Send windows: when a channel step may send, on the wall clock of the recipient."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from knock_harness.contract.steps import SendWindow

__all__ = ["opens_at"]


def opens_at(windows: Sequence[SendWindow], *, now: datetime, timezone: ZoneInfo) -> datetime | None:
    """Return the first moment from now on at which a window is open (WINDOW-OUTSIDE-QUEUES).

    Args:
        windows: one for each day of the week; a day without one is closed.
        now: returned itself if a window is open (WINDOW-INSIDE-SENDS).
        timezone: whose wall clock the windows mean (WINDOW-TIMEZONE).

    Returns:
        The moment in UTC; None: no window ever opens.
    """
    of_day = {each.weekday: each for each in windows if each.sends}  # WINDOW-DO-NOT-SEND
    today = now.astimezone(timezone).date()
    for days in range(8):
        day = today + timedelta(days=days)
        window = of_day.get(day.weekday())
        if window is not None and now < _instant(day, window.until_minute, timezone):
            return max(now, _instant(day, window.from_minute, timezone))
    return None


def _instant(day: date, minute: int, timezone: ZoneInfo) -> datetime:
    local = datetime.combine(day, time(), tzinfo=timezone) + timedelta(minutes=minute)
    return local.astimezone(UTC)
