from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from knock_harness.emulator.references import Ref

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import VirtualClock


def merge(api: httpx.Client) -> httpx.Response:
    return api.post("/v1/users/ada/merge", json={"from_user_id": "bea"})


@pytest.mark.promise("USER-MERGE-RETURNS-PRIMARY", "USER-MERGE-DELETES-SECONDARY")
def test_a_merge_returns_the_primary_and_deletes_the_secondary(api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={})
    api.put("/v1/users/bea", json={})

    merged = merge(api)

    assert merged.status_code == 200
    assert merged.json() == api.get("/v1/users/ada").json()
    assert api.get("/v1/users/bea").status_code == 404


@pytest.mark.promise("USER-MERGE-PROPERTIES")
def test_properties_are_merged_deeply_and_those_of_the_primary_stay(api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={"name": "Ada", "meta": {"a": 1}})
    api.put("/v1/users/bea", json={"name": "Bea", "meta": {"a": 2, "b": 3}, "plan": "pro"})

    merged = merge(api).json()

    assert (merged["name"], merged["meta"], merged["plan"]) == ("Ada", {"a": 1, "b": 3}, "pro")


@pytest.mark.promise("USER-MERGE-PREFERENCES")
def test_only_preference_sets_that_the_primary_lacks_are_added(api: httpx.Client) -> None:
    api.put("/v1/users/ada/preferences/default", json={"channel_types": {"email": False}})
    api.put("/v1/users/bea/preferences/default", json={"channel_types": {"sms": False}})
    api.put("/v1/users/bea/preferences/acme", json={"workflows": {"w": False}})

    merge(api)

    assert api.get("/v1/users/ada/preferences/default").json()["channel_types"] == {"email": False}
    assert api.get("/v1/users/ada/preferences/acme").json()["workflows"] == {"w": False}


@pytest.mark.promise("USER-MERGE-CHANNEL-DATA")
def test_only_channels_that_the_primary_lacks_are_added(api: httpx.Client, channel: Callable[[str], str]) -> None:
    fcm, apns = channel("push-fcm"), channel("push-apns")
    api.put("/v1/users/ada", json={"channel_data": {fcm: {"tokens": ["a"]}}})
    api.put("/v1/users/bea", json={"channel_data": {fcm: {"tokens": ["b"]}, apns: {"tokens": ["c"]}}})

    merge(api)

    assert api.get(f"/v1/users/ada/channel_data/{fcm}").json()["data"]["tokens"] == ["a"]
    assert api.get(f"/v1/users/ada/channel_data/{apns}").json()["data"]["tokens"] == ["c"]


@pytest.mark.promise("USER-MERGE-MESSAGES", "USER-MERGE-MESSAGES-AGE")
def test_messages_of_the_last_thirty_days_move(
    api: httpx.Client, clock: VirtualClock, send: Callable[..., str], feed: str
) -> None:
    api.put("/v1/users/ada", json={})
    api.put("/v1/users/bea", json={})
    old = send("bea")
    clock.advance(timedelta(days=30, seconds=1))
    recent = send("bea")

    merge(api)

    assert [each["id"] for each in api.get("/v1/users/ada/messages").json()["items"]] == [recent]
    assert [each["id"] for each in api.get(feed).json()["entries"]] == [recent]
    assert api.get(f"/v1/messages/{old}").status_code == 404


def test_subscriptions_move_and_no_pair_is_doubled(api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={})
    for collection in ("projects", "teams"):
        api.put(f"/v1/objects/{collection}/1", json={})
        api.post(f"/v1/objects/{collection}/1/subscriptions", json={"recipients": ["bea"]})
    api.post("/v1/objects/projects/1/subscriptions", json={"recipients": ["ada"]})

    merge(api)

    for collection in ("projects", "teams"):
        entries = api.get(f"/v1/objects/{collection}/1/subscriptions").json()["entries"]
        assert [each["recipient"]["id"] for each in entries] == ["ada"]


def test_a_merge_with_nobody_is_404_and_makes_nobody(api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={"name": "Ada"})

    assert merge(api).status_code == 404
    assert api.post("/v1/users/cid/merge", json={"from_user_id": "ada"}).status_code == 404
    assert [each["id"] for each in api.get("/v1/users").json()["entries"]] == ["ada"]


def test_a_merge_with_itself_is_refused(api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={"name": "Ada"})

    assert api.post("/v1/users/ada/merge", json={"from_user_id": "ada"}).status_code == 422
    assert api.get("/v1/users/ada").json()["name"] == "Ada"


@pytest.mark.promise("USER-MERGE-FROM-REQUIRED")
def test_a_merge_needs_the_other_user(api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={})

    assert api.post("/v1/users/ada/merge", json={}).status_code == 422


@pytest.mark.promise("USER-MERGE-INFLIGHT")
def test_runs_of_the_secondary_that_wait_send_nothing(api: httpx.Client, clock: VirtualClock) -> None:
    for name in ("ada", "bea"):
        api.put(f"/v1/users/{name}", json={})
    api.post("/v1/workflows/delayed-message/trigger", json={"recipients": ["bea"]}).raise_for_status()
    api.get("/v1/users")

    merge(api)

    clock.advance(timedelta(days=1))
    assert api.get("/v1/messages").json()["items"] == []
    assert [each["status"] for each in api.get("/v1/workflow_recipient_runs").json()["items"]] == ["cancelled"]


def test_schedules_move_to_the_primary(api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={})
    schedule = {"recipients": ["bea"], "workflow": "scheduled-message", "scheduled_at": "2027-01-01T00:00:00Z"}
    api.put("/v1/users/bea", json={})
    api.post("/v1/schedules", json=schedule).raise_for_status()

    merge(api)

    assert len(api.get("/v1/users/ada/schedules").json()["entries"]) == 1
    assert api.get("/v1/users/bea/schedules").json()["entries"] == []


@pytest.mark.promise("USER-MERGE-ACTIVITIES")
def test_what_the_secondary_did_names_the_primary(api: httpx.Client, send: Callable[..., str]) -> None:
    api.put("/v1/users/ada", json={})
    api.put("/v1/users/bea", json={})
    message = send("cid", actors=[Ref("", "bea")])

    merge(api)

    activity = api.get(f"/v1/messages/{message}/activities").json()["items"][0]
    assert activity["actor"]["id"] == "ada"
    assert api.get(f"/v1/messages/{message}").json()["actors"] == ["ada"]
