"""Orders: what a trigger, or a schedule that fires, leaves to be carried out."""

from __future__ import annotations

from typing import Final

import msgspec

from knock_harness.emulator.references import Ref

from .batched import Batched
from .outcomes import StepFailed

__all__ = [
    "GO_ON",
    "NESTED_RUNS",
    "Addressee",
    "Order",
    "Progress",
    "decode_cancel",
    "decode_order",
    "decode_progress",
    "encode",
    "led_on",
]

#: How many workflows may start each other in a row: one that starts itself ends here.
DEEPEST: Final = 10
#: How many runs the workflows that a run starts may have together, with those that they start.
NESTED_RUNS: Final = 50_000

#: The kind of due work that lets runs that wait go on.
GO_ON: Final = "run"


class Addressee(msgspec.Struct, array_like=True, omit_defaults=True):
    """Somebody to run for. What is JSON stays so: other forms do not hold every number that JSON does.

    Attributes:
        ref: who.
        own_data: what is merged over the common data for this recipient alone, as JSON (TRIGGER-PER-RECIPIENT-MERGE).
        subscription: the properties of the subscription that it was reached by, as JSON.
        parent: the object of that subscription.
    """

    ref: Ref
    own_data: str | None = None
    subscription: str | None = None
    parent: Ref | None = None


class Order(msgspec.Struct, array_like=True, kw_only=True):
    """A workflow to be run.

    Attributes:
        run_id: what all recipient runs share.
        workflow: the key.
        version_id: the version that was current.
        addressees: who was named.
        data: of the trigger, as JSON.
        at: when it was triggered, as the API writes it.
        actor: who did it.
        tenant: for which.
        source: ``api``, ``schedule``, ``audience`` or ``workflow_step``.
        cancellation_key: by which it can be cancelled.
        schedule: ``id`` and occurrences of the schedule that fired.
        fans_out: run for the subscribers of objects too.
        sandbox: hand nothing to providers.
        skip_delay: pass all delays.
        audience: the key of the audience that somebody joined.
        depth: how many workflows, one started by another, led to it.
        allowance: how many runs it may lead to; see `led_on`.
        branch: whose workflows were looked among; None: those of no branch.
    """

    run_id: str
    workflow: str
    version_id: str
    addressees: list[Addressee]
    data: str
    at: str
    actor: Ref | None = None
    tenant: str | None = None
    source: str = "api"
    cancellation_key: str | None = None
    schedule: dict[str, str | None] | None = None
    fans_out: bool = True
    sandbox: bool = False
    skip_delay: bool = False
    audience: str | None = None
    depth: int = 0
    allowance: int = NESTED_RUNS
    branch: str | None = None


class Progress(msgspec.Struct, array_like=True):
    """How far the run for one recipient has come.

    Attributes:
        order: what it carries out, for this recipient alone.
        next_step: the place in the plan of the step that comes next.
        activity_id: of the activity that its messages tell of.
        waits: it waits in that step, and goes on there.
        memory: what that step remembers while it waits.
        batch: what the last batch step collected; None: it has come to none.
        trigger_data: the data that the trigger brought, as JSON, once the run has other; empty: that of the order.
    """

    order: Order
    next_step: int = 0
    activity_id: str = ""
    waits: bool = False
    memory: bytes = b""
    batch: Batched | None = None
    trigger_data: str = ""


def led_on(progress: Progress, key: str, number: int) -> tuple[int, int]:
    """Return depth and allowance of the order by which a run starts another workflow.

    Both are bound, so that workflows that start each other for ever come to an end: half of the runs that the run may
    still start are for this order, and shared out among the runs of it.

    Args:
        progress: of the run; what it may start after that is left in it.
        key: of the workflow to be started.
        number: of recipients.

    Raises:
        StepFailed: a bound is reached.
    """
    order = progress.order
    share = order.allowance // 2
    if order.depth >= DEEPEST:
        raise StepFailed(f"workflows start each other more than {DEEPEST} deep: {key!r} is not started")
    if number > share:
        raise StepFailed(f"workflows start each other too often: {key!r} is not started for {number} recipients")
    progress.order = msgspec.structs.replace(order, allowance=order.allowance - share)
    return order.depth + 1, share


encode = msgspec.msgpack.Encoder().encode
decode_order = msgspec.msgpack.Decoder(Order).decode
decode_progress = msgspec.msgpack.Decoder(Progress).decode
#: The workflow, the cancellation key, and the recipients (None: all) of a cancellation.
decode_cancel = msgspec.msgpack.Decoder(tuple[str, str, list[Ref] | None]).decode
