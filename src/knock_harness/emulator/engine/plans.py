"""Workflows made ready to run: templates parsed, channels looked up, schemas compiled; once for each version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs

from knock_harness.contract.steps import all_steps
from knock_harness.emulator.message import FEED, Origin, origin

from .contents import MakeContent, content_maker
from .translations import is_translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from knock_harness.contract.project import Channel, ChannelRule, Project, Step, Workflow
    from knock_harness.contract.steps import Branch

__all__ = ["END", "Plan", "PlannedBranch", "PlannedGroup", "PlannedStep", "Plans", "Sender"]

#: The place of no step: the run is over.
END: Final = -1

_NO_MESSAGES: Final = frozenset({"in_app_guide"})


@dataclass(frozen=True, slots=True)
class Sender:
    """What makes the messages of a channel step.

    Attributes:
        channel: through which they go.
        origin: what they have in common.
        make: makes the content of each.
        locales: into which their content is rendered as well (FEED-LOCALE).
    """

    channel: Channel
    origin: Origin
    make: MakeContent
    locales: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    """A group of channels.

    Attributes:
        senders: what makes the messages of each channel, and when it is used, in order.
        uses_all: whether all are used whose rules apply, rather than the first that reaches the recipient.
    """

    senders: Sequence[tuple[ChannelRule, Sender]]
    uses_all: bool


@dataclass(frozen=True, slots=True)
class PlannedBranch:
    """A way that a run can take.

    Attributes:
        branch: as it was committed.
        start: the place of its first step, or of what follows it if it has none.
    """

    branch: Branch
    start: int


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step, ready to be carried out.

    Attributes:
        step: as it was committed.
        next: the place of the step that follows it; `END` if none does.
        branches: the ways that a run can take from here (BRANCH-REJOINS).
        sender: of a channel step; None: its channel is not configured (ENGINE-SKIP-UNCONFIGURED-CHANNEL).
        group: of a channel step that names a group of channels.
    """

    step: Step
    next: int
    branches: tuple[PlannedBranch, ...] = ()
    sender: Sender | None = None
    group: PlannedGroup | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A version of a workflow, ready to run.

    Attributes:
        workflow: as it was committed.
        steps: of the trunk and of all branches; a place in this sequence stands for a step.
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
    """The plans of an environment by version; versions that runs may be paused in are kept (ENGINE-VERSION-PINNED).

    Args:
        find: returns a version of a workflow that the environment once had, or None.
    """

    def __init__(self, find: Callable[[str], Workflow | None]) -> None:
        self._find = find
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
        """Return the plan of a version, whatever was committed since."""
        workflow = self._workflows.get(version_id) or self._find(version_id)
        if workflow is None:
            raise LookupError(f"there never was a version {version_id} of a workflow")
        return self.plan(project, workflow)


def _plan(project: Project, workflow: Workflow) -> Plan:
    schema = workflow.trigger_data_json_schema
    settings = workflow.settings
    return Plan(
        workflow,
        list(_laid_out(workflow.steps, 0, END, lambda *step: _planned(project, workflow, *step))),
        {
            "id": workflow.version_id,
            "key": workflow.key,
            "name": workflow.name,
            "categories": list(workflow.categories),
            "commercial": bool(settings.get("is_commercial")),
            "override_preferences": bool(settings.get("override_preferences")),
        },
        None if schema is None else jsonschema_rs.validator_for(dict(schema)),
        bool(settings.get("is_commercial")),
        bool(settings.get("override_preferences")),
    )


def _laid_out(
    steps: Sequence[Step],
    place: int,
    after: int,
    planned: Callable[[Step, int, tuple[PlannedBranch, ...]], PlannedStep],
) -> Iterator[PlannedStep]:
    """Yield steps and those of their branches in the order of the definition, each with what follows it.

    Args:
        steps: of the trunk or of a branch.
        place: of the first of them.
        after: the place that follows the last of them.
        planned: makes a planned step of a step, the place of what follows it, and its branches.
    """
    for step in steps:
        behind = place + _size([step])
        follows = after if step is steps[-1] else behind
        start, branches, bodies = place + 1, [], []
        for branch in step.branches:
            leads_to = END if branch.terminates else follows
            branches.append(PlannedBranch(branch, start if branch.steps else leads_to))
            bodies.append(_laid_out(branch.steps, start, leads_to, planned))
            start += _size(branch.steps)
        yield planned(step, follows, tuple(branches))
        yield from chain.from_iterable(bodies)
        place = behind


def _size(steps: Sequence[Step]) -> int:
    return sum(1 for _ in all_steps(steps))


def _planned(
    project: Project, workflow: Workflow, step: Step, follows: int, branches: tuple[PlannedBranch, ...]
) -> PlannedStep:
    if step.type != "channel":
        return PlannedStep(step, follows, branches)
    if not step.channel_group_key:
        return PlannedStep(step, follows, branches, _sender(project, workflow, step, step.channel_key))
    group = project.channel_groups.get(step.channel_group_key)
    if group is None:
        return PlannedStep(step, follows, branches)
    senders = [(rule, _sender(project, workflow, step, rule.channel_key)) for rule in group.rules]
    configured = [(rule, sender) for rule, sender in senders if sender is not None]
    return PlannedStep(step, follows, branches, group=PlannedGroup(configured, group.operator == "all"))


def _sender(project: Project, workflow: Workflow, step: Step, channel_key: str) -> Sender | None:
    channel = project.channels.get(channel_key)
    if channel is None or channel.type in _NO_MESSAGES:
        return None
    if project.tracking:
        defaults = {"link_tracking": project.tracking.get("links"), "open_tracking": project.tracking.get("opens")}
        channel = replace(channel, settings={**defaults, **channel.settings})
    source = origin(
        channel,
        key=workflow.key,
        version_id=workflow.version_id,
        categories=workflow.categories,
        step_ref=step.ref,
    )
    make = content_maker(channel, step.template, step.settings, project.layouts, project.partials)
    locales: tuple[str, ...] = ()
    if channel.type == FEED and project.translations and is_translated(step.template, project.partials):
        locales = tuple(sorted(project.translations))
    return Sender(channel, source, make, locales)
