from __future__ import annotations

from typing import Any

import pytest

from knock_harness.emulator.engine.addressing import addresses

ADA = {"name": "Ada", "email": "ada@example.com", "phone_number": "+1"}


@pytest.mark.parametrize(
    ("channel_type", "properties", "channel_data", "expected"),
    [
        ("in_app_feed", {}, None, [None]),
        ("http", {}, None, [None]),
        ("email", ADA, None, ["ada@example.com"]),
        ("email", {"email": ""}, None, []),
        ("email", {"email": 5}, None, []),
        ("sms", ADA, None, ["+1"]),
        ("sms", {}, None, []),
        ("push", ADA, None, []),
        ("push", {}, {"tokens": ["a", "b"], "devices": [{"token": "a"}, {"token": "b"}]}, ["a", "b"]),
        ("push", {}, {"target_arns": ["arn:a"], "devices": []}, ["arn:a"]),
        ("push", {}, {"player_ids": ["p"]}, ["p"]),
        ("push", {}, {"tokens": []}, []),
        ("chat", {}, None, []),
        ("chat", {}, {"connections": []}, []),
        ("chat", {}, {"connections": [{"channel_id": "C"}, {"user_id": "U"}]}, [{"channel_id": "C"}, {"user_id": "U"}]),
    ],
)
def test_a_recipient_has_an_address_for_each_message(
    channel_type: str, properties: dict[str, Any], channel_data: dict[str, Any] | None, expected: list[Any]
) -> None:
    assert [each.value for each in addresses(channel_type, properties, channel_data)] == expected


@pytest.mark.parametrize(
    ("connection", "expected"),
    [
        ({"channel_id": "C"}, {"channel_id": "C", "user_id": None, "via_incoming_webhook": False}),
        ({"incoming_webhook": {"url": "x"}}, {"channel_id": None, "user_id": None, "via_incoming_webhook": True}),
        (
            {"ms_teams_channel_id": "T", "ms_teams_user_id": "U"},
            {"channel_id": "T", "user_id": "U", "via_incoming_webhook": False},
        ),
    ],
)
def test_the_snapshot_of_a_chat_says_where_it_went(connection: dict[str, Any], expected: dict[str, Any]) -> None:
    (address,) = addresses("chat", {}, {"connections": [connection]})

    assert address.snapshot == expected
