"""Stand-ins of Slack and Microsoft Teams."""

from __future__ import annotations

import pytest

from knock_harness.emulator.refusals import InvalidParams
from knock_harness.emulator.third_parties import graph_filter, slack_channels, teams

RECORD = {"displayName": "O'Hara", "membershipType": "private", "isArchived": False, "description": None}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("membershipType eq 'private'", True),
        ("membershipType ne 'private'", False),
        ("isArchived eq false", True),
        ("description eq null", True),
        ("displayName eq 'O''Hara'", True),
        ("startswith(displayName, 'O')", True),
        ("contains(description,'x')", False),
        ("isArchived eq true or membershipType eq 'private'", True),
        ("isArchived eq true or membershipType eq 'private' and displayName eq 'x'", False),
    ],
)
def test_filters_of_graph(text: str, holds: bool) -> None:
    assert graph_filter(text)(RECORD) is holds


@pytest.mark.parametrize("text", ["hello", "a eq", "a eq 'b' and", "a lt 3"])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidParams):
        graph_filter(text)


def test_what_a_credential_sees_follows_from_it() -> None:
    assert slack_channels("xoxb-1") == slack_channels("xoxb-1") != slack_channels("xoxb-2")
    assert teams("a") == teams("a") != teams("b")
    assert len({each["id"] for each in slack_channels("xoxb-1", size=450)}) == 450
