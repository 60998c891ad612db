"""Triggers: taken at once, carried out from the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator import recipients
from knock_harness.emulator.clock import stamp
from knock_harness.emulator.definitions import workflow_of
from knock_harness.emulator.message import as_json
from knock_harness.emulator.references import USERS, Ref, parse_reference
from knock_harness.emulator.refusals import FieldError, InvalidParams, Refusal

from . import runs
from .fan_out import fan_out
from .orders import Addressee, Order, decode_cancel, decode_order, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from knock_harness.emulator.environment import Environment

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

ORDER: Final = "order"  # kinds of due work
CANCEL: Final = "cancel"
#: Under this key an inline recipient brings data of its own (TRIGGER-PER-RECIPIENT-MERGE).
OWN_DATA: Final = "$trigger_data"
LARGEST_DATA: Final = 10 * 1024 * 1024  # characters of JSON; TRIGGER-DATA-SIZE


def accept(
    environment: Environment, key: str, body: Mapping[str, Any], *, at: datetime, branch: str | None = None
) -> str:
    """Take a trigger and return the id of its run; the run itself waits in the queue (TRIGGER-ASYNC).

    Args:
        environment: where.
        key: of the workflow.
        body: of the request; null stands for what is left out (TRIGGER-NULL-OPTIONALS).
        at: now.
        branch: whose workflows to look among; None: those of no branch.

    Raises:
        Refusal: there is no such workflow, it is inactive, its data does not fit, or a recipient, actor or tenant is
            not allowed; nothing runs then (TRIGGER-ALL-OR-NOTHING).
    """
    workflow = workflow_of(environment, key, branch)
    if not workflow.active:
        raise Refusal(422, "workflow_inactive", f"The workflow {key!r} is inactive")
    plan = environment.plans.plan(environment.project, workflow)
    data = body.get("data") or {}
    settings = body.get("settings") or {}
    order = Order(
        run_id=environment.ids.uuid(),
        workflow=key,
        version_id=workflow.version_id,
        addressees=_addressees(environment, plan, body["recipients"], data, at=at),
        data=_text(data),
        at=stamp(at),
        actor=_actor(environment, body.get("actor"), at=at),
        tenant=_tenant(environment, body.get("tenant"), at=at),
        cancellation_key=body.get("cancellation_key") or None,  # CANCEL-WITHOUT-KEY-IMPOSSIBLE
        sandbox=bool(settings.get("sandbox_mode")),
        skip_delay=bool(settings.get("skip_delay")),
    )
    put(environment, order, at=at)
    return order.run_id


def put(environment: Environment, order: Order, *, at: datetime) -> None:
    """Put an order into the queue, as one piece of work whatever it reaches."""
    environment.later(ORDER, encode(order), at=at)


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
    runs.cancel(environment, waiting, at=at)


def _addressees(
    environment: Environment, plan: Plan, named: Iterable[Any], data: Mapping[str, Any], *, at: datetime
) -> list[Addressee]:
    """Return whom a trigger names, each once, identified where it brings properties (RECIPIENT-INLINE-BEFORE-RUN)."""
    found: dict[Ref, Addressee] = {}
    _check_data(plan, data)
    for each in named:
        own_data = None
        if isinstance(each, str):
            ref = parse_reference(each)
        else:
            own_data = each.get(OWN_DATA)
            if OWN_DATA in each:
                each = {name: value for name, value in each.items() if name != OWN_DATA}
            if own_data is not None:
                _check_own_data(plan, data, own_data)
            ref = identified(environment, each, at=at)
        if ref not in found or own_data is not None:
            found[ref] = Addressee(ref, None if own_data is None else _text(own_data))
    return list(found.values())


def identified(environment: Environment, value: str | Mapping[str, Any], *, at: datetime) -> Ref:
    """Return whom a value means; a map that brings more than a name is stored first (INLINE-ID-STRING-ONLY).

    Raises:
        InvalidParams: the value says not who it is, or what it holds cannot be stored.
    """
    if isinstance(value, str) or value.keys() == {"id", "collection"}:
        return parse_reference(value)
    return recipients.identify(environment, value, at=at)


def _actor(environment: Environment, value: Any, *, at: datetime) -> Ref | None:
    if value is None:
        return None
    if not isinstance(value, str):
        return identified(environment, value, at=at)  # TRIGGER-ACTOR-INLINE
    ref = parse_reference(value)
    if not environment.store.recipients.exists(*ref):
        raise Refusal(422, "actor_missing", f"The actor {value!r} was never identified")
    return ref


def _tenant(environment: Environment, value: Any, *, at: datetime) -> str | None:
    return None if value is None else recipients.identify_tenant(environment, value, at=at)


def _text(data: Mapping[str, Any]) -> str:
    """Return the data of a trigger as JSON, unless there is too much of it."""
    text = as_json(data)
    if len(text) > LARGEST_DATA:
        raise InvalidParams.at("data", "is larger than 10 MB", kind="size")
    return text


def _check_own_data(plan: Plan, common: Mapping[str, Any], own: Any) -> None:
    if not isinstance(own, dict):
        raise InvalidParams.at(f"recipients.{OWN_DATA}", "is no map", kind="type")
    _check_data(plan, {**common, **own})


def _check_data(plan: Plan, data: Mapping[str, Any]) -> None:
    """Hold the data of a trigger against the schema of the workflow (TRIGGER-SCHEMA-422)."""
    if plan.data_schema is None or plan.data_schema.is_valid(data):
        return
    raise InvalidParams(
        FieldError(".".join(["data", *map(str, error.instance_path)]), error.message, kind=str(error.kind.name))
        for error in plan.data_schema.iter_errors(data)
    )


def _not_yet_notified(
    environment: Environment, plan: Plan, order: Order, reached: Iterable[Addressee]
) -> Iterable[Addressee]:
    per_tenant = plan.workflow.trigger_frequency == "once_per_recipient_per_tenant"
    for each in reached:
        if not environment.store.runs.has_run(order.workflow, each.ref, tenant=order.tenant, per_tenant=per_tenant):
            yield each
