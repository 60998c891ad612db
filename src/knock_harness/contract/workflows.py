"""Workflows of a Knock project: what a trigger starts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, uuid5

from knock_harness.errors import InvalidDocument

from .layout import read_definitions
from .steps import DAYS, MINUTES_A_DAY, Branch, SendWindow, Step, all_steps

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

__all__ = ["Workflow", "read_workflow", "read_workflows"]

KEY: Final = re.compile(r"[a-z0-9_-]{3,255}")
CHANNEL_TYPES: Final = frozenset({"email", "in_app_feed", "sms", "push", "chat", "http"})
STEP_TYPES: Final = frozenset(
    {
        "batch",
        "branch",
        "channel",
        "delay",
        "http_fetch",
        "random_cohort",
        "throttle",
        "trigger_workflow",
        "update_data",
        "update_object",
        "update_tenant",
        "update_user",
        "wait_for_event",
    }
)
FREQUENCIES: Final = frozenset({"every_trigger", "once_per_recipient", "once_per_recipient_per_tenant"})
VISUAL_BLOCKS: Final = frozenset({"button_set", "divider", "html", "image", "markdown"})


@dataclass(frozen=True, slots=True)
class Workflow:
    """A committed version of a workflow.

    Attributes:
        key: its name in the API.
        name: its name in the dashboard.
        active: whether a trigger starts anything.
        version_id: a UUID that follows from the content.
        steps: in order.
        conditions: of the trigger step.
        categories: for preferences and filters.
        settings: ``is_commercial``, ``override_preferences``.
        trigger_data_json_schema: what the data of a trigger must fit; None: anything.
        trigger_frequency: how often a recipient is notified.
    """

    key: str
    name: str
    active: bool
    version_id: str
    steps: Sequence[Step]
    conditions: Mapping[str, Any] | None = None
    categories: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    trigger_data_json_schema: Mapping[str, Any] | None = None
    trigger_frequency: str = "every_trigger"


def read_workflows(folder: Path, *, layouts: Collection[str] = ()) -> dict[str, Workflow]:
    """Read ``<folder>/<key>/workflow.json`` of every workflow, by key.

    Args:
        folder: holds one folder for each workflow.
        layouts: the keys of the layouts that emails may name.

    Raises:
        InvalidDocument: a file is missing or wrong, or holds a step that cannot be carried out.
    """
    return {
        key: read_workflow(key, definition, where=str(file), layouts=layouts)
        for key, (file, definition) in read_definitions(folder, "workflow.json").items()
    }


def read_workflow(key: str, definition: Mapping[str, Any], *, where: str, layouts: Collection[str] = ()) -> Workflow:
    """Return a workflow from its definition, texts in place.

    Args:
        key: its key.
        definition: as in the layout of Knock's CLI.
        where: the file, for the error.
        layouts: the keys of the layouts that emails may name.

    Raises:
        InvalidDocument: it is no workflow, or holds a step that cannot be carried out.
    """
    if not KEY.fullmatch(key):
        raise InvalidDocument(f"{key!r} is no key: 3 to 255 lower-case letters, digits, - and _", where=where)
    for required, kind in (("name", str), ("steps", list)):
        if not isinstance(definition.get(required), kind):
            raise InvalidDocument(f"{required!r} is missing or no {kind.__name__}", where=where)
    frequency = definition.get("trigger_frequency") or "every_trigger"
    if frequency not in FREQUENCIES:
        raise InvalidDocument(f"trigger_frequency {frequency!r} is none of {sorted(FREQUENCIES)}", where=where)
    steps = tuple(_step(each, where=where, layouts=layouts) for each in definition["steps"])
    for conditions in (definition.get("conditions"), *(each.conditions for each in all_steps(steps))):
        _check_conditions(conditions, where=where)
    refs = [each.ref for each in all_steps(steps)]
    if twice := {each for each in refs if refs.count(each) > 1}:
        raise InvalidDocument(f"steps share the ref {sorted(twice)}", where=where)
    content = {name: value for name, value in definition.items() if not name.startswith(("__", "$"))}
    return Workflow(
        key=key,
        name=definition["name"],
        active=(definition.get("__readonly") or {}).get("active", True),
        version_id=str(uuid5(NAMESPACE_URL, json.dumps([key, content], sort_keys=True))),
        steps=steps,
        conditions=definition.get("conditions") or None,
        categories=tuple(definition.get("categories") or ()),
        settings=definition.get("settings") or {},
        trigger_data_json_schema=definition.get("trigger_data_json_schema") or None,
        trigger_frequency=frequency,
    )


def _step(definition: Any, *, where: str, layouts: Collection[str]) -> Step:
    if not isinstance(definition, dict) or not isinstance(definition.get("ref"), str):
        raise InvalidDocument("a step is an object with a 'ref'", where=where)
    ref, kind = definition["ref"], definition.get("type")
    if kind not in STEP_TYPES:
        raise InvalidDocument(
            f"step {ref!r} is of type {kind!r}, which is not carried out here",
            where=where,
            hint=f"Use steps of type {' or '.join(sorted(STEP_TYPES))}.",
        )
    if kind == "channel":
        return _channel_step(definition, where=where, layouts=layouts)
    settings = definition.get("settings") or {}
    if kind == "delay" and not settings.get("delay_for") and not settings.get("delay_until_field_path"):
        raise InvalidDocument(f"delay step {ref!r} says neither how long nor until when", where=where)
    return Step(
        ref,
        kind,
        definition.get("conditions") or None,
        settings=settings,
        name=str(definition.get("name") or ""),
        branches=tuple(
            Branch(
                name=str(each.get("name") or ""),
                steps=tuple(_step(step, where=where, layouts=layouts) for step in each.get("steps") or ()),
                conditions=each.get("conditions") or None,
                terminates=bool(each.get("terminates")),
                percentage=float(each.get("percentage") or 0),
            )
            for each in definition.get("branches") or definition.get("cohort_branches") or ()
        ),
        cohort_key=str(definition.get("cohort_key") or ""),
    )


def _channel_step(definition: Mapping[str, Any], *, where: str, layouts: Collection[str]) -> Step:
    ref, channel_type = definition["ref"], definition.get("channel_type", "")
    if channel_type and channel_type not in CHANNEL_TYPES:
        raise InvalidDocument(
            f"step {ref!r} is for channels of type {channel_type!r}, which has no messages", where=where
        )
    if not isinstance(definition.get("channel_key"), str) and not definition.get("channel_group_key"):
        raise InvalidDocument(f"channel step {ref!r} has no 'channel_key'", where=where)
    template = definition.get("template") or {}
    _check_template(ref, template, where=where, layouts=layouts)
    return Step(
        ref,
        "channel",
        definition.get("conditions") or None,
        channel_key=definition.get("channel_key") or "",
        channel_type=channel_type,
        template=template,
        settings=definition.get("channel_overrides") or {},
        name=str(definition.get("name") or ""),
        channel_group_key=definition.get("channel_group_key") or "",
        send_windows=tuple(_send_window(each) for each in definition.get("send_windows") or ()),
    )


def _send_window(definition: Mapping[str, Any]) -> SendWindow:
    return SendWindow(
        DAYS.index(definition["day"]),
        definition.get("type", "send") == "send",
        _minute(definition.get("from"), default=0),
        _minute(definition.get("until"), default=MINUTES_A_DAY),
    )


def _minute(value: Any, *, default: int) -> int:
    if isinstance(value, str):
        hour, _, minute = value.partition(":")
        return int(hour) * 60 + int(minute)
    return default if value is None else int(value)


def _check_conditions(conditions: Any, *, where: str) -> None:
    groups = conditions or {}
    if not isinstance(groups, dict) or not groups.keys() <= {"all", "any"}:
        raise InvalidDocument(f"conditions are a map of 'all' and 'any', not {conditions!r}", where=where)
    for each in (condition for group in groups.values() for condition in group or ()):
        if isinstance(each, dict) and ("all" in each or "any" in each):
            _check_conditions(each, where=where)
        elif not isinstance(each, dict) or not all(isinstance(each.get(key), str) for key in ("variable", "operator")):
            raise InvalidDocument(f"a condition has a 'variable' and an 'operator', not {each!r}", where=where)


def _check_template(ref: str, template: Mapping[str, Any], *, where: str, layouts: Collection[str]) -> None:
    layout = (template.get("settings") or {}).get("layout_key")
    if layout and layout not in layouts:
        raise InvalidDocument(f"step {ref!r} names layout {layout!r}, which the project lacks", where=where)
    if template.get("is_mjml"):
        raise InvalidDocument(f"step {ref!r} is written in MJML, which is not rendered here", where=where)
    kinds = {each.get("type") if isinstance(each, dict) else None for each in template.get("visual_blocks") or ()}
    if unknown := kinds - VISUAL_BLOCKS:
        raise InvalidDocument(
            f"step {ref!r} has blocks that are not rendered here: {sorted(map(str, unknown))}", where=where
        )
