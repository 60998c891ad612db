"""Triggers: taken at once, carried out from the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator.definitions import workflow_of
from knock_harness.emulator.references import USERS, parse_reference

from . import batches, runs
from .acceptance import ORDER, accept, identified, put
from .fan_out import fan_out
from .orders import decode_cancel, decode_order, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from knock_harness.emulator.environment import Environment

    from .orders import Addressee, Order
    from .plans import Plan

__all__ = [
    "CANCEL",
    "ORDER",
    "accept",
    "cancel",
    "carry_out",
    "carry_out_cancel",
    "identified",
    "put",
    "run",
]

CANCEL: Final = "cancel"  # a kind of due work


def carry_out(environment: Environment, payload: bytes, at: datetime) -> None:
    """Run an order that was put into the queue."""
    order = decode_order(payload)
    run(environment, environment.plans.pinned(environment.project, order.version_id), order, at=at)


def run(environment: Environment, plan: Plan, order: Order, *, at: datetime) -> None:
    """Run an order for everybody it reaches."""
    reached: Sequence[Addressee] = order.addressees
    if order.fans_out and any(each.ref.collection != USERS for each in reached):
        subscriptions = environment.store.subscriptions
        reached = fan_out(reached, subscribers=lambda ref: subscriptions.subscribers(*ref), actor=order.actor)
    if plan.workflow.trigger_frequency != "every_trigger":
        reached = list(_not_yet_notified(environment, plan, order, reached))
    runs.begin(environment, plan, order, reached, at=at)


def cancel(
    environment: Environment,
    key: str,
    cancellation_key: str,
    named: Sequence[Any] | None,
    *,
    at: datetime,
    branch: str | None = None,
) -> None:
    """Take a cancellation; it is carried out after whatever was triggered before it (CANCEL-204).

    Raises:
        NotFound: there is no such workflow.
        InvalidParams: a recipient is not allowed.
    """
    workflow_of(environment, key, branch)
    refs = None if named is None else [parse_reference(each) for each in named]
    if cancellation_key:
        environment.later(CANCEL, encode((key, cancellation_key, refs)), at=at)


def carry_out_cancel(environment: Environment, payload: bytes, at: datetime) -> None:
    """End the runs of a workflow that wait under a key."""
    key, cancellation_key, refs = decode_cancel(payload)
    waiting = environment.store.runs.waiting_under(key, cancellation_key, recipients=refs)
    runs.cancel(environment, batches.not_collecting(environment, waiting), at=at)
    environment.store.batches.take_out(key, cancellation_key, recipients=refs)  # BATCHSTEP-CANCEL-ITEM


def _not_yet_notified(
    environment: Environment, plan: Plan, order: Order, reached: Iterable[Addressee]
) -> Iterable[Addressee]:
    per_tenant = plan.workflow.trigger_frequency == "once_per_recipient_per_tenant"
    for each in reached:
        if not environment.store.runs.has_run(order.workflow, each.ref, tenant=order.tenant, per_tenant=per_tenant):
            yield each
