from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

STEP = {
    "ref": "tell",
    "type": "channel",
    "channel_key": "in-app-feed",
    "template": {"markdown_body": "Hello {{ vars.shop }} {{ data.name }}"},
}
HELLO: dict[str, Any] = {"name": "Hello", "steps": [STEP]}


def bodies(found: list[dict[str, Any]]) -> list[str]:
    return [each["data"]["name"] for each in found]


def test_a_committed_workflow_is_started_by_triggers(
    control: httpx.Client, trigger: Callable[..., str], messages: Callable[..., list[dict[str, Any]]]
) -> None:
    committed = control.put("/workflows/hello", json=HELLO).json()
    trigger("hello", "ada", data={"name": "Ada"})

    assert bodies(messages(source="hello")) == ["Ada"]
    assert (committed["key"], committed["active"]) == ("hello", True)


def test_a_workflow_comes_back_as_it_was_committed(control: httpx.Client) -> None:
    control.put("/workflows/hello", json=HELLO)

    assert control.get("/workflows/hello").json()["definition"] == HELLO


def test_other_content_is_another_version_and_the_same_content_the_same(control: httpx.Client) -> None:
    first, again, other = (
        control.put("/workflows/hello", json=definition).json()["version_id"]
        for definition in (HELLO, HELLO, {**HELLO, "name": "Hello!"})
    )

    assert (first == again, first == other) == (True, False)


@pytest.mark.parametrize(
    ("definition", "path"),
    [
        ({"name": "Hello", "steps": [{**STEP, "type": "teleport"}]}, "steps[0].type"),
        ({"name": "Hello", "steps": [STEP, STEP]}, "steps[1].ref"),
        ({"steps": [STEP]}, "name"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_broken_workflow_is_refused_and_the_last_good_one_goes_on(
    definition: dict[str, Any], path: str, control: httpx.Client
) -> None:
    good = control.put("/workflows/hello", json=HELLO).json()

    refused = control.put("/workflows/hello", json=definition)

    assert (refused.status_code, refused.json()["code"], refused.json()["path"]) == (422, "invalid_definition", path)
    assert control.get("/workflows/hello").json()["version_id"] == good["version_id"]


@pytest.mark.parametrize("key", ["UPPER", "a b", "é", "x" * 300])
def test_a_key_that_no_workflow_can_have_is_refused(key: str, control: httpx.Client) -> None:
    assert control.put(f"/workflows/{key}", json=HELLO).status_code == 422


def test_a_workflow_that_is_switched_off_starts_nothing(
    control: httpx.Client,
    api: httpx.Client,
    work: Callable[[], None],
    messages: Callable[..., list[dict[str, Any]]],
) -> None:
    control.put("/workflows/hello", json=HELLO)
    control.put("/workflows/hello/active", json={"active": False}).raise_for_status()
    api.post("/v1/workflows/hello/trigger", json={"recipients": ["ada"]})
    work()

    assert messages(source="hello") == []


def test_a_deleted_workflow_is_gone(api: httpx.Client, control: httpx.Client) -> None:
    control.put("/workflows/hello", json=HELLO)
    control.delete("/workflows/hello").raise_for_status()

    assert api.post("/v1/workflows/hello/trigger", json={"recipients": ["ada"]}).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/workflows/nothing", None),
        ("DELETE", "/workflows/nothing", None),
        ("PUT", "/workflows/nothing/active", {"active": True}),
        ("GET", "/workflows?branch=nothing", None),
        ("DELETE", "/channels/nothing", None),
        ("DELETE", "/guides/nothing", None),
        ("PUT", "/guides/nothing/active", {"active": True}),
        ("DELETE", "/translations/xx", None),
        ("DELETE", "/definitions/layout/nothing", None),
        ("DELETE", "/branches/nothing", None),
    ],
)
def test_what_is_not_there_is_not_found(method: str, path: str, body: Any, control: httpx.Client) -> None:
    assert control.request(method, path, json=body).status_code == 404


@pytest.mark.parametrize("path", ["/definitions/workflow", "/definitions/nonsense", "/defaults/nonsense"])
def test_what_there_is_no_kind_of_is_refused(path: str, control: httpx.Client) -> None:
    assert control.get(path).status_code == 422


def test_on_a_branch_a_workflow_differs(api: httpx.Client, control: httpx.Client, trigger: Callable[..., str]) -> None:
    control.put("/workflows/hello", json=HELLO)
    control.put("/branches/next").raise_for_status()
    control.put("/workflows/hello?branch=next", json={**HELLO, "name": "Next"})

    assert control.get("/workflows/hello").json()["name"] == "Hello"
    assert control.get("/workflows/hello?branch=next").json()["name"] == "Next"
    assert [each["slug"] for each in control.get("/branches").json()["branches"]] == ["next"]


def test_a_channel_is_configured_and_used_by_steps(
    control: httpx.Client, trigger: Callable[..., str], messages: Callable[..., list[dict[str, Any]]]
) -> None:
    channel = control.put("/channels/feed-two", json={"type": "in_app_feed"}).json()
    control.put("/workflows/hello", json={**HELLO, "steps": [{**STEP, "channel_key": "feed-two"}]})
    trigger("hello", "ada", data={"name": "Ada"})

    assert [each["channel_id"] for each in messages(source="hello")] == [channel["id"]]


def test_a_channel_that_is_changed_keeps_its_id(control: httpx.Client) -> None:
    first = control.put("/channels/mail", json={"type": "email"}).json()
    second = control.put("/channels/mail", json={"type": "email", "settings": {"sandbox_mode": True}}).json()

    assert (first["id"], second["settings"]) == (second["id"], {"sandbox_mode": True})


def test_variables_are_set_and_rendered(
    control: httpx.Client, api: httpx.Client, trigger: Callable[..., str], feed: str
) -> None:
    control.put("/workflows/hello", json=HELLO)
    control.put("/defaults/variables", json={"value": {"public": {"shop": "Ye Shoppe"}, "secret": {}}})
    trigger("hello", "ada", data={"name": "Ada"})

    assert api.get(feed).json()["entries"][0]["blocks"][0]["rendered"].strip() == "<p>Hello Ye Shoppe Ada</p>"


def test_default_preferences_hold_where_nobody_says_otherwise(
    control: httpx.Client, trigger: Callable[..., str], messages: Callable[..., list[dict[str, Any]]]
) -> None:
    control.put("/workflows/hello", json=HELLO)
    control.put("/defaults/preferences", json={"value": {"channel_types": {"in_app_feed": False}}}).raise_for_status()
    trigger("hello", "ada", data={"name": "Ada"})

    assert (
        messages(source="hello", **{"status[]": "sent"}) == messages(source="hello", **{"status[]": "delivered"}) == []
    )


@pytest.mark.parametrize("section", ["account", "guide_groups", "preference_center", "preferences", "tracking"])
def test_a_default_that_is_set_to_what_it_is_stays_the_same(section: str, control: httpx.Client) -> None:
    before = control.get(f"/defaults/{section}").json()["value"]

    assert control.put(f"/defaults/{section}", json={"value": before}).json()["value"] == before


def test_translations_are_listed_by_locale_and_namespace(control: httpx.Client) -> None:
    control.put("/translations/de", json={"hello": "Hallo"})
    control.put("/translations/de?namespace=shop", json={"hello": "Grüß Gott"})
    control.delete("/translations/de").raise_for_status()

    assert control.get("/translations").json()["translations"] == [
        {"locale": "de", "namespace": "shop", "texts": {"hello": "Grüß Gott"}}
    ]


@pytest.mark.parametrize(
    ("kind", "definition"),
    [
        ("layout", {"html_layout": "<b>{{ content }}</b>", "text_layout": "{{ content }}"}),
        ("partial", {"name": "Mine", "type": "html", "content": "<i>Hi</i>"}),
        ("audience", {"name": "Mine", "type": "static"}),
        (
            "channel_group",
            {"name": "Mine", "channel_type": "in_app_feed", "channel_rules": [{"channel_key": "in-app-feed"}]},
        ),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_other_definitions_are_committed_listed_and_deleted(
    kind: str, definition: dict[str, Any], control: httpx.Client
) -> None:
    before = control.get(f"/definitions/{kind}").json()["keys"]
    control.put(f"/definitions/{kind}/mine", json=definition).raise_for_status()
    there = control.get(f"/definitions/{kind}").json()["keys"]
    control.delete(f"/definitions/{kind}/mine").raise_for_status()

    assert there == sorted([*before, "mine"])
    assert control.get(f"/definitions/{kind}").json()["keys"] == before


def test_a_guide_that_is_switched_off_is_listed_as_such(control: httpx.Client) -> None:
    guide = control.get("/guides").json()["guides"][0]

    control.put(f"/guides/{guide['key']}/active", json={"active": False}).raise_for_status()

    assert [each["active"] for each in control.get("/guides").json()["guides"] if each["key"] == guide["key"]] == [
        False
    ]
