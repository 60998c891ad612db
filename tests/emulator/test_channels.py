"""Bulk updates of the messages of a channel."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator.engagement import CHANGES

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import VirtualClock
    from knock_harness.emulator.environment import Environment


@pytest.fixture
def update(
    api: httpx.Client, environment: Environment, watch: Callable[[dict[str, Any]], list[dict[str, Any]]]
) -> Callable[..., dict[str, Any]]:
    """Start a bulk update of the in-app feed channel, let it finish, and return the operation as it ended."""
    channel = next(each for each in environment.project.channels.values() if each.type == "in_app_feed")

    def update(action: str, body: dict[str, Any]) -> dict[str, Any]:
        started = api.post(f"/v1/channels/{channel.id}/messages/bulk/{action}", json=body)
        assert started.status_code == 200, started.text
        return watch(started.json())[-1]

    return update


def changed(api: httpx.Client, column: str = "read_at") -> set[str]:
    items = api.get("/v1/messages").json()["items"]
    return {each["id"] for each in items if each[column] is not None}


@pytest.mark.promise("BULKMSG-OPERATION", "BULKMSG-ALL-OF-CHANNEL")
def test_without_filters_every_message_of_the_channel_changes(
    api: httpx.Client, update: Callable[..., dict[str, Any]], send: Callable[..., str]
) -> None:
    sent = {send("ada"), send("bob")}
    send(channel="sms")

    done = update("read", {})

    assert changed(api) == sent
    assert (done["status"], done["processed_rows"], done["success_count"]) == ("completed", 2, 2)


@pytest.mark.promise("BULKMSG-ACTIONS")
@pytest.mark.parametrize(
    ("action", "single"),
    [
        ("seen", "seen"),
        ("unseen", "unseen"),
        ("read", "read"),
        ("unread", "unread"),
        ("archive", "archived"),
        ("archived", "archived"),
        ("unarchive", "unarchived"),
        ("unarchived", "unarchived"),
        ("interacted", "interacted"),
    ],
)
def test_an_action_does_what_the_single_call_does(
    api: httpx.Client, update: Callable[..., dict[str, Any]], send: Callable[..., str], action: str, single: str
) -> None:
    bulk, one = send("bulk"), send("one")
    for each in ("seen", "read", "archived")[: 3 if action.startswith("un") else 0]:
        api.post(f"/v1/messages/batch/{each}", json={"message_ids": [bulk, one]})

    update(action, {"recipient_ids": ["bulk"]})
    api.post(f"/v1/messages/batch/{single}", json={"message_ids": [one]})

    states = [api.get(f"/v1/messages/{each}").json()["engagement_statuses"] for each in (bulk, one)]
    assert states[0] == states[1]


@pytest.mark.promise("BULKMSG-OPERATION")
def test_an_operation_that_is_completed_has_changed_everything(
    api: httpx.Client, clock: VirtualClock, send: Callable[..., str], feed: str
) -> None:
    sent = {send() for _ in range(3)}
    channel = feed.rpartition("/")[2]

    started = api.post(f"/v1/channels/{channel}/messages/bulk/read", json={}).json()
    changed_at_once = changed(api)
    seen = [started]
    while seen[-1]["status"] != "completed":
        clock.advance(timedelta(milliseconds=2))
        seen.append(api.get(f"/v1/bulk_operations/{started['id']}").json())

    assert (seen[0]["status"], changed_at_once, changed(api)) == ("queued", set(), sent)


@pytest.mark.promise("BULKMSG-DELETE")
def test_deleted_messages_leave_the_feed_for_good(
    api: httpx.Client, update: Callable[..., dict[str, Any]], send: Callable[..., str], feed: str
) -> None:
    message = send()

    update("delete", {})

    answer = api.get(feed, params={"archived": "include"}).json()
    assert (answer["entries"], answer["meta"]["total_count"]) == ([], 0)
    assert api.get(f"/v1/messages/{message}").status_code == 404


@pytest.mark.promise(
    "BULKMSG-FILTER-RECIPIENTS",
    "BULKMSG-FILTER-USER-IDS",
    "BULKMSG-FILTER-WORKFLOWS-TENANTS",
    "BULKMSG-FILTER-HAS-TENANT",
    "BULKMSG-FILTER-STATUS",
    "BULKMSG-FILTER-ARCHIVED",
    "BULKMSG-FILTER-TIME",
    "BULKMSG-FILTERS-AND",
)
@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ({"recipient_ids": ["ada"]}, {"a", "t"}),
        ({"user_ids": ["bob"]}, {"b"}),
        ({"user_ids": []}, set()),
        ({"workflows": ["w1"]}, {"a"}),
        ({"tenants": ["t"]}, {"t"}),
        ({"has_tenant": True}, {"t"}),
        ({"has_tenant": False}, {"a", "b"}),
        ({"engagement_status": "seen"}, {"a"}),
        ({"engagement_status": ["unseen", "unarchived"]}, {"t"}),
        ({"delivery_status": "sent"}, {"b"}),
        ({"archived": "exclude"}, {"a", "t"}),
        ({"archived": "only"}, {"b"}),
        ({"archived": "include"}, {"a", "b", "t"}),
        ({"older_than": "2026-03-01T12:00:01Z"}, {"a"}),
        ({"newer_than": "2026-03-01T12:00:01Z"}, {"t"}),
        ({"trigger_data": '{"k":1}'}, {"b"}),
        ({"recipient_ids": ["ada"], "has_tenant": False}, {"a"}),
        ({"user_ids": ["ada"], "newer_than": "2026-03-01T12:00:01Z", "archived": "exclude"}, {"t"}),
    ],
    ids=lambda value: "".join(sorted(value)) if isinstance(value, set) else str(value),
)
def test_filters_apply_together(
    api: httpx.Client,
    update: Callable[..., dict[str, Any]],
    send: Callable[..., str],
    clock: VirtualClock,
    body: dict[str, Any],
    fits: set[str],
) -> None:
    sent = {"a": send("ada", workflow="w1")}
    clock.advance(timedelta(seconds=1))
    sent["b"] = send("bob", workflow="w2", status="sent", data={"k": 1})
    clock.advance(timedelta(seconds=1))
    sent["t"] = send("ada", workflow="w2", tenant="t")
    api.put(f"/v1/messages/{sent['a']}/seen")
    api.put(f"/v1/messages/{sent['b']}/archived")

    update("read", body)

    assert changed(api) == {sent[each] for each in fits}


@pytest.mark.promise("BULKMSG-FILTER-STATUS", "BULKMSG-OPERATION")
def test_a_message_that_changed_meanwhile_is_judged_as_it_is(
    api: httpx.Client,
    environment: Environment,
    watch: Callable[[dict[str, Any]], list[dict[str, Any]]],
    send: Callable[..., str],
    feed: str,
) -> None:
    message = send()
    channel = feed.rpartition("/")[2]
    started = api.post(f"/v1/channels/{channel}/messages/bulk/read", json={"engagement_status": "unseen"}).json()
    messages = environment.store.messages
    messages.engage([messages.find(message).seq], CHANGES["seen"], at=started["inserted_at"])

    assert watch(started)[-1]["status"] == "completed"
    assert api.get(f"/v1/messages/{message}").json()["read_at"] is None


@pytest.mark.parametrize("body", [{"trigger_data": "nope"}, {"older_than": "yesterday"}, {"workflows": "w"}], ids=str)
def test_a_filter_that_says_nothing_is_refused(api: httpx.Client, feed: str, body: dict[str, Any]) -> None:
    assert api.post(f"/v1/channels/{feed.rpartition('/')[2]}/messages/bulk/read", json=body).status_code == 422


@pytest.mark.promise("BULKMSG-ACTION-INVALID")
def test_an_unknown_action_is_refused(api: httpx.Client, send: Callable[..., str], feed: str) -> None:
    message = send()
    before = api.get(f"/v1/messages/{message}").json()

    assert api.post(f"/v1/channels/{feed.rpartition('/')[2]}/messages/bulk/clicked", json={}).status_code == 422
    assert api.get(f"/v1/messages/{message}").json() == before


def test_an_unknown_channel_is_not_found(api: httpx.Client) -> None:
    path = "/v1/channels/0a9d6d3d-6f12-4b4c-9a2c-6f1f6f0b2d11/messages/bulk/read"

    assert api.post(path, json={}).status_code == 404
