"""The Knock project that suites, load and emulator rely on: workflows and guides, and the environment they stand in.

The folder is the one that Knock's own CLI pulls and pushes. What that layout has no place for, channels above all, lies
in ``environment.yaml`` beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from knock_harness.errors import InvalidDocument

from .channels import Channel, read_channels
from .guides import Guide, GuideGroup, GuideStep, read_guides
from .layout import read_definitions
from .steps import Branch, SendWindow, Step
from .workflows import Workflow, read_workflow, read_workflows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "PACKAGED",
    "Account",
    "Branch",
    "Channel",
    "Guide",
    "GuideGroup",
    "GuideStep",
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
SECTIONS: Final = frozenset(
    {
        "account",
        "audiences",
        "channels",
        "guide_groups",
        "guides",
        "preference_center",
        "preferences",
        "providers",
        "variables",
    }
)
_EMPTY: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Account:
    """The account that an environment belongs to.

    Attributes:
        name: shown in the preference center.
        timezone: of recipients that have none.
        branding: URLs of logo and icon, colours.
        branding_required: whether a feed must show whose it is.
    """

    name: str = "Example Inc."
    timezone: str = "Etc/UTC"
    branding: Mapping[str, Any] = field(default_factory=dict)
    branding_required: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """What is committed in an environment. A change makes a new one.

    Attributes:
        workflows: by key.
        channels: by key.
        guides: by key, oldest first.
        guide_groups: in order.
        audiences: the keys of audiences that exist from the start.
        variables: public and secret ones, by name, decoded.
        public_variables: the names of those that clients may see.
        default_preferences: the default preference set of the environment.
        preference_center: ``enabled`` and ``config`` with title, body and rows.
        account: whose environment it is.
        layouts: of emails, ``html_layout`` and ``text_layout`` by key.
        providers: what stand-ins of third parties answer, by provider.
        channels_by_id: the channels again, by UUID.
    """

    workflows: Mapping[str, Workflow] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    guides: Mapping[str, Guide] = field(default_factory=dict)
    guide_groups: Sequence[GuideGroup] = ()
    audiences: Sequence[str] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    public_variables: frozenset[str] = frozenset()
    default_preferences: Mapping[str, Any] = field(default_factory=dict)
    preference_center: Mapping[str, Any] = field(default_factory=dict)
    account: Account = field(default_factory=Account)
    layouts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    providers: Mapping[str, Any] = field(default_factory=dict)
    channels_by_id: Mapping[str, Channel] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels_by_id", {each.id: each for each in self.channels.values()})


def load(folder: Path | None = None) -> Project:
    """Read a project folder (None: the packaged project, read once in a process).

    Without an ``environment.yaml`` every channel that a step names exists, with the usual provider of its type.

    Raises:
        InvalidDocument: a file is missing or wrong, or a workflow holds a step that cannot be carried out.
    """
    return _packaged() if folder is None else _read(folder)


@cache
def _packaged() -> Project:
    return _read(PACKAGED)


def _read(folder: Path) -> Project:
    if not folder.is_dir():
        raise InvalidDocument("is no folder", where=str(folder), hint="Name the folder that holds knock.json.")
    root = _root(folder)
    layouts = {key: layout for key, (_, layout) in read_definitions(root / "layouts", "layout.json").items()}
    workflows = read_workflows(root / "workflows", layouts=layouts)
    environment, where = _environment(folder, root)
    if environment is None:
        environment = {"channels": _channels_named_by(workflows)}
    guides = read_guides(root / "guides", ids=environment.get("guides") or _EMPTY, created_at=CREATED_AT)
    variables = environment.get("variables") or _EMPTY
    public, secret = variables.get("public") or {}, variables.get("secret") or {}
    return Project(
        workflows=workflows,
        channels=read_channels(environment.get("channels") or _EMPTY, created_at=CREATED_AT, where=where),
        guides=guides,
        guide_groups=_guide_groups(environment.get("guide_groups"), guides=guides, where=where),
        audiences=tuple(environment.get("audiences") or ()),
        variables={name: decoded(value) for name, value in {**public, **secret}.items()},
        public_variables=frozenset(public),
        default_preferences=environment.get("preferences") or {},
        preference_center=environment.get("preference_center") or {},
        account=_account(environment.get("account") or {}, where=where),
        layouts=layouts,
        providers=environment.get("providers") or {},
    )


def decoded(value: Any) -> Any:
    """Return the value of a variable: its text read as JSON where it is JSON (COND-VARS-TYPED)."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def _root(folder: Path) -> Path:
    file = folder / "knock.json"
    if not file.is_file():
        return folder
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
        root = (folder / str(settings.get("knockDir", "."))).resolve()
    except (ValueError, AttributeError) as error:
        raise InvalidDocument(f"is no settings file of Knock's CLI: {error}", where=str(file)) from None
    if not root.is_dir():
        raise InvalidDocument("'knockDir' names no folder", where=str(file))
    return root


def _environment(folder: Path, root: Path) -> tuple[dict[str, Any] | None, str]:
    for file in (folder / "environment.yaml", root / "environment.yaml"):
        if not file.is_file():
            continue
        try:
            environment = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise InvalidDocument(f"is no YAML: {error}", where=str(file)) from None
        if not isinstance(environment, dict):
            raise InvalidDocument("is no map of sections", where=str(file))
        if unknown := sorted(environment.keys() - SECTIONS):
            raise InvalidDocument(
                f"has unknown sections {unknown}", where=str(file), hint=f"Known are {', '.join(sorted(SECTIONS))}."
            )
        for section in ("channels", "variables", "account"):
            if not isinstance(environment.get(section) or {}, dict):
                raise InvalidDocument(f"section {section!r} is no map", where=str(file))
        return environment, str(file)
    return None, str(folder)


def _channels_named_by(workflows: Mapping[str, Workflow]) -> dict[str, Any]:
    steps = (step for workflow in workflows.values() for step in workflow.steps if step.channel_type)
    return {step.channel_key: {"type": step.channel_type} for step in steps}


def _account(entry: Mapping[str, Any], *, where: str) -> Account:
    try:
        return Account(**entry)
    except TypeError:
        known = ", ".join(Account.__dataclass_fields__)
        raise InvalidDocument(f"section 'account' has more than {known}", where=where) from None


def _guide_groups(entries: Any, *, guides: Mapping[str, Guide], where: str) -> tuple[GuideGroup, ...]:
    if not entries:
        return (GuideGroup("default", tuple(guides)),)
    groups = []
    for entry in entries:
        sequence = tuple(entry.get("display_sequence") or ()) if isinstance(entry, dict) else ()
        if not isinstance(entry, dict) or "key" not in entry or set(sequence) - guides.keys():
            raise InvalidDocument("a guide group has a 'key' and names guides of the project", where=where)
        groups.append(GuideGroup(entry["key"], sequence, int(entry.get("display_interval_s") or 0)))
    return tuple(groups)
