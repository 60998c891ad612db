"""Messages when recipients go or become one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from knock_harness.emulator.references import Ref

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import VirtualClock
    from knock_harness.emulator.environment import Environment


@pytest.fixture(autouse=True)
def users(api: httpx.Client) -> None:
    for name in ("ada", "bob", "eve"):
        api.put(f"/v1/users/{name}", json={"name": name.title()})


def ids(api: httpx.Client, path: str, key: str = "items") -> list[str]:
    return [each["id"] for each in api.get(path).json()[key]]


def test_a_deleted_user_takes_its_messages_along(
    api: httpx.Client, environment: Environment, send: Callable[..., str], feed: str
) -> None:
    message, kept = send("ada"), send("bob")
    api.put(f"/v1/messages/{message}/read")

    api.delete("/v1/users/ada")

    assert api.get(f"/v1/messages/{message}").status_code == 404
    assert ids(api, "/v1/messages") == [kept]
    assert api.get(feed).json()["meta"]["total_count"] == 0
    left = environment.store.connection.execute("SELECT DISTINCT message FROM message_events").fetchall()
    assert len(left) == 1


def test_the_place_of_a_deleted_message_is_not_given_again(api: httpx.Client, send: Callable[..., str]) -> None:
    actors = [Ref("", "bob"), Ref("projects", "p")]
    send("ada", actors=actors)
    api.delete("/v1/users/ada")

    message = send("eve", actors=actors)

    assert ids(api, "/v1/messages") == [message]


def test_a_deleted_message_leaves_no_actors(
    api: httpx.Client, environment: Environment, send: Callable[..., str]
) -> None:
    for recipient in ("ada", "eve"):
        send(recipient, actors=[Ref("", "bob"), Ref("projects", "p")])

    api.delete("/v1/users/ada")

    left = environment.store.connection.execute("SELECT collection, id FROM message_actors").fetchall()
    assert sorted(left) == [("", "bob"), ("projects", "p")]


def test_a_deleted_actor_leaves_a_marker_without_its_data(api: httpx.Client, send: Callable[..., str]) -> None:
    message = send("ada", actors=[Ref("", "bob")])
    api.delete("/v1/users/bob")

    [activity] = api.get(f"/v1/messages/{message}/activities").json()["items"]

    assert (activity["actor"]["id"], activity["actor"].get("name")) == ("bob", None)


def test_a_merge_hands_over_messages_of_the_last_thirty_days(
    api: httpx.Client, send: Callable[..., str], clock: VirtualClock, feed: str
) -> None:
    send("bob")
    clock.advance(timedelta(days=31))
    recent = send("bob")
    api.put(f"/v1/messages/{recent}/seen")

    api.post("/v1/users/ada/merge", json={"from_user_id": "bob"})

    assert ids(api, "/v1/users/ada/messages") == [recent]
    meta = api.get(feed).json()["meta"]
    assert [meta["total_count"], meta["unread_count"], meta["unseen_count"]] == [1, 1, 0]
    assert api.get(f"/v1/messages/{recent}").json()["recipient"] == "ada"
    assert api.get(f"/v1/messages/{recent}/events").json()["items"][0]["recipient"] == "ada"


def test_after_a_merge_activities_name_the_remaining_user(api: httpx.Client, send: Callable[..., str]) -> None:
    acted = send("eve", actors=[Ref("", "bob"), Ref("c", "bob")])

    api.post("/v1/users/ada/merge", json={"from_user_id": "bob"})

    assert api.get(f"/v1/messages/{acted}").json()["actors"] == ["ada", {"id": "bob", "collection": "c"}]
    activities = api.get(f"/v1/messages/{acted}/activities").json()["items"]
    assert [each["actor"]["id"] for each in activities] == ["ada", "bob"]
    assert activities[0]["actor"]["name"] == "Ada"
