"""Requests that name what does not exist: 404 where the contract says so, and never somebody else's data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness import contract
from knock_harness.verify.documented import Broken, brief
from knock_harness.verify.plain import plain_request

from .expectations import all_of, empty_page, error_field, no_5xx, refused, status
from .operations import each_operation, operations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.contract import Operation
    from knock_harness.target import World
    from knock_harness.verify.answers import Answer
    from knock_harness.verify.documented import Finding
    from knock_harness.verify.examination import Examiner

_MESSAGE = {"message_id": "@unknown"}
_CHANNEL = {"channel_id": "@unknown_uuid"}

#: Operations that read or change one thing, and the path that names none. All of them document 404.
UNKNOWN: Mapping[str, Mapping[str, str]] = {
    "getUser": {"user_id": "@unknown"},
    "getObject": {"id": "@unknown"},
    "getTenant": {"id": "@unknown"},
    "getWorkflowRecipientRun": {"id": "@unknown_uuid"},
    "getBulkOperation": {"id": "@unknown_uuid"},
    "getMessage": _MESSAGE,
    "getMessageContents": _MESSAGE,
    "listMessageEvents": _MESSAGE,
    "listMessageActivities": _MESSAGE,
    "listMessageDeliveryLogs": _MESSAGE,
    "markMessageSeen": _MESSAGE,
    "markMessageUnseen": _MESSAGE,
    "markMessageUnseenAlias": _MESSAGE,
    "markMessageRead": _MESSAGE,
    "markMessageUnread": _MESSAGE,
    "markMessageUnreadAlias": _MESSAGE,
    "markMessageInteracted": _MESSAGE,
    "archiveMessage": _MESSAGE,
    "unarchiveMessage": _MESSAGE,
    "unarchiveMessageAlias": _MESSAGE,
    "getUserChannelData": _CHANNEL,
    "setUserChannelData": _CHANNEL,
    "unsetUserChannelData": _CHANNEL,
    "getObjectChannelData": _CHANNEL,
    "setObjectChannelData": _CHANNEL,
    "unsetObjectChannelData": _CHANNEL,
    "addAudienceMembers": {"key": "@unknown"},
    "removeAudienceMembers": {"key": "@unknown"},
}
#: What one of these answers besides, where a requirement says more than 404.
_404 = (
    "CONTRACT-UNKNOWN-ID-404",
    "CROSS-GET-UNKNOWN-404",
    "RUN-GET-404",
    "BULK-GET-UNKNOWN-404",
    "MSG-UNKNOWN-404",
    "ENGAGE-404",
    "CHDATA-UNKNOWN-CHANNEL-404",
    "AUDIENCE-UNKNOWN-404",
)
#: Nothing sets data of users or objects on this channel.
_UNUSED_CHANNEL = "@channel.push-expo"


@each_operation(*_404, among=operations(UNKNOWN))
def test_what_does_not_exist_is_not_found(operation: Operation, examiner: Examiner) -> None:
    plain = plain_request(operation)

    examiner.examine(
        replace(plain, path={**plain.path, **UNKNOWN[operation.id]}, existing=False), dict.fromkeys(_404, status(404))
    )

    examiner.conclude()


@each_operation("RUN-GET-404")
def test_the_id_of_a_trigger_is_no_id_of_a_run(operation: Operation, examiner: Examiner) -> None:
    draft = replace(plain_request(operation), path={"id": "@workflow_run"}, existing=False)

    examiner.examine(draft, {"RUN-GET-404": status(404)})

    examiner.conclude()


@each_operation("CHDATA-GET-UNSET-404")
def test_channel_data_that_was_never_set_is_not_found(operation: Operation, examiner: Examiner) -> None:
    plain = plain_request(operation)

    examiner.examine(
        replace(plain, path={**plain.path, "channel_id": _UNUSED_CHANNEL}, existing=False),
        {"CHDATA-GET-UNSET-404": status(404)},
    )

    examiner.conclude()


@each_operation("ERR-CHANNEL-INVALID")
def test_a_channel_that_is_not_configured_is_refused(operation: Operation, examiner: Examiner) -> None:
    plain = plain_request(operation)
    name = "id" if "id" in plain.path else "channel_id"

    examiner.examine(
        replace(plain, path={**plain.path, name: "@unknown_uuid"}, existing=False),
        {"ERR-CHANNEL-INVALID": refused},  # the code is documented, but not for which operations
    )

    examiner.conclude()


@each_operation("ERR-WORKFLOW-MISSING")
def test_a_workflow_that_is_not_committed_is_refused_by_code(operation: Operation, examiner: Examiner) -> None:
    plain = plain_request(operation)
    named = replace(plain, path=dict.fromkeys(plain.path, "@unknown"), existing=False)
    body = {**plain.body, "name": "@unknown"} if "name" in plain.body else plain.body

    examiner.examine(
        replace(named, body=body),
        {"ERR-WORKFLOW-MISSING": all_of(refused, error_field("code", "workflow_missing"))},
    )

    examiner.conclude()


@each_operation("OBJECT-LIST-UNKNOWN-COLLECTION")
def test_a_collection_that_was_never_used_is_empty(operation: Operation, examiner: Examiner) -> None:
    draft = replace(plain_request(operation), path={"collection": "@unknown"})

    examiner.examine(draft, {"OBJECT-LIST-UNKNOWN-COLLECTION": empty_page})

    examiner.conclude()


@each_operation("USER-FEED-UNKNOWN-EMPTY")
def test_the_feed_of_nobody_is_empty(operation: Operation, examiner: Examiner) -> None:
    plain = plain_request(operation)

    examiner.examine(
        replace(plain, path={**plain.path, "user_id": "@unknown"}), {"USER-FEED-UNKNOWN-EMPTY": empty_page}
    )

    examiner.conclude()


@each_operation("SCHED-UNKNOWN-IDS")
def test_schedules_that_do_not_exist_are_refused_or_passed_over(operation: Operation, examiner: Examiner) -> None:
    draft = replace(plain_request(operation), body={"schedule_ids": ["@unknown_uuid"]}, existing=False)

    examiner.examine(draft, {"SCHED-UNKNOWN-IDS": _refused_or_empty})

    examiner.conclude()


@each_operation("MSGBATCH-UNKNOWN-ID")
def test_an_unknown_message_in_a_batch_is_refused_or_passed_over(
    operation: Operation, examiner: Examiner, world: World
) -> None:
    draft = replace(plain_request(operation), body={"message_ids": ["@message", "@unknown"]}, existing=False)

    examiner.examine(draft, {"MSGBATCH-UNKNOWN-ID": lambda answer: _only_known(answer, world.value("@message"))})

    examiner.conclude()


@pytest.mark.requirement("CONTRACT-UNKNOWN-ID-404")
def test_every_operation_of_the_table_documents_404() -> None:
    documented = {each.id for each in contract.load().operations.values() if "404" in each.responses}

    assert UNKNOWN.keys() <= documented


def _refused_or_empty(answer: Answer) -> Finding:
    if 400 <= answer.status < 500 or (answer.accepted and answer.json == []):
        return True
    return Broken("a 4xx, or an empty list", f"status {answer.status}: {brief(answer.json)}")


def _only_known(answer: Answer, known: Any) -> Finding:
    if not answer.accepted:
        return no_5xx(answer)
    listed = answer.json if isinstance(answer.json, list) else []
    if [each.get("id") for each in listed if isinstance(each, dict)] == [known] and len(listed) == 1:
        return True
    return Broken("a 4xx, or the known message alone", brief(answer.json))
