"""Messages one at a time and many at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator.references import Ref

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import VirtualClock

MARKS = {"seen": "seen_at", "read": "read_at", "interacted": "interacted_at", "archived": "archived_at"}
UNDOS = {
    "seen": ("seen", "unseen"),
    "read": ("read", "unread"),
    "archived": ("archived", "unarchived"),
}
ALL_UNDOS = [(word, path) for word, paths in UNDOS.items() for path in paths]


def events(api: httpx.Client, message: str) -> list[str]:
    return [each["type"] for each in api.get(f"/v1/messages/{message}/events").json()["items"]]


@pytest.mark.promise("MSG-SHAPE")
def test_a_message_names_what_made_it(api: httpx.Client, send: Callable[..., str]) -> None:
    message = api.get(f"/v1/messages/{send(workflow='news', categories=['a'], tenant='t')}").json()

    assert message["source"] == {
        "__typename": "NotificationSource",
        "key": "news",
        "version_id": "0a9d6d3d-6f12-4b4c-9a2c-6f1f6f0b2d11",
        "categories": ["a"],
        "type": "workflow",
        "step_ref": "step_1",
        "workflow_run_id": None,
        "workflow_recipient_run_id": None,
    }
    assert (message["workflow"], message["tenant"], message["recipient"]) == ("news", "t", "ada")


@pytest.mark.promise("MSG-SHAPE")
def test_what_is_unset_is_null(api: httpx.Client, send: Callable[..., str]) -> None:
    message = api.get(f"/v1/messages/{send()}").json()

    assert [message[name] for name in (*MARKS.values(), "link_clicked_at", "tenant", "recipient_snapshot")] == [
        None
    ] * 7


@pytest.mark.promise("MSG-UNKNOWN-404")
@pytest.mark.parametrize("path", ["", "/content", "/events", "/activities", "/delivery_logs"])
def test_an_unknown_message_is_not_found(api: httpx.Client, path: str) -> None:
    assert api.get(f"/v1/messages/nobody-sent-this{path}").status_code == 404


@pytest.mark.promise("ENGAGE-MARK", "ENGAGE-INTERACTED")
@pytest.mark.parametrize("word", MARKS)
def test_a_mark_sets_its_time_and_word(api: httpx.Client, send: Callable[..., str], word: str) -> None:
    message = send()

    marked = api.put(f"/v1/messages/{message}/{word}").json()

    assert marked[MARKS[word]] == "2026-03-01T12:00:00.000000Z"
    assert marked["engagement_statuses"] == [word]
    assert api.get(f"/v1/messages/{message}").json() == marked


@pytest.mark.promise("ENGAGE-REPEAT-LATEST-TIME", "EVENTS-REPEATS")
def test_a_repeated_mark_moves_its_time_and_leaves_an_event(
    api: httpx.Client, send: Callable[..., str], clock: VirtualClock
) -> None:
    message = send()
    api.put(f"/v1/messages/{message}/read")
    clock.advance(timedelta(seconds=2))

    again = api.put(f"/v1/messages/{message}/read").json()

    assert again["read_at"] == "2026-03-01T12:00:02.000000Z"
    assert events(api, message) == ["message.created", "message.read", "message.read"]


@pytest.mark.promise("ENGAGE-UNDO")
@pytest.mark.parametrize(("word", "path"), ALL_UNDOS)
def test_either_path_undoes_one_mark_alone(api: httpx.Client, send: Callable[..., str], word: str, path: str) -> None:
    message = send()
    for each in MARKS:
        api.put(f"/v1/messages/{message}/{each}")

    undone = api.delete(f"/v1/messages/{message}/{path}").json()

    assert undone["engagement_statuses"] == [each for each in MARKS if each != word]
    assert undone[MARKS[word]] is None


@pytest.mark.promise("ENGAGE-UNDO-UNSET")
def test_undoing_what_is_not_set_changes_nothing(
    api: httpx.Client, send: Callable[..., str], clock: VirtualClock
) -> None:
    message = send()
    before = api.get(f"/v1/messages/{message}").json()
    clock.advance(timedelta(seconds=2))

    assert api.delete(f"/v1/messages/{message}/read").json() == before
    assert events(api, message) == ["message.created"]


def test_engagement_keeps_the_delivery_status(api: httpx.Client, send: Callable[..., str]) -> None:
    message = send(status="sent")

    assert api.put(f"/v1/messages/{message}/seen").json()["status"] == "sent"


@pytest.mark.promise("ENGAGE-INTERACTED", "EVENTS-DELIVERY-DATA")
def test_an_interaction_keeps_its_metadata_in_the_event(api: httpx.Client, send: Callable[..., str]) -> None:
    message = send()

    api.put(f"/v1/messages/{message}/interacted", json={"metadata": {"button": "ok", "n": 1}})

    last = api.get(f"/v1/messages/{message}/events").json()["items"][-1]
    assert (last["type"], last["data"]) == ("message.interacted", {"metadata": {"button": "ok", "n": 1}})


@pytest.mark.promise("ENGAGE-INTERACTED-METADATA-LIMIT")
@pytest.mark.parametrize("metadata", [dict.fromkeys("abcdef", 1), {"a": [1]}, {"a": {}}], ids=["six", "list", "map"])
def test_metadata_is_small_and_flat(api: httpx.Client, send: Callable[..., str], metadata: dict[str, Any]) -> None:
    message = send()

    assert api.put(f"/v1/messages/{message}/interacted", json={"metadata": metadata}).status_code == 422
    assert api.get(f"/v1/messages/{message}").json()["interacted_at"] is None


@pytest.mark.promise("MSGBATCH-APPLIES", "MSGBATCH-UNKNOWN-ID")
def test_a_batch_changes_the_messages_named_and_lists_them(api: httpx.Client, send: Callable[..., str]) -> None:
    first, other, second = send(), send(), send()

    answer = api.post("/v1/messages/batch/read", json={"message_ids": [first, "unknown", second]}).json()

    assert [(each["id"], each["engagement_statuses"]) for each in answer] == [(first, ["read"]), (second, ["read"])]
    assert api.get(f"/v1/messages/{other}").json()["read_at"] is None


@pytest.mark.promise("MSGBATCH-APPLIES")
@pytest.mark.parametrize("word", ["seen", "unseen", "read", "unread", "archived", "unarchived", "interacted"])
def test_a_batch_does_what_the_single_call_does(api: httpx.Client, send: Callable[..., str], word: str) -> None:
    batched, single = send(), send()
    for each in MARKS:
        api.put(f"/v1/messages/{single}/{each}")
        api.put(f"/v1/messages/{batched}/{each}")

    api.request("DELETE" if word.startswith("un") else "PUT", f"/v1/messages/{single}/{word}")
    api.post(f"/v1/messages/batch/{word}", json={"message_ids": [batched]})

    times = [[api.get(f"/v1/messages/{each}").json()[name] for name in MARKS.values()] for each in (batched, single)]
    assert times[0] == times[1]


@pytest.mark.promise("MSGBATCH-INTERACTED-METADATA")
def test_the_metadata_of_a_batch_belongs_to_each_message(api: httpx.Client, send: Callable[..., str]) -> None:
    messages = [send(), send()]

    api.post("/v1/messages/batch/interacted", json={"message_ids": messages, "metadata": {"via": "test"}})

    last = [api.get(f"/v1/messages/{each}/events").json()["items"][-1]["data"] for each in messages]
    assert last == [{"metadata": {"via": "test"}}] * 2


@pytest.mark.promise("CONTENT-BATCH", "CONTENT-BATCH-IDS")
def test_contents_come_in_the_order_asked_without_the_unknown(api: httpx.Client, send: Callable[..., str]) -> None:
    first, second = send(), send(channel="sms")

    contents = api.get("/v1/messages/batch/content", params={"message_ids[]": [second, "unknown", first]}).json()

    assert contents == [api.get(f"/v1/messages/{each}/content").json() for each in (second, first)]
    assert [each["data"]["__typename"] for each in contents] == ["MessageSmsContent", "MessageInAppFeedContent"]


def test_an_activity_shows_actor_and_recipient_as_they_are_now(api: httpx.Client, send: Callable[..., str]) -> None:
    message = send(data={"a": 1}, actors=[Ref("", "bob")])
    api.put("/v1/users/ada", json={"name": "Ada"})
    api.put("/v1/users/bob", json={"name": "Bob"})

    [activity] = api.get(f"/v1/messages/{message}/activities").json()["items"]

    assert (activity["recipient"]["name"], activity["actor"]["name"], activity["data"]) == ("Ada", "Bob", {"a": 1})


def test_activities_are_filtered_and_paged(api: httpx.Client, send: Callable[..., str]) -> None:
    message = send(data={"a": 1}, actors=[None] * 5)
    path = f"/v1/messages/{message}/activities"

    first = api.get(path, params={"page_size": 2}).json()
    second = api.get(path, params={"page_size": 2, "after": first["page_info"]["after"]}).json()

    assert api.get(path, params={"trigger_data": '{"a":2}'}).json()["items"] == []
    assert len({each["id"] for each in first["items"] + second["items"]}) == 4
    assert (
        api.get(path, params={"page_size": 2, "before": second["page_info"]["before"]}).json()["items"]
        == first["items"]
    )


@pytest.mark.promise("DELIVERY-LOGS-IN-APP-EMPTY")
def test_in_app_messages_have_no_delivery_logs(api: httpx.Client, send: Callable[..., str]) -> None:
    assert api.get(f"/v1/messages/{send()}/delivery_logs").json()["items"] == []


@pytest.mark.promise("LIST-PARTITION", "MSG-GET-EQUALS-LIST")
def test_lists_hold_what_they_name(api: httpx.Client, send: Callable[..., str]) -> None:
    of_user, of_object = send("x"), send(Ref("c", "x"), channel="sms")

    lists = [api.get(path).json()["items"] for path in ("/v1/users/x/messages", "/v1/objects/c/x/messages")]

    assert [[each["id"] for each in found] for found in lists] == [[of_user], [of_object]]
    assert [each["id"] for each in api.get("/v1/messages").json()["items"]] == [of_object, of_user]
    assert lists[1][0]["recipient"] == {"id": "x", "collection": "c"}
    assert lists[0][0] == api.get(f"/v1/messages/{of_user}").json()


FILTERS: dict[str, dict[str, Any]] = {
    "status": {"status[]": ["sent", "queued"]},
    "channel": {"channel_id": "sms"},
    "tenant": {"tenant": "t"},
    "source": {"source": "in-app"},
    "categories": {"workflow_categories[]": ["b", "c"]},
    "run": {"workflow_run_id": "7d1c9a0e-5f5a-4b9c-8f0d-0e6d9a5b4c3d"},
    "recipient run": {"workflow_recipient_run_id": "7d1c9a0e-5f5a-4b9c-8f0d-0e6d9a5b4c3d"},
    "data": {"trigger_data": '{"k":"v"}'},
    "after": {"inserted_at.gt": "2026-03-01T12:00:00Z"},
    "offset": {"inserted_at[gte]": "2026-03-01T14:00:01+02:00"},
}
MADE: dict[str, dict[str, Any]] = {
    "status": {"status": "sent"},
    "channel": {"channel": "sms"},
    "tenant": {"tenant": "t"},
    "source": {"workflow": "in-app"},
    "categories": {"categories": ["a", "b"]},
    "run": {"run_id": "7d1c9a0e-5f5a-4b9c-8f0d-0e6d9a5b4c3d"},
    "recipient run": {"recipient_run_id": "7d1c9a0e-5f5a-4b9c-8f0d-0e6d9a5b4c3d"},
    "data": {"data": {"k": "v", "l": 1}},
    "after": {},
    "offset": {},
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_keeps_what_fits(
    api: httpx.Client, send: Callable[..., str], clock: VirtualClock, environment: Any, name: str
) -> None:
    send()
    clock.advance(timedelta(seconds=1))
    wanted = send(**MADE[name])
    sms = next(each.id for each in environment.project.channels.values() if each.type == "sms")
    params = {key: sms if value == "sms" else value for key, value in FILTERS[name].items()}

    items = api.get("/v1/messages", params=params).json()["items"]

    assert [each["id"] for each in items] == [wanted]


@pytest.mark.promise("LIST-FILTERS-AND")
def test_filters_apply_together(api: httpx.Client, send: Callable[..., str]) -> None:
    send(tenant="t")
    both = send(tenant="t", data={"k": None})

    found = api.get("/v1/users/ada/messages", params={"tenant": "t", "trigger_data": '{"k":null}'}).json()["items"]

    assert [each["id"] for each in found] == [both]


@pytest.mark.promise("LIST-FILTER-ENGAGEMENT")
def test_seen_and_unseen_partition_a_list(api: httpx.Client, send: Callable[..., str]) -> None:
    seen, unseen = send(), send()
    api.put(f"/v1/messages/{seen}/seen")

    found = [
        api.get("/v1/messages", params={"engagement_status[]": word}).json()["items"] for word in ("seen", "unseen")
    ]

    assert [[each["id"] for each in items] for items in found] == [[seen], [unseen]]


def test_messages_are_found_by_their_ids(api: httpx.Client, send: Callable[..., str]) -> None:
    first, _, third = send(), send(), send()

    items = api.get("/v1/messages", params={"message_ids[]": [first, third, "unknown"]}).json()["items"]

    assert [each["id"] for each in items] == [third, first]


@pytest.mark.promise("LIST-FILTER-IDS")
def test_more_than_fifty_ids_are_refused(api: httpx.Client) -> None:
    assert api.get("/v1/messages", params={"message_ids[]": [str(n) for n in range(51)]}).status_code == 422


@pytest.mark.parametrize("value", ["hello", '{"a":{"b":1}}', "[]"], ids=["text", "nested", "list"])
def test_a_filter_on_data_is_a_flat_object(api: httpx.Client, value: str) -> None:
    assert api.get("/v1/messages", params={"trigger_data": value}).status_code == 422


def test_paging_in_both_directions_meets_every_message_once(api: httpx.Client, send: Callable[..., str]) -> None:
    sent = [send() for _ in range(5)]
    first = api.get("/v1/messages", params={"page_size": 2}).json()
    second = api.get("/v1/messages", params={"page_size": 2, "after": first["page_info"]["after"]}).json()
    back = api.get("/v1/messages", params={"page_size": 2, "before": second["page_info"]["before"]}).json()

    assert [each["id"] for each in first["items"] + second["items"]] == sent[:0:-1]
    assert back["items"] == first["items"]
    assert first["page_info"]["before"] is None
