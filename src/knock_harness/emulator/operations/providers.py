"""Slack and Microsoft Teams: who is connected, and what the connection sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator import third_parties
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.paging import PageRequest, place_in, sliced_page
from knock_harness.emulator.references import Ref
from knock_harness.emulator.refusals import Forbidden, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.emulator.call import Call, Handler

__all__ = ["HANDLERS"]

SLACK: Final = "chat_slack"
TEAMS: Final = "chat_ms_teams"
SLACK_LIMIT: Final = 200  # PROV-SLACK-PAGING
LARGEST_PAGE: Final = 1000
REVOKED: Final = {"ok": "ok"}

#: What is said when there is no credential; clients compare these texts (PROV-NO-CREDENTIAL-403).
NO_CREDENTIAL: Final[Mapping[str, str]] = {
    SLACK: "Access token not set.",
    TEAMS: "Microsoft Teams tenant ID not set.",
}
_SHOWN: Final = ("id", "name", "is_private", "is_im", "context_team_id")


def slack_provider_auth_check(call: Call) -> Reply:
    """Say whether Slack takes the token that an object holds (PROV-AUTH-SHAPE)."""
    token = _slack_token(call)
    reason = None if third_parties.slack_is_valid(token) else "invalid_auth"
    return Reply(200, {"connection": {"ok": reason is None, "reason": reason}})


def list_channels_for_slack_provider(call: Call) -> Reply:
    """List the Slack channels that the token of an object sees (PROV-SLACK-DEFAULTS)."""
    token, query = _slack_token(call), call.query
    if not third_parties.slack_is_valid(token):
        raise Forbidden("authorization", "Access token is invalid.")
    kinds = [each.strip() for each in (query.get("query_options.types") or "").split(",") if each.strip()]
    team = query.get("query_options.team_id")
    size = call.environment.project.providers.get("slack", {}).get("channels", third_parties.SIZE)
    channels = [
        {name: each[name] for name in _SHOWN}
        for each in third_parties.slack_channels(token, size=size)
        if each["kind"] in (kinds or third_parties.SLACK_TYPES)
        and not (each["is_archived"] and query.get("query_options.exclude_archived", True))
        and team in {None, each["context_team_id"]}
    ]
    limit = min(query.get("query_options.limit", SLACK_LIMIT), LARGEST_PAGE)
    page = sliced_page(channels, PageRequest(limit, place_in(query, "query_options.cursor")))
    return Reply(200, {"slack_channels": [each for _, each in page.rows], "next_cursor": page.after})


def slack_provider_revoke_access(call: Call) -> Reply:
    """Forget the Slack token that an object holds (PROV-SLACK-REVOKE)."""
    data = _data(call, "access_token_object", SLACK)
    if _token_in(data) is None:
        raise Forbidden("authorization", NO_CREDENTIAL[SLACK])
    connections = [_without(each, "access_token") for each in data.get("connections") or ()]
    _put(call, "access_token_object", {**_without(data, "token"), "connections": connections})
    return Reply(200, REVOKED)


def ms_teams_provider_auth_check(call: Call) -> Reply:
    """Say whether an object is connected to a Microsoft tenant, and to which."""
    tenant_id = _teams_tenant(call)
    return Reply(200, {"connection": {"ok": True, "reason": None, "ms_teams_tenant_id": tenant_id}})


def list_teams_for_ms_teams_provider(call: Call) -> Reply:
    """List the teams of the Microsoft tenant that an object is connected to (PROV-TEAMS-PAGING)."""
    query, teams = call.query, _teams(call, _teams_tenant(call))
    if text := query.get("query_options.$filter"):
        teams = list(filter(third_parties.graph_filter(text), teams))
    size = min(query.get("query_options.$top", LARGEST_PAGE), LARGEST_PAGE)
    page = sliced_page(teams, PageRequest(size, place_in(query, "query_options.$skiptoken")))
    shown = third_parties.selected((each for _, each in page.rows), query.get("query_options.$select"))
    return Reply(200, {"ms_teams_teams": shown, "skip_token": page.after})


def list_channels_for_ms_teams_provider(call: Call) -> Reply:
    """List the channels of a team; archived and private ones only if a filter asks for them (PROV-TEAMS-DEFAULTS)."""
    tenant_id, team_id = _teams_tenant(call), call.query["team_id"]
    if all(each["id"] != team_id for each in _teams(call, tenant_id)):
        raise NotFound("This team")
    channels = third_parties.teams_channels(team_id)
    if text := call.query.get("query_options.$filter"):
        kept = list(filter(third_parties.graph_filter(text), channels))
    else:
        kept = [each for each in channels if not each["isArchived"] and each["membershipType"] != "private"]
    return Reply(200, {"ms_teams_channels": third_parties.selected(kept, call.query.get("query_options.$select"))})


def ms_teams_provider_revoke_access(call: Call) -> Reply:
    """Forget the Microsoft tenant that an object is connected to (PROV-TEAMS-REVOKE)."""
    _teams_tenant(call)
    data = _data(call, "ms_teams_tenant_object", TEAMS)
    connections = [_without(each, "ms_teams_tenant_id") for each in data.get("connections") or ()]
    _put(call, "ms_teams_tenant_object", {**_without(data, "ms_teams_tenant_id"), "connections": connections})
    return Reply(200, REVOKED)


def _slack_token(call: Call) -> str:
    token = _token_in(_data(call, "access_token_object", SLACK))
    if token is None:
        raise Forbidden("authorization", NO_CREDENTIAL[SLACK])
    return token


def _token_in(data: Mapping[str, Any]) -> str | None:
    held = [(data.get("token") or {}).get("access_token")]
    held += [each.get("access_token") for each in data.get("connections") or ()]
    return next((each for each in held if each), None)


def _teams_tenant(call: Call) -> str:
    data = _data(call, "ms_teams_tenant_object", TEAMS)
    held = [data.get("ms_teams_tenant_id")]
    held += [each.get("ms_teams_tenant_id") for each in data.get("connections") or ()]
    found = next((str(each) for each in held if each), None)
    if found is None:
        raise Forbidden("authorization", NO_CREDENTIAL[TEAMS])
    return found


def _teams(call: Call, tenant_id: str) -> list[dict[str, Any]]:
    size = call.environment.project.providers.get("ms_teams", {}).get("teams", third_parties.SIZE)
    return third_parties.teams(tenant_id, size=size)


def _data(call: Call, parameter: str, provider: str) -> Mapping[str, Any]:
    """Return the channel data of the object that a parameter names; empty if it has none."""
    channel = call.environment.project.channels_by_id.get(call.path["channel_id"])
    if channel is None or channel.provider != provider:
        raise NotFound("This channel", code="channel_invalid")  # PROV-UNKNOWN-CHANNEL
    return call.store.channel_data.get(_holder(call, parameter), channel.id) or {}


def _put(call: Call, parameter: str, data: Mapping[str, Any]) -> None:
    call.store.channel_data.put(_holder(call, parameter), call.path["channel_id"], data)


def _holder(call: Call, parameter: str) -> Ref:
    named = call.query[parameter]
    return Ref(named["collection"], named["object_id"])


def _without(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != key}


HANDLERS: Final[Mapping[str, Handler]] = {
    "listChannelsForMsTeamsProvider": list_channels_for_ms_teams_provider,
    "listChannelsForSlackProvider": list_channels_for_slack_provider,
    "listTeamsForMsTeamsProvider": list_teams_for_ms_teams_provider,
    "msTeamsProviderAuthCheck": ms_teams_provider_auth_check,
    "msTeamsProviderRevokeAccess": ms_teams_provider_revoke_access,
    "slackProviderAuthCheck": slack_provider_auth_check,
    "slackProviderRevokeAccess": slack_provider_revoke_access,
}
