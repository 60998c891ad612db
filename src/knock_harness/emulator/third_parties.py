"""Slack and Microsoft Teams as stand-ins in this process: what a credential sees there follows from the credential.

A project may say how large they are: ``providers: {slack: {channels: 450}, ms_teams: {teams: 30}}``.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from .identifiers import named_uuid
from .refusals import InvalidParams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["SLACK_TYPES", "graph_filter", "selected", "slack_channels", "slack_is_valid", "teams", "teams_channels"]

SIZE: Final = 12  # channels of a workspace, teams of a tenant, unless a project says otherwise
MADE_AT: Final = "2026-01-01T00:00:00Z"
#: The kinds of Slack channel that are listed unless a caller names others (PROV-SLACK-DEFAULTS).
SLACK_TYPES: Final = ("public_channel", "private_channel")

#: What the channels of a workspace are in turn: kind, and whether archived.
_SLACK_KINDS: Final = (
    ("public_channel", False),
    ("private_channel", False),
    ("public_channel", False),
    ("public_channel", True),
    ("mpim", False),
    ("im", False),
)
#: The channels of every team: name, membership, whether archived.
_TEAM_CHANNELS: Final = (
    ("General", "standard", False),
    ("Releases", "standard", False),
    ("Leads", "private", False),
    ("Partners", "shared", False),
    ("Launch 2025", "standard", True),
)
_CONDITION: Final = re.compile(
    r"\s*(?:(?P<field>\w+)\s+(?P<operator>eq|ne)\s+(?P<value>'(?:[^']|'')*'|true|false|null)"
    r"|(?P<function>startswith|contains)\(\s*(?P<of>\w+)\s*,\s*(?P<part>'(?:[^']|'')*')\s*\))\s*",
    re.IGNORECASE,
)
_WORDS: Final[Mapping[str, Any]] = {"true": True, "false": False, "null": None}


def slack_is_valid(token: str) -> bool:
    """Say whether Slack takes a token: those that look like its own."""
    return token.startswith("xox")


def slack_channels(token: str, *, size: int = SIZE) -> list[dict[str, Any]]:
    """Return the channels of the workspace behind a token; ``kind`` and ``is_archived`` are for filters."""
    team = f"T{_digest(token)}"
    channels = []
    for place in range(size):
        kind, archived = _SLACK_KINDS[place % len(_SLACK_KINDS)]
        channels.append(
            {
                "id": f"{'D' if kind == 'im' else 'C'}{_digest(f'{token}/{place}')}",
                "name": f"{kind.partition('_')[0]}-{place + 1}",
                "is_private": kind != "public_channel",
                "is_im": kind == "im",
                "is_archived": archived,
                "context_team_id": team,
                "kind": kind,
            }
        )
    return channels


def teams(tenant_id: str, *, size: int = SIZE) -> list[dict[str, Any]]:
    """Return the teams of a Microsoft tenant."""
    return [
        {
            "id": named_uuid(f"team:{tenant_id}:{place}"),
            "displayName": f"Team {place + 1}",
            "description": None if place % 3 == 2 else f"The people of team {place + 1}",
        }
        for place in range(size)
    ]


def teams_channels(team_id: str) -> list[dict[str, Any]]:
    """Return the channels of a team, of all kinds."""
    return [
        {
            "id": f"19:{_digest(f'{team_id}/{name}').lower()}@thread.tacv2",
            "displayName": name,
            "description": None,
            "membershipType": membership,
            "createdDateTime": MADE_AT,
            "isArchived": archived,
        }
        for name, membership, archived in _TEAM_CHANNELS
    ]


def graph_filter(text: str) -> Callable[[Mapping[str, Any]], bool]:
    """Read a filter in the language of Microsoft Graph: eq, ne, startswith and contains, joined by ``and`` or ``or``.

    Raises:
        InvalidParams: it is something else.
    """
    alternatives = [
        [_condition(each) for each in re.split(r"\band\b", part, flags=re.IGNORECASE)]
        for part in re.split(r"\bor\b", text, flags=re.IGNORECASE)
    ]
    return lambda record: any(all(holds(record) for holds in conditions) for conditions in alternatives)


def _condition(text: str) -> Callable[[Mapping[str, Any]], bool]:
    read = _CONDITION.fullmatch(text)
    if read is None:
        raise InvalidParams.at("query_options.$filter", "is no filter that can be read", kind="filter")
    if function := read["function"]:
        of, part = read["of"], _value(read["part"])
        if function.lower() == "startswith":
            return lambda record: str(record.get(of) or "").startswith(part)
        return lambda record: part in str(record.get(of) or "")
    field, wanted, equal = read["field"], _value(read["value"]), read["operator"].lower() == "eq"
    return lambda record: (record.get(field) == wanted) is equal


def _value(text: str) -> Any:
    return text[1:-1].replace("''", "'") if text.startswith("'") else _WORDS[text.lower()]


def selected(records: Iterable[Mapping[str, Any]], fields: str | None) -> list[dict[str, Any]]:
    """Return records with the fields that ``$select`` names, id and name always; all fields if it names none."""
    if not fields:
        return [dict(each) for each in records]
    names = {"id", "displayName", *(each.strip() for each in fields.split(","))}
    return [{name: value for name, value in each.items() if name in names} for each in records]


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:10].upper()
