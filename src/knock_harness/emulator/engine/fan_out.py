"""Who is run for: those that a trigger names, and those that follow them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator.message import as_json
from knock_harness.emulator.references import USERS, Ref

from .orders import Addressee

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["LEVELS", "fan_out"]

#: How deep the hierarchy is followed: parent, child, user (RECIPIENT-FANOUT-DEPTH).
LEVELS: Final = 2


def fan_out(
    named: Sequence[Addressee],
    *,
    subscribers: Callable[[Ref], Iterable[tuple[Ref, dict[str, Any] | None]]],
    actor: Ref | None,
) -> list[Addressee]:
    """Return whom a trigger reaches, each once: those it names, then their subscribers, then those of child objects.

    An actor is left out who is reached by subscription only (TRIGGER-ACTOR-EXCLUDED-SUBSCRIBER).

    Args:
        named: by the trigger, each once.
        subscribers: who follows an object.
        actor: who did it.
    """
    reached = {each.ref: each for each in named}
    level = list(named)
    for _ in range(LEVELS):
        below = []
        for parent in level:
            if parent.ref.collection == USERS:
                continue
            for ref, properties in subscribers(parent.ref):
                if ref not in reached and ref != actor:  # RECIPIENT-FANOUT-DEDUP
                    child = Addressee(ref, None, as_json(properties) if properties else None, parent.ref)
                    reached[ref] = child
                    below.append(child)
        level = below
    return list(reached.values())
