"""What the official client for browsers writes, sent as it writes it: with the public key, and from another origin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .wire import Wire

if TYPE_CHECKING:
    from .stage import Stage

ORIGIN = "https://app.example.com"


@pytest.fixture
def wire(emulator_url: str, key: str, on: Stage) -> Wire:
    on.user("somebody")  # a public key is known once its environment is
    return Wire(
        emulator_url,
        {
            "authorization": f"Bearer {key.replace('sk_', 'pk_')}",
            "accept": "application/json",
            "content-type": "application/json",
            "x-knock-client": "Knock/ClientJS 0.22.1",
            "origin": ORIGIN,
        },
    )


@pytest.fixture
def feed(on: Stage) -> str:
    return f"/v1/users/ada/feeds/{on.channel['in-app-feed']}"


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_every_call_is_preflighted(method: str, emulator_url: str, feed: str) -> None:
    asked = "authorization,content-type,x-knock-client,x-knock-user-token,x-knock-branch"
    headers = {
        "origin": ORIGIN,
        "access-control-request-method": method,
        "access-control-request-headers": asked,
    }

    answer = Wire(emulator_url, headers).send("OPTIONS", feed)

    allowed = answer.headers["access-control-allow-headers"].lower().replace(" ", "").split(",")
    assert answer.status in {200, 204}
    assert method in answer.headers["access-control-allow-methods"]
    assert set(asked.split(",")) <= set(allowed)
    assert answer.headers["access-control-allow-origin"] in {ORIGIN, "*"}


def test_answers_may_be_read_from_another_origin(wire: Wire, feed: str) -> None:
    assert wire.send("GET", feed).headers["access-control-allow-origin"] in {ORIGIN, "*"}


def test_a_feed_is_asked_for_compactly_and_has_all_that_the_client_reads(wire: Wire, feed: str, on: Stage) -> None:
    on.user()
    on.message(data={"text": "Hello", "nested": {"a": 1}})

    page = wire.ask("GET", f"{feed}?archived=exclude&mode=compact&page_size=50")

    item = page["entries"][0]
    assert [page["meta"][name] for name in ("total_count", "unread_count", "unseen_count")] == [1, 1, 1]
    assert "after" in page["page_info"]
    assert (item["seen_at"], item["read_at"], item["archived_at"]) == (None, None, None)
    assert item["blocks"][0]["rendered"]
    assert {"id", "__cursor", "inserted_at", "data", "actors", "source"} <= item.keys()


def test_newer_items_are_asked_for_before_the_first_one_held(wire: Wire, feed: str, on: Stage) -> None:
    held = on.message()
    cursor = wire.ask("GET", f"{feed}?mode=compact")["entries"][0]["__cursor"]
    newer = on.message()

    entries = wire.ask("GET", f"{feed}?mode=compact&before={cursor}")["entries"]

    assert ([each["id"] for each in entries], held in str(entries)) == ([newer], False)


def test_dotted_time_bounds_of_the_feed_are_read(wire: Wire, feed: str, on: Stage) -> None:
    on.message()

    assert wire.ask("GET", f"{feed}?inserted_at.gte=2020-01-01T00:00:00Z")["entries"]
    assert not wire.ask("GET", f"{feed}?inserted_at.gte=2099-01-01T00:00:00Z")["entries"]


def test_trigger_data_of_a_feed_is_a_json_text(wire: Wire, feed: str, on: Stage) -> None:
    on.message(data={"kind": "a"})
    on.message(data={"kind": "b"})

    entries = wire.ask("GET", f"{feed}?trigger_data=%7B%22kind%22%3A%22a%22%7D")["entries"]

    assert [each["data"]["kind"] for each in entries] == ["a"]


@pytest.mark.parametrize(
    ("action", "stamp"), [("seen", "seen_at"), ("read", "read_at"), ("interacted", "interacted_at")]
)
def test_one_item_is_marked_by_a_batch(action: str, stamp: str, wire: Wire, on: Stage) -> None:
    message = on.message()

    marked = wire.ask("POST", f"/v1/messages/batch/{action}", {"message_ids": [message]})

    assert [(each["id"], each[stamp] is None) for each in marked] == [(message, False)]


def test_a_batch_of_interactions_carries_metadata(wire: Wire, on: Stage) -> None:
    body = {"message_ids": [on.message()], "metadata": {"button": "primary"}}

    assert wire.ask("POST", "/v1/messages/batch/interacted", body)[0]["interacted_at"]


def test_marking_all_reaches_the_named_user_alone(wire: Wire, feed: str, on: Stage) -> None:
    on.messages("ada", "bob")
    channel = on.channel["in-app-feed"]
    body = {"user_ids": ["ada"], "engagement_status": "unseen", "archived": "exclude", "has_tenant": False}

    operation = on.knock.bulk_operations.get(wire.ask("POST", f"/v1/channels/{channel}/messages/bulk/seen", body)["id"])
    on.done(operation)

    unseen = [wire.ask("GET", f"/v1/users/{user}/feeds/{channel}")["meta"]["unseen_count"] for user in ("ada", "bob")]
    assert unseen == [0, 1]


def test_guides_are_asked_for_with_data_as_json(wire: Wire, on: Stage) -> None:
    on.user()
    query = "tenant=acme&type=card&data=%7B%22plan%22%3A%22pro%22%7D&force_all_guides=true"

    page = wire.ask("GET", f"/v1/users/ada/guides/{on.channel['in-app-guide']}?{query}")

    assert {"entries", "guide_groups", "guide_group_display_logs", "ineligible_guides"} <= page.keys()


@pytest.mark.parametrize("action", ["seen", "interacted", "archived"])
def test_guides_are_marked_without_a_message_id(action: str, wire: Wire, on: Stage) -> None:
    on.user()
    body: dict[str, Any] = {**on.guide, "content": {}, "data": {}, "is_final": True, "metadata": {}}

    assert wire.ask("PUT", f"/v1/users/ada/guides/messages/{action}", body)["status"] == "ok"


def test_the_engagement_with_a_guide_is_reset(wire: Wire, on: Stage) -> None:
    on.user()
    body = {name: on.guide[name] for name in ("channel_id", "guide_key", "guide_id", "guide_step_ref")}

    assert wire.ask("PUT", "/v1/users/ada/guides/engagements/reset", body)["status"] == "ok"


def test_a_part_of_the_preferences_is_written_as_it_used_to_be(wire: Wire, on: Stage) -> None:
    on.user()
    path = "/v1/users/ada/preferences/default"

    assert wire.ask("PUT", f"{path}/channel_types/email", {"subscribed": False})["channel_types"]["email"] is False
    assert wire.ask("PUT", f"{path}/workflows", {"in-app-message": False})["workflows"] == {"in-app-message": False}
    assert wire.ask("GET", path)["channel_types"]["email"] is False


def test_channel_data_is_put_as_a_whole(wire: Wire, on: Stage) -> None:
    on.user()
    path = f"/v1/users/ada/channel_data/{on.channel['push-fcm']}"

    assert wire.ask("PUT", path, {"data": {"tokens": ["t"]}})["data"]["tokens"] == ["t"]


def test_a_provider_object_comes_in_brackets_beside_the_channel(wire: Wire, on: Stage, key: str) -> None:
    on.slack_token()
    channel = on.channel["slack"]
    query = f"access_token_object[object_id]=acme&access_token_object[collection]=$tenants&channel_id={channel}"

    answer = wire.send(
        "GET", f"/v1/providers/slack/{channel}/auth_check?{query}", headers={"authorization": f"Bearer {key}"}
    )

    assert answer.json["connection"]["ok"] is True


def test_a_path_is_not_escaped_at_all(wire: Wire, on: Stage) -> None:
    on.user("a b")

    assert wire.ask("GET", "/v1/users/a%20b")["id"] == "a b"
    assert wire.send("GET", "/v1/users/100%").status < 500


def test_a_get_says_that_its_body_is_json_and_has_none(wire: Wire, feed: str) -> None:
    assert wire.send("GET", feed).status == 200


def test_a_write_says_that_its_body_is_json_and_has_none(wire: Wire, on: Stage) -> None:
    assert wire.send("PUT", f"/v1/messages/{on.message()}/read").status == 200


def test_identifying_with_no_properties_sends_an_empty_object(wire: Wire) -> None:
    assert wire.send("PUT", "/v1/users/ada", body=json.dumps({}).encode()).json["id"] == "ada"
