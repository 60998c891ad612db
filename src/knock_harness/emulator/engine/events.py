"""What happens in a run, as its events tell it."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

__all__ = ["Event", "Events"]

#: Name, status (ok or error), ref and type of the step, data, and when; then the attempt, if it was not the first.
Event: TypeAlias = tuple[str, str, "str | None", "str | None", "dict[str, Any] | None", str]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Any]).decode


class Events:
    """The events of a run, in order.

    Attributes:
        errors: how many of them are errors (RUN-ERROR-COUNT).
    """

    def __init__(self, told: str = "") -> None:
        self._events: list[Any] = _decode(told) if told else []
        self.errors = sum(each[1] == "error" for each in self._events)

    def add(
        self,
        name: str,
        at: str,
        *,
        step: tuple[str, str] | None = None,
        data: dict[str, Any] | None = None,
        failed: bool = False,
        attempt: int = 1,
    ) -> None:
        """Add an event; step is its ref and its type, attempt which of its tries (RUN-EVENT-ATTEMPT)."""
        self.errors += failed
        ref, kind = step or (None, None)
        event = (name, "error" if failed else "ok", ref, kind, data, at)
        self._events.append(event if attempt == 1 else (*event, attempt))

    def messages_of(self, ref: str) -> list[str]:
        """Return the ids of the messages that a step made."""
        return [each[4]["message_id"] for each in self._events if each[0] == "message_enqueued" and each[2] == ref]

    def text(self) -> str:
        """Return them as JSON."""
        return _encode(self._events).decode()
