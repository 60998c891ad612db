from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator.environment import Environment

TYPES = {"in_app": "in_app_feed", "email": "email", "sms": "sms"}
CHANNELS = {"in_app": "in-app-feed", "email": "email", "sms": "sms"}
CATEGORIES = ["Billing & more", "news"]
TEMPLATES: dict[str, dict[str, Any]] = {
    "in_app": {"markdown_body": "Hello"},
    "email": {"subject": "Hello", "html_body": "<p>Hello</p>"},
    "sms": {"text_body": "Hello"},
}

one_after_another = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def channel_step(ref: str) -> dict[str, Any]:
    return {
        "ref": ref,
        "type": "channel",
        "channel_type": TYPES[ref],
        "channel_key": CHANNELS[ref],
        "template": TEMPLATES[ref],
    }


@pytest.fixture
def send(
    api: httpx.Client, commit: Callable[..., None], trigger: Callable[..., str], messages: Callable[..., Any]
) -> Callable[..., list[str]]:
    """Trigger a workflow with three channels for ada, who is reached on all, and return the steps that sent."""
    api.put("/v1/users/ada", json={"email": "ada@example.com", "phone_number": "+1"})
    steps = [channel_step(each) for each in TYPES]
    commit("three", *steps, categories=CATEGORIES)
    commit("other", *steps)
    commit("offer", *steps, settings={"is_commercial": True})
    commit("alarm", *steps, categories=CATEGORIES, settings={"override_preferences": True})

    def send(workflow: str = "three", recipient: Any = "ada", **more: Any) -> list[str]:
        found = messages(workflow_run_id=trigger(workflow, recipient, **more))
        return [each["source"]["step_ref"] for each in found]

    return send


@pytest.fixture
def prefer(api: httpx.Client) -> Callable[..., None]:
    """Write a preference set of ada: the default one, or one for a tenant."""

    def prefer(set_id: str = "default", **sections: Any) -> None:
        api.put(f"/v1/users/ada/preferences/{set_id}", json=sections).raise_for_status()

    return prefer


@pytest.fixture
def defaults(environment: Environment) -> Callable[..., None]:
    """Set the default preferences of the environment."""

    def defaults(**sections: Any) -> None:
        environment.project = replace(environment.project, default_preferences=sections)

    return defaults


@pytest.mark.promise("PREF-EVAL-DEFAULT-IN")
def test_without_preferences_every_step_sends(send: Callable[..., list[str]]) -> None:
    assert send() == ["in_app", "email", "sms"]


@pytest.mark.promise("PREF-EVAL-OPT-OUT", "RUNPREF-OPT-OUT-SKIPS")
@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({"channel_types": {"email": False}}, ["in_app", "sms"]),
        ({"channels": {"93cab9a0-1923-4585-8389-a4a3a8150a15": False}}, ["in_app", "sms"]),
        ({"workflows": {"three": False}}, []),
        ({"categories": {"news": False}}, []),
        ({"workflows": {"three": {"channel_types": {"sms": False}}}}, ["in_app", "email"]),
        ({"workflows": {"other": False}, "categories": {"others": False}}, ["in_app", "email", "sms"]),
    ],
    ids=["channel type", "channel", "workflow", "category", "type in a workflow", "of others"],
)
def test_an_opt_out_stops_what_it_names_and_nothing_else(
    send: Callable[..., list[str]],
    prefer: Callable[..., None],
    runs: Callable[..., Any],
    sections: dict[str, Any],
    expected: list[str],
) -> None:
    prefer(**sections)

    assert send() == expected
    assert (runs()[0]["status"], runs()[0]["error_count"]) == ("completed", 0)


@pytest.mark.promise("PREF-EVAL-ALL-MUST-ALLOW")
def test_one_category_that_says_no_is_enough(
    send: Callable[..., list[str]], prefer: Callable[..., None], channel: Callable[[str], str]
) -> None:
    prefer(categories={"Billing & more": False, "news": True}, channels={channel("email"): True})

    assert send() == []


@pytest.mark.promise("PREF-EVAL-CHANNEL-OVER-TYPE")
@pytest.mark.parametrize(("of_channel", "expected"), [(True, ["in_app", "email", "sms"]), (False, ["in_app", "sms"])])
def test_a_channel_counts_before_its_type_in_both_directions(
    send: Callable[..., list[str]],
    prefer: Callable[..., None],
    channel: Callable[[str], str],
    of_channel: bool,
    expected: list[str],
) -> None:
    prefer(channel_types={"email": not of_channel}, channels={channel("email"): of_channel})

    assert send() == expected


def scopes() -> st.SearchStrategy[dict[str, Any]]:
    flags = st.booleans()
    by_type = st.dictionaries(st.sampled_from([*TYPES.values()]), flags, max_size=2)
    by_channel = st.dictionaries(st.sampled_from([*CHANNELS.values()]), flags, max_size=2)
    return st.fixed_dictionaries({}, optional={"channel_types": by_type, "channels": by_channel})


def sets() -> st.SearchStrategy[dict[str, Any]]:
    entries = st.booleans() | scopes()
    return st.builds(
        lambda top, workflows, categories: {**top, "workflows": workflows, "categories": categories},
        scopes(),
        st.dictionaries(st.sampled_from(["three", "other"]), entries, max_size=2),
        st.dictionaries(st.sampled_from([*CATEGORIES, "News"]), entries, max_size=3),
    )


def allowed(settings: dict[str, Any], step: str) -> bool:
    """Say what the documents say of a step: what is said for all, the workflow and each category must agree."""

    def says_yes(entry: Any) -> bool:
        if isinstance(entry, bool):
            return entry
        by_type = entry.get("channel_types", {}).get(TYPES[step], True)
        return bool(entry.get("channels", {}).get(CHANNELS[step], by_type))

    entries = [settings, settings["workflows"].get("three"), *map(settings["categories"].get, CATEGORIES)]
    return all(says_yes(each) for each in entries if each is not None)


def with_ids(value: Any, channel: Callable[[str], str]) -> Any:
    """Return a set that names channels by their ids."""
    if not isinstance(value, dict):
        return value
    return {
        key: {channel(name): flag for name, flag in each.items()} if key == "channels" else with_ids(each, channel)
        for key, each in value.items()
    }


@pytest.mark.promise("RUNPREF-MODEL")
@one_after_another
@given(preferences=sets())
def test_the_messages_of_a_run_are_those_that_a_model_allows(
    send: Callable[..., list[str]],
    prefer: Callable[..., None],
    channel: Callable[[str], str],
    preferences: dict[str, Any],
) -> None:
    prefer(**with_ids(preferences, channel))

    assert send() == [step for step in TYPES if allowed(preferences, step)]


@pytest.mark.promise("RUNPREF-CATEGORY-CASE")
@pytest.mark.parametrize(
    ("category", "expected"),
    [("News", 3), ("news", 0), ("Billing & more", 0), ("billing & more", 3)],
)
def test_categories_are_compared_with_case(
    send: Callable[..., list[str]], prefer: Callable[..., None], category: str, expected: int
) -> None:
    prefer(categories={category: False})

    assert len(send()) == expected


@pytest.mark.promise("RUNPREF-SCOPED-SETTINGS")
@pytest.mark.parametrize("section", ["workflows", "categories"])
def test_a_setting_inside_an_entry_holds_for_that_entry_alone(
    send: Callable[..., list[str]], prefer: Callable[..., None], section: str
) -> None:
    name = {"workflows": "three", "categories": "news"}[section]
    prefer(**{section: {name: {"channel_types": {"email": False}}}})

    assert (send("three"), send("other")) == (["in_app", "sms"], ["in_app", "email", "sms"])


@pytest.mark.promise("RUNPREF-ENV-DEFAULT")
@pytest.mark.parametrize(("own", "expected"), [({}, ["in_app", "email"]), ({"sms": True}, ["in_app", "email", "sms"])])
def test_defaults_of_the_environment_fill_what_is_open_and_give_way_to_the_recipient(
    send: Callable[..., list[str]],
    prefer: Callable[..., None],
    defaults: Callable[..., None],
    own: dict[str, bool],
    expected: list[str],
) -> None:
    defaults(channel_types={"sms": False}, categories={"news": True})
    prefer(channel_types=own)

    assert send() == expected


@pytest.mark.promise("RUNPREF-TENANT-HIERARCHY", "PREF-EVAL-TENANT")
@one_after_another
@given(
    environment_sets=st.none() | st.booleans(),
    tenant_sets=st.none() | st.booleans(),
    own_for_tenant=st.none() | st.booleans(),
    own=st.none() | st.booleans(),
    with_tenant=st.booleans(),
)
def test_the_layers_decide_in_their_order(
    api: httpx.Client,
    send: Callable[..., list[str]],
    prefer: Callable[..., None],
    defaults: Callable[..., None],
    environment_sets: bool | None,
    tenant_sets: bool | None,
    own_for_tenant: bool | None,
    own: bool | None,
    with_tenant: bool,
) -> None:
    def of(flag: bool | None) -> dict[str, Any]:
        return {} if flag is None else {"channel_types": {"email": flag}}

    api.delete("/v1/users/ada/preferences/acme")
    api.delete("/v1/users/ada/preferences/default")
    defaults(**of(environment_sets))
    tenant_set = None if tenant_sets is None else of(tenant_sets)
    api.put("/v1/tenants/acme", json={"settings": {"preference_set": tenant_set}}).raise_for_status()
    for set_id, flag in (("acme", own_for_tenant), ("default", own)):
        if flag is not None:
            prefer(set_id, **of(flag))
    for_tenant = [each for each in (own_for_tenant, tenant_sets) if each is not None]
    layers = for_tenant if with_tenant and for_tenant else [own]
    expected = next((each for each in [*layers, environment_sets] if each is not None), True)

    assert ("email" in send(tenant="acme" if with_tenant else None)) is expected


@pytest.mark.promise("RUNPREF-REPLACE-STRATEGY")
def test_a_marked_entry_of_the_tenant_overrides_until_the_mark_is_gone(
    api: httpx.Client, send: Callable[..., list[str]], prefer: Callable[..., None]
) -> None:
    def of_tenant(**entry: Any) -> None:
        news, billing = {"channel_types": {"email": False}, **entry}, {"channel_types": {"sms": False}}
        categories = {"news": news, "Billing & more": billing}  # the workflow is of both
        body = {"settings": {"preference_set": {"categories": categories}}}
        api.put("/v1/tenants/acme", json=body).raise_for_status()

    own = {"news": {"channel_types": {"email": True}}, "Billing & more": {"channel_types": {"sms": True}}}
    prefer("acme", categories=own)

    of_tenant(__strategy__="replace")
    marked = send(tenant="acme")
    of_tenant(__strategy__="merge")

    assert marked == ["in_app", "sms"]
    assert send(tenant="acme") == ["in_app", "email", "sms"]


@pytest.mark.promise("RUNPREF-OVERRIDE")
def test_a_workflow_that_overrides_sends_whatever_a_set_says(
    send: Callable[..., list[str]], prefer: Callable[..., None]
) -> None:
    prefer(channel_types=dict.fromkeys(TYPES.values(), False), workflows={"alarm": False}, categories={"news": False})

    assert send("alarm") == ["in_app", "email", "sms"]


@pytest.mark.promise("PREF-EVAL-COMMERCIAL")
def test_whoever_wants_nothing_commercial_gets_the_rest(
    api: httpx.Client,
    send: Callable[..., list[str]],
    prefer: Callable[..., None],
    defaults: Callable[..., None],
) -> None:
    defaults(commercial_subscribed=True)
    api.put("/v1/tenants/acme", json={"settings": {"preference_set": {"commercial_subscribed": True}}})
    before = send("offer")
    prefer(commercial_subscribed=False)

    assert before == ["in_app", "email", "sms"]
    assert (send("offer"), send("offer", tenant="acme")) == ([], [])
    assert send("three") == ["in_app", "email", "sms"]


@pytest.mark.promise("PREF-EVAL-CONDITIONS-AND")
@pytest.mark.parametrize(
    ("data", "expected"),
    [({"id": "p2", "urgent": True}, 3), ({"id": "p1", "urgent": True}, 0), ({"id": "p2", "urgent": False}, 0)],
    ids=["all hold", "muted", "not urgent"],
)
def test_all_conditions_of_a_preference_must_hold(
    api: httpx.Client,
    send: Callable[..., list[str]],
    prefer: Callable[..., None],
    data: dict[str, Any],
    expected: int,
) -> None:
    api.put("/v1/users/ada", json={"muted": ["p1"]})
    conditions = [
        {"variable": "recipient.muted", "operator": "not_contains", "argument": "data.id"},
        {"variable": "data.urgent", "operator": "equal_to", "argument": "true"},
    ]
    prefer(workflows={"three": {"conditions": conditions}})

    assert len(send(data=data)) == expected


@pytest.mark.promise("RUNPREF-OBJECT-RECIPIENT")
def test_an_object_that_opted_out_gets_nothing_and_its_subscribers_do(
    api: httpx.Client, send: Callable[..., list[str]], trigger: Callable[..., str], messages: Callable[..., Any]
) -> None:
    api.put("/v1/objects/teams/1", json={})
    api.post("/v1/objects/teams/1/subscriptions", json={"recipients": ["ada"]})
    api.put("/v1/objects/teams/1/preferences/default", json={"workflows": {"three": False}})

    found = messages(workflow_run_id=trigger("three", {"id": "1", "collection": "teams"}))

    assert {each["recipient"] for each in found} == {"ada"}
    assert len(found) == 3
