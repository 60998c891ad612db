"""The file ``environment.yaml``: what an environment has that the layout of Knock's CLI has no place for."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import yaml

from knock_harness.errors import InvalidDocument

from .channels import Channel, ChannelGroup, channel_at, channel_group_at
from .places import Place
from .project import CREATED_AT, Account
from .steps import all_steps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .project import Project
    from .workflows import Workflow

__all__ = [
    "EnvironmentFile",
    "account_at",
    "channels_named_by",
    "decoded",
    "preferences_at",
    "read_environment",
    "tracking_at",
    "variables_at",
]

#: Each section, and whether it is a map; others are lists.
SECTIONS: Final[Mapping[str, type]] = {
    "account": dict,
    "audiences": list,
    "channel_groups": dict,
    "channels": dict,
    "guide_groups": list,
    "guides": dict,
    "preference_center": dict,
    "preferences": dict,
    "providers": dict,
    "tracking": dict,
    "variables": dict,
}


@dataclass(frozen=True, slots=True)
class EnvironmentFile:
    """What such a file says.

    Attributes:
        place: of the file.
        guide_ids: UUIDs by guide key.
        guide_groups: as the file has them, since they name guides.

    All others are those of `Project`.
    """

    place: Place = field(default_factory=lambda: Place("environment.yaml"))
    channels: Mapping[str, Channel] = field(default_factory=dict)
    channel_groups: Mapping[str, ChannelGroup] = field(default_factory=dict)
    guide_ids: Mapping[str, str] = field(default_factory=dict)
    guide_groups: Sequence[Any] = ()
    audiences: Sequence[str] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    public_variables: frozenset[str] = frozenset()
    default_preferences: Mapping[str, Any] = field(default_factory=dict)
    preference_center: Mapping[str, Any] = field(default_factory=dict)
    account: Account = field(default_factory=Account)
    tracking: Mapping[str, bool] = field(default_factory=dict)
    providers: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, project: Project) -> EnvironmentFile:
        """Return what a file would have said that led to a project."""
        return cls(
            channels=project.channels,
            channel_groups=project.channel_groups,
            guide_ids={key: each.id for key, each in project.guides.items()},
            guide_groups=[
                {
                    "key": each.key,
                    "display_sequence": each.display_sequence,
                    "display_interval_s": each.display_interval_s,
                }
                for each in project.guide_groups
            ],
            audiences=project.audiences,
            variables=project.variables,
            public_variables=project.public_variables,
            default_preferences=project.default_preferences,
            preference_center=project.preference_center,
            account=project.account,
            tracking=project.tracking,
            providers=project.providers,
        )


def read_environment(file: Path) -> EnvironmentFile:
    """Read the file of an environment.

    Raises:
        InvalidDocument: it is no YAML, or says something that has no meaning.
    """
    where = str(file)
    try:
        sections = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        what = f"is no YAML: {error.problem}"
        raise InvalidDocument(what, where=f"{where}:{line}", file=where, line=line) from None
    except (yaml.YAMLError, OSError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidDocument(f"is no YAML: {error}", where=where, file=where) from None
    place = Place(where, file)
    if not isinstance(sections, dict):
        raise place.error("is no map of sections")
    for name, value in sections.items():
        if name not in SECTIONS:
            raise (place / str(name)).error(
                f"has the unknown section {name!r}", hint=f"Known are {', '.join(sorted(SECTIONS))}."
            )
        if not isinstance(value, SECTIONS[name] | None):
            kind = "map" if SECTIONS[name] is dict else "list"
            raise (place / name).error(f"section {name!r} is no {kind}")
    channels = {
        key: channel_at(key, each, place / "channels" / key, created_at=CREATED_AT)
        for key, each in (sections.get("channels") or {}).items()
    }
    variables, public = variables_at(sections.get("variables"), place / "variables")
    return EnvironmentFile(
        place=place,
        channels=channels,
        channel_groups={
            key: channel_group_at(key, each, place / "channel_groups" / key, channels=channels)
            for key, each in (sections.get("channel_groups") or {}).items()
        },
        guide_ids=sections.get("guides") or {},
        guide_groups=sections.get("guide_groups") or (),
        audiences=tuple(map(str, sections.get("audiences") or ())),
        variables=variables,
        public_variables=public,
        default_preferences=preferences_at(sections.get("preferences"), place / "preferences"),
        preference_center=sections.get("preference_center") or {},
        account=account_at(sections.get("account"), place / "account"),
        tracking=tracking_at(sections.get("tracking"), place / "tracking"),
        providers=sections.get("providers") or {},
    )


def channels_named_by(workflows: Mapping[str, Workflow]) -> dict[str, Channel]:
    """Return a channel for each that a step names and says the type of."""
    steps = (step for workflow in workflows.values() for step in all_steps(workflow.steps) if step.channel_type)
    place = Place("the channels that steps name")
    return {
        step.channel_key: channel_at(
            step.channel_key, {"type": step.channel_type}, place / step.channel_key, created_at=CREATED_AT
        )
        for step in steps
        if step.channel_key
    }


def variables_at(entry: Any, place: Place) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the values of variables by name, and the names of the public ones.

    Raises:
        InvalidDocument: the entry is no map of ``public`` and ``secret`` ones.
    """
    groups = entry or {}
    if not isinstance(groups, dict) or not all(isinstance(each, dict | None) for each in groups.values()):
        raise place.error("variables are maps under 'public' and 'secret'")
    if unknown := sorted(map(str, groups.keys() - {"public", "secret"})):
        raise place.error(f"variables are 'public' or 'secret', not {unknown[0]!r}")
    public, secret = groups.get("public") or {}, groups.get("secret") or {}
    return {name: decoded(value) for name, value in {**public, **secret}.items()}, frozenset(public)


def preferences_at(entry: Any, place: Place) -> Mapping[str, Any]:
    """Return a preference set.

    Raises:
        InvalidDocument: the entry is none, as the API would say.
    """
    values: Mapping[str, Any] = entry or {}
    if not values:
        return {}
    from knock_harness import contract  # which reads projects, but not while it is imported

    errors = contract.body_errors(contract.load().operations["updateUserPreferenceSet"], values)
    error = next((each for each in errors if not each.lenient), None)
    if error is not None:
        for step in error.path:
            place /= step
        raise place.error(f"is no preference set: {error.message}")
    return values


def tracking_at(entry: Any, place: Place) -> Mapping[str, bool]:
    """Return whether links and opens are tracked.

    Raises:
        InvalidDocument: the entry is no map of ``links`` and ``opens``.
    """
    values = entry or {}
    if not isinstance(values, dict):
        raise place.error("must be a map of 'links' and 'opens'")
    for name, value in values.items():
        if name not in {"links", "opens"} or not isinstance(value, bool):
            raise (place / str(name)).error("'links' and 'opens' are tracked (true) or not (false), and nothing else")
    return values


def decoded(value: Any) -> Any:
    """Return the value of a variable: its text read as JSON where it is JSON (COND-VARS-TYPED)."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def account_at(entry: Any, place: Place) -> Account:
    """Return the account of an environment.

    Raises:
        InvalidDocument: the entry says more of it than there is to say.
    """
    values: Mapping[str, Any] = entry or {}
    for name in values:
        if name not in Account.__dataclass_fields__:
            raise (place / str(name)).error(
                f"section 'account' has no {name!r}", hint=f"It has {', '.join(Account.__dataclass_fields__)}."
            )
    return Account(**values)
