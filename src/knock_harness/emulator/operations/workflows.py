"""Starting workflows and stopping what waits, by the current paths and the legacy ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from knock_harness.emulator.engine import triggers
from knock_harness.emulator.exchange import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.emulator.call import Call, Handler

__all__ = ["HANDLERS"]


def trigger_workflow(call: Call) -> Reply:
    """Take a trigger and answer with the id that all its runs share (TRIGGER-RUN-ID)."""
    run_id = triggers.accept(call.environment, call.path["key"], call.body, at=call.now, branch=call.branch)
    return Reply(200, {"workflow_run_id": run_id})


def trigger_workflow_legacy(call: Call) -> Reply:
    """Do the same by the legacy path, where the body names the workflow (LEGACY-NOTIFY-SAME-ENGINE)."""
    run_id = triggers.accept(call.environment, call.body["name"], call.body, at=call.now)
    return Reply(200, {"result_id": run_id})


def cancel_workflow(call: Call) -> Reply:
    """Take a cancellation (CANCEL-204)."""
    body, key = call.body, call.body["cancellation_key"]
    triggers.cancel(call.environment, call.path["key"], key, body.get("recipients"), at=call.now, branch=call.branch)
    return Reply(204)


def cancel_workflow_legacy(call: Call) -> Reply:
    """Do the same by the legacy path (LEGACY-CANCEL-SAME-EFFECT)."""
    body = call.body
    triggers.cancel(call.environment, body["name"], body["cancellation_key"], body.get("recipients"), at=call.now)
    return Reply(204)


HANDLERS: Final[Mapping[str, Handler]] = {
    "cancelWorkflow": cancel_workflow,
    "cancelWorkflowLegacy": cancel_workflow_legacy,
    "triggerWorkflow": trigger_workflow,
    "triggerWorkflowLegacy": trigger_workflow_legacy,
}
