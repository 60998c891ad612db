from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from knock_harness.emulator import VirtualClock

PATH = "/v1/objects/projects/1/subscriptions"


@pytest.fixture(autouse=True)
def project(api: httpx.Client) -> None:
    api.put("/v1/objects/projects/1", json={"name": "Site"})


def add(api: httpx.Client, *recipients: Any, path: str = PATH, **more: Any) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = (
        api.post(path, json={"recipients": list(recipients), **more}).raise_for_status().json()
    )
    return answer


def names(entries: list[dict[str, Any]], side: str = "recipient") -> list[str]:
    return [each[side]["id"] for each in entries]


def listed(api: httpx.Client, query: str = "", path: str = PATH) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = api.get(f"{path}{query}").raise_for_status().json()["entries"]
    return answer


@pytest.mark.promise("SUB-ADD-RETURNS", "SUB-SHAPE", "INLINE-BEFORE-ACTION", "INLINE-UPSERTS-RECIPIENT")
def test_adding_returns_one_subscription_for_each_recipient(api: httpx.Client) -> None:
    added = add(api, "ada", {"id": "bea", "name": "Bea"}, {"id": "1", "collection": "teams"}, properties={"role": "x"})

    assert [(each["recipient"]["__typename"], each["recipient"]["id"]) for each in added] == [
        ("User", "ada"),
        ("User", "bea"),
        ("Object", "1"),
    ]
    assert all(each["properties"] == {"role": "x"} for each in added)
    assert all(each["object"] == api.get("/v1/objects/projects/1").json() for each in added)
    assert added[1]["recipient"]["name"] == "Bea"
    assert listed(api) == added[::-1]


def test_a_recipient_named_twice_is_one_subscriber(api: httpx.Client) -> None:
    assert names(add(api, "ada", {"id": "ada", "name": "Ada"})) == ["ada"]


@pytest.mark.promise("SUB-READD-UPSERTS")
def test_adding_again_gives_new_properties_and_keeps_the_date(api: httpx.Client, clock: VirtualClock) -> None:
    first = add(api, "ada", properties={"role": "a"})[0]
    clock.advance(timedelta(seconds=1))

    again = add(api, "ada", properties={"role": "b"})[0]

    assert listed(api) == [again]
    assert again["properties"] == {"role": "b"}
    assert again["inserted_at"] == first["inserted_at"] < again["updated_at"]


@pytest.mark.promise("SUB-PROPERTIES-ROUNDTRIP", "SUB-PROPERTIES-NOT-ON-RECIPIENT", "SUB-LIST-SYMMETRY")
@pytest.mark.parametrize("properties", [{}, {"a": {"b": [1, None]}}, None])
def test_properties_come_back_as_they_were_sent_and_on_no_record(api: httpx.Client, properties: Any) -> None:
    add(api, "ada", properties=properties)

    assert listed(api)[0]["properties"] == properties
    assert listed(api, path="/v1/users/ada/subscriptions") == listed(api)
    assert "a" not in api.get("/v1/users/ada").json()


@pytest.mark.promise("SUB-RECIPIENT-RECORD-LIVE")
def test_lists_show_the_records_as_they_are_now(api: httpx.Client) -> None:
    add(api, "ada")

    api.put("/v1/users/ada", json={"name": "Ada"})
    api.put("/v1/objects/projects/1", json={"name": "New"})

    entry = listed(api)[0]
    assert (entry["recipient"]["name"], entry["object"]["properties"]["name"]) == ("Ada", "New")


@pytest.mark.promise("SUB-MODE-DEFAULT-OBJECT", "SUB-LIST-SYMMETRY")
def test_mode_recipient_lists_what_the_object_follows(api: httpx.Client) -> None:
    api.put("/v1/objects/orgs/1", json={})
    add(api, {"id": "1", "collection": "projects"}, path="/v1/objects/orgs/1/subscriptions")
    add(api, "ada")

    assert names(listed(api)) == ["ada"]
    assert names(listed(api, "?mode=object")) == ["ada"]
    assert [each["object"]["collection"] for each in listed(api, "?mode=recipient")] == ["orgs"]


@pytest.mark.promise("SUB-FILTER-RECIPIENTS", "SUB-FILTER-OTHER-MODE")
def test_subscribers_can_be_narrowed_to_the_named(api: httpx.Client) -> None:
    add(api, "ada", "bea", "1", {"id": "1", "collection": "teams"})
    team = "recipients[0][id]=1&recipients[0][collection]=teams"

    assert names(listed(api, "?recipients[]=ada&recipients[]=stranger")) == ["ada"]
    assert [each["recipient"]["__typename"] for each in listed(api, f"?{team}")] == ["Object"]
    assert listed(api, "?mode=recipient&recipients[]=stranger") == []


@pytest.mark.promise("SUB-FILTER-OBJECTS")
def test_what_is_followed_can_be_narrowed_to_the_named(api: httpx.Client) -> None:
    api.put("/v1/objects/teams/1", json={})
    follower = {"id": "x", "collection": "bots"}
    for path in (PATH, "/v1/objects/teams/1/subscriptions"):
        add(api, "ada", follower, path=path)
    team = "objects[0][id]=1&objects[0][collection]=teams"

    for path in ("/v1/users/ada/subscriptions", "/v1/objects/bots/x/subscriptions"):
        entries = listed(api, f"?mode=recipient&{team}", path=path)
        assert [each["object"]["collection"] for each in entries] == ["teams"]


@pytest.mark.promise("SUB-FILTER-OTHER-MODE")
def test_a_filter_of_the_other_mode_has_no_effect(api: httpx.Client) -> None:
    add(api, "ada")

    assert names(listed(api, "?objects[0][id]=none&objects[0][collection]=none")) == ["ada"]


@pytest.mark.promise("SUB-LIST-INCLUDE-PREFERENCES", "INLINE-SIDE-DATA")
def test_lists_carry_preferences_only_when_asked(api: httpx.Client) -> None:
    add(api, {"id": "ada", "preferences": {"default": {"workflows": {"w": False}}}})

    assert "preferences" not in listed(api)[0]["recipient"]
    for path in (PATH, "/v1/users/ada/subscriptions"):
        entry = listed(api, "?include[]=preferences", path=path)[0]
        assert entry["recipient"]["preferences"]["default"]["workflows"] == {"w": False}


@pytest.mark.promise("SUB-DELETE", "SUB-DELETE-ABSENT")
def test_deleting_returns_what_was_there_and_passes_over_the_rest(api: httpx.Client) -> None:
    add(api, "ada", "bea", "cid")

    removed = api.request("DELETE", PATH, json={"recipients": ["ada", "stranger", "bea", "ada"]})

    assert names(removed.json()) == ["ada", "bea"]
    assert names(listed(api)) == ["cid"]
    assert listed(api, path="/v1/users/ada/subscriptions") == []
    assert api.get("/v1/users/ada").status_code == 200
    assert api.request("DELETE", PATH, json={"recipients": ["ada"]}).json() == []


@pytest.mark.promise("SUB-OBJECT-MUST-EXIST")
def test_an_object_that_is_not_there_has_no_subscribers_to_list(api: httpx.Client) -> None:
    path = "/v1/objects/projects/none/subscriptions"

    assert api.get(path).status_code == 404
    assert api.post(path, json={"recipients": ["ada"]}).status_code == 404
    assert listed(api, path="/v1/users/ada/subscriptions") == []


@pytest.mark.promise("SUB-LIMIT-100")
def test_a_hundred_recipients_go_in_one_request_and_not_one_more(api: httpx.Client) -> None:
    assert len(add(api, *(f"u{number}" for number in range(100)))) == 100

    assert api.post(PATH, json={"recipients": [f"v{number}" for number in range(101)]}).status_code == 422
    assert api.get("/v1/users/v0").status_code == 404


@pytest.mark.promise("INLINE-ID-REQUIRED")
@pytest.mark.parametrize("recipient", [{"name": "Ada"}, {"collection": "projects"}, "a/b"])
def test_a_recipient_who_says_not_who_it_is_is_refused(api: httpx.Client, recipient: Any) -> None:
    assert api.post(PATH, json={"recipients": ["ada", recipient]}).status_code == 422
    assert listed(api) == []


@pytest.mark.promise("INLINE-ID-STRING-ONLY")
def test_a_reference_changes_nothing_of_whom_it_names(api: httpx.Client) -> None:
    ada = api.put("/v1/users/ada", json={"name": "Ada"}).json()
    team = api.put("/v1/objects/teams/1", json={"name": "Team"}).json()

    add(api, "ada", {"id": "1", "collection": "teams"})

    assert api.get("/v1/users/ada").json() == ada
    assert api.get("/v1/objects/teams/1").json() == team


@pytest.mark.promise("SUB-LIST-EXACT")
def test_pages_hold_every_subscriber_once(api: httpx.Client) -> None:
    add(api, *(f"u{number}" for number in range(25)))
    seen: list[str] = []
    after = ""
    while after is not None:
        page = api.get(f"{PATH}?page_size=10&after={after}").json()
        seen += names(page["entries"])
        after = page["page_info"]["after"]

    assert seen == [f"u{number}" for number in reversed(range(25))]
