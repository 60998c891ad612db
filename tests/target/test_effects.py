"""What accepted requests make and remove is read off them."""

from __future__ import annotations

from typing import Any

import pytest

from knock_harness import contract
from knock_harness.target import Entity
from knock_harness.target.effects import MADE, REMOVED, Accepted

USER, OBJECT, TENANT = Entity("user", "u"), Entity("object", "o", "c"), Entity("tenant", "t")
OF_USER = {"user_id": "u", "channel_id": "ch", "id": "default"}
OF_OBJECT = {"collection": "c", "object_id": "o", "channel_id": "ch", "id": "default"}
REFERENCE = {"object_id": "t", "collection": "$tenants"}


def accepted(
    path: dict[str, str], body: Any = None, *, query: dict[str, Any] | None = None, answer: Any = None
) -> Accepted:
    return Accepted(path, query or {}, body, answer)


@pytest.mark.parametrize(
    ("operation", "seen", "made"),
    [
        ("identifyUser", accepted(OF_USER, {}), [USER]),
        ("setUserChannelData", accepted(OF_USER, {}), [USER]),
        ("bulkIdentifyUsers", accepted({}, {"users": [{"id": "u"}, {}]}), [USER]),
        ("setObject", accepted({"collection": "c", "id": "o"}, {}), [OBJECT]),
        ("setObjectChannelData", accepted(OF_OBJECT, {}), [OBJECT]),
        ("setObject", accepted({"collection": "$tenants", "id": "t"}, {}), [TENANT]),
        ("bulkSetObjects", accepted({"collection": "c"}, {"objects": [{"id": "o"}]}), [OBJECT]),
        ("setTenant", accepted({"id": "t"}, {}), [TENANT]),
        ("bulkSetTenants", accepted({}, {"tenants": ["t", {"id": "t"}]}), [TENANT, TENANT]),
        (
            "triggerWorkflow",
            accepted(
                {"key": "w"},
                {"recipients": ["x", {"id": "u"}, {"id": "o", "collection": "c"}], "actor": {"id": "u"}, "tenant": "t"},
            ),
            [USER, OBJECT, USER, TENANT],
        ),
        (
            "createSchedules",
            accepted({}, {"recipients": [{"id": "u"}]}, answer=[{"id": "s"}]),
            [USER, Entity("schedule", "s")],
        ),
        ("bulkCreateSchedules", accepted({}, {"schedules": [{"recipient": {"id": "u"}, "tenant": None}]}), [USER]),
        ("addSubscriptionsForObject", accepted(OF_OBJECT, {"recipients": [{"id": "u"}]}), [USER, OBJECT]),
        (
            "bulkAddSubscriptions",
            accepted({"collection": "c"}, {"subscriptions": [{"id": "o", "recipients": [{"id": "u"}]}]}),
            [USER, OBJECT],
        ),
        (
            "addAudienceMembers",
            accepted({"key": "a"}, {"members": [{"user": {"id": "u"}}]}),
            [USER, Entity("audience_member", "u", "a")],
        ),
    ],
)
def test_what_is_made_is_seen(operation: str, seen: Accepted, made: list[Entity]) -> None:
    assert list(MADE[operation](seen)) == made


@pytest.mark.parametrize(
    ("operation", "seen", "removed"),
    [
        ("deleteUser", accepted(OF_USER), [USER]),
        ("mergeUser", accepted({"user_id": "x"}, {"from_user_id": "u"}), [USER]),
        ("bulkDeleteUsers", accepted({}, {"user_ids": ["u"]}), [USER]),
        ("deleteObject", accepted({"collection": "c", "id": "o"}), [OBJECT]),
        ("bulkDeleteObjects", accepted({"collection": "c"}, {"object_ids": ["o"]}), [OBJECT]),
        ("deleteTenant", accepted({"id": "t"}), [TENANT]),
        ("bulkDeleteTenants", accepted({}, query={"tenant_ids": ["t"]}), [TENANT]),
        ("deleteSchedules", accepted({}, {"schedule_ids": ["s"]}), [Entity("schedule", "s")]),
        (
            "removeAudienceMembers",
            accepted({"key": "a"}, {"members": [{"user": {"id": "u"}}]}),
            [Entity("audience_member", "u", "a")],
        ),
        ("unsetUserChannelData", accepted(OF_USER), [Entity("channel_data", "ch", "u")]),
        ("unsetObjectChannelData", accepted(OF_OBJECT), [Entity("channel_data", "ch", "c/o")]),
        ("deleteUserPreferenceSet", accepted(OF_USER), [Entity("preference_set", "default", "u")]),
        ("deleteObjectPreferenceSet", accepted(OF_OBJECT), [Entity("preference_set", "default", "c/o")]),
        (
            "slackProviderRevokeAccess",
            accepted({"channel_id": "ch"}, query={"access_token_object": '{"object_id":"t","collection":"$tenants"}'}),
            [Entity("channel_data", "ch", "$tenants/t")],
        ),
        (
            "msTeamsProviderRevokeAccess",
            accepted({"channel_id": "ch"}, query={"ms_teams_tenant_object": REFERENCE}),
            [Entity("channel_data", "ch", "$tenants/t")],
        ),
        ("cancelWorkflow", accepted({"key": "w"}, {"cancellation_key": "k"}), [Entity("cancellation_key", "k")]),
        (
            "deleteSubscriptionsForObject",
            accepted(OF_OBJECT, {"recipients": ["u"]}),
            [Entity("subscription", "u", "c/o")],
        ),
        (
            "bulkDeleteSubscriptions",
            accepted({"collection": "c"}, {"subscriptions": [{"id": "o", "recipients": ["u"]}]}),
            [Entity("subscription", "u", "c/o")],
        ),
        (
            "bulkUpdateMessagesForChannel",
            accepted({"channel_id": "ch", "action": "delete"}, {"recipient_ids": ["u"]}),
            [Entity("messages", "u", "ch")],
        ),
        (
            "bulkUpdateMessagesForChannel",
            accepted({"channel_id": "ch", "action": "delete"}),
            [Entity("messages", "*", "ch")],
        ),
        ("bulkUpdateMessagesForChannel", accepted({"channel_id": "ch", "action": "read"}), []),
    ],
)
def test_what_is_removed_is_seen(operation: str, seen: Accepted, removed: list[Entity]) -> None:
    assert list(REMOVED[operation](seen)) == removed


@pytest.mark.parametrize("operation", [*MADE, *REMOVED])
def test_every_operation_with_effects_is_one_of_the_contract(operation: str) -> None:
    assert operation in contract.load().operations


@pytest.mark.parametrize("body", [None, [], "x", 7, {"users": 1, "recipients": [None, 7], "subscriptions": [3]}])
@pytest.mark.parametrize("operation", [*MADE, *REMOVED])
def test_a_body_that_should_not_have_been_accepted_does_no_harm(operation: str, body: Any) -> None:
    effects = MADE.get(operation) or REMOVED[operation]
    seen = accepted({**OF_USER, **OF_OBJECT, "key": "w", "action": "delete"}, body, answer=body)

    assert all(isinstance(entity, Entity) for entity in effects(seen))
