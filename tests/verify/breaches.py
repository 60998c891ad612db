"""For each promise that single answers are judged by: an answer that breaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .bench import answer

if TYPE_CHECKING:
    from knock_harness.verify.answers import Answer

__all__ = ["BREACHES"]

_PAGE = {"__typename": "PageInfo", "after": None, "before": None, "page_size": 50}
_STAMP = "2026-03-01T12:00:00Z"


def _users(url: str = "/v1/users", *, entries: list[Any] | None = None, **page: Any) -> Answer:
    return answer("listUsers", url=url, body={"entries": entries or [], "page_info": _PAGE | page})


def _refusal(http: int, **changes: Any) -> Answer:
    error = {"code": "c", "message": "m", "status": http, "type": "invalid_request_error"}
    return answer("identifyUser", url="/v1/users/u", status=http, body=error | changes, sent={"name": 1})


def _accepted(operation: str, url: str, sent: Any = None) -> Answer:
    return answer(operation, url=url, body={}, sent=sent)


def _shown(operation: str, url: str, body: Any = None) -> Answer:
    return answer(operation, url=url, body={} if body is None else body)


#: By requirement id.
BREACHES: dict[str, Answer] = {
    "CONTRACT-RESPONSE": answer("getUser", url="/v1/users/u", status=201, body={}),
    "CONTRACT-VALID-ACCEPTED": answer("getUser", url="/v1/users/u", status=422, meant_to_succeed=True),
    "CONTRACT-INVALID-REFUSED": _accepted("identifyUser", "/v1/users/u", {"name": 1}),
    "ERR-NO-5XX-ON-INPUT": answer("getUser", url="/v1/users/u", status=500),
    "HTTP-409-RETRIED": answer("identifyUser", url="/v1/users/u", status=409, sent={"name": 1}),
    "REQID-PRESENT": answer("getUser", url="/v1/users/u", headers={"content-type": "application/json"}),
    "HTTP-JSON-CONTENT-TYPE": answer("getUser", url="/v1/users/u", body={}, headers={"content-type": "text/html"}),
    "HTTP-204-EMPTY": answer("deleteUser", url="/v1/users/u", status=200, body={}),
    "HTTP-200-HAS-BODY": answer("markMessageSeen", url="/v1/messages/m/seen", status=204),
    "AUTH-SECRET-KEY-ALL": answer("getUser", url="/v1/users/u", status=403),
    "AUTH-BEARER-ACCEPTED": answer("getUser", url="/v1/users/u", status=401),
    "ERR-ENVELOPE-ALL": answer("getUser", url="/v1/users/u", status=404, body={"message": "m"}),
    "ERR-STATUS-FIELD": _refusal(404, status=400),
    "ERR-TYPE-VALUES": _refusal(404, type="not_found"),
    "ERR-422-FIELD-LIST": _refusal(422, errors=[{"field": "email", "message": "m", "type": None}]),
    "ERR-422-CODE": _refusal(422, code="other"),
    "ERR-MALFORMED-JSON": answer("setTenant", url="/v1/tenants/t", body={}, content=b"{"),
    "ERR-PROVIDER-ENVELOPE": answer(
        "listChannelsForSlackProvider", url="/v1/providers/slack/c/channels", status=403, body={"code": "c"}
    ),
    "TRIGGER-RECIPIENTS-REQUIRED": _accepted("triggerWorkflow", "/v1/workflows/w/trigger", {"recipients": [1]}),
    "CANCEL-KEY-REQUIRED": _accepted("cancelWorkflow", "/v1/workflows/w/cancel", {}),
    "LEGACY-NOTIFY-REQUIRED": _accepted("triggerWorkflowLegacy", "/v1/notify", {"name": "w", "recipients": ["u"]}),
    "LEGACY-CANCEL-REQUIRED": _accepted("cancelWorkflowLegacy", "/v1/notify/cancel", {"name": "w"}),
    "SCHED-REQUIRED": _accepted("createSchedules", "/v1/schedules", {"recipients": ["u"]}),
    "SCHED-LIST-WORKFLOW-REQUIRED": _accepted("listSchedules", "/v1/schedules"),
    "MSGBATCH-IDS-REQUIRED": _accepted("batchMarkMessagesAsSeen", "/v1/messages/batch/seen", {"message_ids": "m"}),
    "GUIDE-ACTION-REQUIRED": _accepted("resetUserGuideEngagement", "/v1/users/u/guides/engagements/reset", {}),
    "PROV-OBJECT-REQUIRED": _accepted("slackProviderAuthCheck", "/v1/providers/slack/c/auth_check"),
    "RPC-REQUIRED-FIELDS": _accepted(
        "processCensusRpcRequest", "/v1/integrations/census/custom-destination", {"id": "1", "method": "m"}
    ),
    "USER-MERGE-FROM-REQUIRED": _accepted("mergeUser", "/v1/users/u/merge", {}),
    "USER-RESERVED-FIELDS-TYPED": _accepted("identifyUser", "/v1/users/u", {"email": 1}),
    "CHDATA-DATA-REQUIRED": _accepted(
        "setUserChannelData", "/v1/users/u/channel_data/5add7344-bcbb-4d9f-b11e-564ffad35513", {}
    ),
    "AUDIENCE-MEMBER-ID-REQUIRED": _accepted(
        "addAudienceMembers", "/v1/audiences/a/members", {"members": [{"user": {}}]}
    ),
    "BULK-LIST-REQUIRED": _accepted("bulkIdentifyUsers", "/v1/users/bulk/identify", {"users": {}}),
    "INLINE-ID-REQUIRED": _accepted("triggerWorkflow", "/v1/workflows/w/trigger", {"recipients": [{"name": "Ada"}]}),
    "HTTP-DELETE-BODY": _accepted("deleteSchedules", "/v1/schedules"),
    "PATH-ID-FORBIDDEN": _accepted("identifyUser", "/v1/users/a%2Fb", {}),
    "CROSS-LIMIT-EXCEEDED": _accepted("bulkDeleteUsers", "/v1/users/bulk/delete", {"user_ids": ["u"] * 1001}),
    "TRIGGER-DATA-NESTED-422": _accepted(
        "listUserInAppFeedItems", "/v1/users/u/feeds/5add7344-bcbb-4d9f-b11e-564ffad35513?trigger_data={%22a%22:[1]}"
    ),
    "TRIGGER-DATA-NOT-JSON": _accepted("listMessages", "/v1/messages?trigger_data=nonsense"),
    "PAGE-ENVELOPE-ENTRIES": _shown("listUsers", "/v1/users", []),
    "PAGE-ENVELOPE-ITEMS": _shown("listMessages", "/v1/messages", {"entries": [], "page_info": _PAGE}),
    "PAGE-UNPAGED-ARRAYS": _shown("listUserPreferenceSets", "/v1/users/u/preferences", {"entries": []}),
    "PAGE-INFO-FIELDS": _users(after=1),
    "PAGE-TOTAL-CAP": _users(total_count=10_001),
    "PAGE-SIZE-DEFAULT": _users(page_size=25),
    "PAGE-SIZE-RESPECTED": _users("/v1/users?page_size=1", entries=[{}, {}], page_size=1),
    "PAGE-SIZE-MAX": _users("/v1/users?page_size=60", entries=[{}] * 60, page_size=60),
    "PAGE-SIZE-MAX-FEED": answer(
        "listUserInAppFeedItems",
        url="/v1/users/u/feeds/5add7344-bcbb-4d9f-b11e-564ffad35513?page_size=201",
        body={"entries": [], "page_info": _PAGE | {"page_size": 201}},
    ),
    "PAGE-SIZE-INVALID": answer("listUsers", url="/v1/users?page_size=0", status=500),
    "PAGE-FIRST-BEFORE-NULL": _users(before="cursor"),
    "PAGE-CURSOR-INVALID": answer("listUsers", url="/v1/users?after=nonsense", status=500),
    "PAGE-BOTH-CURSORS": answer("listUsers", url="/v1/users?after=a&before=b", status=500),
    "PAGE-FEED-ITEM-CURSOR": answer(
        "listUserInAppFeedItems",
        url="/v1/users/u/feeds/5add7344-bcbb-4d9f-b11e-564ffad35513",
        body={"entries": [{}], "page_info": _PAGE},
    ),
    "USER-SYSTEM-FIELDS": _shown("getUser", "/v1/users/u", {"__typename": "User", "id": "u"}),
    "USER-FEED-SETTINGS-SHAPE": _shown("getUserInAppFeedSettings", "/v1/users/u/feeds/c/settings"),
    "OBJECT-SHAPE": _shown("getObject", "/v1/objects/c/o", {"__typename": "Object", "id": "o", "updated_at": _STAMP}),
    "TENANT-SHAPE": _shown("getTenant", "/v1/tenants/t", {"__typename": "Object", "id": "t"}),
    "CHDATA-SHAPE": _shown("getUserChannelData", "/v1/users/u/channel_data/c", {"channel_id": "other", "data": {}}),
    "PREF-SHAPE": _shown("getUserPreferenceSet", "/v1/users/u/preferences/default", {"id": "default", "channels": []}),
    "PREF-GET-NEVER-404": answer(
        "getUserPreferenceSet", url="/v1/users/u/preferences/default", status=404, meant_to_succeed=True
    ),
    "PREFCENTER-CONFIG-SHAPE": _shown("getPreferenceCenterConfig", "/v1/users/u/preference_center/config"),
    "PREFCENTER-URL-SHAPE": _shown(
        "generatePreferenceCenterSignedUrl",
        "/v1/users/u/preference_center/signed_url",
        {"token": "t", "url": "https://example.com/p/other"},
    ),
    "SUB-SHAPE": _shown("addSubscriptionsForObject", "/v1/objects/c/o/subscriptions", [{"__typename": "Subscription"}]),
    "AUDIENCE-MEMBER-SHAPE": _shown(
        "listAudienceMembers", "/v1/audiences/a/members", {"entries": [{"user_id": "u"}], "page_info": _PAGE}
    ),
    "BULK-SHAPE": _shown("getBulkOperation", "/v1/bulk_operations/c", {"__typename": "BulkOperation", "id": "short"}),
    "SCHED-SHAPE": _shown("deleteSchedules", "/v1/schedules", [{"id": "s", "workflow": "w"}]),
    "RUN-SHAPE": _shown("getWorkflowRecipientRun", "/v1/workflow_recipient_runs/r", {"id": "r"}),
    "RUN-EVENT-SHAPE": _shown("getWorkflowRecipientRun", "/v1/workflow_recipient_runs/r", {"events": [{"id": "e"}]}),
    "MSG-SHAPE": _shown("getMessage", "/v1/messages/m", {"__typename": "Message", "id": "m"}),
    "CONTENT-SHAPE": _shown("getMessageContents", "/v1/messages/m/content", {"__typename": "MessageContent"}),
    "FEED-SHAPE": _shown(
        "listUserInAppFeedItems", "/v1/users/u/feeds/c", {"entries": [], "page_info": _PAGE, "vars": {}, "meta": {}}
    ),
    "GUIDE-LIST-SHAPE": _shown("listUserGuides", "/v1/users/u/guides/c", {"entries": []}),
    "PROV-AUTH-SHAPE": _shown("slackProviderAuthCheck", "/v1/providers/slack/c/auth_check", {"connection": {}}),
    "PROV-SLACK-CHANNEL-FIELDS": _shown(
        "listChannelsForSlackProvider", "/v1/providers/slack/c/channels", {"slack_channels": [{"id": "C1"}]}
    ),
    "PROV-TEAMS-SHAPES": _shown(
        "listTeamsForMsTeamsProvider", "/v1/providers/ms-teams/c/teams", {"ms_teams_teams": [{"id": "T1"}]}
    ),
    "RPC-ECHO-ID": answer(
        "processCensusRpcRequest",
        url="/v1/integrations/census/custom-destination",
        sent={"id": "1", "method": "m", "jsonrpc": "2.0"},
        body={"id": "2"},
    ),
    "RPC-RESULT-OBJECT": _shown(
        "processCensusRpcRequest", "/v1/integrations/census/custom-destination", {"id": "1", "result": []}
    ),
}
