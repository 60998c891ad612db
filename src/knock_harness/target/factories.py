"""How the things that symbols name are made: over the API, one function for each."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from knock_harness.errors import NotMade

if TYPE_CHECKING:
    from .fixtures import GuideFixture
    from .world import World

__all__: list[str] = []  # all of this is for `symbols`

_TENANTS = "$tenants"
_PUSH_TOKENS = {"data": {"tokens": ["token-1"]}}
_ALL_EMAIL = {"channel_types": {"email": True}}
#: Shown to everybody, so that every user can have seen it.
_GUIDE = "welcome-guide"
_YEAR = timedelta(days=365)


def user(world: World) -> str:
    return world.new_user()


def new_user_id(world: World) -> str:
    return world.claim("user", world.new_id("user"))


def unknown_id(world: World) -> str:
    return world.new_id("nobody")


def unknown_uuid(world: World) -> str:
    del world
    return str(uuid.uuid4())


def collection(world: World) -> str:
    return world.new_collection()


def object_(world: World) -> str:
    return world.new_object(world.value("@collection"))


def object_reference(world: World) -> dict[str, str]:
    return {"id": world.value("@object"), "collection": world.value("@collection")}


def new_object_id(world: World) -> str:
    return world.claim("object", world.new_id("object"), within=world.value("@collection"))


def tenant(world: World) -> str:
    return world.new_tenant()


def new_tenant_id(world: World) -> str:
    return world.claim("tenant", world.new_id("tenant"))


def new_key(world: World) -> str:
    return world.new_idempotency_key()


def workflow(world: World) -> str:
    return world.workflow("in-app-message")


def workflow_run(world: World) -> str:
    return _started(world, "in-app-message", channel="in-app-feed")


def recipient_run(world: World) -> str:
    run = world.value("@workflow_run")
    query = [("workflow", world.value("@workflow")), ("recipient", world.value("@user"))]
    return str(world.wait_for("/v1/workflow_recipient_runs", query=query, where={"workflow_run_id": run})["id"])


def message(world: World) -> str:
    query = [("workflow_run_id", world.value("@workflow_run"))]
    return str(world.wait_for("/v1/messages", query=query)["id"])


def email_message(world: World) -> str:
    run = _started(world, "all-channels", channel="email")
    query = [("workflow_run_id", run), ("channel_id", world.channel("email"))]
    return str(world.wait_for("/v1/messages", query=query)["id"])


def cancellation_key(world: World) -> str:
    key = world.new_id("cancel")
    world.start("delayed-message", recipients=[world.value("@user")], cancellation_key=key)
    world.hold("cancellation_key", key)
    return key


def schedule(world: World) -> str:
    body = {
        "workflow": world.workflow("scheduled-message"),
        "recipients": [world.value("@user")],
        "scheduled_at": (datetime.now(UTC) + _YEAR).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    id_ = _first_id(world.ask("POST", "/v1/schedules", body=body), of="createSchedules")
    world.hold("schedule", id_)
    return id_


def bulk_operation(world: World) -> str:
    made = world.ask("POST", "/v1/users/bulk/identify", body={"users": [{"id": world.value("@user")}]})
    return _first_id([made], of="bulkIdentifyUsers")


def audience(world: World) -> str:
    key, member = world.new_id("audience"), world.value("@user")
    world.claim("audience_member", member, within=key)
    body = {"members": [{"user": {"id": member}}]}
    world.ask("POST", f"/v1/audiences/{key}/members", query=[("create_audience", "true")], body=body)
    return key


def subscriber(world: World) -> str:
    path, id_ = _object_path(world), world.new_user()
    world.ask("POST", f"{path}/subscriptions", body={"recipients": [id_]})
    world.hold("subscription", id_, within=_object_holder(world))
    return id_


def user_channel(world: World) -> str:
    channel, id_ = world.channel("push-fcm"), world.value("@user")
    world.ask("PUT", f"/v1/users/{id_}/channel_data/{channel}", body=_PUSH_TOKENS)
    world.hold("channel_data", channel, within=id_)
    return channel


def object_channel(world: World) -> str:
    channel = world.channel("push-fcm")
    world.ask("PUT", f"{_object_path(world)}/channel_data/{channel}", body=_PUSH_TOKENS)
    world.hold("channel_data", channel, within=_object_holder(world))
    return channel


def user_preference_set(world: World) -> str:
    id_ = world.value("@user")
    world.ask("PUT", f"/v1/users/{id_}/preferences/default", body=_ALL_EMAIL)
    world.hold("preference_set", "default", within=id_)
    return "default"


def object_preference_set(world: World) -> str:
    world.ask("PUT", f"{_object_path(world)}/preferences/default", body=_ALL_EMAIL)
    world.hold("preference_set", "default", within=_object_holder(world))
    return "default"


def guide_id(world: World) -> str:
    return _guide(world)[1].id


def guide_key(world: World) -> str:
    return _guide(world)[0]


def guide_step(world: World) -> str:
    return _guide(world)[1].step


def guide_message(world: World) -> str:
    key, guide = _guide(world)
    path, channel = f"/v1/users/{world.value('@user')}/guides", world.channel(guide.channel)
    engagement = {"channel_id": channel, "guide_id": guide.id, "guide_key": key, "guide_step_ref": guide.step}
    world.ask("PUT", f"{path}/messages/seen", body=engagement | {"content": {}})
    for entry in world.ask("GET", f"{path}/{channel}")["entries"]:
        for step in entry["steps"]:
            if entry["key"] == key and step["message"]["id"]:
                return str(step["message"]["id"])
    raise NotMade(f"the guide {key} has no message for a user who has seen it")


def slack_object(world: World) -> str:
    data = {"token": {"access_token": f"xoxb-{world.new_id('token')}"}}
    return _tenant_with(world, data, channel=world.channel("slack"))


def teams_object(world: World) -> str:
    data = {"ms_teams_tenant_id": str(uuid.uuid4())}
    return _tenant_with(world, data, channel=world.channel("ms-teams"))


def teams_team(world: World) -> str:
    query = [("ms_teams_tenant_object", world.value("@teams_object"))]
    answer = world.ask("GET", f"/v1/providers/ms-teams/{world.channel('ms-teams')}/teams", query=query)
    return _first_id(answer.get("ms_teams_teams"), of="listTeamsForMsTeamsProvider")


def _started(world: World, workflow: str, *, channel: str) -> str:
    """Trigger a workflow for @user and return the run; its message on a channel will be needed."""
    recipient = world.value("@user")
    for owner in (recipient, "*"):
        world.hold("messages", owner, within=world.channel(channel))
    return world.start(workflow, recipients=[recipient], data={"message": "Hello"})


def _tenant_with(world: World, data: dict[str, Any], *, channel: str) -> str:
    """Make a tenant that holds what a provider needs, and return the reference that its operations take."""
    id_ = world.new_tenant()
    world.ask("PUT", f"/v1/objects/{_TENANTS}/{id_}/channel_data/{channel}", body={"data": data})
    world.hold("channel_data", channel, within=f"{_TENANTS}/{id_}")
    return json.dumps({"object_id": id_, "collection": _TENANTS})


def _guide(world: World) -> tuple[str, GuideFixture]:
    return _GUIDE, world.target.fixtures.guides[_GUIDE]


def _object_path(world: World) -> str:
    return f"/v1/objects/{quote(world.value('@collection'), safe='')}/{world.value('@object')}"


def _object_holder(world: World) -> str:
    return f"{world.value('@collection')}/{world.value('@object')}"


def _first_id(made: Any, *, of: str) -> str:
    try:
        return str(made[0]["id"])
    except (KeyError, IndexError, TypeError):
        raise NotMade(f"{of} answered without the id of what it made") from None
