"""In-app feeds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator.references import Ref

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import VirtualClock
    from knock_harness.emulator.environment import Environment

NOTHING = {"__typename": "FeedMetadata", "total_count": 0, "unread_count": 0, "unseen_count": 0}


def counts(answer: httpx.Response) -> list[int]:
    meta = answer.json()["meta"]
    return [meta["total_count"], meta["unread_count"], meta["unseen_count"]]


def ids(answer: httpx.Response) -> list[str]:
    return [each["id"] for each in answer.json()["entries"]]


@pytest.mark.promise("FEED-EMPTY-COUNTS", "USER-FEED-UNKNOWN-EMPTY", "FEED-SHAPE")
def test_the_feed_of_an_unknown_user_is_empty(api: httpx.Client, feed: str) -> None:
    answer = api.get(feed)

    assert (answer.status_code, answer.json()["entries"], answer.json()["meta"]) == (200, [], NOTHING)


@pytest.mark.parametrize("path", ["", "/settings"])
def test_only_an_in_app_channel_has_a_feed(api: httpx.Client, environment: Environment, path: str) -> None:
    sms = next(each for each in environment.project.channels.values() if each.type == "sms")

    assert api.get(f"/v1/users/ada/feeds/{sms.id}{path}").status_code == 404


@pytest.mark.promise("USER-FEED-SETTINGS-SHAPE")
def test_settings_say_whether_branding_is_required(api: httpx.Client, feed: str) -> None:
    assert api.get(f"{feed}/settings").json() == {"features": {"branding_required": False}}


@pytest.mark.promise("FEED-ITEM-IS-MESSAGE")
def test_an_item_agrees_with_its_message(api: httpx.Client, feed: str, send: Callable[..., str]) -> None:
    message = send(tenant="t", data={"a": 1})
    api.put(f"/v1/messages/{message}/read")

    [item] = api.get(feed).json()["entries"]

    shown = api.get(f"/v1/messages/{message}").json()
    names = ("id", "tenant", "data", "inserted_at", "seen_at", "read_at", "interacted_at", "archived_at", "updated_at")
    assert [item[name] for name in names] == [shown[name] for name in names]
    assert item["blocks"] == api.get(f"/v1/messages/{message}/content").json()["data"]["blocks"]


@pytest.mark.promise("FEED-ONLY-OWN")
def test_a_feed_holds_the_messages_of_its_user_alone(api: httpx.Client, feed: str, send: Callable[..., str]) -> None:
    send("bob")
    send(channel="sms")
    send(Ref("c", "ada"))
    own = send()

    assert ids(api.get(feed)) == [own]
    assert counts(api.get(feed)) == [1, 1, 1]


@pytest.mark.promise("FEED-COUNTS-MATCH-ITEMS", "FEED-COUNTS-ARCHIVED", "FEED-COUNTS-IDEMPOTENT")
def test_counts_follow_every_change(api: httpx.Client, feed: str, send: Callable[..., str]) -> None:
    first, second = send(), send()
    seen = [counts(api.get(feed))]
    for method, message, word in [
        ("PUT", first, "read"),
        ("PUT", first, "read"),
        ("PUT", second, "seen"),
        ("PUT", second, "archived"),
        ("DELETE", second, "archived"),
        ("DELETE", first, "read"),
    ]:
        api.request(method, f"/v1/messages/{message}/{word}")
        seen.append(counts(api.get(feed)))

    assert seen == [[2, 2, 2], [2, 1, 2], [2, 1, 2], [2, 1, 1], [1, 0, 1], [2, 1, 1], [2, 2, 1]]


@pytest.mark.promise("FEED-STATUS-FILTER")
@pytest.mark.parametrize(("word", "shown"), [("unread", [2]), ("read", [1]), ("unseen", [2, 1]), ("seen", [])])
def test_status_keeps_items_by_one_flag(
    api: httpx.Client, feed: str, send: Callable[..., str], word: str, shown: list[int]
) -> None:
    sent = {1: send(), 2: send()}
    api.put(f"/v1/messages/{sent[1]}/read")

    answer = api.get(feed, params={"status": word})

    assert ids(answer) == [sent[each] for each in shown]
    assert counts(answer)[0] == len(shown)


@pytest.mark.promise("FEED-ARCHIVED-FILTER")
@pytest.mark.parametrize(("word", "shown"), [("exclude", ["kept"]), ("include", ["kept", "gone"]), ("only", ["gone"])])
def test_archived_items_are_shown_on_request(
    api: httpx.Client, feed: str, send: Callable[..., str], word: str, shown: list[str]
) -> None:
    sent = {"gone": send(), "kept": send()}
    api.put(f"/v1/messages/{sent['gone']}/archived")

    answer = api.get(feed, params={"archived": word})

    assert ids(answer) == [sent[each] for each in shown]
    assert counts(answer)[0] == len(shown)


@pytest.mark.promise("FEED-TENANT-INCLUDES-NONE", "FEED-HAS-TENANT")
@pytest.mark.parametrize(
    ("params", "shown"),
    [
        ({"tenant": "t"}, ["none", "t"]),
        ({"has_tenant": "true"}, ["u", "t"]),
        ({"has_tenant": "false"}, ["none"]),
        ({"tenant": "t", "has_tenant": "true"}, ["t"]),
    ],
    ids=["tenant", "with", "without", "exactly"],
)
def test_tenant_filters(
    api: httpx.Client, feed: str, send: Callable[..., str], params: dict[str, str], shown: list[str]
) -> None:
    sent = {"t": send(tenant="t"), "u": send(tenant="u"), "none": send()}

    answer = api.get(feed, params=params)

    assert ids(answer) == [sent[each] for each in shown]
    assert counts(answer) == [len(shown)] * 3


@pytest.mark.promise("FEED-SOURCE-CATEGORIES", "FEED-COUNTS-SCOPED")
@pytest.mark.parametrize(
    "params",
    [
        {"source": "b"},
        {"workflow_categories[]": "x"},
        {"trigger_data": '{"k":1}'},
        {"inserted_at.gte": "2026-03-01T12:00:01Z"},
    ],
    ids=["source", "categories", "data", "time"],
)
def test_other_filters_scope_items_and_counts(
    api: httpx.Client, feed: str, send: Callable[..., str], clock: VirtualClock, params: dict[str, str]
) -> None:
    send(workflow="a", categories=["y"], data={"k": True})
    clock.advance(timedelta(seconds=1))
    wanted = send(workflow="b", categories=["x", "y"], data={"k": 1})

    answer = api.get(feed, params=params)

    assert (ids(answer), counts(answer)) == ([wanted], [1, 1, 1])


@pytest.mark.promise("FEED-BEFORE-NEWER")
def test_the_cursor_of_an_item_leads_both_ways(api: httpx.Client, feed: str, send: Callable[..., str]) -> None:
    sent = [send() for _ in range(4)]
    cursors = [each["__cursor"] for each in api.get(feed).json()["entries"]]

    assert ids(api.get(feed, params={"after": cursors[1]})) == [sent[1], sent[0]]
    assert ids(api.get(feed, params={"before": cursors[1]})) == [sent[3]]


@pytest.mark.promise("FEED-COUNTS-MATCH-ITEMS")
def test_every_page_shows_the_same_counts(api: httpx.Client, feed: str, send: Callable[..., str]) -> None:
    for _ in range(5):
        send()
    first = api.get(feed, params={"page_size": 2})
    second = api.get(feed, params={"page_size": 2, "after": first.json()["page_info"]["after"]})

    assert counts(first) == counts(second) == [5, 5, 5]
    assert len(set(ids(first) + ids(second))) == 4


def test_a_feed_page_holds_at_most_two_hundred(api: httpx.Client, feed: str) -> None:
    assert api.get(feed, params={"page_size": 201}).status_code == 422


@pytest.mark.promise("FEED-MODE-SHAPE")
def test_the_compact_mode_drops_what_nests(api: httpx.Client, feed: str, send: Callable[..., str]) -> None:
    send(data={"a": 1, "b": [1], "c": {}}, actors=[Ref("", "bob"), Ref("", "eve")])

    [rich] = api.get(feed).json()["entries"]
    [compact] = api.get(feed, params={"mode": "compact"}).json()["entries"]

    dropped = {"activities", "total_activities"}
    reduced = {name: value for name, value in rich.items() if name not in dropped}
    assert compact == {**reduced, "actors": rich["actors"][:1], "data": {"a": 1}}
    assert [each["id"] for each in rich["actors"]] == ["bob", "eve"]


@pytest.mark.parametrize(
    ("exclude", "path"),
    [
        ("entries.archived_at", ["entries", 0, "archived_at"]),
        ("meta", ["meta"]),
        ("nope, entries.data.x ,,entries..id", ["entries", 0, "data", "x"]),
    ],
)
def test_excluded_fields_are_left_out_and_nothing_else(
    api: httpx.Client, feed: str, send: Callable[..., str], exclude: str, path: list[Any]
) -> None:
    send(data={"x": 1, "y": 2})
    expected = api.get(feed).json()
    place = expected
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]

    assert api.get(feed, params={"exclude": exclude}).json() == expected


def test_a_deeper_path_excludes_nothing(api: httpx.Client, feed: str, send: Callable[..., str]) -> None:
    send(data={"x": {"y": 1}})

    assert api.get(feed, params={"exclude": "entries.data.x.y"}).json() == api.get(feed).json()


@pytest.mark.promise("FEED-ATTACHMENTS-HIDDEN")
@pytest.mark.parametrize("attachments", [[{"name": "x"}], "x"], ids=["list", "text"])
def test_attachments_are_hidden(api: httpx.Client, feed: str, send: Callable[..., str], attachments: Any) -> None:
    message = send(data={"a": 1, "attachments": attachments, "b": {"c": 2}})

    [item] = api.get(feed).json()["entries"]
    [compact] = api.get(feed, params={"mode": "compact"}).json()["entries"]

    assert item["data"] == item["activities"][0]["data"] == {"a": 1, "b": {"c": 2}}
    assert compact["data"] == {"a": 1}
    assert "attachments" in api.get(f"/v1/messages/{message}").json()["data"]


@pytest.mark.promise("FEED-ACTIVITIES")
def test_an_item_shows_at_most_ten_activities(api: httpx.Client, feed: str, send: Callable[..., str]) -> None:
    send(actors=[None] * 12)

    [item] = api.get(feed).json()["entries"]

    assert (len(item["activities"]), item["total_activities"]) == (10, 12)


@pytest.mark.promise("FEED-VARS-PUBLIC-ONLY")
def test_only_public_variables_are_shown(api: httpx.Client, feed: str, environment: Environment) -> None:
    environment.project = replace(
        environment.project, variables={"open": "yes", "hidden": "no"}, public_variables=frozenset({"open"})
    )

    assert api.get(feed).json()["vars"] == {"open": "yes"}


def test_a_missing_actor_leaves_a_marker(api: httpx.Client, feed: str, send: Callable[..., str]) -> None:
    send(actors=[Ref("", "bob")])

    [actor] = api.get(feed).json()["entries"][0]["actors"]

    assert (actor["__typename"], actor["id"], actor["__missing__"]) == ("User", "bob", True)


def test_reading_a_feed_changes_nothing(api: httpx.Client, feed: str, send: Callable[..., str]) -> None:
    message = send()

    first, second = api.get(feed).json(), api.get(feed).json()

    assert first == second
    assert len(api.get(f"/v1/messages/{message}/events").json()["items"]) == 1


@pytest.mark.promise("FEED-FILTERS-AND")
def test_filters_apply_together(api: httpx.Client, feed: str, send: Callable[..., str]) -> None:
    wanted = send(tenant="t", workflow="b", data={"k": 1})
    for other in ({"tenant": "u"}, {"workflow": "a"}, {"data": {"k": 2}}):
        send(**{"tenant": "t", "workflow": "b", "data": {"k": 1}, **other})

    answer = api.get(feed, params={"tenant": "t", "source": "b", "trigger_data": '{"k":1}', "status": "unread"})

    assert (ids(answer), counts(answer)) == ([wanted], [1, 1, 1])


@pytest.mark.promise("FEED-NEW-ON-TOP")
def test_a_new_item_comes_first_and_counts_once(api: httpx.Client, feed: str, send: Callable[..., str]) -> None:
    old = [send(), send()]

    new = send()

    assert ids(api.get(feed)) == [new, *old[::-1]]
    assert counts(api.get(feed)) == [3, 3, 3]


@pytest.mark.promise("FEED-BLOCKS")
def test_blocks_have_their_template_and_what_came_of_it(
    api: httpx.Client, feed: str, commit: Callable[..., None], in_app: Callable[..., Any], trigger: Callable[..., str]
) -> None:
    buttons = [{"label": "Go {{ data.n }}", "action": "https://example.com/{{ data.n }}"}]
    template = {"markdown_body": "**{{ data.n }}**", "action_url": "/{{ data.n }}", "action_buttons": buttons}
    commit("blocks", in_app(template=template))

    trigger("blocks", "ada", data={"n": 7})

    body, url, actions = api.get(feed).json()["entries"][0]["blocks"]
    assert (body["type"], body["name"], body["content"]) == ("markdown", "body", "**{{ data.n }}**")
    assert body["rendered"].strip() == "<p><strong>7</strong></p>"
    assert (url["type"], url["content"], url["rendered"]) == ("text", "/{{ data.n }}", "/7")
    assert (actions["type"], actions["buttons"][0]["label"]) == ("button_set", "Go 7")
    assert actions["buttons"][0]["action"] == "https://example.com/7"
