"""Deprecated operations and aliases do what those do that are to be used in their place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from knock_harness import contract
from knock_harness.errors import NotMade
from knock_harness.verify.documented import Broken, brief
from knock_harness.verify.plain import plain_request

from .expectations import all_of, shows, succeeds
from .operations import each_operation, operations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from knock_harness.contract import Operation
    from knock_harness.verify.answers import Answer
    from knock_harness.verify.documented import Finding
    from knock_harness.verify.drafts import Draft
    from knock_harness.verify.examination import Examiner

TWINS = [each for each in operations() if each.successor]
#: What the legacy trigger calls otherwise than its successor.
RENAMED = {"result_id": "workflow_run_id"}
#: For the operations that undo a status, the one that sets it: undoing is seen only on what is set.
SET_BEFORE: Mapping[str, str] = {
    "markMessageUnseenAlias": "markMessageSeen",
    "markMessageUnreadAlias": "markMessageRead",
    "unarchiveMessageAlias": "archiveMessage",
}
#: The section of a preference set that each of the part writes is about.
SECTIONS: Mapping[str, str] = {
    "Categories": "categories",
    "Category": "categories",
    "ChannelTypes": "channel_types",
    "ChannelType": "channel_types",
    "Workflows": "workflows",
    "Workflow": "workflows",
}


@each_operation("CONTRACT-DEPRECATED-TWIN", "HTTP-STATUS-ALIASES", "HTTP-GUIDE-ALIASES", among=TWINS)
def test_a_twin_answers_as_its_successor_does(operation: Operation, examiner: Examiner) -> None:
    twin, successor = plain_request(operation), _successor_of(operation)

    def same(answer: Answer) -> Finding:
        shown = _outline(answer)
        _prepare(operation, examiner)
        wanted = _outline(examiner.ask(successor))
        return shown == wanted or Broken(f"what {operation.successor} answers: {brief(wanted)}", brief(shown))

    _prepare(operation, examiner)
    examiner.examine(
        twin, dict.fromkeys(("CONTRACT-DEPRECATED-TWIN", "HTTP-STATUS-ALIASES", "HTTP-GUIDE-ALIASES"), same)
    )

    examiner.conclude()


@each_operation("HTTP-LEGACY-NOTIFY")
def test_the_legacy_paths_still_work(operation: Operation, examiner: Examiner) -> None:
    answers: Mapping[str, Callable[[Answer], Finding]] = {
        "triggerWorkflowLegacy": all_of(succeeds, shows("result_id", _is_text, wanted="a result_id")),
        "cancelWorkflowLegacy": succeeds,
    }

    examiner.examine(plain_request(operation), {"HTTP-LEGACY-NOTIFY": answers[operation.id]})

    examiner.conclude()


def _prepare(operation: Operation, examiner: Examiner) -> None:
    if operation.id in SET_BEFORE:
        before = plain_request(contract.load().operations[SET_BEFORE[operation.id]])
        if not examiner.ask(before).accepted:
            raise NotMade(f"{before.operation.id} did not set what {operation.id} undoes")


def _successor_of(operation: Operation) -> Draft:
    """Return the request to the successor that says what the plain request of a twin says."""
    twin = plain_request(operation)
    successor = plain_request(contract.load().operations[operation.successor or ""])
    _, _, part = operation.id.partition("Preference")
    if part not in SECTIONS:
        return successor
    entry = twin.body if "subscribed" not in twin.body else {_part_key(twin): twin.body["subscribed"]}
    return replace(successor, body={SECTIONS[part]: entry})


def _part_key(twin: Draft) -> str:
    return str(twin.path.get("key") or twin.path["type"])


def _outline(answer: Answer) -> Any:
    """Return what two answers to the same request have in common: status, fields, and which statuses are set."""
    shown = answer.json
    if not isinstance(shown, dict):
        return [answer.status]
    fields: dict[Any, Any] = {RENAMED.get(name, name): value for name, value in shown.items()}
    moments = {name: value is not None for name, value in fields.items() if name.endswith("_at")}
    return [answer.status, sorted(fields), moments, sorted(fields.get("engagement_statuses") or [])]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
