"""Commits: single definitions that make a new project out of an old one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from .channels import channel_at, channel_group_at
from .environment_file import account_at, preferences_at, tracking_at, variables_at
from .forms import map_at
from .guides import guide_at, guide_groups_at
from .partials import layout_at, partial_at, translation_at
from .places import Place
from .project_folder import audience_at
from .template_forms import Known
from .workflows import workflow_at

if TYPE_CHECKING:
    from .project import Project

__all__ = ["COLLECTIONS", "KINDS", "applied", "removed", "translation_key"]

_T = TypeVar("_T")

#: Returns a project with a definition in it: the project, the key, the definition, where it stands, and the moment.
_Apply: TypeAlias = Callable[["Project", str, Any, Place, str], "Project"]


def applied(project: Project, kind: str, key: str, definition: Any, *, at: str, place: Place | None = None) -> Project:
    """Return a project in which a definition is committed.

    Args:
        project: as it was.
        kind: one of `KINDS`.
        key: of the definition; empty for kinds of which there is one only.
        definition: as in the layout of Knock's CLI, or in ``environment.yaml``.
        at: the moment of the commit, as the API writes it.
        place: where the definition stands; None: it came without a file.

    Raises:
        InvalidDocument: it cannot be used.
    """
    return _KINDS[kind](project, key, definition, place or Place(f"{kind} {key}".strip()), at)


def removed(project: Project, kind: str, key: str) -> Project:
    """Return a project without a definition; one that was not there may be removed."""
    name = COLLECTIONS.get(kind)
    if name is None:
        return project
    if kind == "translation":
        return replace(project, translations=_translations(project, key, {}))
    collection = getattr(project, name)
    if kind == "audience":
        return replace(
            project,
            audiences=tuple(each for each in project.audiences if each != key),
            audience_conditions={name: each for name, each in project.audience_conditions.items() if name != key},
        )
    changes: dict[str, Any] = {name: {other: each for other, each in collection.items() if other != key}}
    return replace(project, **changes)


def translation_key(locale: str, namespace: str = "") -> str:
    """Return the key under which the texts of a locale, and of a namespace if there is one, are committed."""
    return f"{namespace}.{locale}" if namespace else locale


def _with(collection: Mapping[str, _T], key: str, value: _T) -> dict[str, _T]:
    return {**collection, key: value}


def _map(definition: Any, place: Place) -> Mapping[str, Any]:
    if not isinstance(definition, dict):
        raise place.error(f"must be a map, not {definition!r}")
    return definition


def _workflow(project: Project, key: str, definition: Any, place: Place, at: str) -> Project:  # noqa: ARG001
    known = Known(project.layouts, project.partials, project.channel_groups)
    workflow = workflow_at(key, _map(definition, place), place, known)
    before = project.workflows.get(key)
    if before is not None and "active" not in map_at(definition, "__readonly", place):
        workflow = replace(workflow, active=before.active)  # a commit does not switch it on or off
    return replace(project, workflows=_with(project.workflows, key, workflow))


def _workflow_active(project: Project, key: str, definition: Any, place: Place, at: str) -> Project:  # noqa: ARG001
    workflow = project.workflows.get(key)
    if workflow is None:
        raise place.error(f"there is no workflow {key!r}")
    return replace(project, workflows=_with(project.workflows, key, replace(workflow, active=bool(definition))))


def _guide(project: Project, key: str, definition: Any, place: Place, at: str) -> Project:
    before = project.guides.get(key)
    guide = guide_at(
        key,
        _map(definition, place),
        place,
        id=before.id if before else None,
        created_at=before.created_at if before else at,
    )
    if before is not None and "active" not in map_at(definition, "__readonly", place):
        guide = replace(guide, active=before.active)
    return replace(project, guides=_with(project.guides, key, guide))


def _guide_active(project: Project, key: str, definition: Any, place: Place, at: str) -> Project:  # noqa: ARG001
    guide = project.guides.get(key)
    if guide is None:
        raise place.error(f"there is no guide {key!r}")
    return replace(project, guides=_with(project.guides, key, replace(guide, active=bool(definition))))


def _guide_groups(project: Project, key: str, definition: Any, place: Place, at: str) -> Project:  # noqa: ARG001
    return replace(project, guide_groups=guide_groups_at(definition, place, guides=project.guides))


def _channel(project: Project, key: str, definition: Any, place: Place, at: str) -> Project:
    before = project.channels.get(key)
    channel = channel_at(key, definition, place, created_at=before.created_at if before else at)
    if before is not None and not definition.get("id"):
        channel = replace(channel, id=before.id)
    return replace(project, channels=_with(project.channels, key, replace(channel, updated_at=at)))


def _channel_group(project: Project, key: str, definition: Any, place: Place, at: str) -> Project:  # noqa: ARG001
    group = channel_group_at(key, definition, place, channels=project.channels)
    return replace(project, channel_groups=_with(project.channel_groups, key, group))


def _layout(project: Project, key: str, definition: Any, place: Place, at: str) -> Project:  # noqa: ARG001
    return replace(project, layouts=_with(project.layouts, key, layout_at(_map(definition, place), place)))


def _partial(project: Project, key: str, definition: Any, place: Place, at: str) -> Project:  # noqa: ARG001
    return replace(project, partials=_with(project.partials, key, partial_at(key, _map(definition, place), place)))


def _translation(project: Project, key: str, definition: Any, place: Place, at: str) -> Project:  # noqa: ARG001
    return replace(project, translations=_translations(project, key, translation_at(definition, place)))


def _translations(project: Project, key: str, texts: Mapping[str, str]) -> dict[str, Mapping[str, Mapping[str, str]]]:
    """Return the translations with other texts under a `translation_key`."""
    namespace, _, locale = key.rpartition(".")
    return _with(project.translations, locale, _with(project.translations.get(locale, {}), namespace, texts))


def _audience(project: Project, key: str, definition: Any, place: Place, at: str) -> Project:  # noqa: ARG001
    conditions = audience_at(_map(definition, place), place)
    others = {name: each for name, each in project.audience_conditions.items() if name != key}
    return replace(
        project,
        audiences=tuple(dict.fromkeys([*project.audiences, key])),
        audience_conditions=_with(others, key, conditions) if conditions else others,
    )


def _variables(project: Project, key: str, definition: Any, place: Place, at: str) -> Project:  # noqa: ARG001
    variables, public = variables_at(definition, place)
    return replace(project, variables=variables, public_variables=public)


def _account(project: Project, key: str, definition: Any, place: Place, at: str) -> Project:  # noqa: ARG001
    return replace(project, account=account_at(_map(definition, place), place))


def _preferences(project: Project, key: str, definition: Any, place: Place, at: str) -> Project:  # noqa: ARG001
    return replace(project, default_preferences=preferences_at(definition, place))


def _tracking(project: Project, key: str, definition: Any, place: Place, at: str) -> Project:  # noqa: ARG001
    return replace(project, tracking=tracking_at(definition, place))


def _section(name: str) -> _Apply:
    def apply(project: Project, key: str, definition: Any, place: Place, at: str) -> Project:  # noqa: ARG001
        changes: dict[str, Any] = {name: _map(definition, place)}
        return replace(project, **changes)

    return apply


#: How each kind of definition comes into a project; in this order, as later kinds may name earlier ones.
_KINDS: Final[Mapping[str, _Apply]] = {
    "account": _account,
    "variables": _variables,
    "preferences": _preferences,
    "preference_center": _section("preference_center"),
    "tracking": _tracking,
    "channel": _channel,
    "channel_group": _channel_group,
    "layout": _layout,
    "partial": _partial,
    "translation": _translation,
    "audience": _audience,
    "workflow": _workflow,
    "workflow_active": _workflow_active,
    "guide": _guide,
    "guide_active": _guide_active,
    "guide_groups": _guide_groups,
}
#: The kinds of definitions, in the order in which they are to be applied.
KINDS: Final = tuple(_KINDS)
#: Where a project holds what there may be several of.
COLLECTIONS: Final[Mapping[str, str]] = {
    "audience": "audiences",
    "channel": "channels",
    "channel_group": "channel_groups",
    "guide": "guides",
    "layout": "layouts",
    "partial": "partials",
    "translation": "translations",
    "workflow": "workflows",
}
