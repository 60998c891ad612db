"""What a run knows of the triggers that a batch collected for it."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.emulator.message import NewActivity, as_json

from .scopes import as_variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from knock_harness.emulator.environment import Environment
    from knock_harness.emulator.references import Ref

    from .scopes import RunScope

__all__ = ["Batched", "changed", "combined", "of_first_activity", "widened"]

#: Texts in the data of a batch are cut to so many characters (BATCHSTEP-DATA-COMBINED).
LONGEST_TEXT: Final = 256

_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode


class Batched(msgspec.Struct, array_like=True):
    """What was collected.

    Attributes:
        activities: one for each trigger, at least one, in the order they came.
        message_data: the data of the messages that tell of them, as JSON.
        newest: whether templates see the newest ones, and not the oldest.
        render_limit: how many templates see.
    """

    activities: list[NewActivity]
    message_data: str
    newest: bool
    render_limit: int

    @property
    def shown(self) -> Sequence[NewActivity]:
        """Return what templates see, oldest first (BATCHSTEP-ORDER)."""
        return self.activities[-self.render_limit :] if self.newest else self.activities[: self.render_limit]

    @property
    def actors(self) -> list[Ref]:
        """Return who acted, each once, in order (BATCHSTEP-TOTALS)."""
        return list(dict.fromkeys(each.actor for each in self.activities if each.actor is not None))


def combined(activities: Iterable[NewActivity]) -> tuple[str, str]:
    """Return the data of a batch, as templates see it and as its messages have it, both as JSON.

    Templates see the scalars of all triggers, later ones winning (BATCHSTEP-DATA-COMBINED). Messages have the data of
    the latest trigger on top, as it was given (BATCHSTEP-MESSAGE-DATA).
    """
    data: dict[str, Any] = {}
    latest: dict[str, Any] = {}
    for each in activities:
        latest = _decode(each.data)
        data.update(latest)
    data = {key: _cut(value) for key, value in data.items() if not isinstance(value, dict | list)}
    return as_json(data), as_json({**data, **latest})


def changed(data: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of messages when that of the run was changed from what it was before."""
    kept = {key: value for key, value in data.items() if key in after or key not in before}
    return {**kept, **{key: value for key, value in after.items() if key not in before or before[key] != value}}


def widened(scope: RunScope, environment: Environment, batched: Batched) -> RunScope:
    """Let a scope know all that was collected."""
    find, actors = environment.store.recipients.get, batched.actors
    listed = actors[-batched.render_limit :] if batched.newest else actors[: batched.render_limit]
    known = {ref: as_variable(find(*ref), ref) for ref in listed}
    for each in batched.shown:
        if each.actor is not None and each.actor not in known:
            known[each.actor] = as_variable(find(*each.actor), each.actor)
    totals = {"total_activities": len(batched.activities), "total_actors": len(actors)}
    scope.variables.update(
        run=totals,
        activities=[_activity(each, known, scope.variables["recipient"]) for each in batched.shown],
        actors=[known[ref] for ref in listed],
        **totals,
    )
    return scope


def of_first_activity(scope: RunScope, batched: Batched) -> RunScope:
    """Return what preference conditions are judged on: as if there were the first activity only."""
    first = batched.activities[0]
    variables = scope.variables
    activity = _activity(
        first, {} if first.actor is None else {first.actor: variables["actor"]}, variables["recipient"]
    )
    alone = copy(scope)
    alone.variables = {**variables, "data": activity["data"], "activities": [activity]}  # RUNPREF-CONDITIONS-BATCH
    return alone


def _activity(
    each: NewActivity, actors: Mapping[Ref, Mapping[str, Any]], recipient: Mapping[str, Any]
) -> dict[str, Any]:
    data = _decode(each.data)
    actor = None if each.actor is None else actors[each.actor]
    return {**data, "data": data, "actor": actor, "recipient": recipient, "timestamp": each.at}


def _cut(value: Any) -> Any:
    return value[:LONGEST_TEXT] if isinstance(value, str) else value
