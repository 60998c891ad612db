"""Update steps: a run changes its own data, or a stored record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.emulator import memberships, recipients
from knock_harness.emulator.references import TENANTS, USERS, Ref
from knock_harness.emulator.refusals import Refusal

from .outcomes import StepFailed
from .renderings import rendered_map, rendered_text

if TYPE_CHECKING:
    from knock_harness.contract.project import Step

    from .outcomes import Outcome
    from .plans import PlannedStep
    from .runs import Run

__all__ = ["update_audience_step", "update_data_step", "update_record_step"]

#: What a step of each type changes.
_KIND: Final = {"update_user": "user", "update_object": "object", "update_tenant": "tenant"}
#: A global id: what it is of, and the rest of its path.
_GLOBAL_ID: Final = re.compile(r"gid://[^/]+/(?P<kind>\w+)/(?P<rest>.+)")


def update_data_step(run: Run, planned: PlannedStep) -> Outcome:
    """Lay what the step renders over the data of the run, at the top alone (UPDATE-DATA-STEP).

    Raises:
        StepFailed: it is no map.
    """
    step = planned.step
    new = rendered_map(run, step.settings["data"], what="data")
    run.put_data({**run.data, **new})
    run.tell(step, "data_updated", {"keys": sorted(new)})
    return None


def update_record_step(run: Run, planned: PlannedStep) -> Outcome:
    """Change a stored user, object or tenant, which later steps see (UPDATE-RECORDS-STEPS).

    Raises:
        StepFailed: what is rendered is no map, names nobody, or cannot be stored.
    """
    step = planned.step
    ref = _reference(run, step) if step.settings.get("recipient_mode") == "reference" else _current(run, step)
    if ref is None:
        return run.skip(step, "nobody_to_update")
    properties = rendered_map(run, step.settings["update_properties"], what="update_properties")
    try:
        with run.causing():
            recipients.identify(run.environment, {**properties, **_as_map(ref)}, at=run.at)
    except Refusal as error:
        raise StepFailed(error.explained()) from None
    run.look_again()
    run.tell(step, "record_updated", {"recipient": recipients.reference(*ref)})
    return None


def update_audience_step(run: Run, planned: PlannedStep) -> Outcome:
    """Let the recipient join or leave an audience; objects are in none (UPDATE-RECORDS-STEPS)."""
    step = planned.step
    if run.ref.collection != USERS:
        return run.skip(step, "recipient_is_no_user")
    key, action = step.settings["audience_key"], step.settings["action"]
    tenant = run.progress.order.tenant
    change = memberships.join if action == "add" else memberships.leave
    try:
        with run.causing():
            change(run.environment, key, run.ref.id, tenant, at=run.at)
    except Refusal as error:
        raise StepFailed(error.explained()) from None
    run.tell(step, "audience_updated", {"audience": key, "action": action})
    return None


def _current(run: Run, step: Step) -> Ref | None:
    """Return the recipient of the run, or its tenant; None if that is not what the step is for."""
    if step.type == "update_tenant":
        tenant = run.progress.order.tenant
        return None if tenant is None else Ref(TENANTS, tenant)
    is_user = run.ref.collection == USERS
    return run.ref if is_user is (step.type == "update_user") else None


def _reference(run: Run, step: Step) -> Ref:
    """Return whom a step names: by a global id, by a map of id and collection as JSON, or by id."""
    kind, text = _KIND[step.type], rendered_text(run, step.settings["recipient_gid"])
    if found := _GLOBAL_ID.fullmatch(text):
        if found["kind"].lower() != kind:
            raise StepFailed(f"{text!r} is not the id of a {kind}")
        text = found["rest"]
    collection = {"user": USERS, "tenant": TENANTS}.get(kind)
    if collection is not None and text and not text.startswith("{"):
        return Ref(collection, text)
    try:
        named = msgspec.json.decode(text, type=dict[str, str])
    except (msgspec.DecodeError, msgspec.ValidationError):
        in_collection, _, id_ = text.partition("/")
        named = {"collection": in_collection, "id": id_}
    ref = Ref(named.get("collection", "") if collection is None else collection, named.get("id", ""))
    if not ref.id or (kind == "object" and not ref.collection):
        raise StepFailed(f"{text!r} names no {kind}")
    return ref


def _as_map(ref: Ref) -> dict[str, Any]:
    return {"id": ref.id} if ref.collection == USERS else {"id": ref.id, "collection": ref.collection}
