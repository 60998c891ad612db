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


@pytest.mark.promise("PROV-AUTH-SHAPE")
@pytest.mark.parametrize("provider", CREDENTIAL)
def test_a_connected_object_checks_out(connect: Connect, ask: Ask, provider: str) -> None:
    connect(provider)

    assert ask(provider, "auth_check").json()["connection"]["ok"] is True


@pytest.mark.promise("PROV-AUTH-SHAPE")
def test_a_token_that_is_none_of_slack_does_not_check_out(connect: Connect, ask: Ask) -> None:
    connect("slack", {"connections": [{"access_token": "nonsense", "channel_id": "C1"}]})

    assert ask("slack", "auth_check").json()["connection"] == {"ok": False, "reason": "invalid_auth"}
    assert ask("slack", "channels").status_code == 403


@pytest.mark.promise("PROV-NO-CREDENTIAL-403", "PROV-AUTH-NO-CREDENTIAL", "PROV-LIST-NO-CREDENTIAL")
@pytest.mark.parametrize(("provider", "path"), CALLS)
def test_without_a_credential_a_call_is_refused(ask: Ask, provider: str, path: str) -> None:
    answer = ask(provider, path, team_id="t")

    assert answer.status_code == 403
    assert (answer.json()["code"], answer.json()["type"]) == ("authorization", "authentication_error")


@pytest.mark.promise("PROV-SLACK-REVOKE", "PROV-TEAMS-REVOKE", "PROV-NO-CREDENTIAL-403")
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


@pytest.mark.promise("PROV-OBJECT-REQUIRED")
@pytest.mark.parametrize(("provider", "path"), [*CALLS, *((provider, "revoke_access") for provider in CREDENTIAL)])
def test_the_object_is_required(
    api: httpx.Client, environment: Environment, connect: Connect, provider: str, path: str
) -> None:
    connect(provider)
    channel = environment.project.channels[provider]
    method = "PUT" if path == "revoke_access" else "GET"

    answer = api.request(method, f"/v1/providers/{provider}/{channel.id}/{path}", params={"team_id": "t"})

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [PARAMETER[provider]]


@pytest.mark.promise("PROV-UNKNOWN-CHANNEL")
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


@pytest.mark.promise("PROV-SLACK-DEFAULTS")
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


@pytest.mark.promise("PROV-SLACK-PAGING", "PROV-SLACK-CURSOR-EMPTY")
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


@pytest.mark.promise("PROV-CURSOR-DOTTED-WINS", "PROV-SLACK-PAGING")
def test_the_dotted_cursor_wins(connect: Connect, ask: Ask) -> None:
    connect("slack")
    first = ask("slack", "channels", **{"query_options[limit]": 1}).json()
    both = {"query_options[limit]": 1, "query_options[cursor]": "", "query_options.cursor": first["next_cursor"]}

    assert ask("slack", "channels", **both).json()["slack_channels"] != first["slack_channels"]


@pytest.mark.promise("PROV-CURSOR-DOTTED-WINS")
def test_the_dotted_skip_token_wins(connect: Connect, ask: Ask) -> None:
    connect("ms-teams")
    first = ask("ms-teams", "teams", **{"query_options[$top]": 5}).json()
    second = ask("ms-teams", "teams", **{"query_options[$top]": 5, "query_options.$skiptoken": first["skip_token"]})
    both = {
        "query_options[$top]": 5,
        "query_options[$skiptoken]": second.json()["skip_token"],
        "query_options.$skiptoken": first["skip_token"],
    }

    assert ask("ms-teams", "teams", **both).json() == second.json()


@pytest.mark.promise("PROV-NO-CREDENTIAL-403", "ERR-PROVIDER-ENVELOPE")
@pytest.mark.parametrize(
    ("provider", "text"), [("slack", "Access token not set."), ("ms-teams", "Microsoft Teams tenant ID not set.")]
)
def test_revoking_what_is_not_there_is_told_in_the_words_that_clients_know(ask: Ask, provider: str, text: str) -> None:
    answer = ask(provider, "revoke_access", method="PUT")

    assert answer.json() == {"code": "authorization", "message": text, "status": 403, "type": "authentication_error"}


@pytest.mark.promise("PROV-TEAMS-REVOKE")
def test_revoking_leaves_the_other_data_of_a_tenant(
    api: httpx.Client, environment: Environment, connect: Connect, ask: Ask
) -> None:
    connection = {"ms_teams_team_id": TENANT, "ms_teams_channel_id": "19:c@thread.tacv2"}
    connect("ms-teams", {"ms_teams_tenant_id": TENANT, "connections": [connection]})

    ask("ms-teams", "revoke_access", method="PUT").raise_for_status()

    channel = environment.project.channels["ms-teams"]
    held = api.get(f"/v1/objects/$tenants/acme/channel_data/{channel.id}").json()["data"]
    assert held == {"connections": [connection]}


@pytest.mark.promise("PROV-SLACK-CHANNEL-FIELDS")
def test_each_slack_channel_says_what_it_is(connect: Connect, ask: Ask) -> None:
    connect("slack")

    channels = ask("slack", "channels", **{"query_options.types": "public_channel,private_channel,im"}).json()

    types = {"id": str, "name": str, "is_private": bool, "is_im": bool, "context_team_id": str}
    shown = [{name: type(value) for name, value in each.items()} for each in channels["slack_channels"]]
    assert shown == [types] * len(shown)
    assert {(each["is_private"], each["is_im"]) for each in channels["slack_channels"]} == {
        (False, False),
        (True, False),
        (True, True),
    }


@pytest.mark.promise("PROV-TEAMS-SHAPES", "PROV-TEAMS-CHANNELS-UNPAGED")
def test_teams_and_their_channels_are_named_as_microsoft_names_them(connect: Connect, ask: Ask) -> None:
    connect("ms-teams")

    teams = ask("ms-teams", "teams").json()["ms_teams_teams"]
    channels = ask("ms-teams", "channels", team_id=teams[0]["id"]).json()

    assert {type(each["description"]) for each in teams} == {str, type(None)}
    assert all(each.keys() == {"id", "displayName", "description"} for each in teams)
    assert channels.keys() == {"ms_teams_channels"}
    assert all(
        each.keys() == {"id", "displayName", "description", "membershipType", "createdDateTime", "isArchived"}
        for each in channels["ms_teams_channels"]
    )


@pytest.mark.promise("PROV-TEAMS-PAGING")
def test_teams_are_paged_by_skip_token(connect: Connect, ask: Ask) -> None:
    connect("ms-teams")
    seen, token = [], ""
    while token is not None:
        answer = ask("ms-teams", "teams", **{"query_options[$top]": 5, "query_options.$skiptoken": token}).json()
        seen.append([each["id"] for each in answer["ms_teams_teams"]])
        token = answer["skip_token"]

    assert [len(each) for each in seen] == [5, 5, 2]
    assert len({team for page in seen for team in page}) == 12


@pytest.mark.promise("PROV-TEAMS-DEFAULTS")
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


@pytest.mark.promise("PROV-TEAMS-CHANNELS-UNPAGED")
def test_channels_need_a_team_of_the_tenant(connect: Connect, ask: Ask) -> None:
    connect("ms-teams")

    assert [ask("ms-teams", "channels").status_code, ask("ms-teams", "channels", team_id="x").status_code] == [422, 404]
