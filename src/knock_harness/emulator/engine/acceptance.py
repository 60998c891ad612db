"""What a trigger asks for, held against what may be asked, and put into the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator import recipients
from knock_harness.emulator.clock import stamp
from knock_harness.emulator.definitions import workflow_of
from knock_harness.emulator.message import as_json
from knock_harness.emulator.references import Ref, parse_reference
from knock_harness.emulator.refusals import FieldError, InvalidParams, Refusal

from .orders import Addressee, Order, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from knock_harness.contract.project import Workflow
    from knock_harness.emulator.environment import Environment

    from .plans import Plan

__all__ = ["ORDER", "accept", "identified", "ordered", "put"]

ORDER: Final = "order"  # a kind of due work
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
    order = ordered(environment, workflow_of(environment, key, branch), body, at=at, branch=branch)
    put(environment, order, at=at)
    return order.run_id


def ordered(
    environment: Environment, workflow: Workflow, body: Mapping[str, Any], *, at: datetime, **more: Any
) -> Order:
    """Return the order that a trigger gives; whom it identifies is stored.

    Args:
        environment: where.
        workflow: to be run.
        body: of the request.
        at: now.
        more: what the order says beside that.

    Raises:
        Refusal: see `accept`.
    """
    if not workflow.active:
        raise Refusal(422, "workflow_inactive", f"The workflow {workflow.key!r} is inactive")
    plan = environment.plans.plan(environment.project, workflow)
    data = body.get("data") or {}
    settings = body.get("settings") or {}
    return Order(
        run_id=environment.ids.uuid(),
        workflow=workflow.key,
        version_id=workflow.version_id,
        addressees=_addressees(environment, plan, body["recipients"], data, at=at),
        data=_text(data),
        at=stamp(at),
        actor=_actor(environment, body.get("actor"), at=at),
        tenant=_tenant(environment, body.get("tenant"), at=at),
        cancellation_key=body.get("cancellation_key") or None,  # CANCEL-WITHOUT-KEY-IMPOSSIBLE
        sandbox=bool(settings.get("sandbox_mode")),
        skip_delay=bool(settings.get("skip_delay")),
        **more,
    )


def put(environment: Environment, order: Order, *, at: datetime) -> None:
    """Put an order into the queue, as one piece of work whatever it reaches."""
    environment.later(ORDER, encode(order), at=at)


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
