from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator.environment import Environment


def tenant(api: httpx.Client, query: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = api.get(f"/v1/tenants/acme{query}").raise_for_status().json()
    return answer


def put(api: httpx.Client, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.put("/v1/tenants/acme", json=body).raise_for_status().json()
    return answer


def prefer(api: httpx.Client, preferences: dict[str, Any] | None) -> dict[str, Any] | None:
    answer: dict[str, Any] | None = put(api, settings={"preference_set": preferences})["settings"]["preference_set"]
    return answer


@pytest.mark.promise("TENANT-SET-CREATES", "TENANT-SHAPE")
def test_an_empty_body_makes_a_tenant(api: httpx.Client) -> None:
    assert put(api) == {"__typename": "Tenant", "id": "acme"}
    assert tenant(api) == {"__typename": "Tenant", "id": "acme"}


@pytest.mark.promise("TENANT-PROPERTIES-TOP-LEVEL", "TENANT-SET-MERGES")
def test_custom_properties_of_a_tenant_stand_at_the_top(api: httpx.Client) -> None:
    put(api, name="Acme", plan="gold", meta={"a": 1})

    put(api, meta={"b": 2})

    assert {"name": "Acme", "plan": "gold", "meta": {"a": 1, "b": 2}}.items() <= tenant(api).items()


@pytest.mark.promise("TENANT-SET-MERGES-DEEP", "TENANT-BRANDING-ROUNDTRIP", "TENANT-BRANDING-NULL")
def test_changing_one_branding_field_leaves_the_others_and_the_preferences(api: httpx.Client) -> None:
    branding = {
        f"{theme}{name}": f"https://example.com/{name}"
        for theme in ("", "dark_")
        for name in ("logo_url", "icon_url", "primary_color", "primary_color_contrast")
    }
    put(api, settings={"branding": branding, "preference_set": {"workflows": {"w": False}}})

    put(api, settings={"branding": {"logo_url": None}})

    settings = tenant(api)["settings"]
    assert settings["branding"] == {**branding, "logo_url": None}
    assert settings["preference_set"]["workflows"] == {"w": False}


@pytest.mark.promise("TENANT-PREFSET-MERGES")
def test_preferences_of_a_tenant_merge_by_default(api: httpx.Client) -> None:
    prefer(api, {"categories": {"admin": False}})

    stored = prefer(api, {"channel_types": {"email": False}})

    assert stored == {"id": "default", "categories": {"admin": False}, "channel_types": {"email": False}}


@pytest.mark.promise("TENANT-PREFSET-REPLACE", "TENANT-PREFSET-ID")
def test_preferences_of_a_tenant_are_replaced_on_request(api: httpx.Client) -> None:
    prefer(api, {"categories": {"admin": False}})

    stored = prefer(api, {"__persistence_strategy__": "replace", "channel_types": {"email": False}})

    assert stored == {"id": "default", "channel_types": {"email": False}}


@pytest.mark.promise("TENANT-PREFSET-NULL")
def test_null_takes_the_preferences_of_a_tenant_away_and_nothing_else(api: httpx.Client) -> None:
    put(api, settings={"branding": {"logo_url": "https://example.com"}, "preference_set": {"workflows": {"w": False}}})

    assert prefer(api, None) is None
    assert tenant(api)["settings"]["branding"] == {"logo_url": "https://example.com"}


@pytest.mark.promise("TENANT-PREFSET-STRATEGY-STICKS")
def test_a_replace_mark_stays_until_it_is_set_to_merge(api: httpx.Client) -> None:
    email_off = {"channel_types": {"email": False}}
    prefer(api, {"categories": {"c": {"__strategy__": "replace", **email_off}}})

    kept = prefer(api, {"categories": {"c": email_off}})
    gone = prefer(api, {"categories": {"c": {"__strategy__": "merge"}}})

    assert kept is not None
    assert gone is not None
    assert kept["categories"]["c"]["__strategy__"] == "replace"
    assert gone["categories"]["c"] == email_off


@pytest.mark.promise("TENANT-RESOLVE-FULL", "TENANT-RESOLVE-PRECEDENCE", "TENANT-RESOLVE-NOT-STORED")
def test_resolving_lays_the_preferences_over_those_of_the_environment(
    api: httpx.Client, environment: Environment
) -> None:
    defaults = {"channel_types": {"sms": False, "email": False}}
    environment.project = dataclasses.replace(environment.project, default_preferences=defaults)
    prefer(api, {"channel_types": {"email": True}})

    resolved = tenant(api, "?resolve_full_preference_settings=true")

    assert resolved["settings"]["preference_set"]["channel_types"] == {"sms": False, "email": True}
    plain = tenant(api, "?resolve_full_preference_settings=false")
    assert plain["settings"]["preference_set"]["channel_types"] == {"email": True}
    assert plain == tenant(api)


@pytest.mark.promise("TENANT-LIST-FILTER-ID", "TENANT-LIST-FILTER-NAME", "TENANT-LIST-EXACT")
def test_the_list_can_be_narrowed_by_id_and_name(api: httpx.Client) -> None:
    for name, body in {"a": {"name": "Acme"}, "b": {"name": "Bell"}, "c": {}, "d": {"name": "Acme"}}.items():
        api.put(f"/v1/tenants/{name}", json=body)

    def listed(query: str) -> list[str]:
        return [each["id"] for each in api.get(f"/v1/tenants{query}").json()["entries"]]

    assert listed("") == ["d", "c", "b", "a"]
    assert listed("?tenant_id=b") == ["b"]
    assert listed("?tenant_id=nobody") == []
    assert listed("?name=Acme") == ["d", "a"]


@pytest.mark.promise("TENANT-IS-OBJECT")
def test_a_tenant_is_the_object_of_its_id(api: httpx.Client) -> None:
    put(api, plan="gold")
    assert api.get("/v1/objects/$tenants/acme").json()["properties"] == {"plan": "gold"}
    assert [each["id"] for each in api.get("/v1/objects/%24tenants").json()["entries"]] == ["acme"]

    api.put("/v1/objects/$tenants/acme", json={"name": "Acme", "settings": {"preference_set": {"workflows": {}}}})
    assert tenant(api)["name"] == "Acme"
    assert tenant(api)["settings"]["preference_set"] == {"id": "default", "workflows": {}}

    api.delete("/v1/objects/$tenants/acme")
    assert api.get("/v1/tenants/acme").status_code == 404


def test_an_object_that_is_no_tenant_is_refused_among_the_tenants(api: httpx.Client) -> None:
    refused = api.put("/v1/objects/$tenants/acme", json={"settings": {"preference_set": "none"}})

    assert refused.status_code == 422


@pytest.mark.promise("TENANT-CHANNEL-DATA")
def test_channel_data_of_a_tenant_is_read_from_its_object(api: httpx.Client, channel: Callable[[str], str]) -> None:
    slack, teams = channel("slack"), channel("ms-teams")
    put(api, channel_data={slack: {"connections": []}})
    path = "/v1/objects/$tenants/acme/channel_data"

    api.put(f"{path}/{teams}", json={"data": {"connections": []}}).raise_for_status()

    assert "channel_data" not in tenant(api)
    assert [api.get(f"{path}/{each}").status_code for each in (slack, teams)] == [200, 200]


@pytest.mark.promise("TENANT-SUBSCRIBERS")
def test_recipients_can_follow_a_tenant(api: httpx.Client) -> None:
    put(api)
    api.post("/v1/objects/$tenants/acme/subscriptions", json={"recipients": ["ada"]}).raise_for_status()

    followed = api.get("/v1/users/ada/subscriptions").json()["entries"]

    assert [each["object"]["collection"] for each in followed] == ["$tenants"]


@pytest.mark.promise("TENANT-DELETE-ALL-DATA", "TENANT-DELETE-KEEPS-USERS")
def test_a_deleted_tenant_leaves_nothing_and_no_user_goes_with_it(
    api: httpx.Client, channel: Callable[[str], str]
) -> None:
    slack = channel("slack")
    put(api, name="Acme", settings={"branding": {}}, channel_data={slack: {"connections": []}})
    api.put("/v1/users/ada/preferences/default", json={"workflows": {"w": False}})

    assert api.delete("/v1/tenants/acme").status_code == 204

    assert api.get("/v1/tenants").json()["entries"] == []
    assert put(api) == {"__typename": "Tenant", "id": "acme"}
    assert api.get(f"/v1/objects/$tenants/acme/channel_data/{slack}").status_code == 404
    assert api.get("/v1/users/ada/preferences/default").json()["workflows"] == {"w": False}


@pytest.mark.promise("TENANT-STUB-FROM-TRIGGER")
def test_a_trigger_makes_the_tenant_it_names_and_alters_none(api: httpx.Client, trigger: Callable[..., str]) -> None:
    named = put(api, name="Acme")

    trigger("in-app-message", "ada", tenant="acme")
    trigger("in-app-message", "ada", tenant="fresh")

    assert tenant(api) == named
    assert api.get("/v1/tenants/fresh").json() == {"__typename": "Tenant", "id": "fresh"}
