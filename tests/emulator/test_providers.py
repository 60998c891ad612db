"""Slack and Microsoft Teams."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator.environment import Environment

    Ask = Callable[..., httpx.Response]
    Connect = Callable[..., None]

HOLDER = {"object_id": "acme", "collection": "$tenants"}
TENANT = "0a9d6d3d-6f12-4b4c-9a2c-6f1f6f0b2d11"
PARAMETER = {"slack": "access_token_object", "ms-teams": "ms_teams_tenant_object"}
CREDENTIAL = {
    "slack": {"token": {"access_token": "xoxb-1"}},
    "ms-teams": {"ms_teams_tenant_id": TENANT},
}
PATHS = {
    "slack": ["auth_check", "channels"],
    "ms-teams": ["auth_check", "teams", "channels"],
}
CALLS = [(provider, path) for provider, paths in PATHS.items() for path in paths]


@pytest.fixture
def connect(api: httpx.Client, environment: Environment) -> Callable[..., None]:
    """Give the tenant a credential."""

    def connect(provider: str, data: dict[str, Any] | None = None) -> None:
        channel = environment.project.channels[provider]
        body = {"data": data or CREDENTIAL[provider]}
        assert api.put(f"/v1/objects/$tenants/acme/channel_data/{channel.id}", json=body).status_code == 200

    return connect


@pytest.fixture
def ask(api: httpx.Client, environment: Environment) -> Callable[..., httpx.Response]:
    """Call an operation of a provider."""

    def ask(provider: str, path: str, *, method: str = "GET", **params: Any) -> httpx.Response:
        channel = environment.project.channels[provider]
        query = {PARAMETER[provider]: json.dumps(HOLDER), **params}
        return api.request(method, f"/v1/providers/{provider}/{channel.id}/{path}", params=query)

    return ask


@pytest.mark.parametrize("provider", CREDENTIAL)
def test_a_connected_object_checks_out(connect: Connect, ask: Ask, provider: str) -> None:
    connect(provider)

    assert ask(provider, "auth_check").json()["connection"]["ok"] is True


def test_a_token_that_is_none_of_slack_does_not_check_out(connect: Connect, ask: Ask) -> None:
    connect("slack", {"connections": [{"access_token": "nonsense", "channel_id": "C1"}]})

    assert ask("slack", "auth_check").json()["connection"] == {"ok": False, "reason": "invalid_auth"}
    assert ask("slack", "channels").status_code == 403


@pytest.mark.parametrize(("provider", "path"), CALLS)
def test_without_a_credential_a_call_is_refused(ask: Ask, provider: str, path: str) -> None:
    answer = ask(provider, path, team_id="t")

    assert answer.status_code == 403
    assert (answer.json()["code"], answer.json()["type"]) == ("authorization", "authentication_error")


@pytest.mark.parametrize("provider", CREDENTIAL)
def test_revoking_takes_the_credential_out_of_the_object(
    api: httpx.Client,
    environment: Environment,
    connect: Connect,
    ask: Ask,
    provider: str,
) -> None:
    connect(provider)

    assert ask(provider, "revoke_access", method="PUT").status_code == 200

    channel = environment.project.channels[provider]
    held = api.get(f"/v1/objects/$tenants/acme/channel_data/{channel.id}").json()["data"]
    assert held == {"connections": []}
    assert ask(provider, "auth_check").status_code == 403
    assert ask(provider, "revoke_access", method="PUT").status_code == 403


@pytest.mark.parametrize("provider", CREDENTIAL)
def test_the_object_is_required(api: httpx.Client, environment: Environment, provider: str) -> None:
    channel = environment.project.channels[provider]

    assert api.get(f"/v1/providers/{provider}/{channel.id}/auth_check").status_code == 422


@pytest.mark.parametrize("provider", CREDENTIAL)
def test_a_channel_of_another_provider_is_not_found(api: httpx.Client, environment: Environment, provider: str) -> None:
    channel = environment.project.channels["discord"]
    params = {PARAMETER[provider]: json.dumps(HOLDER)}

    assert api.get(f"/v1/providers/{provider}/{channel.id}/auth_check", params=params).status_code == 404


def test_the_object_may_come_in_brackets(api: httpx.Client, environment: Environment, connect: Connect) -> None:
    connect("slack")
    params = {"access_token_object[object_id]": "acme", "access_token_object[collection]": "$tenants"}

    channel = environment.project.channels["slack"]
    assert api.get(f"/v1/providers/slack/{channel.id}/auth_check", params=params).json()["connection"]["ok"] is True


def slack_names(answer: httpx.Response) -> list[str]:
    return [each["name"].partition("-")[0] for each in answer.json()["slack_channels"]]


@pytest.mark.parametrize(
    ("params", "kinds", "number"),
    [
        ({}, {"public", "private"}, 6),
        ({"query_options.exclude_archived": "false"}, {"public", "private"}, 8),
        ({"query_options.types": "public_channel"}, {"public"}, 4),
        ({"query_options.types": "im, mpim"}, {"im", "mpim"}, 4),
        ({"query_options.team_id": "T0"}, set(), 0),
    ],
    ids=["default", "archived", "public", "direct", "other team"],
)
def test_slack_options_choose_the_channels(
    connect: Connect,
    ask: Ask,
    params: dict[str, str],
    kinds: set[str],
    number: int,
) -> None:
    connect("slack")

    names = slack_names(ask("slack", "channels", **params))

    assert (set(names), len(names)) == (kinds, number)


def test_slack_pages_hold_two_hundred_and_meet_each_channel_once(
    environment: Environment, connect: Connect, ask: Ask
) -> None:
    environment.project = replace(environment.project, providers={"slack": {"channels": 900}})
    connect("slack")
    pages, cursor = [], ""
    while cursor is not None:
        answer = ask("slack", "channels", **{"query_options.cursor": cursor}).json()
        pages.append([each["id"] for each in answer["slack_channels"]])
        cursor = answer["next_cursor"]

    assert [len(each) for each in pages] == [200, 200, 50]
    assert len({channel for page in pages for channel in page}) == 450


def test_the_dotted_cursor_wins(connect: Connect, ask: Ask) -> None:
    connect("slack")
    first = ask("slack", "channels", **{"query_options[limit]": 1}).json()
    both = {"query_options[limit]": 1, "query_options[cursor]": "", "query_options.cursor": first["next_cursor"]}

    assert ask("slack", "channels", **both).json()["slack_channels"] != first["slack_channels"]


def test_teams_are_paged_by_skip_token(connect: Connect, ask: Ask) -> None:
    connect("ms-teams")
    seen, token = [], ""
    while token is not None:
        answer = ask("ms-teams", "teams", **{"query_options[$top]": 5, "query_options.$skiptoken": token}).json()
        seen.append([each["id"] for each in answer["ms_teams_teams"]])
        token = answer["skip_token"]

    assert [len(each) for each in seen] == [5, 5, 2]
    assert len({team for page in seen for team in page}) == 12


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (None, {"General", "Releases", "Partners"}),
        ("membershipType eq 'private'", {"Leads"}),
        ("isArchived eq true or startswith(displayName, 'Gen')", {"Launch 2025", "General"}),
        ("isArchived ne true and contains(displayName,'e') and membershipType eq 'standard'", {"General", "Releases"}),
    ],
    ids=["default", "private", "or", "and"],
)
def test_channels_of_a_team_are_filtered(connect: Connect, ask: Ask, text: str | None, names: set[str]) -> None:
    connect("ms-teams")
    team = ask("ms-teams", "teams").json()["ms_teams_teams"][0]["id"]

    answer = ask("ms-teams", "channels", team_id=team, **({"query_options.$filter": text} if text else {}))

    assert {each["displayName"] for each in answer.json()["ms_teams_channels"]} == names


def test_selected_properties_come_with_id_and_name(connect: Connect, ask: Ask) -> None:
    connect("ms-teams")
    [team, *_] = ask("ms-teams", "teams", **{"query_options.$select": "displayName"}).json()["ms_teams_teams"]

    assert set(team) == {"id", "displayName"}


def test_a_filter_in_another_language_is_refused(connect: Connect, ask: Ask) -> None:
    connect("ms-teams")

    assert ask("ms-teams", "teams", **{"query_options.$filter": "hello"}).status_code == 422


def test_channels_need_a_team_of_the_tenant(connect: Connect, ask: Ask) -> None:
    connect("ms-teams")

    assert [ask("ms-teams", "channels").status_code, ask("ms-teams", "channels", team_id="x").status_code] == [422, 404]
