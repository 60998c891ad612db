"""The second limit of batch status changes: how often one status of one message is changed.

It does not refuse the call. Messages whose turn has not come are left as they are and named in a header
(BATCH-DEDUP-2XX, BATCH-DEDUP-HEADER). It holds whenever rate limits are on, and shrinks with their factor.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["HEADER", "BatchLimits"]

#: Names the messages that were left as they are, separated by commas.
HEADER: Final = "x-ratelimited-message_ids"

WINDOW_S: Final = 1.0  # batch tier 1: BATCH-DEDUP-APPLIED


class BatchLimits:
    """When which status of which message was last changed, for as long as that matters.

    Args:
        times: by how much the limits are multiplied; infinity: nothing is limited.
    """

    def __init__(self, times: float = inf) -> None:
        self.active = times != inf
        self._window = timedelta(seconds=WINDOW_S / times)
        self._changed: dict[tuple[str, str], datetime] = {}  # oldest first: what is written anew was taken out before

    def rejected(self, status: str, message_ids: Sequence[str], *, now: datetime) -> Sequence[str]:
        """Note that messages get a status, and return those whose status is not to be changed again yet.

        Args:
            status: that they get; its inverse is another one (BATCH-DEDUP-PER-STATUS, BATCH-DEDUP-INVERSE).
            message_ids: each once.
            now: the moment of the call, by the clock of the environment.
        """
        if not self.active:
            return ()
        self._forget(now)
        found = []
        for each in message_ids:
            if (status, each) in self._changed:
                found.append(each)
            else:
                self._changed[status, each] = now
        return found

    def _forget(self, now: datetime) -> None:
        past = []
        for each, at in self._changed.items():
            if now - at < self._window:
                break
            past.append(each)
        for each in past:
            del self._changed[each]
