"""Definitions that change at run time: workflows, channels, guides, layouts and the rest, committed one by one.

A commit makes another `Project`, which replaces the one of the environment as a whole, and is kept in its store: an
environment that is opened again has the project of its folder with all commits on top. Versions of workflows are kept
for good, so that a run goes on with the one it was started with (ENGINE-VERSION-PINNED).

Whoever calls these functions does so outside of a transaction, or rolls back by opening the environment anew.
"""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from knock_harness.contract.commits import KINDS, applied, removed, translation_key
from knock_harness.contract.places import Place
from knock_harness.contract.template_forms import Known
from knock_harness.contract.workflows import workflow_at
from knock_harness.errors import InvalidDocument

from .clock import stamp
from .refusals import NotFound
from .store.definitions import MAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.contract.project import Guide, Project, Workflow

    from .environment import Environment
    from .store import Store

__all__ = [
    "commit",
    "commit_section",
    "commit_translation",
    "commit_workflow",
    "create_branch",
    "delete",
    "delete_branch",
    "is_active",
    "project_of",
    "rebase",
    "set_guide_active",
    "set_workflow_active",
    "stored_project",
    "stored_version",
    "workflow_of",
    "workflows_of",
]

#: What of a project folder can change piece by piece, beside workflows, and what only as a whole.
_COLLECTIONS: Final[Mapping[str, str]] = {
    "channel": "channels",
    "channel_group": "channel_groups",
    "guide": "guides",
    "layout": "layouts",
    "partial": "partials",
}
_SECTIONS: Final[Mapping[str, str]] = {
    "account": "account",
    "guide_groups": "guide_groups",
    "preference_center": "preference_center",
    "preferences": "default_preferences",
    "tracking": "tracking",
    "variables": "variables",
}
SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,254}")


def commit_workflow(
    environment: Environment, key: str, definition: Mapping[str, Any], *, branch: str | None = None
) -> Workflow:
    """Commit a workflow: from now on triggers start this version (TRIGGER-LATEST-COMMITTED).

    Args:
        environment: where.
        key: of the workflow.
        definition: as in the layout of Knock's CLI, texts in place; its ``__readonly.active`` switches the workflow on
            or off, without it the workflow stays as it was (a new one is on).
        branch: on which; None: on none, for everybody who names no branch.

    Returns:
        The workflow; its ``version_id`` differs from that of every other content.

    Raises:
        InvalidDocument: it cannot be carried out; nothing changed.
        NotFound: there is no such branch.
    """
    before = project_of(environment, branch)
    at = stamp(environment.clock.now())
    after = applied(before, "workflow", key, definition, at=at)
    workflow = after.workflows[key]
    if environment.settings.strict_templates:
        from .engine.template_checks import check_workflow  # here, as it takes Liquid to be loaded

        check_workflow(workflow, Place(f"workflow {key}"), partials=after.partials)
    environment.store.definitions.keep_versions([workflow])
    readonly = definition.get("__readonly")
    if isinstance(readonly, dict) and "active" in readonly:
        environment.store.definitions.forget("workflow_active", key, branch=branch or MAIN)
    _keep(environment, "workflow", key, definition, at=at, after=after, branch=branch)
    return workflow


def set_workflow_active(environment: Environment, key: str, *, active: bool, branch: str | None = None) -> Workflow:
    """Switch a workflow on or off; triggers of one that is off start nothing.

    Raises:
        NotFound: there is no such workflow, or no such branch.
    """
    if key not in project_of(environment, branch).workflows:
        raise NotFound(f"The workflow {key!r}", code="workflow_missing")
    return _commit(environment, "workflow_active", key, active, branch=branch).workflows[key]


def commit(environment: Environment, kind: str, key: str, definition: Any) -> Project:
    """Commit a definition, new or not, and return the project that holds it.

    Args:
        environment: where.
        kind: ``channel``, ``channel_group``, ``guide``, ``layout``, ``partial`` or ``audience``; of a dynamic audience
            the users that it holds for are members at once.
        key: of the definition.
        definition: as in the layout of Knock's CLI, texts in place; a channel as in ``environment.yaml``.

    Raises:
        InvalidDocument: it is no such thing; nothing changed.
    """
    after = _commit(environment, kind, key, definition)
    if kind == "audience" and after.audience_conditions.get(key):
        from . import memberships  # here, as what starts workflows stands on this module

        memberships.follow_all(environment, at=environment.clock.now())
    return after


def commit_section(environment: Environment, kind: str, value: Any) -> Project:
    """Set what an environment has one of, and return the project that holds it.

    Args:
        environment: where.
        kind: ``account``, ``guide_groups``, ``preference_center``, ``preferences``, ``tracking`` or ``variables``.
        value: as in ``environment.yaml``.

    Raises:
        InvalidDocument: it is no such thing; nothing changed.
    """
    return _commit(environment, kind, "", value)


def commit_translation(environment: Environment, locale: str, texts: Mapping[str, Any], *, namespace: str = "") -> None:
    """Commit the texts of a locale, those of one namespace as a whole.

    Raises:
        InvalidDocument: they are not all texts; nothing changed.
    """
    _commit(environment, "translation", translation_key(locale, namespace), texts)


def set_guide_active(environment: Environment, key: str, *, active: bool) -> Guide:
    """Switch a guide on or off.

    Raises:
        NotFound: there is no such guide.
    """
    if key not in environment.project.guides:
        raise NotFound(f"The guide {key!r}")
    return _commit(environment, "guide_active", key, active).guides[key]


def delete(environment: Environment, kind: str, key: str, *, branch: str | None = None) -> None:
    """Delete a definition; runs of a workflow that wait end when their time comes.

    Args:
        environment: where.
        kind: ``workflow``, ``channel``, ``channel_group``, ``guide``, ``layout``, ``partial``, ``translation`` or
            ``audience``.
        key: of the definition; of a translation its `translation_key`.
        branch: of a workflow: on which; None: on none.

    Raises:
        NotFound: there is no such branch.
    """
    after = removed(project_of(environment, branch), kind, key)
    environment.store.definitions.forget(f"{kind}_active", key, branch=branch or MAIN)
    _keep(environment, kind, key, None, at=stamp(environment.clock.now()), after=after, branch=branch)


def create_branch(environment: Environment, slug: str) -> None:
    """Make a branch, unless there is one of that name.

    Raises:
        InvalidDocument: the name is no slug.
    """
    if not SLUG.fullmatch(slug):
        raise InvalidDocument(f"{slug!r} is no name of a branch", where="branch")
    environment.store.definitions.add_branch(slug, at=stamp(environment.clock.now()))


def delete_branch(environment: Environment, slug: str) -> None:
    """Remove a branch and the workflows committed on it.

    Raises:
        NotFound: there is no such branch.
    """
    environment.branches.pop(slug, None)
    if not environment.store.definitions.remove_branch(slug):
        raise _no_branch(slug)


def project_of(environment: Environment, branch: str | None) -> Project:
    """Return the project of an environment, with the workflows of a branch if one is named (BRANCH-HEADER).

    Raises:
        NotFound: there is no such branch (BRANCH-UNKNOWN).
    """
    if branch is None:
        return environment.project
    known = environment.branches.get(branch)
    if known is not None and known[0] is environment.project:
        return known[1]
    definitions = environment.store.definitions
    if branch not in definitions.branches():
        raise _no_branch(branch)
    project = _with_commits(environment.project, environment.store, branch=branch)
    environment.branches[branch] = (environment.project, project)
    return project


def workflows_of(environment: Environment, branch: str | None) -> Mapping[str, Workflow]:
    """Return the committed workflows by key, those of a branch if one is named.

    Raises:
        NotFound: there is no such branch.
    """
    return project_of(environment, branch).workflows


def workflow_of(environment: Environment, key: str, branch: str | None) -> Workflow:
    """Return a workflow as it was committed last (TRIGGER-LATEST-COMMITTED).

    Raises:
        NotFound: there is none of this key, or no such branch.
    """
    workflow = project_of(environment, branch).workflows.get(key)
    if workflow is None:
        raise NotFound(f"The workflow {key!r}", code="workflow_missing")
    return workflow


def is_active(environment: Environment, key: str) -> bool:
    """Say whether runs of a workflow may go on: those of one that is off or deleted do not; of a branch they do."""
    workflow = environment.project.workflows.get(key)
    if workflow is not None:
        return workflow.active
    return environment.store.definitions.is_on_a_branch("workflow", key)


def stored_project(base: Project, store: Store) -> Project:
    """Return the project of an environment that is opened: that of its folder with the commits in its store.

    A commit that cannot be used any more, as the folder changed, is reported to the operator and passed over.
    """
    project = _with_commits(base, store, branch=MAIN)
    store.definitions.keep_versions(project.workflows.values())
    return project


def stored_version(store: Store, project: Project, version_id: str) -> Workflow | None:
    """Return a version of a workflow that the environment once had, or None."""
    found = store.definitions.version(version_id)
    if found is None:
        return None
    key, definition = found
    known = Known(_Any(), _Any(), None)  # what it names may be gone
    workflow = workflow_at(key, definition, Place(f"workflow {key}"), known)
    current = project.workflows.get(key)
    return replace(workflow, active=current.active) if current else workflow


def rebase(environment: Environment, base: Project) -> None:
    """Let an environment stand on another reading of the project folder; what changed in it is the latest commit."""
    before = environment.base_project
    forget = environment.store.definitions.forget
    for key, workflow in base.workflows.items():
        earlier = before.workflows.get(key)
        if earlier is None or earlier.version_id != workflow.version_id:
            forget("workflow", key)
        if earlier is None or earlier.active != workflow.active:
            forget("workflow_active", key)
    for kind, name in _COLLECTIONS.items():
        old, new = getattr(before, name), getattr(base, name)
        for key in new:
            if old.get(key) != new[key]:
                forget(kind, key)
    for locale, namespaces in base.translations.items():
        for namespace, texts in namespaces.items():
            if before.translations.get(locale, {}).get(namespace) != texts:
                forget("translation", translation_key(locale, namespace))
    for kind, name in _SECTIONS.items():
        if getattr(before, name) != getattr(base, name):
            forget(kind, "")
    environment.base_project = base
    environment.project = stored_project(base, environment.store)


def _commit(environment: Environment, kind: str, key: str, definition: Any, *, branch: str | None = None) -> Project:
    at = stamp(environment.clock.now())
    after = applied(project_of(environment, branch), kind, key, definition, at=at)
    _keep(environment, kind, key, definition, at=at, after=after, branch=branch)
    return after


def _keep(
    environment: Environment, kind: str, key: str, definition: Any, *, at: str, after: Project, branch: str | None
) -> None:
    environment.store.definitions.put(kind, key, definition, at=at, branch=branch or MAIN)
    if branch is None:
        environment.project = after
    else:
        environment.branches[branch] = (environment.project, after)


def _with_commits(project: Project, store: Store, *, branch: str) -> Project:
    """Return a project with the commits of a branch on top."""
    for each in sorted(store.definitions.all(branch=branch), key=lambda each: KINDS.index(each.kind)):
        if each.definition is None:
            project = removed(project, each.kind, each.key)
            continue
        try:
            project = applied(project, each.kind, each.key, each.definition, at=each.at)
        except InvalidDocument as error:
            sys.stderr.write(f"knock-harness: a commit is passed over: {error}\n")
    return project


def _no_branch(slug: str) -> NotFound:
    return NotFound(f"The branch {slug!r}", code="branch_missing")


class _Any(frozenset[str]):
    """All keys there could be."""

    def __contains__(self, key: object) -> bool:
        return True
