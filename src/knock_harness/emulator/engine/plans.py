"""Workflows made ready to run: templates parsed, channels looked up, schemas compiled; once for each version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs

from knock_harness.emulator.message import Origin, origin

from .contents import MakeContent, content_maker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from knock_harness.contract.project import Channel, Project, Step, Workflow

__all__ = ["Plan", "PlannedStep", "Plans", "Sender"]

_NO_MESSAGES: Final = frozenset({"in_app_guide"})


@dataclass(frozen=True, slots=True)
class Sender:
    """What makes the messages of a channel step.

    Attributes:
        channel: through which they go.
        origin: what they have in common.
        make: makes the content of each.
    """

    channel: Channel
    origin: Origin
    make: MakeContent


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step, ready to be carried out.

    Attributes:
        step: as it was committed.
        sender: of a channel step; None: its channel is not configured (ENGINE-SKIP-UNCONFIGURED-CHANNEL).
    """

    step: Step
    sender: Sender | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A version of a workflow, ready to run.

    Attributes:
        workflow: as it was committed.
        steps: in order.
        variables: what templates and conditions see of the workflow.
        data_schema: what the data of a trigger must fit; None: anything.
        is_commercial: its recipients may opt out of all such at once.
        overrides_preferences: it is sent whatever a recipient prefers.
    """

    workflow: Workflow
    steps: Sequence[PlannedStep]
    variables: Mapping[str, Any]
    data_schema: jsonschema_rs.Validator | None
    is_commercial: bool
    overrides_preferences: bool


class Plans:
    """The plans of an environment by version; versions that runs may be paused in are kept (ENGINE-VERSION-PINNED)."""

    def __init__(self) -> None:
        self._project: Project | None = None
        self._workflows: dict[str, Workflow] = {}
        self._plans: dict[str, Plan] = {}

    def plan(self, project: Project, workflow: Workflow) -> Plan:
        """Return the plan of a workflow with the channels of a project."""
        if project is not self._project:
            self._project = project
            self._plans.clear()
        found = self._plans.get(workflow.version_id)
        if found is None:
            found = self._plans[workflow.version_id] = _plan(project, workflow)
            self._workflows[workflow.version_id] = workflow
        return found

    def pinned(self, project: Project, version_id: str) -> Plan:
        """Return the plan of a version that there was a plan of before."""
        return self.plan(project, self._workflows[version_id])


def _plan(project: Project, workflow: Workflow) -> Plan:
    schema = workflow.trigger_data_json_schema
    settings = workflow.settings
    return Plan(
        workflow,
        [_planned(project, workflow, step) for step in workflow.steps],
        {
            "id": workflow.version_id,
            "key": workflow.key,
            "name": workflow.name,
            "categories": list(workflow.categories),
        },
        None if schema is None else jsonschema_rs.validator_for(dict(schema)),
        bool(settings.get("is_commercial")),
        bool(settings.get("override_preferences")),
    )


def _planned(project: Project, workflow: Workflow, step: Step) -> PlannedStep:
    channel = project.channels.get(step.channel_key)
    if channel is None or channel.type in _NO_MESSAGES:
        return PlannedStep(step)
    source = origin(
        channel,
        key=workflow.key,
        version_id=workflow.version_id,
        categories=workflow.categories,
        step_ref=step.ref,
    )
    make = content_maker(channel, step.template, step.settings, project.layouts)
    return PlannedStep(step, Sender(channel, source, make))
