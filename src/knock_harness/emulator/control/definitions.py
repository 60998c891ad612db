"""What is committed in an environment: workflows, channels, guides and the rest, its defaults, and its branches."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.contract.commits import COLLECTIONS, translation_key
from knock_harness.emulator import definitions
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.refusals import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from knock_harness.contract.project import Guide, Project, Workflow

    from .call import ControlCall, Handler

__all__ = ["HANDLERS"]

#: What the environment has one of, and how it is read.
_SECTIONS: Final[Mapping[str, Callable[[Project], Any]]] = {
    "account": lambda project: project.account,
    "guide_groups": lambda project: project.guide_groups,
    "preference_center": lambda project: project.preference_center,
    "preferences": lambda project: project.default_preferences,
    "tracking": lambda project: project.tracking,
    "variables": lambda project: _variables(project),
}


def list_workflows(call: ControlCall) -> Reply:
    """List the committed workflows."""
    workflows = definitions.workflows_of(call.environment, _branch(call))
    return Reply(200, {"workflows": [_workflow(each) for each in workflows.values()]})


def get_workflow(call: ControlCall) -> Reply:
    """Return a workflow with its definition."""
    workflow = definitions.workflow_of(call.environment, call.path["key"], _branch(call))
    return Reply(200, {**_workflow(workflow), "definition": msgspec.Raw(workflow.source.encode())})


def put_workflow(call: ControlCall) -> Reply:
    """Commit a workflow."""
    workflow = definitions.commit_workflow(call.environment, call.path["key"], call.body, branch=_branch(call))
    return Reply(200, _workflow(workflow))


def set_workflow_active(call: ControlCall) -> Reply:
    """Switch a workflow on or off."""
    active = call.body["active"]
    workflow = definitions.set_workflow_active(call.environment, call.path["key"], active=active, branch=_branch(call))
    return Reply(200, _workflow(workflow))


def delete_workflow(call: ControlCall) -> Reply:
    """Delete a workflow."""
    key, branch = call.path["key"], _branch(call)
    definitions.workflow_of(call.environment, key, branch)
    definitions.delete(call.environment, "workflow", key, branch=branch)
    return Reply(204)


def list_channels(call: ControlCall) -> Reply:
    """List the channels."""
    return Reply(200, {"channels": list(call.environment.project.channels.values())})


def put_channel(call: ControlCall) -> Reply:
    """Configure a channel."""
    key = call.path["key"]
    return Reply(200, definitions.commit(call.environment, "channel", key, call.body).channels[key])


def list_guides(call: ControlCall) -> Reply:
    """List the guides."""
    return Reply(200, {"guides": [_guide(each) for each in call.environment.project.guides.values()]})


def put_guide(call: ControlCall) -> Reply:
    """Commit a guide."""
    key = call.path["key"]
    return Reply(200, _guide(definitions.commit(call.environment, "guide", key, call.body).guides[key]))


def set_guide_active(call: ControlCall) -> Reply:
    """Switch a guide on or off."""
    active = call.body["active"]
    return Reply(200, _guide(definitions.set_guide_active(call.environment, call.path["key"], active=active)))


def list_translations(call: ControlCall) -> Reply:
    """List what there is in other languages."""
    listed = [
        {"locale": locale, "namespace": namespace, "texts": texts}
        for locale, by_namespace in call.environment.project.translations.items()
        for namespace, texts in by_namespace.items()
        if texts
    ]
    return Reply(200, {"translations": listed})


def put_translation(call: ControlCall) -> Reply:
    """Commit the texts of a locale."""
    locale, namespace = call.path["locale"], call.query.get("namespace", "")
    definitions.commit_translation(call.environment, locale, call.body, namespace=namespace)
    return Reply(204)


def delete_translation(call: ControlCall) -> Reply:
    """Delete the texts of a locale."""
    locale, namespace = call.path["locale"], call.query.get("namespace", "")
    if not call.environment.project.translations.get(locale, {}).get(namespace):
        raise NotFound(f"The translation into {locale!r}")
    definitions.delete(call.environment, "translation", translation_key(locale, namespace))
    return Reply(204)


def list_definitions(call: ControlCall) -> Reply:
    """List the keys of a kind of definitions."""
    return Reply(200, {"keys": sorted(_keys(call, call.path["kind"]))})


def put_definition(call: ControlCall) -> Reply:
    """Commit a definition."""
    definitions.commit(call.environment, call.path["kind"], call.path["key"], call.body)
    return Reply(204)


def delete_definition(call: ControlCall) -> Reply:
    """Delete a definition."""
    return _delete(call, call.path["kind"])


def get_default(call: ControlCall) -> Reply:
    """Return a default of the environment."""
    return Reply(200, {"value": _SECTIONS[call.path["section"]](call.environment.project)})


def set_default(call: ControlCall) -> Reply:
    """Set a default of the environment."""
    section = call.path["section"]
    project = definitions.commit_section(call.environment, section, call.body["value"])
    return Reply(200, {"value": _SECTIONS[section](project)})


def list_branches(call: ControlCall) -> Reply:
    """List the branches."""
    branches = call.environment.store.definitions.branches()
    return Reply(200, {"branches": [{"slug": slug, "created_at": at} for slug, at in branches.items()]})


def put_branch(call: ControlCall) -> Reply:
    """Make a branch, unless there is one of that name."""
    definitions.create_branch(call.environment, call.path["slug"])
    return Reply(204)


def delete_branch(call: ControlCall) -> Reply:
    """Remove a branch."""
    definitions.delete_branch(call.environment, call.path["slug"])
    return Reply(204)


def _branch(call: ControlCall) -> str | None:
    return call.query.get("branch")


def _workflow(workflow: Workflow) -> dict[str, Any]:
    return {
        "key": workflow.key,
        "name": workflow.name,
        "active": workflow.active,
        "version_id": workflow.version_id,
        "categories": workflow.categories,
        "steps": [{"ref": each.ref, "type": each.type} for each in workflow.steps],
    }


def _guide(guide: Guide) -> dict[str, Any]:
    return {
        "id": guide.id,
        "key": guide.key,
        "channel_key": guide.channel_key,
        "type": guide.type,
        "active": guide.active,
        "steps": [each.ref for each in guide.steps],
        "created_at": guide.created_at,
    }


def _variables(project: Project) -> dict[str, Any]:
    public = project.public_variables
    return {
        "public": {name: value for name, value in project.variables.items() if name in public},
        "secret": {name: value for name, value in project.variables.items() if name not in public},
    }


def _keys(call: ControlCall, kind: str) -> Sequence[str]:
    return list(getattr(call.environment.project, COLLECTIONS[kind]))


def _delete(call: ControlCall, kind: str) -> Reply:
    key = call.path["key"]
    if key not in _keys(call, kind):
        raise NotFound(f"The {kind.replace('_', ' ')} {key!r}")
    definitions.delete(call.environment, kind, key)
    return Reply(204)


HANDLERS: Final[Mapping[str, Handler]] = {
    "listWorkflows": list_workflows,
    "getWorkflow": get_workflow,
    "putWorkflow": put_workflow,
    "setWorkflowActive": set_workflow_active,
    "deleteWorkflow": delete_workflow,
    "listChannels": list_channels,
    "putChannel": put_channel,
    "deleteChannel": partial(_delete, kind="channel"),
    "listGuides": list_guides,
    "putGuide": put_guide,
    "setGuideActive": set_guide_active,
    "deleteGuide": partial(_delete, kind="guide"),
    "listTranslations": list_translations,
    "putTranslation": put_translation,
    "deleteTranslation": delete_translation,
    "listDefinitions": list_definitions,
    "putDefinition": put_definition,
    "deleteDefinition": delete_definition,
    "getDefault": get_default,
    "setDefault": set_default,
    "listBranches": list_branches,
    "putBranch": put_branch,
    "deleteBranch": delete_branch,
}
