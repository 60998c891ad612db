"""Messages as workflows make them: what they say, where they came from, where they went, and what happened to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from knock_harness import contract

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

PUSH, SLACK = "5add7344-bcbb-4d9f-b11e-564ffad35513", "f47adb6f-caac-4d01-bdad-d73146a6bb76"
ADA = {
    "id": "ada",
    "name": "Ada",
    "email": "ada@example.com",
    "phone_number": "+15550100",
    "channel_data": {
        PUSH: {"tokens": ["phone"]},
        SLACK: {
            "connections": [
                {"access_token": "x", "channel_id": "C1", "user_id": "U1"},
                {"incoming_webhook": {"url": "https://hooks.example.com/x"}},
            ]
        },
    },
}


@pytest.fixture
def sent(trigger: Callable[..., str], messages: Callable[..., Any]) -> dict[str, list[dict[str, Any]]]:
    """A message on each kind of channel, by the type of the channel."""
    trigger("all-channels", ADA, data={"title": "News", "a": {"b": [1]}})
    found: dict[str, list[dict[str, Any]]] = {}
    for each in messages():
        found.setdefault(each["channel"]["type"], []).append(each)
    return found


@pytest.fixture
def content(api: httpx.Client) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Read the content of a message."""

    def content(message: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = api.get(f"/v1/messages/{message['id']}/content").raise_for_status().json()
        return found

    return content


FORMS = {
    "email": "MessageEmailContent",
    "sms": "MessageSmsContent",
    "push": "MessagePushContent",
    "chat": "MessageChatContent",
    "in_app_feed": "MessageInAppFeedContent",
}


@pytest.mark.promise("CONTENT-SHAPE")
@pytest.mark.parametrize("kind", FORMS)
def test_the_content_has_the_form_of_its_channel(
    sent: dict[str, list[dict[str, Any]]], content: Callable[..., Any], kind: str
) -> None:
    message = sent[kind][0]

    found = content(message)

    assert (found["__typename"], found["message_id"]) == ("MessageContent", message["id"])
    assert found["inserted_at"] == message["inserted_at"]
    assert found["data"]["__typename"] == FORMS[kind]
    schema = {"$ref": f"#/components/schemas/{FORMS[kind]}"}
    assert not list(contract.validator(schema).iter_errors(found["data"]))


@pytest.mark.promise("CONTENT-EMAIL")
def test_an_email_says_from_whom_to_whom_and_what(
    sent: dict[str, list[dict[str, Any]]], content: Callable[..., Any]
) -> None:
    data = content(sent["email"][0])["data"]

    assert (data["from"], data["to"]) == ("Example <hello@example.com>", "ada@example.com")
    assert data["subject_line"] == "News"
    assert (data["cc"], data["bcc"], data["reply_to"]) == (None, None, None)
    assert data["html_body"]
    assert data["text_body"]


@pytest.mark.promise("CONTENT-EMAIL")
def test_an_email_without_a_text_of_its_own_has_that_of_its_html(
    commit: Callable[..., None], trigger: Callable[..., str], messages: Callable[..., Any], content: Callable[..., Any]
) -> None:
    step = {"ref": "email", "type": "channel", "channel_type": "email", "channel_key": "email"}
    commit("html-only", {**step, "template": {"subject": "x", "html_body": "<p>Read this</p>"}})
    trigger("html-only", ADA)

    assert content(messages()[0])["data"]["text_body"].strip() == "Read this"


@pytest.mark.promise("CONTENT-IN-APP-EQUALS-FEED")
def test_an_item_of_the_feed_shows_the_blocks_of_its_message(
    sent: dict[str, list[dict[str, Any]]], content: Callable[..., Any], api: httpx.Client, feed: str
) -> None:
    (item,) = api.get(feed).json()["entries"]

    assert item["blocks"] == content(sent["in_app_feed"][0])["data"]["blocks"]
    assert all("rendered" in each or "buttons" in each for each in item["blocks"])


@pytest.mark.promise("CONTENT-BATCH")
def test_contents_of_many_are_those_of_each(
    sent: dict[str, list[dict[str, Any]]], content: Callable[..., Any], api: httpx.Client
) -> None:
    messages = [each for found in sent.values() for each in found]

    found = api.get("/v1/messages/batch/content", params={"message_ids[]": [each["id"] for each in messages]}).json()

    assert {each["message_id"]: each for each in found} == {each["id"]: content(each) for each in messages}
    assert len(found) == len(messages)


@pytest.mark.promise("CONTENT-BATCH-IDS")
@pytest.mark.parametrize(("query", "status"), [({}, 422), ({"message_ids[]": "unknown"}, 200)], ids=["none", "unknown"])
def test_a_batch_without_messages_yields_none(api: httpx.Client, query: dict[str, str], status: int) -> None:
    answer = api.get("/v1/messages/batch/content", params=query)

    assert answer.status_code == status
    assert status != 200 or answer.json() == []


@pytest.mark.promise("MSG-SOURCE")
def test_a_message_names_workflow_step_and_runs(
    commit: Callable[..., None],
    in_app: Callable[..., dict[str, Any]],
    trigger: Callable[..., str],
    messages: Callable[..., Any],
    runs: Callable[..., Any],
    environment: Any,
) -> None:
    commit("sorted", in_app("the-step"), categories=["a", "b"])
    run_id = trigger("sorted")

    (message,) = messages()
    assert message["workflow"] == "sorted"
    assert message["source"] == {
        "__typename": "NotificationSource",
        "key": "sorted",
        "version_id": environment.project.workflows["sorted"].version_id,
        "categories": ["a", "b"],
        "type": "workflow",
        "step_ref": "the-step",
        "workflow_run_id": run_id,
        "workflow_recipient_run_id": runs()[0]["id"],
    }


@pytest.mark.promise("MSG-DATA")
def test_a_message_has_the_data_of_its_trigger(sent: dict[str, list[dict[str, Any]]]) -> None:
    assert all(each["data"] == {"title": "News", "a": {"b": [1]}} for found in sent.values() for each in found)


@pytest.mark.promise("MSG-RECIPIENT-SNAPSHOT")
def test_a_message_keeps_where_it_went(sent: dict[str, list[dict[str, Any]]], api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={"name": "New", "email": "new@example.com"})

    shown = {
        kind: [api.get(f"/v1/messages/{each['id']}").json()["recipient_snapshot"] for each in found]
        for kind, found in sent.items()
    }

    assert shown["email"] == [{"email": "ada@example.com", "name": "Ada"}]
    assert shown["chat"] == [
        {"channel_id": "C1", "user_id": "U1", "via_incoming_webhook": False},
        {"channel_id": None, "user_id": None, "via_incoming_webhook": True},
    ]
    assert shown["in_app_feed"] == [None]


@pytest.mark.promise("MSG-IN-APP-DELIVERED")
def test_an_in_app_message_is_delivered_at_once(sent: dict[str, list[dict[str, Any]]], api: httpx.Client) -> None:
    (message,) = sent["in_app_feed"]

    events = api.get(f"/v1/messages/{message['id']}/events").json()["items"]

    assert message["status"] == "delivered"
    assert [each["type"] for each in events] == ["message.created", "message.delivered"]


@pytest.mark.promise("EVENTS-TYPES")
def test_every_event_has_a_known_type_and_the_recipient(
    sent: dict[str, list[dict[str, Any]]], api: httpx.Client
) -> None:
    messages = [each for found in sent.values() for each in found]
    for word in ("seen", "read", "interacted", "archived"):
        api.post(f"/v1/messages/batch/{word}", json={"message_ids": [each["id"] for each in messages]})

    for message in messages:
        events = api.get(f"/v1/messages/{message['id']}/events").json()["items"]
        assert {each["__typename"] for each in events} == {"MessageEvent"}
        assert {each["recipient"] for each in events} == {"ada"}
        assert len({each["id"] for each in events}) == len(events)
        assert all("data" in each and each["type"].startswith("message.") for each in events)


@pytest.mark.promise("ACTIVITIES-SINGLE")
@pytest.mark.parametrize("actor", [None, "bob"])
def test_a_message_tells_of_one_trigger(
    trigger: Callable[..., str], messages: Callable[..., Any], api: httpx.Client, actor: str | None
) -> None:
    api.put("/v1/users/bob", json={"name": "Bob"})
    trigger("in-app-message", {"id": "ada", "name": "Ada"}, data={"a": 1}, actor=actor)

    (activity,) = api.get(f"/v1/messages/{messages()[0]['id']}/activities").json()["items"]

    assert (activity["data"], activity["recipient"]["name"]) == ({"a": 1}, "Ada")
    assert activity["actor"] == (None if actor is None else api.get("/v1/users/bob").json())


@pytest.mark.promise("ACTIVITIES-BATCH-ALL")
def test_all_triggers_of_a_batch_are_told(api: httpx.Client, send: Callable[..., str], feed: str) -> None:
    message = send(actors=[None] * 15)
    path, found, after = f"/v1/messages/{message}/activities", [], None
    while page := api.get(path, params={"page_size": 4, **({"after": after} if after else {})}).json():
        found += page["items"]
        after = page["page_info"]["after"]
        if after is None:
            break

    assert len({each["id"] for each in found}) == 15 == api.get(feed).json()["entries"][0]["total_activities"]
