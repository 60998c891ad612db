from __future__ import annotations

from typing import Any

import pytest

from knock_harness import contract
from knock_harness.target import ABSENT
from knock_harness.verify.disputed import is_disputed
from knock_harness.verify.drafts import BULK_UPDATE, Draft


def asked(operation: str, body: Any = ABSENT, **parts: Any) -> bool:
    return not is_disputed(Draft(contract.load().operations[operation], body=body, **parts))


def conditions(**condition: Any) -> dict[str, Any]:
    return {"commercial_subscribed": {"conditions": [{"variable": "recipient.plan"} | condition]}}


@pytest.mark.parametrize(
    ("operation", "body", "success"),
    [
        ("identifyUser", {}, True),
        ("identifyUser", ABSENT, False),
        ("identifyUser", {"plan": "a\x00b"}, False),
        ("identifyUser", {"a\x00b": 1}, False),
        ("identifyUser", {"deep": [{"number": 2**53}]}, False),
        ("identifyUser", {"number": 2**53 - 1, "yes": True}, True),
        (BULK_UPDATE, {"engagement_status": "seen"}, True),
        (BULK_UPDATE, {"engagement_status": ["seen"]}, False),
        ("updateUserPreferenceSet", conditions(operator="equal_to", argument="pro"), True),
        ("updateUserPreferenceSet", conditions(operator="empty", argument=None), True),
        ("updateUserPreferenceSet", conditions(operator="empty"), False),
        ("updateUserPreferenceSet", conditions(operator="equal_to", argument=1), False),
        ("updateUserPreferenceSet", conditions(operator="is_timestamp_before_now", argument=""), False),
        ("identifyUser", {"conditions": "of use"}, True),
    ],
)
def test_success_is_asked_of_what_every_document_allows(operation: str, body: Any, success: bool) -> None:
    assert asked(operation, body) is success


def test_texts_of_a_query_count_too() -> None:
    assert not asked("listMessages", query={"source": "\x00"})
