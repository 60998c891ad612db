from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knock_harness import contract
from knock_harness.target import ABSENT
from knock_harness.verify.drafts import Draft
from knock_harness.verify.naming import channel_for, named

OPERATIONS = contract.load().operations


def draft(operation: str, body: Any = ABSENT, **parts: Any) -> Draft:
    return Draft(OPERATIONS[operation], body=body, **parts)


@pytest.mark.parametrize(
    ("operation", "body", "wanted"),
    [
        ("batchMarkMessagesAsRead", {"message_ids": ["x"]}, {"message_ids": ["@message"]}),
        ("bulkDeleteUsers", {"user_ids": ["x", "y"]}, {"user_ids": ["@other_user"]}),
        ("mergeUser", {"from_user_id": "x"}, {"from_user_id": "@subscriber"}),
        ("deleteSchedules", {"schedule_ids": ["x"]}, {"schedule_ids": ["@schedule"]}),
        (
            "triggerWorkflow",
            {"recipients": ["x", {"id": "y"}, {"id": "z", "collection": "c"}][:2], "data": {"tenant": "x"}},
            {"recipients": ["@user", {"id": "@new_user"}], "data": {"tenant": "x"}},
        ),
        (
            "addSubscriptionsForObject",
            {"recipients": [{"id": "z", "collection": "c"}]},
            {"recipients": [{"id": "@new_object", "collection": "@collection"}]},
        ),
        (
            "deleteSubscriptionsForObject",
            {"recipients": [{"id": "z", "collection": "c"}]},
            {"recipients": [{"id": "@object", "collection": "@collection"}]},
        ),
        ("bulkSetTenants", {"tenants": [{"id": "x", "name": "n"}]}, {"tenants": [{"id": "@new_tenant", "name": "n"}]}),
        ("identifyUser", {"timezone": "x", "age": 3.0}, {"timezone": "Europe/Berlin", "age": 3}),
        (
            "identifyUser",
            {"channel_data": {"x": {"tokens": ["t"]}}},
            {"channel_data": {"@channel.push-fcm": {"tokens": ["t"]}}},
        ),
        ("identifyUser", {"preferences": {"default": {"channels": {"x": True}}}}, None),
    ],
)
def test_bodies_name_symbols(operation: str, body: Any, wanted: Any) -> None:
    found = named(draft(operation, body)).body

    assert found == (wanted or {"preferences": {"default": {"channels": {"@channel.email": True}}}})


def test_what_is_wrong_on_purpose_stays_wrong() -> None:
    found = named(draft("deleteSchedules", {"schedule_ids": ["no uuid"]}), broken={"schedule_ids"}, invalid={"body"})

    assert found.body == {"schedule_ids": ["no uuid"]}
    assert not found.existing


def test_a_list_about_its_length_keeps_its_length() -> None:
    found = named(draft("triggerWorkflow", {"recipients": ["x"] * 900}))

    assert found.body == {"recipients": ["@new_user"] * 900}


@pytest.mark.parametrize(
    ("operation", "field", "members", "wanted"),
    [
        ("bulkDeleteUsers", "user_ids", ["0"] * 1001, ["@unknown"] * 1001),
        ("deleteSchedules", "schedule_ids", ["0"] * 101, ["@unknown_uuid"] * 101),
        ("addSubscriptionsForObject", "recipients", ["0", 0] * 51, ["@new_user", 0] * 51),
    ],
)
def test_the_texts_in_a_list_that_is_too_long_are_names_of_nobody(
    operation: str, field: str, members: list[Any], wanted: list[Any]
) -> None:
    found = named(draft(operation, {field: members}), broken={field}, invalid={"body"}).body

    assert found == {field: wanted}


@pytest.mark.parametrize("values", [["0"] * 1001, [""]])
def test_a_wrong_list_of_tenants_names_none_of_anybody(values: list[str]) -> None:
    found = named(draft("bulkDeleteTenants", query={"tenant_ids": values}), broken={"tenant_ids"}, invalid={"query"})

    assert found.query == {"tenant_ids": ["@unknown"] * len(values)}


def test_what_is_not_wrong_of_a_wrong_path_names_ours() -> None:
    path = {"user_id": "0", "channel_id": "no uuid"}

    found = named(draft("unsetUserChannelData", path=path), broken={"channel_id"}, invalid={"path"})

    assert found.path == {"user_id": "@user", "channel_id": "no uuid"}


def test_the_names_of_a_query_are_symbols_and_its_cursors_are_left_out() -> None:
    found = named(draft("listMessages", query={"tenant": "x", "message_ids": ["y"], "page_size": 3}))

    assert found.query == {"tenant": "@tenant", "message_ids": ["@message"], "page_size": 3}


def test_a_new_schedule_gets_a_time() -> None:
    found = named(draft("createSchedules", {"workflow": "x", "recipients": ["y"]}))

    assert found.body["scheduled_at"].startswith("2099")


def test_an_idempotency_key_is_new_each_time() -> None:
    found = named(draft("triggerWorkflow", {"recipients": []}, headers={"Idempotency-Key": "0"}))

    assert found.headers == {"Idempotency-Key": "@new_key"}


def test_names_depend_on_the_request_alone() -> None:
    first, second = (named(draft("getUser", path={"user_id": "some text"})) for _ in range(2))

    assert first == second


@pytest.mark.parametrize(
    ("data", "channel"),
    [
        ({"tokens": ["t"]}, "@channel.push-fcm"),
        ({"devices": [{"token": "t"}]}, "@channel.push-fcm"),
        ({"devices": [{"target_arn": "a"}]}, "@channel.push-sns"),
        ({"target_arns": ["a"]}, "@channel.push-sns"),
        ({"player_ids": []}, "@channel.push-one-signal"),
        ({"connections": []}, None),
        ({"devices": []}, None),
        ("text", None),
    ],
)
def test_channel_data_tells_what_channel_takes_it(data: Any, channel: str | None) -> None:
    assert channel_for(data) == channel


def test_a_bulk_update_is_kept_to_the_messages_of_one_user_of_ours() -> None:
    found = named(draft("bulkUpdateMessagesForChannel", {"tenants": ["x"]}, path={"action": "delete"}))

    assert found.body["recipient_ids"] == ["@other_user"]
    assert found.path["action"] == "delete"
    assert not found.existing


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just("token"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["token", "x"]), inner, max_size=2),
    max_leaves=5,
)


@given(devices=anything)
def test_devices_of_any_shape_name_a_channel_only_if_each_has_its_token(devices: Any) -> None:
    fit = isinstance(devices, list) and bool(devices) and all(isinstance(each, dict) for each in devices)

    channel = channel_for({"devices": devices})

    assert (channel is not None) == (fit and all("token" in each for each in devices))


WRITES = [each for each in contract.load().operations.values() if each.body is not None]


@pytest.mark.parametrize("operation", WRITES, ids=lambda operation: operation.id)
@given(value=anything)
def test_bodies_that_are_wrong_anywhere_can_be_named(operation: contract.Operation, value: Any) -> None:
    names = [*(operation.body or {}).get("properties", {}), "channel_data", "recipients", "members", "users", "devices"]

    draft = Draft(operation, path={}, query={}, headers={}, body=dict.fromkeys(names, value))

    assert named(draft, broken=frozenset(), invalid=frozenset({"body"})).operation is operation
