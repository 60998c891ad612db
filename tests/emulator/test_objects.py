from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator.references import Ref

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import VirtualClock


@pytest.mark.promise("OBJECT-SET-CREATES", "OBJECT-SHAPE", "OBJECT-PROPERTIES-NESTED", "OBJECT-RESERVED-IN-PROPERTIES")
def test_properties_of_an_object_come_back_under_properties(api: httpx.Client) -> None:
    sent = {"name": "Site", "locale": "de", "timezone": "Europe/Berlin", "email": "a@b.c", "type": "x", "price": 1}

    answer = api.put("/v1/objects/projects/1", json=sent).json()

    assert answer == api.get("/v1/objects/projects/1").json()
    assert answer["properties"] == sent
    assert (answer["__typename"], answer["collection"], answer["id"]) == ("Object", "projects", "1")
    assert answer["created_at"] is None


@pytest.mark.promise("OBJECT-SET-MERGES-DEEP", "OBJECT-SET-RETURNS-MERGED")
def test_setting_an_object_again_merges_deeply(api: httpx.Client) -> None:
    api.put("/v1/objects/projects/1", json={"meta": {"a": 1}, "x": 1})

    answer = api.put("/v1/objects/projects/1", json={"meta": {"b": 2}, "x": None}).json()

    assert answer["properties"] == {"meta": {"a": 1, "b": 2}, "x": None}


@pytest.mark.promise("OBJECT-IDENTITY-PAIR", "OBJECT-DELETE-GONE")
def test_collection_and_id_together_name_an_object(api: httpx.Client) -> None:
    api.put("/v1/objects/projects/1", json={"me": "project"})
    api.put("/v1/objects/teams/1", json={"me": "team"})

    assert api.delete("/v1/objects/projects/1").status_code == 204

    assert api.get("/v1/objects/projects/1").status_code == 404
    assert api.get("/v1/objects/teams/1").json()["properties"] == {"me": "team"}


@pytest.mark.promise("OBJECT-USER-NAMESPACES")
def test_users_and_objects_do_not_share_ids(api: httpx.Client) -> None:
    api.put("/v1/users/u", json={"name": "User"})

    api.put("/v1/objects/users/u", json={"name": "Object"})
    api.delete("/v1/objects/users/u")

    assert api.get("/v1/users/u").json()["name"] == "User"


@pytest.mark.promise("OBJECT-ID-IMMUTABLE")
def test_id_and_collection_in_the_body_move_nothing(api: httpx.Client) -> None:
    answer = api.put("/v1/objects/projects/1", json={"id": "2", "collection": "teams"}).json()

    assert (answer["collection"], answer["id"]) == ("projects", "1")
    assert api.get("/v1/objects/teams/2").status_code == 404


@pytest.mark.promise("OBJECT-CREATED-AT-FROM-CALLER")
def test_created_at_of_an_object_is_the_callers(api: httpx.Client) -> None:
    api.put("/v1/objects/projects/1", json={"created_at": "2020-01-01T00:00:00Z"})

    assert api.put("/v1/objects/projects/1", json={"a": 1}).json()["created_at"] == "2020-01-01T00:00:00.000000Z"


@pytest.mark.promise("OBJECT-PROPERTIES-256KB")
def test_an_object_cannot_grow_above_the_limit(api: httpx.Client) -> None:
    api.put("/v1/objects/projects/1", json={"a": "x" * 150_000})

    assert api.put("/v1/objects/projects/1", json={"b": "x" * 150_000}).status_code == 422
    assert api.get("/v1/objects/projects/1").json()["properties"].keys() == {"a"}


@pytest.mark.promise("OBJECT-SET-SIDE-DATA")
def test_side_data_of_an_object_is_stored_apart(api: httpx.Client, channel: Callable[[str], str]) -> None:
    slack = channel("slack")
    connections = [{"access_token": "x", "channel_id": "C1"}]
    body = {
        "channel_data": {slack: {"connections": connections}},
        "preferences": {"default": {"workflows": {"w": False}}},
    }

    assert api.put("/v1/objects/projects/1", json=body).json()["properties"] == {}

    data = api.get(f"/v1/objects/projects/1/channel_data/{slack}").json()["data"]
    assert data["connections"] == connections
    assert api.get("/v1/objects/projects/1/preferences/default").json()["workflows"] == {"w": False}


@pytest.mark.promise("OBJECT-LIST-EXACT")
def test_a_list_holds_the_objects_of_its_collection_alone(api: httpx.Client) -> None:
    for path in ("projects/1", "projects/2", "projects_archive/3"):
        api.put(f"/v1/objects/{path}", json={})

    assert {each["id"] for each in api.get("/v1/objects/projects").json()["entries"]} == {"1", "2"}


@pytest.mark.promise("OBJECT-LIST-UNKNOWN-COLLECTION")
@pytest.mark.parametrize("collection", ["nothing", "$tenants"])
def test_a_collection_that_nobody_used_is_an_empty_page(api: httpx.Client, collection: str) -> None:
    answer = api.get(f"/v1/objects/{collection}")

    assert answer.status_code == 200
    assert answer.json()["entries"] == []


@pytest.mark.promise("OBJECT-LIST-INCLUDE-PREFERENCES")
def test_the_list_holds_preferences_only_when_asked(api: httpx.Client) -> None:
    api.put("/v1/objects/projects/1/preferences/default", json={"workflows": {"w": False}})

    assert "preferences" not in api.get("/v1/objects/projects").json()["entries"][0]
    entry = api.get("/v1/objects/projects?include[]=preferences").json()["entries"][0]
    assert entry["preferences"]["default"]["workflows"] == {"w": False}


def test_a_deleted_object_leaves_nothing_to_its_successor(api: httpx.Client, channel: Callable[[str], str]) -> None:
    slack = channel("slack")
    api.put("/v1/objects/orgs/1", json={})
    api.put("/v1/objects/projects/1", json={"a": 1, "channel_data": {slack: {"connections": []}}})
    api.put("/v1/objects/projects/1/preferences/default", json={"workflows": {"w": False}})
    api.post("/v1/objects/projects/1/subscriptions", json={"recipients": ["ada"]})
    follower = {"recipients": [{"collection": "projects", "id": "1"}]}
    api.post("/v1/objects/orgs/1/subscriptions", json=follower)

    api.delete("/v1/objects/projects/1")

    assert api.get("/v1/objects/orgs/1/subscriptions").json()["entries"] == []
    assert api.put("/v1/objects/projects/1", json={}).json()["properties"] == {}
    assert api.get("/v1/objects/projects/1/subscriptions").json()["entries"] == []
    assert api.get("/v1/users/ada/subscriptions").json()["entries"] == []
    assert api.get(f"/v1/objects/projects/1/channel_data/{slack}").status_code == 404
    assert api.get("/v1/objects/projects/1/preferences").json() == []


def test_an_object_that_is_not_there_is_404(api: httpx.Client) -> None:
    assert api.get("/v1/objects/projects/1").status_code == 404
    assert api.delete("/v1/objects/projects/1").status_code == 404


def test_a_cursor_of_a_deleted_object_still_shows_all_that_came_after_it(api: httpx.Client) -> None:
    for name in ("a", "b"):
        api.put(f"/v1/objects/projects/{name}", json={})
    cursor = api.get("/v1/objects/projects?page_size=1").json()["page_info"]["after"]
    api.delete("/v1/objects/projects/b")
    for name in ("c", "d"):
        api.put(f"/v1/objects/projects/{name}", json={})

    newer = api.get("/v1/objects/projects", params={"before": cursor}).json()["entries"]

    assert [each["id"] for each in newer] == ["d", "c"]


@pytest.mark.promise("OBJECT-PROPERTY-ROUNDTRIP")
@pytest.mark.parametrize(
    "value", [2**70, -1.5e-7, True, None, "ünïcode\u2028", [1, [None, {"a": []}]], {"deep": {"er": {}}}]
)
def test_properties_of_an_object_come_back_as_they_were_sent(api: httpx.Client, value: Any) -> None:
    sent = {"email": value, "custom": value}
    if isinstance(value, str | None):
        sent["name"] = value

    api.put("/v1/objects/projects/1", json=sent)

    assert api.get("/v1/objects/projects/1").json()["properties"] == sent


@pytest.mark.promise("OBJECT-UPDATED-AT-ADVANCES")
def test_updated_at_of_an_object_moves_with_a_change_and_not_with_a_read(
    api: httpx.Client, clock: VirtualClock
) -> None:
    first = api.put("/v1/objects/projects/1", json={"a": 1}).json()["updated_at"]
    clock.advance(timedelta(seconds=5))

    assert api.get("/v1/objects/projects/1").json()["updated_at"] == first
    assert api.put("/v1/objects/projects/1", json={"a": 2}).json()["updated_at"] > first


@pytest.mark.promise("OBJECT-SET-SIDE-DATA")
def test_preferences_of_a_set_are_merged_into_those_of_the_object(api: httpx.Client) -> None:
    for key in ("a", "b"):
        preferences = {"default": {"workflows": {key: False}}}
        api.put("/v1/objects/projects/1", json={"preferences": preferences}).raise_for_status()

    stored = api.get("/v1/objects/projects/1/preferences/default").json()
    assert stored["workflows"] == {"a": False, "b": False}


@pytest.mark.promise("OBJECT-MESSAGES-OWN")
def test_the_messages_of_an_object_are_all_that_went_to_it_and_nothing_else(
    api: httpx.Client, send: Callable[..., str]
) -> None:
    own = send(Ref("projects", "1"), channel="sms")
    send(Ref("teams", "1"), channel="sms")
    send("1")

    assert [each["id"] for each in api.get("/v1/objects/projects/1/messages").json()["items"]] == [own]


@pytest.mark.promise("OBJECT-MESSAGES-NOT-SUBSCRIBERS")
def test_what_went_to_the_subscribers_of_an_object_is_theirs(
    api: httpx.Client, trigger: Callable[..., str], commit: Callable[..., None]
) -> None:
    template = {"subject": "Hello", "html_body": "Hello"}
    commit("mail", {"ref": "email", "type": "channel", "channel_key": "email", "template": template})
    api.put("/v1/users/ada", json={"email": "ada@example.com"})
    api.put("/v1/objects/projects/1", json={})
    api.post("/v1/objects/projects/1/subscriptions", json={"recipients": ["ada"]})

    trigger("mail", {"collection": "projects", "id": "1"})

    assert api.get("/v1/objects/projects/1/messages").json()["items"] == []
    assert len(api.get("/v1/users/ada/messages").json()["items"]) == 1
