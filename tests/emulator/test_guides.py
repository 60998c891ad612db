"""Guides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator import definitions

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import VirtualClock
    from knock_harness.emulator.environment import Environment

KEY = "welcome-guide"
REQUIRED = ("channel_id", "guide_id", "guide_key", "guide_step_ref")


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


@pytest.mark.promise("GUIDE-PARTITION")
def test_a_guide_is_eligible_or_not_with_a_reason(listed: Callable[..., dict[str, Any]]) -> None:
    answer = listed()

    assert keys(answer) == ["welcome-guide", "upgrade-guide"]
    assert reasons(answer) == {"retired-guide": "guide_not_active"}


@pytest.mark.promise("GUIDE-LIST-SHAPE")
def test_a_listing_has_all_that_an_application_needs(listed: Callable[..., dict[str, Any]]) -> None:
    answer = listed()

    assert {"entries", "guide_groups", "guide_group_display_logs", "ineligible_guides"} <= answer.keys()
    guide = answer["entries"][0]
    assert {
        *("key", "type", "id", "channel_id", "active", "steps", "activation_url_patterns", "activation_url_rules"),
        *("inserted_at", "updated_at"),
    } <= guide.keys()
    assert guide["steps"][0].keys() == {
        *("ref", "content", "schema_key", "schema_semver", "schema_variant_key", "message"),
    }


@pytest.mark.promise("GUIDE-INELIGIBLE-REASONS")
def test_each_reason_is_told_as_the_case_is(
    api: httpx.Client,
    body: dict[str, Any],
    listed: Callable[..., dict[str, Any]],
    environment: Environment,
) -> None:
    never = {"all": [{"variable": "data.never", "operator": "exists"}]}
    for key, more in (("picky", {"target_property_conditions": never}), ("exclusive", {"target_audience_key": "vips"})):
        guide = {"channel_key": "in-app-guide", "steps": [{"ref": "a", "schema_key": "banner"}], **more}
        definitions.commit(environment, "guide", key, guide)
    mark(api, body, "archived")

    told = listed()["ineligible_guides"]

    assert {each["key"]: each["reason"] for each in told} == {
        KEY: "marked_as_archived",
        "retired-guide": "guide_not_active",
        "picky": "target_conditions_not_met",
        "exclusive": "not_in_target_audience",
    }
    assert all(each["message"] for each in told)


@pytest.mark.promise("GUIDE-INELIGIBLE-REASONS")
def test_a_guide_that_is_switched_on_is_eligible_at_the_next_request(
    listed: Callable[..., dict[str, Any]], environment: Environment
) -> None:
    definitions.set_guide_active(environment, "retired-guide", active=True)

    assert "retired-guide" in keys(listed())


@pytest.mark.promise("GUIDE-TARGET-AUDIENCE")
def test_membership_is_looked_up_at_each_request(
    api: httpx.Client, listed: Callable[..., dict[str, Any]], change: Callable[..., None]
) -> None:
    change(target_audience="vips")
    members = {"members": [{"user": {"id": "ada"}}]}

    api.post("/v1/audiences/vips/members", params={"create_audience": "true"}, json=members)
    within = keys(listed())
    api.request("DELETE", "/v1/audiences/vips/members", json=members)

    assert (KEY in within, KEY in keys(listed())) == (True, False)


@pytest.mark.promise("GUIDE-ORDER")
def test_guides_come_oldest_first_unless_an_order_is_set(
    listed: Callable[..., dict[str, Any]], environment: Environment, clock: VirtualClock
) -> None:
    definitions.commit_section(environment, "guide_groups", [])
    for key, more in (("zulu", {}), ("alpha", {}), ("exempt", {"bypass_global_group_limit": True})):
        guide = {"channel_key": "in-app-guide", "steps": [{"ref": "a", "schema_key": "banner"}], **more}
        definitions.commit(environment, "guide", key, guide)
        clock.advance(timedelta(minutes=1))
    by_age = listed()

    order = ["alpha", "zulu", "upgrade-guide"]
    definitions.commit_section(environment, "guide_groups", [{"key": "default", "display_sequence": order}])
    set_by_hand = listed()

    assert keys(by_age)[0] == "exempt"
    assert keys(by_age)[-2:] == ["zulu", "alpha"]
    assert keys(set_by_hand) == ["exempt", "alpha", "zulu", "upgrade-guide", KEY]
    for answer in (by_age, set_by_hand):
        assert answer["guide_groups"][0]["display_sequence"] == keys(answer)


@pytest.fixture
def two_steps(environment: Environment, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Let the guide have two steps, and return what an engagement call sends for each."""
    steps = [{"ref": ref, "schema_key": "banner"} for ref in ("first", "second")]
    definitions.commit(environment, "guide", KEY, {"channel_key": "in-app-guide", "steps": steps})
    return [{**body, "guide_step_ref": ref} for ref in ("first", "second")]


def test_a_guide_is_archived_when_all_its_steps_are(
    api: httpx.Client, two_steps: list[dict[str, Any]], listed: Callable[..., dict[str, Any]]
) -> None:
    mark(api, two_steps[0], "archived")
    half = keys(listed())
    mark(api, two_steps[1], "archived")

    assert (KEY in half, reasons(listed())[KEY]) == (True, "marked_as_archived")


def test_a_final_step_archives_the_guide_whatever_became_of_the_others(
    api: httpx.Client, two_steps: list[dict[str, Any]], listed: Callable[..., dict[str, Any]]
) -> None:
    mark(api, two_steps[0], "archived", is_final=True)
    archived = reasons(listed()).get(KEY)
    api.request("DELETE", "/v1/users/ada/guides/messages/archived", json={"guide_key": KEY})

    assert archived == "marked_as_archived"
    assert KEY in keys(listed())


@pytest.mark.promise("GUIDE-SEEN-CREATES-MESSAGE")
def test_before_any_engagement_a_step_has_no_message(listed: Callable[..., dict[str, Any]]) -> None:
    assert set(step_message(listed()).values()) == {None}


@pytest.mark.promise("GUIDE-SEEN-CREATES-MESSAGE")
def test_the_first_engagement_makes_a_message_of_the_guide(
    api: httpx.Client, body: dict[str, Any], listed: Callable[..., dict[str, Any]]
) -> None:
    assert mark(api, body, "seen").json() == {"status": "ok"}

    [message] = api.get("/v1/users/ada/messages").json()["items"]
    assert (message["source"]["type"], message["source"]["key"]) == ("guide", KEY)
    assert step_message(listed())["id"] == message["id"]
    assert step_message(listed())["seen_at"] == message["seen_at"] == "2026-03-01T12:00:00.000000Z"


@pytest.mark.promise("GUIDE-ONE-MESSAGE")
def test_further_engagement_uses_the_same_message(api: httpx.Client, body: dict[str, Any]) -> None:
    for word in ("seen", "interacted", "seen", "archived"):
        mark(api, body, word)

    assert len(api.get("/v1/users/ada/messages").json()["items"]) == 1


@pytest.mark.promise("GUIDE-INTERACTED")
def test_an_interaction_is_a_read_and_keeps_its_metadata(
    api: httpx.Client, body: dict[str, Any], listed: Callable[..., dict[str, Any]]
) -> None:
    mark(api, body, "interacted", metadata={"button": "ok"})

    message = step_message(listed())
    events = api.get(f"/v1/messages/{message['id']}/events").json()["items"]
    assert message["read_at"] == message["interacted_at"] is not None
    assert [each["data"] for each in events if each["type"] == "message.interacted"] == [{"metadata": {"button": "ok"}}]


@pytest.mark.promise("GUIDE-ARCHIVE-INELIGIBLE")
def test_an_archived_guide_is_ineligible_for_that_user_only(
    api: httpx.Client, body: dict[str, Any], listed: Callable[..., dict[str, Any]]
) -> None:
    mark(api, body, "archived")

    assert reasons(listed())[KEY] == "marked_as_archived"
    assert KEY not in keys(listed())
    assert KEY in keys(listed("bob"))


@pytest.mark.promise("GUIDE-UNARCHIVE")
def test_unarchiving_keeps_other_engagement(
    api: httpx.Client, body: dict[str, Any], listed: Callable[..., dict[str, Any]]
) -> None:
    mark(api, body, "seen")
    mark(api, body, "archived")

    api.request("DELETE", "/v1/users/ada/guides/messages/archived", json={"guide_key": KEY})

    message = step_message(listed())
    assert message["archived_at"] is None
    assert message["seen_at"] is not None


@pytest.mark.promise("GUIDE-RESET")
def test_a_reset_starts_afresh(api: httpx.Client, body: dict[str, Any], listed: Callable[..., dict[str, Any]]) -> None:
    mark(api, body, "seen")
    first = step_message(listed())["id"]
    mark(api, body, "archived")

    api.put("/v1/users/ada/guides/engagements/reset", json={"guide_key": KEY})

    assert set(step_message(listed()).values()) == {None}
    mark(api, body, "seen")
    assert step_message(listed())["id"] not in {None, first}


@pytest.mark.promise("GUIDE-SCOPE-TENANT")
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


@pytest.mark.promise("GUIDE-DISPLAY-LOG")
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


@pytest.mark.promise("GUIDE-ACTION-REQUIRED")
@pytest.mark.parametrize("path", ["", "some-message/"])
@pytest.mark.parametrize(
    ("word", "field"),
    [
        *((word, each) for word in ("seen", "interacted", "archived") for each in REQUIRED),
        ("seen", "content"),
    ],
)
def test_required_fields_are_required(
    api: httpx.Client, body: dict[str, Any], path: str, word: str, field: str
) -> None:
    del body[field]

    assert api.put(f"/v1/users/ada/guides/messages/{path}{word}", json=body).status_code == 422
    assert api.get("/v1/users/ada/messages").json()["items"] == []


@pytest.mark.promise("GUIDE-ACTION-REQUIRED")
@pytest.mark.parametrize(("method", "path"), [("DELETE", "messages/archived"), ("PUT", "engagements/reset")])
def test_undoing_needs_the_key_of_the_guide_alone(
    api: httpx.Client, body: dict[str, Any], listed: Callable[..., dict[str, Any]], method: str, path: str
) -> None:
    mark(api, body, "archived")

    without = api.request(method, f"/v1/users/ada/guides/{path}", json={"tenant": "a"})
    still = reasons(listed())[KEY]
    alone = api.request(method, f"/v1/users/ada/guides/{path}", json={"guide_key": KEY})

    assert (without.status_code, still, alone.status_code) == (422, "marked_as_archived", 200)
    assert KEY in keys(listed())


@pytest.mark.promise("GUIDE-ACTION-OK")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "messages/seen"),
        ("PUT", "messages/interacted"),
        ("PUT", "messages/archived"),
        ("PUT", "messages/some-message/seen"),
        ("PUT", "messages/some-message/interacted"),
        ("PUT", "messages/some-message/archived"),
        ("DELETE", "messages/archived"),
        ("PUT", "engagements/reset"),
    ],
)
def test_every_engagement_is_answered_with_ok(api: httpx.Client, body: dict[str, Any], method: str, path: str) -> None:
    answer = api.request(method, f"/v1/users/ada/guides/{path}", json=body)

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


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


@pytest.mark.promise("GUIDE-TARGET-AUDIENCE", "GUIDE-TENANCY-STRICT")
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


@pytest.mark.promise("GUIDE-TARGET-CONDITIONS")
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


@pytest.mark.promise("GUIDE-CONTENT-RENDERED")
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


@pytest.mark.promise("GUIDE-TYPE-FILTER")
def test_a_type_keeps_the_guides_of_that_type(
    listed: Callable[..., dict[str, Any]], change: Callable[..., None]
) -> None:
    change(type="modal")

    assert keys(listed(type="modal")) == [KEY]
    assert KEY not in keys(listed(type="banner"))


@pytest.mark.promise("GUIDE-ORDER")
def test_guides_come_in_the_order_of_their_group_after_the_exempt(
    listed: Callable[..., dict[str, Any]], change: Callable[..., None]
) -> None:
    change("upgrade-guide", bypass_global_group_limit=True)

    answer = listed()

    assert keys(answer) == ["upgrade-guide", "welcome-guide"] == answer["guide_groups"][0]["display_sequence"]


@pytest.mark.promise("GUIDE-SEQUENCE-ALL-ACTIVE")
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
