from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator import preferences
from knock_harness.emulator.references import Ref

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator.environment import Environment

OWNERS = ["users/ada", "objects/projects/1"]
CONDITION = {"variable": "data.x", "operator": "equal_to", "argument": "1"}
OTHER = {"variable": "recipient.muted", "operator": "not_contains", "argument": "data.id"}


def defaults(environment: Environment, settings: dict[str, Any]) -> None:
    environment.project = dataclasses.replace(environment.project, default_preferences=settings)


def read(api: httpx.Client, path: str = "users/ada/preferences/default") -> dict[str, Any]:
    answer: dict[str, Any] = api.get(f"/v1/{path}").raise_for_status().json()
    return answer


def settings(preference_set: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in preference_set.items() if value and key not in {"id", "__typename"}}


@pytest.mark.promise("PREF-GET-NEVER-404", "PREF-SHAPE")
@pytest.mark.parametrize("owner", OWNERS)
def test_a_set_that_was_never_written_is_empty(api: httpx.Client, owner: str) -> None:
    assert read(api, f"{owner}/preferences/acme")["id"] == "acme"
    assert settings(read(api, f"{owner}/preferences/acme")) == {}
    assert api.get(f"/v1/{owner}").status_code == 404


@pytest.mark.promise(
    "PREF-SET-ROUNDTRIP",
    "PREF-SETTING-FORMS",
    "PREF-CHANNELS-SECTION",
    "PREF-CONDITIONS-ROUNDTRIP",
    "PREF-CREATES-USER",
    "PREF-CREATES-OBJECT",
    "PREF-COMMERCIAL",
)
@pytest.mark.parametrize("owner", OWNERS)
def test_a_set_is_read_as_it_was_written(api: httpx.Client, channel: Callable[[str], str], owner: str) -> None:
    email, conditions = channel("email"), [OTHER, CONDITION]
    nested = {"channel_types": {"sms": {"conditions": conditions}}, "channels": {email: False}}
    sent = {
        "channel_types": {"email": True, "push": {"conditions": conditions}},
        "channels": {email: {"conditions": conditions}},
        "workflows": {"a": False, "b": nested, "c": {"conditions": conditions}},
        "categories": {"d": True, "e": nested},
        "commercial_subscribed": {"conditions": conditions},
    }

    answer = api.put(f"/v1/{owner}/preferences/default", json=sent)

    assert answer.status_code == 200, answer.text
    assert settings(answer.json()) == sent
    assert read(api, f"{owner}/preferences/default") == answer.json()
    assert api.get(f"/v1/{owner}").status_code == 200


@pytest.mark.promise("PREF-SET-REPLACES", "PREF-STRATEGY-REPLACE")
@pytest.mark.parametrize("strategy", [{}, {"__persistence_strategy__": "replace"}], ids=["absent", "replace"])
def test_a_write_replaces_the_set(api: httpx.Client, strategy: dict[str, str]) -> None:
    api.put("/v1/users/ada/preferences/default", json={"categories": {"c": False}, "workflows": {"w": False}})

    api.put("/v1/users/ada/preferences/default", json={"workflows": {"v": True}, **strategy})

    assert settings(read(api)) == {"workflows": {"v": True}}


@pytest.mark.promise("PREF-STRATEGY-MERGE", "PREF-STRATEGY-NOT-STORED")
def test_a_merge_changes_one_setting_and_is_not_remembered(api: httpx.Client) -> None:
    path = "/v1/users/ada/preferences/default"
    api.put(
        path, json={"categories": {"c": {"channel_types": {"email": True, "sms": False}}}, "workflows": {"w": True}}
    )

    change = {"categories": {"c": {"channel_types": {"email": False}}}}
    answer = api.put(path, json={"__persistence_strategy__": "merge", **change}).json()

    assert "__persistence_strategy__" not in answer
    assert settings(answer) == {
        "categories": {"c": {"channel_types": {"email": False, "sms": False}}},
        "workflows": {"w": True},
    }
    api.put(path, json={"workflows": {"v": False}})
    assert settings(read(api)) == {"workflows": {"v": False}}


@pytest.mark.promise("PREF-VALUE-TYPES", "PREF-CONDITION-FIELDS")
@pytest.mark.parametrize(
    "body",
    [
        {"__persistence_strategy__": "append"},
        {"channel_types": {"email": "yes"}},
        {"workflows": {"w": 1}},
        {"categories": []},
        {"workflows": {"w": {"conditions": [{"variable": "x", "operator": "resembles", "argument": "y"}]}}},
        {"workflows": {"w": {"conditions": [{"operator": "equal_to", "argument": "y"}]}}},
    ],
    ids=["strategy", "text", "number", "list", "operator", "condition without variable"],
)
def test_a_set_that_is_none_is_refused_and_the_old_one_stays(api: httpx.Client, body: dict[str, Any]) -> None:
    api.put("/v1/users/ada/preferences/default", json={"workflows": {"w": False}})

    assert api.put("/v1/users/ada/preferences/default", json=body).status_code == 422
    assert settings(read(api)) == {"workflows": {"w": False}}


@pytest.mark.promise("PREF-CONDITION-ARGUMENT-TYPES")
@pytest.mark.parametrize("argument", [5, True, None, ["a", "b"], "5"])
def test_arguments_of_conditions_keep_their_type(api: httpx.Client, argument: Any) -> None:
    conditions = [{**CONDITION, "argument": argument}]

    api.put("/v1/users/ada/preferences/default", json={"workflows": {"w": {"conditions": conditions}}})

    assert read(api)["workflows"]["w"]["conditions"] == conditions


@pytest.mark.promise("PREF-NULL-SECTION")
def test_null_sections_are_empty_ones(api: httpx.Client) -> None:
    path = "/v1/users/ada/preferences/default"
    api.put(path, json={"workflows": {"w": False}, "channel_types": {"email": False}})

    nulls = dict.fromkeys(["workflows", "channel_types", "channels", "commercial_subscribed"])
    api.put(path, json={**nulls, "categories": {"x": False}}).raise_for_status()

    assert settings(read(api)) == {"categories": {"x": False}}


@pytest.mark.promise("PREF-COMMERCIAL")
def test_commercial_subscribed_may_be_false(api: httpx.Client) -> None:
    api.put("/v1/users/ada/preferences/default", json={"commercial_subscribed": False})

    assert read(api)["commercial_subscribed"] is False


@pytest.mark.promise("PREF-ID-FROM-PATH", "PREF-SETS-INDEPENDENT")
def test_the_id_of_a_set_is_that_of_the_path(api: httpx.Client) -> None:
    answer = api.put("/v1/users/ada/preferences/acme", json={"id": "default", "workflows": {"w": False}}).json()

    assert answer["id"] == "acme"
    assert settings(read(api)) == {}


@pytest.mark.promise("PREF-LIST-EXACT", "PREF-DELETE")
@pytest.mark.parametrize("owner", OWNERS)
def test_the_list_holds_what_was_written_and_not_deleted(api: httpx.Client, owner: str) -> None:
    for name in ("default", "acme", "bell"):
        api.put(f"/v1/{owner}/preferences/{name}", json={"workflows": {name: False}})

    assert api.delete(f"/v1/{owner}/preferences/acme").status_code == 204

    listed = api.get(f"/v1/{owner}/preferences").json()
    assert listed == [read(api, f"{owner}/preferences/{name}") for name in ("default", "bell")]
    assert settings(read(api, f"{owner}/preferences/acme")) == {}


def test_deleting_a_set_of_nobody_makes_nobody(api: httpx.Client) -> None:
    assert api.delete("/v1/users/ada/preferences/default").status_code == 204
    assert api.get("/v1/users/ada").status_code == 404


@pytest.mark.promise("PREF-OBJECT-USER-SEPARATE")
def test_objects_and_users_have_their_own_sets(api: httpx.Client) -> None:
    for owner in ("users/1", "objects/projects/1", "objects/teams/1"):
        api.put(f"/v1/{owner}/preferences/default", json={"workflows": {owner: False}})

    for owner in ("users/1", "objects/projects/1", "objects/teams/1"):
        assert read(api, f"{owner}/preferences/default")["workflows"] == {owner: False}


@pytest.mark.promise("PREF-ENV-DEFAULT-MERGED", "PREF-ENV-DEFAULT-LIVE")
def test_defaults_of_the_environment_show_through_and_are_not_saved(
    api: httpx.Client, environment: Environment
) -> None:
    defaults(environment, {"channel_types": {"sms": False, "email": False}})
    api.put("/v1/users/ada/preferences/default", json={"channel_types": {"email": True}})
    assert read(api)["channel_types"] == {"sms": False, "email": True}

    defaults(environment, {"channel_types": {"push": False}})

    assert read(api)["channel_types"] == {"push": False, "email": True}
    api.delete("/v1/users/ada/preferences/default")
    assert read(api)["channel_types"] == {"push": False}


@pytest.mark.promise("PREF-TENANT-DEFAULT-MERGED")
def test_a_tenant_set_lies_over_the_tenant_and_the_environment(api: httpx.Client, environment: Environment) -> None:
    defaults(environment, {"channel_types": {"sms": False}})
    tenant = {"workflows": {"reminders": True}, "channel_types": {"push": False}}
    api.put("/v1/tenants/acme", json={"settings": {"preference_set": tenant}})
    api.put("/v1/users/ada/preferences/default", json={"channel_types": {"chat": False}})

    own = {"workflows": {"reminders": False}, "channel_types": {"email": True}}
    api.put("/v1/users/ada/preferences/acme", json=own)

    shown = read(api, "users/ada/preferences/acme")
    assert shown["workflows"] == {"reminders": False}
    assert shown["channel_types"] == {"sms": False, "push": False, "email": True}
    assert read(api, "users/bea/preferences/acme")["workflows"] == {"reminders": True}


@pytest.mark.promise("PREF-TENANT-QUERY")
def test_the_tenant_of_the_query_lays_its_defaults_under_the_set(api: httpx.Client) -> None:
    api.put("/v1/tenants/acme", json={"settings": {"preference_set": {"channel_types": {"sms": False}}}})

    assert read(api, "users/ada/preferences/default?tenant=acme")["channel_types"] == {"sms": False}
    assert settings(read(api)) == {}


@pytest.mark.promise("PREF-TENANT-STRATEGY-REPLACE", "PREF-TENANT-STRATEGY-RESTORE")
def test_a_marked_setting_of_the_tenant_overrides_and_its_removal_restores(api: httpx.Client) -> None:
    on, off = {"channel_types": {"email": True}}, {"channel_types": {"email": False}}
    api.put("/v1/users/ada/preferences/acme", json={"categories": {"a": on, "b": on}})
    marked = {"categories": {"a": {"__strategy__": "replace", **off}, "b": off}}
    api.put("/v1/tenants/acme", json={"settings": {"preference_set": marked}})

    shown = read(api, "users/ada/preferences/acme")
    api.put("/v1/tenants/acme", json={"settings": {"preference_set": None}})

    assert shown["categories"] == {"a": {"__strategy__": "replace", **off}, "b": on}
    assert read(api, "users/ada/preferences/acme")["categories"] == {"a": on, "b": on}


@pytest.mark.parametrize("section", ["channel_types", "channels"])
def test_a_whole_section_of_the_tenant_may_be_marked(
    api: httpx.Client, channel: Callable[[str], str], section: str
) -> None:
    key = "email" if section == "channel_types" else channel("email")
    api.put("/v1/users/ada/preferences/acme", json={section: {key: True}})

    marked = {section: {"__strategy__": "replace", key: False}}
    api.put("/v1/tenants/acme", json={"settings": {"preference_set": marked}}).raise_for_status()

    assert read(api, "users/ada/preferences/acme")[section] == marked[section]


SECTIONS = [("categories", "billing"), ("channel_types", "email"), ("workflows", "w")]


@pytest.mark.promise("PREF-PART-RETURNS-SET", "PREF-PART-SECTION")
@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize(("section", "key"), SECTIONS)
def test_a_section_can_be_written_alone(api: httpx.Client, owner: str, section: str, key: str) -> None:
    path = f"/v1/{owner}/preferences/default"
    api.put(path, json={"categories": {"c": True}, "channel_types": {"sms": True}, "workflows": {"v": True}})

    answer = api.put(f"{path}/{section}", json={key: False})

    assert answer.status_code == 200, answer.text
    assert answer.json() == read(api, f"{owner}/preferences/default")
    assert answer.json()[section][key] is False
    others = {each for each, _ in SECTIONS} - {section}
    assert all(answer.json()[each] for each in others)


@pytest.mark.promise("PREF-PART-KEY-BOOLEAN", "PREF-PART-KEY-ONLY")
@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize(("section", "key"), SECTIONS)
def test_a_single_setting_can_be_written_alone(api: httpx.Client, owner: str, section: str, key: str) -> None:
    path = f"/v1/{owner}/preferences/default"
    before = {"categories": {"c": True}, "channel_types": {"sms": True}, "workflows": {"v": True}}
    api.put(path, json=before)

    answer = api.put(f"{path}/{section}/{key}", json={"subscribed": False})

    assert answer.status_code == 200, answer.text
    assert settings(answer.json()) == {**before, section: {**before[section], key: False}}


@pytest.mark.promise("PREF-PART-KEY-MAP")
@pytest.mark.parametrize("section", ["categories", "workflows"])
def test_a_workflow_or_category_may_get_a_map(api: httpx.Client, section: str) -> None:
    setting = {"channel_types": {"email": True}}

    answer = api.put(f"/v1/users/ada/preferences/default/{section}/dinosaurs-loose", json=setting).json()

    assert answer[section] == {"dinosaurs-loose": setting}


@pytest.mark.promise("PREF-EVAL-TENANT", "RUNPREF-TENANT-HIERARCHY")
@pytest.mark.parametrize(
    ("own", "tenant", "decides"),
    [
        pytest.param(None, None, {"email": False, "sms": False}, id="neither: the default set"),
        pytest.param({"push": False}, None, {"push": False, "sms": False}, id="the set for the tenant"),
        pytest.param(None, {"chat": False}, {"chat": False, "sms": False}, id="the defaults of the tenant"),
        pytest.param({"chat": True}, {"chat": False}, {"chat": True, "sms": False}, id="one over the other"),
    ],
)
def test_with_a_tenant_the_default_set_counts_only_when_there_is_nothing_else(
    api: httpx.Client,
    environment: Environment,
    own: dict[str, bool] | None,
    tenant: dict[str, bool] | None,
    decides: dict[str, bool],
) -> None:
    defaults(environment, {"channel_types": {"sms": False}})
    api.put("/v1/users/ada/preferences/default", json={"channel_types": {"email": False}})
    sets = {"/v1/users/ada/preferences/acme": {"channel_types": own}} if own else {}
    if tenant:
        sets["/v1/tenants/acme"] = {"settings": {"preference_set": {"channel_types": tenant}}}
    for path, body in sets.items():
        api.put(path, json=body).raise_for_status()

    effective = preferences.effective(environment, Ref("", "ada"), tenant="acme")

    assert effective["channel_types"] == decides


@pytest.mark.parametrize("part", ["workflows", "workflows/w", "categories/c", "channel_types/email"])
def test_a_part_write_without_a_body_changes_nothing(api: httpx.Client, part: str) -> None:
    before = api.put("/v1/users/ada/preferences/default", json={"workflows": {"w": False}}).json()

    answer = api.put(
        f"/v1/users/ada/preferences/default/{part}", content=b"", headers={"content-type": "application/json"}
    )

    assert settings(answer.json()) == settings(before)
