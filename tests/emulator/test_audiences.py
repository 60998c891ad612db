from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from knock_harness.emulator import VirtualClock

PATH = "/v1/audiences/beta/members"


def member(name: str, tenant: str | None = None, **properties: Any) -> dict[str, Any]:
    return {"user": {"id": name, **properties}, **({"tenant": tenant} if tenant else {})}


def add(api: httpx.Client, *members: dict[str, Any], create: bool = True) -> httpx.Response:
    return api.post(f"{PATH}{'?create_audience=true' if create else ''}", json={"members": list(members)})


def remove(api: httpx.Client, *members: dict[str, Any]) -> httpx.Response:
    return api.request("DELETE", PATH, json={"members": list(members)})


def listed(api: httpx.Client) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = api.get(PATH).raise_for_status().json()["entries"]
    return answer


def pairs(api: httpx.Client) -> list[tuple[str, str | None]]:
    return [(each["user_id"], each["tenant"]) for each in listed(api)]


@pytest.mark.promise("AUDIENCE-UNKNOWN-404", "AUDIENCE-CREATE-ON-ADD")
def test_an_unknown_audience_is_404_and_is_not_made(api: httpx.Client) -> None:
    assert add(api, member("ada"), create=False).status_code == 404
    assert api.post(f"{PATH}?create_audience=false", json={"members": []}).status_code == 404
    assert remove(api, member("ada")).status_code == 404
    assert api.get(PATH).status_code == 404


@pytest.mark.promise("AUDIENCE-CREATE-ON-ADD")
def test_an_audience_is_made_on_request(api: httpx.Client) -> None:
    assert add(api, member("ada")).status_code == 204

    assert pairs(api) == [("ada", None)]
    assert add(api, member("bea"), create=False).status_code == 204


@pytest.mark.promise("AUDIENCE-TENANT-DISTINCT", "AUDIENCE-LIST-EXACT")
def test_a_user_is_a_member_once_for_each_tenant(api: httpx.Client) -> None:
    add(api, member("ada"), member("ada", "acme"), member("ada", "bell"), member("ada", "acme"))

    assert pairs(api) == [("ada", "bell"), ("ada", "acme"), ("ada", None)]


@pytest.mark.promise("AUDIENCE-REMOVE-NEEDS-TENANT", "AUDIENCE-LIST-EXACT")
def test_removing_takes_exactly_the_pair_away(api: httpx.Client) -> None:
    add(api, member("ada"), member("ada", "acme"))

    assert remove(api, member("ada"), member("stranger")).status_code == 204
    assert pairs(api) == [("ada", "acme")]
    remove(api, member("ada", "acme"))
    assert pairs(api) == []


@pytest.mark.promise("AUDIENCE-ADD-REPEAT")
def test_adding_again_changes_nothing(api: httpx.Client, clock: VirtualClock) -> None:
    add(api, member("ada"))
    before = listed(api)
    clock.advance(timedelta(hours=1))

    assert add(api, member("ada")).status_code == 204
    assert listed(api) == before


@pytest.mark.promise("AUDIENCE-MISSING-USER", "AUDIENCE-IDENTIFIED-LATER", "AUDIENCE-MEMBER-SHAPE")
def test_a_member_whom_nobody_identified_has_no_user_until_somebody_does(api: httpx.Client) -> None:
    add(api, member("ada"))
    unknown = listed(api)[0]

    api.put("/v1/users/ada", json={"name": "Ada"})

    assert (unknown["user_id"], unknown["user"]) == ("ada", None)
    assert listed(api)[0] == {**unknown, "user": api.get("/v1/users/ada").json()}
    api.delete("/v1/users/ada")
    assert listed(api)[0] == unknown


@pytest.mark.promise("AUDIENCE-INLINE-IDENTIFY")
def test_properties_of_a_member_go_to_the_user(api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={"name": "Ada"})

    add(api, member("ada", plan="pro"))

    assert {"name": "Ada", "plan": "pro"}.items() <= api.get("/v1/users/ada").json().items()
    assert listed(api)[0]["user"]["plan"] == "pro"


@pytest.mark.promise("AUDIENCE-MEMBER-ID-REQUIRED")
@pytest.mark.parametrize(
    "body",
    [{}, {"members": [{}]}, {"members": [{"user": {"email": "e"}}]}, {"members": [{"user": {"id": "ok"}}, {}]}],
    ids=["nothing", "empty", "no id", "one good"],
)
def test_members_without_an_id_are_refused_as_a_whole(api: httpx.Client, body: dict[str, Any]) -> None:
    assert api.post(f"{PATH}?create_audience=true", json=body).status_code == 422
    assert api.get(PATH).status_code == 404


@pytest.mark.promise("AUDIENCE-LIMIT-1000")
def test_a_thousand_members_go_in_one_request_and_not_one_more(api: httpx.Client) -> None:
    members = [member(f"u{number}") for number in range(1000)]

    assert add(api, *members).status_code == 204
    assert api.get(f"{PATH}?page_size=50").json()["page_info"]["after"] is not None
    assert remove(api, *members).status_code == 204
    assert listed(api) == []
    assert add(api, *members, member("more")).status_code == 422


def test_members_are_paged(api: httpx.Client) -> None:
    add(api, *(member(f"u{number}") for number in range(5)))

    first = api.get(f"{PATH}?page_size=2").json()
    second = api.get(f"{PATH}?page_size=2&after={first['page_info']['after']}").json()

    assert [each["user_id"] for each in first["entries"] + second["entries"]] == ["u4", "u3", "u2", "u1"]
