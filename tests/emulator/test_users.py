from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knock_harness.emulator.references import Ref

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import Emulator, VirtualClock
    from knock_harness.emulator.environment import Environment


def user(api: httpx.Client, name: str = "ada") -> dict[str, Any]:
    answer: dict[str, Any] = api.get(f"/v1/users/{name}").raise_for_status().json()
    return answer


def ids(api: httpx.Client) -> set[str]:
    return {each["id"] for each in api.get("/v1/users").json()["entries"]}


@pytest.mark.promise(
    "USER-IDENTIFY-CREATES", "USER-PROPERTIES-TOP-LEVEL", "USER-SYSTEM-FIELDS", "USER-IDENTIFY-RETURNS-MERGED"
)
def test_an_identified_user_can_be_read_at_once(api: httpx.Client) -> None:
    identified = api.put("/v1/users/ada", json={"name": "Ada", "plan": "pro"})

    assert identified.status_code == 200
    assert user(api) == identified.json()
    assert (user(api)["name"], user(api)["plan"]) == ("Ada", "pro")


@pytest.mark.promise("USER-IDENTIFY-EMPTY-BODY")
def test_an_empty_body_makes_a_user_without_properties(api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={})

    assert user(api).keys() == {"__typename", "id", "created_at", "updated_at"}


@pytest.mark.promise("USER-ID-IMMUTABLE")
def test_an_id_in_the_body_renames_nobody(api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={"id": "bea"})

    assert user(api)["id"] == "ada"
    assert api.get("/v1/users/bea").status_code == 404


def test_system_fields_in_the_body_change_no_system_field(api: httpx.Client) -> None:
    before = api.put("/v1/users/ada", json={}).json()

    api.put("/v1/users/ada", json={"__typename": "Robot", "updated_at": "2001-01-01T00:00:00Z"})

    assert user(api) == before


@pytest.mark.promise("USER-PROPERTY-ROUNDTRIP")
@pytest.mark.parametrize(
    "value",
    [12345678901234567890123, 1.5, True, None, "ünïcode", [1, {"a": [None]}], {"a": {"b": {"c": {}}}}],
    ids=["big", "fraction", "boolean", "null", "text", "list", "map"],
)
def test_custom_properties_come_back_as_they_were_sent(api: httpx.Client, value: Any) -> None:
    api.put("/v1/users/ada", json={"collection": value})

    assert user(api)["collection"] == value


@pytest.mark.promise("USER-IDENTIFY-MERGES-DEEP", "USER-IDENTIFY-KEEPS-OTHERS", "USER-IDENTIFY-NULL-OVERWRITES")
def test_identify_merges_deeply(api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={"meta": {"a": 1, "deep": {"x": 1}}, "tags": [1], "plan": "pro"})

    api.put("/v1/users/ada", json={"meta": {"deep": {"y": 2}}, "tags": [2], "plan": None})

    merged = user(api)
    assert merged["meta"] == {"a": 1, "deep": {"x": 1, "y": 2}}
    assert (merged["tags"], merged["plan"]) == ([2], None)


@pytest.mark.promise("USER-RESERVED-FIELDS-STORED")
def test_the_reserved_fields_are_stored(api: httpx.Client) -> None:
    fields = {
        "name": "Ada",
        "email": "ada@example.com",
        "avatar": "https://example.com/a.png",
        "phone_number": "+1",
        "locale": "en-GB",
        "timezone": "America/New_York",
    }

    api.put("/v1/users/ada", json=fields)

    assert fields.items() <= user(api).items()


@pytest.mark.promise("USER-RESERVED-FIELDS-NULLABLE")
@pytest.mark.parametrize("field", ["avatar", "created_at", "email", "locale", "name", "phone_number", "timezone"])
def test_a_reserved_field_can_be_null(api: httpx.Client, field: str) -> None:
    value = {"created_at": "2020-01-01T00:00:00Z", "timezone": "Etc/UTC"}.get(field, "text")
    assert api.put("/v1/users/ada", json={field: value}).json()[field] is not None

    assert api.put("/v1/users/ada", json={field: None}).json()[field] is None


@pytest.mark.promise("USER-RESERVED-FIELDS-TYPED")
@pytest.mark.parametrize(
    ("field", "value"), [("name", 7), ("email", []), ("timezone", {}), ("avatar", True), ("phone_number", 1.5)]
)
def test_a_reserved_field_of_another_type_is_refused_and_changes_nothing(
    api: httpx.Client, field: str, value: Any
) -> None:
    before = api.put("/v1/users/ada", json={"name": "Ada"}).json()

    refused = api.put("/v1/users/ada", json={field: value, "other": 1})

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert user(api) == before


@pytest.mark.promise("USER-IDENTIFY-IDEMPOTENT")
def test_the_same_identify_again_changes_nothing(api: httpx.Client) -> None:
    body = {"name": "Ada", "meta": {"a": [1]}, "channel_data": {}, "preferences": {"default": {"workflows": {}}}}
    first = api.put("/v1/users/ada", json=body).json()
    second = api.put("/v1/users/ada", json=body).json()

    assert {**first, "updated_at": None} == {**second, "updated_at": None}
    assert ids(api) == {"ada"}


_LEAVES = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text("abc", max_size=3)
_MAPS = st.recursive(
    st.dictionaries(st.sampled_from("xyz"), _LEAVES, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("xyz"), inner | _LEAVES, max_size=3),
    max_leaves=8,
)


def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """What the requirement says: maps are merged at every depth, all else is replaced."""
    result = dict(old)
    for key, value in new.items():
        both = isinstance(value, dict) and isinstance(old.get(key), dict)
        result[key] = merged(old[key], value) if both else value
    return result


@pytest.mark.promise("USER-IDENTIFY-RETURNS-MERGED", "USER-IDENTIFY-MERGES-DEEP", "USER-IDENTIFY-KEEPS-OTHERS")
@given(bodies=st.lists(_MAPS, min_size=1, max_size=4))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_identifies_a_user_is_what_merging_them_gives(
    api: httpx.Client, bodies: list[dict[str, Any]]
) -> None:
    model: dict[str, Any] = {}
    for body in bodies:
        answer = api.put("/v1/users/ada", json={"custom": body}).json()
        model = merged(model, body)
        assert answer["custom"] == model
        assert answer == user(api)
    api.delete("/v1/users/ada")


@pytest.mark.promise("USER-IDENTIFY-DISJOINT-COMMUTE")
def test_identifies_of_different_keys_may_come_in_any_order(api: httpx.Client) -> None:
    bodies = [{"a": 1, "meta": {"x": 1}}, {"b": 2, "meta": {"y": 2}}, {"c": None}]
    for name, order in (("ada", bodies), ("bea", bodies[::-1])):
        for body in order:
            api.put(f"/v1/users/{name}", json=body)

    first, second = ({**user(api, name), "id": None, "updated_at": None} for name in ("ada", "bea"))
    assert first == second


@pytest.mark.promise("USER-PROPERTIES-256KB")
def test_properties_that_are_too_large_at_once_are_refused_and_change_nothing(api: httpx.Client) -> None:
    before = api.put("/v1/users/ada", json={"name": "Ada"}).json()

    assert api.put("/v1/users/ada", json={"bio": "x" * 300_000}).status_code == 422
    assert user(api) == before
    assert api.put("/v1/users/ada", json={"bio": "x" * 100_000}).status_code == 200


@pytest.mark.promise("USER-TIMEZONE-VALID")
@pytest.mark.parametrize("timezone", ["Mars/Olympus", "", "America", "../etc/passwd", "a\x00b"])
def test_a_timezone_that_is_none_is_refused_and_changes_nothing(api: httpx.Client, timezone: str) -> None:
    before = api.put("/v1/users/ada", json={"timezone": "Etc/UTC"}).json()

    refused = api.put("/v1/users/ada", json={"timezone": timezone, "name": "Ada"})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "timezone"
    assert user(api) == before


@pytest.mark.promise("USER-CREATED-AT-FROM-CALLER")
def test_created_at_is_what_the_caller_says_and_stays(api: httpx.Client) -> None:
    assert api.put("/v1/users/ada", json={}).json()["created_at"] is None
    api.put("/v1/users/ada", json={"created_at": "2020-02-03T04:05:06+02:00"})

    api.put("/v1/users/ada", json={"name": "Ada"})

    assert user(api)["created_at"] == "2020-02-03T02:05:06.000000Z"


@pytest.mark.promise("USER-UPDATED-AT-ADVANCES")
def test_updated_at_moves_with_a_change_and_not_with_a_read(api: httpx.Client, clock: VirtualClock) -> None:
    first = api.put("/v1/users/ada", json={"a": 1}).json()["updated_at"]
    clock.advance(timedelta(seconds=5))

    assert user(api)["updated_at"] == first
    assert api.put("/v1/users/ada", json={"a": 2}).json()["updated_at"] == "2026-03-01T12:00:05.000000Z"


@pytest.mark.promise("USER-PROPERTIES-256KB-TOTAL")
def test_properties_that_grow_too_large_are_refused_and_change_nothing(api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={"k1": "x" * 100_000, "k2": "x" * 100_000}).raise_for_status()

    refused = api.put("/v1/users/ada", json={"k3": "x" * 100_000})

    assert refused.status_code == 422
    assert "k3" not in user(api)
    assert api.put("/v1/users/ada", json={"k1": "short"}).status_code == 200


@pytest.mark.promise("USER-IDENTIFY-QUERY-PARAMS")
def test_properties_may_come_in_the_query(api: httpx.Client) -> None:
    api.put("/v1/users/ada?name=Ada&plan=pro&tags[]=a&tags[]=b").raise_for_status()

    assert {"name": "Ada", "plan": "pro", "tags": ["a", "b"]}.items() <= user(api).items()


def test_properties_in_the_query_are_held_against_the_contract(api: httpx.Client) -> None:
    assert api.put("/v1/users/ada?created_at=yesterday").status_code == 422


@pytest.mark.promise("USER-IDENTIFY-CHANNEL-DATA", "USER-IDENTIFY-SIDE-DATA-NOT-ECHOED")
def test_channel_data_of_an_identify_is_stored_and_not_shown(api: httpx.Client, channel: Callable[[str], str]) -> None:
    push = channel("push-fcm")

    identified = api.put("/v1/users/ada", json={"channel_data": {push: {"tokens": ["t"]}}}).json()

    assert "channel_data" not in identified
    assert api.get(f"/v1/users/ada/channel_data/{push}").json()["data"]["tokens"] == ["t"]


def test_an_identify_with_an_unknown_channel_changes_nothing(api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={"name": "Ada"})
    unknown = "11111111-1111-4111-8111-111111111111"

    refused = api.put("/v1/users/ada", json={"name": "Bea", "channel_data": {unknown: {"tokens": ["t"]}}})

    assert refused.status_code == 422
    assert user(api)["name"] == "Ada"


@pytest.mark.promise("USER-IDENTIFY-PREFERENCES-MERGE", "USER-IDENTIFY-PREFERENCES-KEYED")
def test_preferences_of_an_identify_are_merged_into_each_set(api: httpx.Client) -> None:
    api.put("/v1/users/ada/preferences/default", json={"channel_types": {"email": True, "sms": False}})

    sets = {"default": {"channel_types": {"email": False}}, "acme": {"workflows": {"w": False}}}
    identified = api.put("/v1/users/ada", json={"preferences": sets}).json()

    assert "preferences" not in identified
    default = api.get("/v1/users/ada/preferences/default").json()
    assert default["channel_types"] == {"email": False, "sms": False}
    assert api.get("/v1/users/ada/preferences/acme").json()["workflows"] == {"w": False}


@pytest.mark.parametrize("path", ["a%2Fb", "a%23b", "a" * 257])
def test_an_id_that_nobody_may_have_is_refused(api: httpx.Client, path: str) -> None:
    assert api.put(f"/v1/users/{path}", json={}).status_code == 422
    assert ids(api) == set()


@pytest.mark.parametrize("name", ["a b", "ada@example.com", "a+b:c", "Ünïcode", "100%", "a?b", "x" * 256])
def test_an_id_is_found_however_it_was_escaped(api: httpx.Client, name: str) -> None:
    escaped = "".join(f"%{byte:02X}" for byte in name.encode())

    assert api.put(f"/v1/users/{escaped}", json={}).json()["id"] == name
    assert ids(api) == {name}


@pytest.mark.promise("USER-LIST-SAME-RECORD")
def test_the_list_shows_users_as_they_are_read(api: httpx.Client) -> None:
    for name in ("ada", "bea"):
        api.put(f"/v1/users/{name}", json={"name": name})

    assert api.get("/v1/users").json()["entries"] == [user(api, "bea"), user(api, "ada")]


@pytest.mark.promise("USER-LIST-INCLUDE-PREFERENCES", "USER-LIST-NO-PREFERENCES-BY-DEFAULT")
def test_the_list_holds_preferences_only_when_asked(api: httpx.Client) -> None:
    api.put("/v1/users/ada/preferences/default", json={"workflows": {"w": False}})

    assert "preferences" not in api.get("/v1/users").json()["entries"][0]
    shown = api.get("/v1/users?include[]=preferences").json()["entries"][0]["preferences"]
    assert shown["default"]["workflows"] == {"w": False}


@pytest.mark.promise(
    "USER-DELETE-GONE",
    "USER-DELETE-CHANNEL-DATA",
    "USER-DELETE-PREFERENCES",
    "USER-DELETE-SUBSCRIPTIONS",
    "USER-DELETE-MESSAGES",
    "USER-DELETE-REUSE-CLEAN",
)
def test_a_deleted_user_leaves_nothing_to_its_successor(
    api: httpx.Client, channel: Callable[[str], str], send: Callable[..., str]
) -> None:
    push = channel("push-fcm")
    api.put("/v1/objects/projects/1", json={})
    api.put("/v1/users/ada", json={"name": "Ada", "channel_data": {push: {"tokens": ["t"]}}})
    api.put("/v1/users/ada/preferences/default", json={"workflows": {"w": False}})
    api.put("/v1/users/ada/preferences/acme", json={"workflows": {"w": False}})
    api.post("/v1/objects/projects/1/subscriptions", json={"recipients": ["ada"]})
    message = send("ada")

    assert api.delete("/v1/users/ada").status_code == 204

    assert api.get("/v1/users/ada").status_code == 404
    assert ids(api) == set()
    assert api.get("/v1/objects/projects/1/subscriptions").json()["entries"] == []
    assert api.get(f"/v1/messages/{message}").status_code == 404
    api.put("/v1/users/ada", json={})
    assert "name" not in user(api)
    assert api.get(f"/v1/users/ada/channel_data/{push}").status_code == 404
    assert api.get("/v1/users/ada/preferences").json() == []
    assert api.get("/v1/users/ada/subscriptions").json()["entries"] == []


@pytest.mark.promise("CROSS-GET-UNKNOWN-404")
def test_a_user_that_is_not_there_is_404_and_is_not_made(api: httpx.Client) -> None:
    assert api.get("/v1/users/ada").status_code == 404
    assert api.delete("/v1/users/ada").status_code == 404
    assert ids(api) == set()


def test_a_user_of_one_environment_is_not_seen_in_another(api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={})

    other = api.get("/v1/users/ada", headers={"authorization": "Bearer sk_test_other"})

    assert other.status_code == 404


@pytest.mark.promise("CROSS-IDS-EXACT")
def test_ids_that_are_nearly_the_same_are_different_users(api: httpx.Client, environment: Environment) -> None:
    names = ["ada", "Ada", "ada ", "ada.", "0ada", "a\u0308", "\u00e4"]
    for name in names:
        api.put(f"/v1/users/{''.join(f'%{byte:02X}' for byte in name.encode())}", json={"me": name})

    assert {each["me"] for each in api.get("/v1/users").json()["entries"]} == set(names)


@pytest.mark.parametrize(("depth", "status"), [(250, 200), (251, 400), (985, 400), (5000, 400)])
def test_properties_are_nested_within_reason(api: httpx.Client, depth: int, status: int) -> None:
    content = b'{"a":' * depth + b"1" + b"}" * depth

    answer = api.put("/v1/users/ada", content=content, headers={"content-type": "application/json"})

    assert answer.status_code == status
    assert api.get("/v1/users").status_code == 200


@pytest.mark.promise("USER-DELETE-SCHEDULES")
def test_schedules_of_a_deleted_user_are_gone_and_never_fire(
    api: httpx.Client, emulator: Emulator, environment: Environment
) -> None:
    for name in ("ada", "bea"):
        api.put(f"/v1/users/{name}", json={})
    schedule = {"workflow": "scheduled-message", "recipients": ["ada", "bea"], "scheduled_at": "2026-03-02T12:00:00Z"}
    api.post("/v1/schedules", json=schedule).raise_for_status()

    api.delete("/v1/users/ada")

    listed = api.get("/v1/schedules?workflow=scheduled-message").json()["entries"]
    assert [each["recipient"]["id"] for each in listed] == ["bea"]
    for _ in emulator.advance(environment.name, to=environment.clock.now() + timedelta(days=2)):
        pass
    assert [each["recipient"] for each in api.get("/v1/workflow_recipient_runs").json()["items"]] == ["bea"]


@pytest.mark.promise("USER-DELETE-NO-RECIPIENT")
def test_a_deleted_user_is_not_reached_at_its_old_address(
    api: httpx.Client, trigger: Callable[..., str], messages: Callable[..., list[dict[str, Any]]]
) -> None:
    api.put("/v1/users/ada", json={"name": "Ada", "email": "ada@example.com", "phone_number": "+15005550006"})
    api.delete("/v1/users/ada")

    trigger("all-channels", "ada")

    contents = [api.get(f"/v1/messages/{each['id']}/content").text for each in messages()]
    assert not any("ada@example.com" in each or "+15005550006" in each for each in contents)


@pytest.mark.promise("USER-DELETE-ACTOR-MARKER")
def test_a_message_of_others_outlives_its_actor_without_the_data_of_that_actor(
    api: httpx.Client, send: Callable[..., str], feed: str
) -> None:
    api.put("/v1/users/bea", json={"name": "Bea", "email": "bea@example.com"})
    message = send("ada", actors=[Ref("", "bea")])

    api.delete("/v1/users/bea")

    item = api.get(feed).json()["entries"][0]
    assert item["id"] == message
    assert "bea@example.com" not in json.dumps(item)
    assert '"Bea"' not in json.dumps(item)


@pytest.mark.promise("USER-MESSAGES-OWN")
def test_the_messages_of_a_user_are_all_that_went_to_it_and_nothing_else(
    api: httpx.Client, send: Callable[..., str]
) -> None:
    own = [send("ada"), send("ada", channel="sms")]
    send("bea")
    send(Ref("projects", "ada"), channel="sms")

    listed = [each["id"] for each in api.get("/v1/users/ada/messages").json()["items"]]

    assert listed == own[::-1]
    everything = api.get("/v1/messages").json()["items"]
    assert [each["id"] for each in everything if each["recipient"] == "ada"] == listed
