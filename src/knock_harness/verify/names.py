"""What the parameters and fields of requests name, by the names that they have themselves.

Each table gives the symbol that is put in the place of a random text; `knock_harness.target.symbols` says what the
symbols stand for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .drafts import BULK_UPDATE

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ENTITIES",
    "FREE",
    "FUTURE",
    "IN_OPERATION",
    "LISTS",
    "MAKES",
    "NOT_MADE_UP",
    "QUERY",
    "REFERRING",
    "TEXTS",
]

#: Late enough for a schedule that must not fire.
FUTURE = "2099-01-01T00:00:00Z"

#: What the parameters of a query name. A list stands for a list of them.
QUERY: Mapping[str, str] = {
    "tenant": "@tenant",
    "tenant_id": "@tenant",
    "workflow": "@workflow",
    "source": "@workflow",
    "channel_id": "@channel.in-app-feed",
    "message_ids": "@message",
    "tenant_ids": "@other_tenant",
    "workflow_run_id": "@workflow_run",
    "workflow_recipient_run_id": "@run",
    "access_token_object": "@slack_object",
    "ms_teams_tenant_object": "@teams_object",
    "team_id": "@teams_team",
    "recipient": "@user",
    "recipients": "@user",
    "objects": "@object_reference",
}
#: Parameters whose values only the target itself, or a third party, can make up.
NOT_MADE_UP = frozenset(
    {
        "after",
        "before",
        "query_options.cursor",
        "query_options.team_id",
        "query_options.types",
        "query_options.$skiptoken",
        "query_options.$filter",
        "query_options.$select",
    }
)
#: What single texts in a body name, by key.
TEXTS: Mapping[str, str] = {
    "from_user_id": "@subscriber",
    "workflow": "@workflow.scheduled-message",
    "tenant": "@tenant",
    "actor": "@user",
    "recipient": "@user",
    "guide_id": "@guide_id",
    "guide_key": "@guide_key",
    "guide_step_ref": "@guide_step",
    "timezone": "Europe/Berlin",
    "locale": "en-GB",
    "scheduled_at": FUTURE,
    "ending_at": "2099-06-01T00:00:00Z",
    "trigger_data": '{"number":1}',
    "jsonrpc": "2.0",
    "method": "test_connection",
}
#: What the texts in lists of a body name, by key.
LISTS: Mapping[str, str] = {
    "user_ids": "@user",
    "object_ids": "@other_object",
    "message_ids": "@message",
    "schedule_ids": "@schedule",
    "recipients": "@user",
    "recipient_ids": "@user",
    "tenants": "@tenant",
    "workflows": "@workflow",
}
#: What has an `id`, by the key it stands under.
ENTITIES: Mapping[str, str] = {
    "users": "@new_user",
    "user": "@other_user",
    "objects": "@new_object",
    "tenants": "@new_tenant",
    "tenant": "@new_tenant",
    "subscriptions": "@object",
    "preferences": "default",
    "recipients": "@new_user",
    "recipient": "@new_user",
    "actor": "@new_user",
}
#: Exceptions to the tables above, for single operations.
IN_OPERATION: Mapping[tuple[str, str], str] = {
    ("bulkDeleteUsers", "user_ids"): "@other_user",
    ("bulkSetUserPreferences", "user_ids"): "@other_user",
    (BULK_UPDATE, "recipient_ids"): "@other_user",
    (BULK_UPDATE, "user_ids"): "@other_user",
    ("triggerWorkflowLegacy", "name"): "@workflow",
    ("cancelWorkflowLegacy", "name"): "@workflow.delayed-message",
    ("cancelWorkflowLegacy", "cancellation_key"): "@cancellation_key",
    ("cancelWorkflow", "cancellation_key"): "@cancellation_key",
    **{
        (f"markUserGuide{form}As{status}", "channel_id"): "@channel.in-app-guide"
        for form in ("", "Message")
        for status in ("Seen", "Interacted", "Archived")
    },
}
#: What belongs to the caller alone: nothing in it is a name.
FREE = frozenset({"data", "properties", "content", "metadata", "params", "settings", "conditions"})
#: Operations that make what their path names, if it is not there yet.
MAKES: Mapping[str, tuple[str, str]] = {
    "identifyUser": ("user_id", "@new_user"),
    "setObject": ("id", "@new_object"),
    "setTenant": ("id", "@new_tenant"),
}
#: Operations that take references only, no descriptions of somebody new.
REFERRING = frozenset(
    {
        "cancelWorkflow",
        "cancelWorkflowLegacy",
        "triggerWorkflowLegacy",
        "deleteSubscriptionsForObject",
        "bulkDeleteSubscriptions",
        "updateSchedules",
    }
)
