"""Guides."""

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

KEY = "welcome-guide"


@pytest.fixture
def body(environment: Environment) -> dict[str, Any]:
    """What an engagement call sends for a step of the guide."""
    guide = environment.project.guides[KEY]
    return {
        "channel_id": environment.project.channels[guide.channel_key].id,
        "guide_id": guide.id,
        "guide_key": guide.key,
        "guide_step_ref": guide.steps[0].ref,
        "content": {"title": "Welcome"},
    }


@pytest.fixture
def listed(api: httpx.Client, body: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """Return the guides as they are for a user."""

    def listed(user: str = "ada", **params: str) -> dict[str, Any]:
        answer = api.get(f"/v1/users/{user}/guides/{body['channel_id']}", params=params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    return listed


@pytest.fixture
def change(environment: Environment) -> Callable[..., None]:
    """Commit another form of a guide."""

    def change(key: str = KEY, **fields: Any) -> None:
        guides = {**environment.project.guides, key: replace(environment.project.guides[key], **fields)}
        environment.project = replace(environment.project, guides=guides)

    return change


def mark(api: httpx.Client, body: dict[str, Any], word: str, *, user: str = "ada", **more: Any) -> httpx.Response:
    return api.put(f"/v1/users/{user}/guides/messages/{word}", json={**body, **more})


def keys(answer: dict[str, Any]) -> list[str]:
    return [each["key"] for each in answer["entries"]]


def step_message(answer: dict[str, Any], key: str = KEY) -> dict[str, Any]:
    return dict(next(each for each in answer["entries"] if each["key"] == key)["steps"][0]["message"])


def reasons(answer: dict[str, Any]) -> dict[str, str]:
    return {each["key"]: each["reason"] for each in answer["ineligible_guides"]}


def test_a_guide_is_eligible_or_not_with_a_reason(listed: Callable[..., dict[str, Any]]) -> None:
    answer = listed()

    assert keys(answer) == ["welcome-guide", "upgrade-guide"]
    assert reasons(answer) == {"retired-guide": "guide_not_active"}


def test_before_any_engagement_a_step_has_no_message(listed: Callable[..., dict[str, Any]]) -> None:
    assert set(step_message(listed()).values()) == {None}


def test_the_first_engagement_makes_a_message_of_the_guide(
    api: httpx.Client, body: dict[str, Any], listed: Callable[..., dict[str, Any]]
) -> None:
    assert mark(api, body, "seen").json() == {"status": "ok"}

    [message] = api.get("/v1/users/ada/messages").json()["items"]
    assert (message["source"]["type"], message["source"]["key"]) == ("guide", KEY)
    assert step_message(listed())["id"] == message["id"]
    assert step_message(listed())["seen_at"] == message["seen_at"] == "2026-03-01T12:00:00.000000Z"


def test_further_engagement_uses_the_same_message(api: httpx.Client, body: dict[str, Any]) -> None:
    for word in ("seen", "interacted", "seen", "archived"):
        mark(api, body, word)

    assert len(api.get("/v1/users/ada/messages").json()["items"]) == 1


def test_an_interaction_is_a_read_and_keeps_its_metadata(
    api: httpx.Client, body: dict[str, Any], listed: Callable[..., dict[str, Any]]
) -> None:
    mark(api, body, "interacted", metadata={"button": "ok"})

    message = step_message(listed())
    events = api.get(f"/v1/messages/{message['id']}/events").json()["items"]
    assert message["read_at"] == message["interacted_at"] is not None
    assert [each["data"] for each in events if each["type"] == "message.interacted"] == [{"metadata": {"button": "ok"}}]


def test_an_archived_guide_is_ineligible_for_that_user_only(
    api: httpx.Client, body: dict[str, Any], listed: Callable[..., dict[str, Any]]
) -> None:
    mark(api, body, "archived")

    assert reasons(listed())[KEY] == "marked_as_archived"
    assert KEY not in keys(listed())
    assert KEY in keys(listed("bob"))


def test_unarchiving_keeps_other_engagement(
    api: httpx.Client, body: dict[str, Any], listed: Callable[..., dict[str, Any]]
) -> None:
    mark(api, body, "seen")
    mark(api, body, "archived")

    api.request("DELETE", "/v1/users/ada/guides/messages/archived", json={"guide_key": KEY})

    message = step_message(listed())
    assert message["archived_at"] is None
    assert message["seen_at"] is not None


def test_a_reset_starts_afresh(api: httpx.Client, body: dict[str, Any], listed: Callable[..., dict[str, Any]]) -> None:
    mark(api, body, "seen")
    first = step_message(listed())["id"]
    mark(api, body, "archived")

    api.put("/v1/users/ada/guides/engagements/reset", json={"guide_key": KEY})

    assert set(step_message(listed()).values()) == {None}
    mark(api, body, "seen")
    assert step_message(listed())["id"] not in {None, first}


@pytest.mark.parametrize(("scope", "elsewhere"), [("global", False), ("per_tenant", True)])
def test_a_guide_is_archived_within_its_scope(
    api: httpx.Client,
    body: dict[str, Any],
    listed: Callable[..., dict[str, Any]],
    change: Callable[..., None],
    scope: str,
    elsewhere: bool,
) -> None:
    change(scope=scope)

    mark(api, body, "archived", tenant="a")

    assert KEY not in keys(listed(tenant="a"))
    assert (KEY in keys(listed(tenant="b"))) is elsewhere


def test_archiving_opens_the_throttle_unless_told_not_to(
    api: httpx.Client, body: dict[str, Any], listed: Callable[..., dict[str, Any]], clock: VirtualClock
) -> None:
    mark(api, body, "seen")
    mark(api, body, "archived", unthrottled=True)
    before = listed()["guide_group_display_logs"]
    clock.advance(timedelta(minutes=1))
    mark(api, body, "archived")

    assert before == {}
    assert listed()["guide_group_display_logs"] == {"default": "2026-03-01T12:01:00.000000Z"}


@pytest.mark.parametrize("field", ["channel_id", "guide_id", "guide_key", "guide_step_ref", "content"])
def test_required_fields_are_required(api: httpx.Client, body: dict[str, Any], field: str) -> None:
    del body[field]

    assert mark(api, body, "seen").status_code == 422
    assert api.get("/v1/users/ada/messages").json()["items"] == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("guide_key", "x"), ("guide_step_ref", "x"), ("guide_id", "0a9d6d3d-6f12-4b4c-9a2c-6f1f6f0b2d11")],
)
def test_an_unknown_step_is_not_found(api: httpx.Client, body: dict[str, Any], field: str, value: str) -> None:
    assert mark(api, {**body, field: value}, "seen").status_code == 404


@pytest.mark.parametrize("word", ["seen", "interacted", "archived"])
def test_the_path_with_a_message_does_the_same(api: httpx.Client, body: dict[str, Any], word: str) -> None:
    answers = [
        api.put(f"/v1/users/{user}/guides/messages/{path}", json=body)
        for user, path in (("ada", word), ("bob", f"some-message/{word}"))
    ]

    assert [each.json() for each in answers] == [{"status": "ok"}] * 2
    states = [
        api.get(f"/v1/users/{user}/messages").json()["items"][0]["engagement_statuses"] for user in ("ada", "bob")
    ]
    assert states[0] == states[1]


@pytest.mark.parametrize(
    ("strict", "shown"),
    [(False, {"ada": "ab-", "bob": "ab-"}), (True, {"ada": "a", "bob": "-"})],
    ids=["lax", "strict"],
)
def test_a_target_audience_admits_its_members(
    api: httpx.Client,
    listed: Callable[..., dict[str, Any]],
    change: Callable[..., None],
    strict: bool,
    shown: dict[str, str],
) -> None:
    change(target_audience="vips", tenancy_strict=strict)
    members = [{"user": {"id": "ada"}, "tenant": "a"}, {"user": {"id": "bob"}}]
    api.post("/v1/audiences/vips/members", params={"create_audience": "true"}, json={"members": members})
    tenants = {"a": {"tenant": "a"}, "b": {"tenant": "b"}, "-": {}}

    seen = {user: "".join(each for each in tenants if KEY in keys(listed(user, **tenants[each]))) for user in shown}

    assert seen == shown
    assert reasons(listed("eve"))[KEY] == "not_in_target_audience"


def test_conditions_are_judged_on_data_and_recipient_at_each_request(
    api: httpx.Client, listed: Callable[..., dict[str, Any]], change: Callable[..., None]
) -> None:
    above = {"variable": "data.count", "operator": "greater_than", "argument": "25"}
    named = {"variable": "recipient.name", "operator": "equal_to", "argument": "Ada"}
    change(target_conditions={"all": [above, named]})
    before = listed(data='{"count":30}')
    api.put("/v1/users/ada", json={"name": "Ada"})

    assert reasons(before)[KEY] == "target_conditions_not_met"
    assert KEY in keys(listed(data='{"count":30}'))
    assert KEY not in keys(listed(data='{"count":5}'))


def test_content_is_rendered_for_the_request(
    api: httpx.Client, listed: Callable[..., dict[str, Any]], environment: Environment, change: Callable[..., None]
) -> None:
    api.put("/v1/users/ada", json={"name": "Ada"})
    api.put("/v1/tenants/t", json={"name": "T"})
    text = "{{ recipient.name }} {{ tenant.name }} {{ data.x }} {{ vars.app_name }}"
    [step] = environment.project.guides[KEY].steps
    change(steps=[replace(step, content={"title": text, "list": [text], "n": 1})])

    [entry] = [each for each in listed(tenant="t", data='{"x":7}')["entries"] if each["key"] == KEY]

    assert entry["steps"][0]["content"] == {"title": "Ada T 7 Example", "list": ["Ada T 7 Example"], "n": 1}


def test_a_type_keeps_the_guides_of_that_type(
    listed: Callable[..., dict[str, Any]], change: Callable[..., None]
) -> None:
    change(type="modal")

    assert keys(listed(type="modal")) == [KEY]
    assert KEY not in keys(listed(type="banner"))


def test_guides_come_in_the_order_of_their_group_after_the_exempt(
    listed: Callable[..., dict[str, Any]], change: Callable[..., None]
) -> None:
    change("upgrade-guide", bypass_global_group_limit=True)

    answer = listed()

    assert keys(answer) == ["upgrade-guide", "welcome-guide"] == answer["guide_groups"][0]["display_sequence"]


def test_the_sequence_names_active_guides_of_whatever_eligibility(
    api: httpx.Client, body: dict[str, Any], listed: Callable[..., dict[str, Any]]
) -> None:
    mark(api, body, "archived")

    assert listed()["guide_groups"][0]["display_sequence"] == ["welcome-guide", "upgrade-guide"]


def test_only_a_guide_channel_has_guides(api: httpx.Client, feed: str) -> None:
    assert api.get(f"/v1/users/ada/guides/{feed.rpartition('/')[2]}").status_code == 404


def test_a_deleted_user_leaves_no_engagement(
    api: httpx.Client, body: dict[str, Any], listed: Callable[..., dict[str, Any]]
) -> None:
    api.put("/v1/users/ada", json={})
    mark(api, body, "archived")

    api.delete("/v1/users/ada")

    assert KEY in keys(listed())
    assert listed()["guide_group_display_logs"] == {}


def test_a_guide_whose_message_was_deleted_takes_no_other_for_it(
    api: httpx.Client,
    body: dict[str, Any],
    listed: Callable[..., dict[str, Any]],
    send: Callable[..., str],
    watch: Callable[..., Any],
) -> None:
    mark(api, body, "seen")
    path = f"/v1/channels/{body['channel_id']}/messages/bulk/delete"
    watch(api.post(path, json={}).json())

    api.put(f"/v1/messages/{send('bob')}/read")

    assert set(step_message(listed()).values()) == {None}


def test_a_guide_message_has_content(api: httpx.Client, body: dict[str, Any]) -> None:
    mark(api, body, "seen")
    [message] = api.get("/v1/users/ada/messages").json()["items"]

    content = api.get(f"/v1/messages/{message['id']}/content").json()["data"]

    assert content["blocks"] == [{"type": "text", "name": "title", "content": "Welcome", "rendered": "Welcome"}]
