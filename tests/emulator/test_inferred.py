"""What no public document states and we infer of recipients, their lists and their feeds: the emulator does so too."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import VirtualClock
    from knock_harness.emulator.environment import Environment

NOBODY = "0a9d6d3d-6f12-4b4c-9a2c-6f1f6f0b2d11"
SUBSCRIPTIONS = "/v1/objects/houses/h/subscriptions"
DAILY: dict[str, Any] = {"workflow": "in-app-message", "repeats": [{"frequency": "daily"}]}


def user(api: httpx.Client, **properties: Any) -> dict[str, Any]:
    """Identify ada, and return what is known of her."""
    return dict(api.put("/v1/users/ada", json=properties).raise_for_status().json())


def names(api: httpx.Client) -> list[str]:
    return sorted(each["id"] for each in api.get("/v1/users").json()["entries"])


@pytest.mark.promise("FEED-READ-NO-SIDE-EFFECT")
def test_reading_a_feed_changes_nothing(api: httpx.Client, feed: str, send: Callable[..., str]) -> None:
    message = send()

    counts = [api.get(feed).json()["meta"] for _ in range(3)]

    assert counts == [{**counts[0], "unseen_count": 1, "unread_count": 1}] * 3
    events = api.get(f"/v1/messages/{message}/events").json()["items"]
    assert [each["type"] for each in events] == ["message.created"]


@pytest.mark.promise("FEED-SETTINGS-STABLE", "FEED-SETTINGS-UNKNOWN-USER")
def test_settings_of_a_feed_are_the_same_for_everybody_and_make_nobody(
    api: httpx.Client, feed: str, send: Callable[..., str]
) -> None:
    user(api)
    send()
    before = api.get(feed).json()["meta"]

    read = [api.get(f"{each}/settings").json() for each in (feed, feed, feed.replace("ada", "ghost"))]

    assert read == [read[0]] * 3
    assert api.get(feed).json()["meta"] == before
    assert names(api) == ["ada"]


@pytest.mark.promise("USER-FEED-SETTINGS-UNKNOWN-CHANNEL")
@pytest.mark.parametrize("which", ["none", "sms"])
def test_settings_of_a_channel_without_a_feed_are_refused(
    api: httpx.Client, channel: Callable[[str], str], which: str
) -> None:
    id_ = {"none": NOBODY, "sms": channel("sms")}[which]

    assert api.get(f"/v1/users/ada/feeds/{id_}/settings").status_code == 404


@pytest.mark.promise("OBJECT-DELETE-REUSE-CLEAN")
def test_an_object_set_anew_inherits_nothing(
    api: httpx.Client, channel: Callable[[str], str], work: Callable[[], None]
) -> None:
    slack = channel("slack")
    body = {"name": "Old", "preferences": {"default": {"channel_types": {"email": False}}}}
    body["channel_data"] = {slack: {"connections": [{"access_token": "xoxb", "channel_id": "C1"}]}}
    api.put("/v1/objects/houses/h", json=body).raise_for_status()
    api.put("/v1/objects/streets/s", json={}).raise_for_status()
    api.post(SUBSCRIPTIONS, json={"recipients": ["ada"]}).raise_for_status()
    house = {"id": "h", "collection": "houses"}
    api.post("/v1/objects/streets/s/subscriptions", json={"recipients": [house]}).raise_for_status()
    api.post("/v1/schedules", json={**DAILY, "recipients": [house]}).raise_for_status()

    api.delete("/v1/objects/houses/h").raise_for_status()
    work()
    fresh = api.put("/v1/objects/houses/h", json={}).json()

    assert fresh["properties"] == {}
    assert api.get(f"/v1/objects/houses/h/channel_data/{slack}").status_code == 404
    assert api.get("/v1/objects/houses/h/preferences").json() == []
    lists = [SUBSCRIPTIONS, "/v1/objects/houses/h/schedules", "/v1/objects/streets/s/subscriptions"]
    assert [api.get(path).json()["entries"] for path in lists] == [[], [], []]


@pytest.mark.promise("PREFCENTER-COMMERCIAL-ROW")
@pytest.mark.parametrize("enabled", [True, False], ids=["enabled", "disabled"])
def test_there_is_always_a_row_for_commercial_messages(
    api: httpx.Client, environment: Environment, enabled: bool
) -> None:
    user(api)
    center = {**environment.project.preference_center, "enabled": enabled}
    environment.project = replace(environment.project, preference_center=center)

    config = api.get("/v1/users/ada/preference_center/config").json()

    assert config["enabled"] is enabled
    assert [each["type"] for each in config["config"]["rows"]].count("commercial_subscribed") == 1


@pytest.mark.promise("PREF-STRATEGY-INVALID")
@pytest.mark.parametrize("owner", ["/v1/users/ada", "/v1/objects/houses/h"])
def test_another_way_to_keep_preferences_is_refused(api: httpx.Client, owner: str) -> None:
    path = f"{owner}/preferences/default"
    before = api.put(path, json={"channel_types": {"email": False}}).json()

    answer = api.put(path, json={"channel_types": {"sms": False}, "__persistence_strategy__": "append"})

    assert answer.status_code == 422
    assert api.get(path).json() == before


@pytest.mark.promise("CROSS-DELETE-REPEAT")
@pytest.mark.parametrize(
    "path",
    [
        "/v1/users/ghost",
        "/v1/objects/houses/ghost",
        "/v1/tenants/ghost",
        "/v1/users/ghost/preferences/default",
        "/v1/objects/houses/ghost/preferences/default",
        "/v1/users/ghost/channel_data/{channel}",
        "/v1/objects/houses/ghost/channel_data/{channel}",
    ],
)
def test_deleting_what_is_not_there_changes_nothing(
    api: httpx.Client, channel: Callable[[str], str], path: str
) -> None:
    before = user(api)

    answers = [api.delete(path.format(channel=channel("slack"))).status_code for _ in range(2)]

    assert set(answers) <= {204, 404}
    assert api.get("/v1/users").json()["entries"] == [before]
    assert api.get("/v1/objects/houses").json()["entries"] == []
    assert api.get("/v1/tenants").json()["entries"] == []


@pytest.mark.promise("CROSS-UPDATED-AT-OWN")
def test_neither_reads_nor_changes_of_others_move_the_time_of_a_change(
    api: httpx.Client, clock: VirtualClock, channel: Callable[[str], str]
) -> None:
    before = [user(api, name="Ada"), api.put("/v1/objects/houses/h", json={}).json()]
    clock.advance(timedelta(minutes=1))

    api.put("/v1/users/bea", json={"name": "Bea"}).raise_for_status()
    data = {"connections": [{"access_token": "xoxb", "channel_id": "C1"}]}
    api.put(f"/v1/users/bea/channel_data/{channel('slack')}", json={"data": data}).raise_for_status()
    for path in ("/v1/users", "/v1/users/ada", "/v1/objects/houses", "/v1/users/ada/preferences", "/v1/messages"):
        api.get(path).raise_for_status()

    assert [api.get("/v1/users/ada").json(), api.get("/v1/objects/houses/h").json()] == before


@pytest.mark.promise("SUB-ADD-OBJECT-REQUIRED", "SUB-ADD-UNKNOWN-USER")
def test_subscribing_strangers_to_what_is_not_there_leaves_nothing_that_cannot_be_read(api: httpx.Client) -> None:
    added = api.post(SUBSCRIPTIONS, json={"recipients": ["stranger"]})
    refused = added.status_code >= 400

    assert refused == (api.get("/v1/objects/houses/h").status_code == 404)
    assert refused == (api.get(SUBSCRIPTIONS).status_code == 404)

    api.put("/v1/objects/houses/h", json={}).raise_for_status()
    api.post(SUBSCRIPTIONS, json={"recipients": ["stranger"]}).raise_for_status()

    assert [each["recipient"]["id"] for each in api.get(SUBSCRIPTIONS).json()["entries"]] == ["stranger"]


@pytest.mark.promise("USER-IDENTIFY-NULL-NESTED")
def test_null_over_a_map_discards_what_it_held(api: httpx.Client) -> None:
    user(api, meta={"a": 1, "b": {"c": 2}})
    user(api, meta=None)

    assert user(api, meta={"d": 3})["meta"] == {"d": 3}


@pytest.mark.promise("USER-IDENTIFY-ARRAYS-WHOLE", "USER-IDENTIFY-TYPE-CHANGE")
@pytest.mark.parametrize(
    ("old", "new"),
    [([1, 2, {"a": 1}], [3]), ([1], []), ({"a": 1}, 5), ("text", {"b": 1}), ({"a": 1}, [{"b": 2}]), ([1], {"a": 1})],
    ids=str,
)
def test_what_are_not_two_maps_is_replaced_as_a_whole(api: httpx.Client, old: Any, new: Any) -> None:
    user(api, value=old)

    assert user(api, value=new)["value"] == new


@pytest.mark.promise("USER-IDENTIFY-CHANNEL-UNKNOWN")
@pytest.mark.parametrize("which", ["unknown", "shape"])
def test_channel_data_that_no_channel_takes_refuses_all_that_came_with_it(
    api: httpx.Client, channel: Callable[[str], str], which: str
) -> None:
    before = user(api, name="Ada")
    data = {"unknown": {NOBODY: {"tokens": ["t"]}}, "shape": {channel("push-fcm"): {"connections": 1}}}[which]

    answer = api.put("/v1/users/ada", json={"name": "New", "channel_data": data})

    assert 400 <= answer.status_code < 500
    assert api.get("/v1/users/ada").json() == before


@pytest.mark.promise("USER-MERGE-LINKS-RESOLVED")
def test_after_a_merge_nothing_points_to_the_user_who_is_gone(api: httpx.Client) -> None:
    user(api)
    api.put("/v1/users/bea", json={}).raise_for_status()
    api.put("/v1/objects/houses/h", json={}).raise_for_status()
    api.post(SUBSCRIPTIONS, json={"recipients": ["ada", "bea"]}).raise_for_status()
    api.post("/v1/schedules", json={**DAILY, "recipients": ["bea"]}).raise_for_status()

    api.post("/v1/users/ada/merge", json={"from_user_id": "bea"}).raise_for_status()

    subscribed = api.get(SUBSCRIPTIONS).raise_for_status().json()["entries"]
    scheduled = api.get("/v1/schedules?workflow=in-app-message").raise_for_status().json()["entries"]
    assert [each["recipient"]["id"] for each in subscribed] == ["ada"]
    assert {each["recipient"]["id"] for each in scheduled} <= {"ada"}


@pytest.mark.promise("USER-MERGE-UNKNOWN", "USER-MERGE-SELF")
@pytest.mark.parametrize(
    ("path", "other"),
    [("/v1/users/ada/merge", "ghost"), ("/v1/users/ghost/merge", "ada"), ("/v1/users/ada/merge", "ada")],
    ids=["from a stranger", "into a stranger", "into itself"],
)
def test_a_merge_that_has_no_sense_is_refused_and_changes_nobody(api: httpx.Client, path: str, other: str) -> None:
    before = user(api, name="Ada")

    answer = api.post(path, json={"from_user_id": other})

    assert 400 <= answer.status_code < 500
    assert api.get("/v1/users").json()["entries"] == [before]


@pytest.mark.promise("USER-MESSAGES-UNKNOWN-USER")
@pytest.mark.parametrize("what", ["messages", "schedules", "subscriptions"])
def test_lists_of_a_stranger_are_empty_or_not_there_and_make_nobody(api: httpx.Client, what: str) -> None:
    answer = api.get(f"/v1/users/ghost/{what}")

    assert answer.status_code == 404 or answer.json()["entries" if what != "messages" else "items"] == []
    assert names(api) == []
