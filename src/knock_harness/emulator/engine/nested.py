"""Steps that trigger another workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator.definitions import workflow_of
from knock_harness.emulator.references import reference
from knock_harness.emulator.refusals import NotFound, Refusal

from .acceptance import ordered, put
from .orders import led_on
from .outcomes import StepFailed
from .renderings import rendered_map, rendered_text, rendered_value

if TYPE_CHECKING:
    from .outcomes import Outcome
    from .plans import PlannedStep
    from .runs import Run

__all__ = ["trigger_workflow_step"]

MOST_RECIPIENTS: Final = 1000  # of a trigger
#: What a recipient that is rendered as a whole holds beside its properties.
_NO_PROPERTIES: Final = frozenset({"created_at", "schedule", "subscription", "updated_at"})


def trigger_workflow_step(run: Run, planned: PlannedStep) -> Outcome:
    """Start runs of another workflow; what the step leaves open is as in this run (NESTED-TRIGGER).

    Raises:
        StepFailed: the bounds are reached, something cannot be rendered, or the trigger would be refused.
    """
    key = rendered_text(run, planned.step.settings["workflow_key"])
    branch = run.progress.order.branch
    try:
        workflow = workflow_of(run.environment, key, branch)
    except NotFound:
        raise StepFailed(f"there is no workflow {key!r}") from None
    body = _body(run, planned)
    number = len(body["recipients"])
    if not 0 < number <= MOST_RECIPIENTS:
        raise StepFailed(f"a trigger has 1 to {MOST_RECIPIENTS} recipients, not {number}")
    depth, allowance = led_on(run.progress, key, number)
    try:
        nested = ordered(
            run.environment,
            workflow,
            body,
            at=run.at,
            source="workflow_step",
            branch=branch,
            depth=depth,
            allowance=allowance,
        )
    except Refusal as error:
        raise StepFailed(f"the trigger of {key!r} is refused: {error.explained()}") from None
    put(run.environment, nested, at=run.at)
    run.tell(planned.step, "workflow_triggered", {"workflow": key, "workflow_run_id": nested.run_id})
    return None


def _body(run: Run, planned: PlannedStep) -> dict[str, Any]:
    """Return what a request for this trigger would hold."""
    settings, order = planned.step.settings, run.progress.order
    body: dict[str, Any] = {
        "recipients": [reference(*run.ref)],
        "data": run.data,
        "actor": None if order.actor is None else reference(*order.actor),
        "tenant": order.tenant,
        "cancellation_key": order.cancellation_key,
        "settings": {"sandbox_mode": order.sandbox, "skip_delay": order.skip_delay},
    }
    if settings.get("recipients"):
        named = rendered_value(run, settings["recipients"])
        body["recipients"] = [_somebody(each) for each in (named if isinstance(named, list) else [named])]
    if settings.get("data"):
        body["data"] = rendered_map(run, settings["data"], what="data")
    for name in ("actor", "tenant"):
        if settings.get(name):
            value = rendered_value(run, settings[name])
            body[name] = None if value is None else _somebody(value)
    if settings.get("cancellation_key"):
        body["cancellation_key"] = rendered_text(run, settings["cancellation_key"])
    return body


def _somebody(value: Any) -> Any:
    """Return a recipient as a trigger names it; ids that look like numbers are texts."""
    if isinstance(value, dict):
        return {name: each for name, each in value.items() if name not in _NO_PROPERTIES}
    if value is None or isinstance(value, list | bool):
        raise StepFailed(f"{value!r} is no recipient")
    return str(value)
