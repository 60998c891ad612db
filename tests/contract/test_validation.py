"""Validation: what is wrong with a request, where, and whether it must be refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from knock_harness import contract

if TYPE_CHECKING:
    from knock_harness.contract import Violation

OPERATIONS = contract.load().operations
METADATA = {str(number): number for number in range(6)}

#: Operation, body, the one thing that is wrong: field, keyword, whether a server may accept it.
BROKEN_BODIES: list[tuple[str, Any, tuple[str, str, bool]]] = [
    ("triggerWorkflow", {}, ("recipients", "required", False)),
    ("triggerWorkflow", {"recipients": "ada"}, ("recipients", "type", False)),
    ("triggerWorkflow", {"recipients": ["ada", 5]}, ("recipients.1", "anyOf", False)),
    ("triggerWorkflow", {"recipients": [None]}, ("recipients.0", "anyOf", False)),
    ("triggerWorkflow", {"recipients": [{"name": "Ada"}]}, ("recipients.0", "anyOf", False)),
    ("triggerWorkflow", {"recipients": [{"collection": "projects"}]}, ("recipients.0", "anyOf", False)),
    ("triggerWorkflow", {"recipients": [""]}, ("recipients.0", "anyOf", True)),
    ("triggerWorkflow", {"recipients": ["ada"] * 1001}, ("recipients", "maxItems", False)),
    ("triggerWorkflow", {"recipients": ["ada"], "data": []}, ("data", "type", False)),
    ("cancelWorkflow", {}, ("cancellation_key", "required", False)),
    ("identifyUser", {"name": 7}, ("name", "type", False)),
    ("identifyUser", {"created_at": "yesterday"}, ("created_at", "format", True)),
    ("identifyUser", {"created_at": 5}, ("created_at", "type", False)),
    ("addSubscriptionsForObject", {"recipients": ["ada"] * 101}, ("recipients", "maxItems", False)),
    ("addAudienceMembers", {"members": [{"user": {"email": "e"}}]}, ("members.0.user.id", "required", False)),
    ("markMessageInteracted", {"metadata": METADATA}, ("metadata", "maxProperties", False)),
    ("markMessageInteracted", {"metadata": {"a": {}}}, ("metadata.a", "type", False)),
    ("batchMarkMessagesAsSeen", {"message_ids": "m"}, ("message_ids", "type", False)),
    ("setUserChannelData", {}, ("data", "required", False)),
    ("setUserChannelData", {"data": {"devices": [{"locale": "en"}]}}, ("data", "anyOf", False)),
    ("setUserChannelData", {"data": {}}, ("data", "anyOf", False)),
    ("updateUserPreferenceSet", {"channel_types": {"email": "yes"}}, ("channel_types.email", "anyOf", False)),
    ("updateUserPreferenceSet", {"workflows": {"x": 1}}, ("workflows.x", "anyOf", False)),
    ("updateUserPreferenceSet", {"__persistence_strategy__": "append"}, ("__persistence_strategy__", "enum", True)),
]

RULE = {"frequency": "daily"}
BROKEN_RULES = [
    ({}, "frequency", "required", False),
    ({"frequency": "yearly"}, "frequency", "enum", False),
    ({**RULE, "minutes": 7}, "minutes", "multipleOf", False),
    ({**RULE, "minutes": 60}, "minutes", "maximum", False),
    ({**RULE, "hours": 24}, "hours", "maximum", False),
    ({**RULE, "days": ["monday"]}, "days", "anyOf", False),
    ({**RULE, "interval": 0}, "interval", "minimum", True),
    ({**RULE, "day_of_month": 32}, "day_of_month", "maximum", True),
]

BROKEN_QUERIES: list[tuple[str, dict[str, Any], tuple[str, str, bool]]] = [
    ("listMessages", {"page_size": 51}, ("page_size", "maximum", True)),
    ("listMessages", {"page_size": "abc"}, ("page_size", "type", True)),
    ("listMessages", {"status": ["lost"]}, ("status.0", "enum", False)),
    ("listMessages", {"message_ids": ["m"] * 51}, ("message_ids", "maxItems", True)),
    ("listMessages", {"trigger_data": "hello"}, ("trigger_data", "type", True)),
    ("listMessages", {"trigger_data": {"a": {"b": 1}}}, ("trigger_data.a", "type", True)),
    ("listMessages", {"inserted_at.gt": "gt"}, ("inserted_at.gt", "format", True)),
    ("listSchedules", {}, ("workflow", "required", False)),
    ("slackProviderAuthCheck", {}, ("access_token_object", "required", False)),
    ("bulkDeleteTenants", {}, ("tenant_ids", "required", False)),
]

VALID_BODIES: list[tuple[str, Any]] = [
    ("triggerWorkflow", {"recipients": ["ada", {"id": "bob", "plan": "pro"}, {"id": "p", "collection": "projects"}]}),
    (
        "triggerWorkflow",
        {"recipients": [], "actor": None, "tenant": None, "cancellation_key": None, "data": None, "settings": None},
    ),
    ("triggerWorkflow", {"recipients": ["ada"], "unknown": "ignored"}),
    ("identifyUser", {"name": None, "plan": {"deep": [1, None]}}),
    ("setUserChannelData", {"data": {"tokens": ["t"]}}),
    ("setUserChannelData", {"data": {"token": {"access_token": "x"}}}),
    ("setObjectChannelData", {"data": {"connections": [{"incoming_webhook": {"url": "https://example.com"}}]}}),
    ("updateUserPreferenceSet", {"workflows": {"a": True, "b": {"channel_types": {"email": False}}, "c": {}}}),
    ("updateUserPreferenceSet", {"workflows": None, "commercial_subscribed": None}),
    (
        "updateUserPreferenceSet",
        {"channels": {"c": {"conditions": [{"variable": "v", "operator": "equal_to", "argument": [1]}]}}},
    ),
    ("createSchedules", {"recipients": ["ada"], "workflow": "w", "repeats": [{**RULE, "days": "weekdays"}]}),
    ("createSchedules", {"recipients": ["ada"], "workflow": "w", "actor": "bob", "tenant": {"id": "t", "x": 1}}),
    ("bulkSetTenants", {"tenants": ["a", {"id": "b", "settings": {"branding": {"logo_url": None}}}]}),
]


def told(violations: tuple[Violation, ...]) -> list[tuple[str, str, bool]]:
    return [(each.field, each.keyword, each.lenient) for each in violations]


@pytest.mark.parametrize(("operation", "body", "wrong"), BROKEN_BODIES)
def test_what_is_wrong_with_a_body_is_told_with_its_place(
    operation: str, body: Any, wrong: tuple[str, str, bool]
) -> None:
    assert told(contract.body_errors(OPERATIONS[operation], body)) == [wrong]


@pytest.mark.parametrize(("rule", "field", "keyword", "lenient"), BROKEN_RULES)
def test_a_rule_of_a_schedule_holds_what_a_clock_and_a_calendar_have(
    rule: dict[str, Any], field: str, keyword: str, lenient: bool
) -> None:
    body = {"recipients": ["ada"], "workflow": "w", "repeats": [rule]}

    assert told(contract.body_errors(OPERATIONS["createSchedules"], body)) == [(f"repeats.0.{field}", keyword, lenient)]


@pytest.mark.parametrize(("operation", "query", "wrong"), BROKEN_QUERIES)
def test_what_is_wrong_with_a_query_is_told_with_its_name(
    operation: str, query: dict[str, Any], wrong: tuple[str, str, bool]
) -> None:
    assert told(contract.parameter_errors(OPERATIONS[operation], "query", query)) == [wrong]


@pytest.mark.parametrize(("operation", "body"), VALID_BODIES)
def test_a_body_that_the_requirements_allow_is_valid(operation: str, body: Any) -> None:
    assert contract.body_errors(OPERATIONS[operation], body) == ()


@pytest.mark.parametrize(("user_id", "keyword"), [("a/b", "pattern"), ("a#b", "pattern"), ("a" * 257, "maxLength")])
def test_a_new_user_cannot_have_every_id(user_id: str, keyword: str) -> None:
    found = contract.parameter_errors(OPERATIONS["identifyUser"], "path", {"user_id": user_id})

    assert told(found) == [("user_id", keyword, False)]


def test_an_operation_without_body_finds_nothing_wrong_with_one() -> None:
    assert contract.body_errors(OPERATIONS["getUser"], {"anything": 1}) == ()


def test_a_schema_of_the_document_can_be_asked_by_itself() -> None:
    user = {"__typename": "User", "id": "ada", "created_at": None, "updated_at": "2026-01-01T00:00:00Z"}

    assert contract.validator({"$ref": "#/components/schemas/User"}).is_valid(user)


def test_users_and_objects_are_told_apart_in_answers() -> None:
    neither = {"__typename": "Thing", "id": "x", "created_at": None, "updated_at": "2026-01-01T00:00:00Z"}

    assert not contract.validator({"$ref": "#/components/schemas/Recipient"}).is_valid(neither)


@pytest.mark.parametrize(
    ("operation", "body", "expected"),
    [
        ("bulkSetObjects", {"objects": [0] * 1_000_000}, [("objects", "maxItems")]),
        ("bulkSetObjects", {"more": [0] * 100_000}, [("objects", "required")]),
        (
            "bulkIdentifyUsers",
            {"users": [{"id": "a", "more": [0] * 10}] * 500 + [{"id": 5}] * 9},
            [("users.500.id", "type")],
        ),
        ("bulkIdentifyUsers", [0] * 100_000, [("", "")]),
        ("triggerWorkflow", {"recipients": 5, "data": {"a": [0] * 100_000}}, [("recipients", "type")]),
    ],
    ids=["a long list", "a field is missing", "an item", "no map", "a field beside much data"],
)
def test_of_a_large_value_the_first_faults_are_told(operation: str, body: Any, expected: list[tuple[str, str]]) -> None:
    broken = contract.body_errors(contract.load().operations[operation], body)

    assert [(each.field, each.keyword) for each in broken] == expected


def test_what_is_lenient_stays_so_in_a_large_value() -> None:
    operation = contract.load().operations["triggerWorkflowLegacy"]

    broken = contract.body_errors(operation, {"name": "a", "actor": "a", "recipients": ["a"] * 5000})

    assert [(each.field, each.keyword, each.lenient) for each in broken] == [("recipients", "maxItems", True)]
