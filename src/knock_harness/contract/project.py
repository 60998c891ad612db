"""The Knock project that suites, load and emulator rely on: workflows and guides, and the environment they stand in.

The folder is the one that Knock's own CLI pulls and pushes. What that layout has no place for, channels above all, lies
in ``environment.yaml`` beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .channels import Channel, ChannelGroup, ChannelRule
from .guides import Guide, GuideGroup, GuideStep
from .partials import Partial
from .steps import Branch, SendWindow, Step
from .workflows import Workflow, read_workflow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .project_folder import CheckWorkflow

__all__ = [
    "CREATED_AT",
    "PACKAGED",
    "Account",
    "Branch",
    "Channel",
    "ChannelGroup",
    "ChannelRule",
    "Guide",
    "GuideGroup",
    "GuideStep",
    "Partial",
    "Project",
    "SendWindow",
    "Step",
    "Workflow",
    "load",
    "read_workflow",
]

#: The folder of the packaged project.
PACKAGED: Final = Path(__file__).parent / "knock_project"
#: When everything in a project was made that does not say it itself.
CREATED_AT: Final = "2026-01-01T00:00:00.000000Z"


@dataclass(frozen=True, slots=True)
class Account:
    """The account that an environment belongs to.

    Attributes:
        name: shown in the preference center.
        timezone: of recipients that have none.
        branding: URLs of logo and icon, colours.
        branding_required: whether a feed must show whose it is.
        default_locale: of recipients that have none, or one that nothing is translated into.
    """

    name: str = "Example Inc."
    timezone: str = "Etc/UTC"
    branding: Mapping[str, Any] = field(default_factory=dict)
    branding_required: bool = False
    default_locale: str = "en"


@dataclass(frozen=True, slots=True)
class Project:
    """What is committed in an environment. A change makes a new one.

    Attributes:
        workflows: by key.
        channels: by key.
        channel_groups: by key.
        guides: by key.
        guide_groups: in order.
        audiences: the keys of audiences that exist from the start.
        audience_conditions: of dynamic audiences, by key: whoever they hold for is a member.
        variables: public and secret ones, by name, decoded.
        public_variables: the names of those that clients may see.
        default_preferences: the default preference set of the environment.
        preference_center: ``enabled`` and ``config`` with title, body and rows.
        account: whose environment it is.
        layouts: of emails, ``html_layout`` and ``text_layout`` by key.
        partials: by key.
        translations: by locale and namespace (empty: none), the texts by key.
        tracking: whether ``links`` and ``opens`` of messages are tracked, unless a channel says otherwise.
        providers: what stand-ins of third parties answer, by provider.
        channels_by_id: the channels again, by UUID.
    """

    workflows: Mapping[str, Workflow] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    channel_groups: Mapping[str, ChannelGroup] = field(default_factory=dict)
    guides: Mapping[str, Guide] = field(default_factory=dict)
    guide_groups: Sequence[GuideGroup] = ()
    audiences: Sequence[str] = ()
    audience_conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    public_variables: frozenset[str] = frozenset()
    default_preferences: Mapping[str, Any] = field(default_factory=dict)
    preference_center: Mapping[str, Any] = field(default_factory=dict)
    account: Account = field(default_factory=Account)
    layouts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    partials: Mapping[str, Partial] = field(default_factory=dict)
    translations: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    tracking: Mapping[str, bool] = field(default_factory=dict)
    providers: Mapping[str, Any] = field(default_factory=dict)
    channels_by_id: Mapping[str, Channel] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels_by_id", {each.id: each for each in self.channels.values()})


def load(folder: Path | None = None, *, check: CheckWorkflow | None = None) -> Project:
    """Read a project folder (None: the packaged project, read once in a process).

    Without an ``environment.yaml`` every channel that a step names exists, with the usual provider of its type.

    Args:
        folder: see there.
        check: refuses workflows that can be read, but that somebody does not want; the packaged ones are wanted.

    Raises:
        InvalidDocument: a file is missing or wrong, or a workflow holds a step that cannot be carried out.
    """
    if folder is None:
        return _packaged()
    from .project_folder import read_folder  # which reads what this module describes

    project, broken = read_folder(folder, check=check)
    if broken:
        raise broken[0]
    return project


@cache
def _packaged() -> Project:
    return load(PACKAGED)
