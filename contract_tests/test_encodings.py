"""How requests may be written: what official clients send besides or in another form is understood."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from knock_harness.verify.documented import Broken, brief
from knock_harness.verify.plain import plain_request

from .expectations import no_5xx, status, succeeds
from .operations import each_operation, operations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.contract import Operation
    from knock_harness.target import World
    from knock_harness.verify.answers import Answer
    from knock_harness.verify.documented import Finding
    from knock_harness.verify.examination import Examiner

#: What official clients send with every call, and the idempotency key where it means nothing.
EXTRA_HEADERS = {
    "x-stainless-lang": "python",
    "x-stainless-retry-count": "0",
    "x-knock-client": "knock-harness",
    "idempotency-key": "stainless-python-retry-1",
}
#: Each list parameter and something to put into it.
LISTS: Mapping[str, str] = {
    "include": "preferences",
    "message_ids": "@message",
    "status": "sent",
    "engagement_status": "seen",
    "workflow_categories": "collaboration",
    "recipients": "@user",
    "tenant_ids": "@other_tenant",
}
_RUN_STATUS = "completed"


@each_operation("HTTP-EXTRA-HEADERS")
def test_headers_that_mean_nothing_are_ignored(operation: Operation, examiner: Examiner) -> None:
    extra = {
        name: value for name, value in EXTRA_HEADERS.items() if name != "idempotency-key" or not operation.idempotent
    }

    examiner.examine(replace(plain_request(operation), headers=extra), {"HTTP-EXTRA-HEADERS": succeeds})

    examiner.conclude()


@each_operation("HTTP-EMPTY-BODY-WRITES")
def test_a_write_without_a_body_may_announce_one(operation: Operation, examiner: Examiner) -> None:
    draft = replace(plain_request(operation), content=b"", headers={"content-type": "application/json"})

    examiner.examine(draft, {"HTTP-EMPTY-BODY-WRITES": succeeds})

    examiner.conclude()


@each_operation("QUERY-ARRAY-BRACKETS")
def test_lists_are_read_from_names_with_brackets(operation: Operation, examiner: Examiner) -> None:
    lists = [each.name for each in operation.parameters if each.schema.get("type") == "array"]
    names = [name for name in lists if name in LISTS]
    pairs = tuple((f"{name}[]", _RUN_STATUS if _is_run_status(operation, name) else LISTS[name]) for name in names)
    plain = plain_request(operation)
    query = {name: value for name, value in plain.query.items() if name not in names}

    examiner.examine(replace(plain, query=query, pairs=pairs), {"QUERY-ARRAY-BRACKETS": succeeds})

    examiner.conclude()


@each_operation("QUERY-UNKNOWN-IGNORED")
def test_parameters_that_mean_nothing_are_ignored(operation: Operation, examiner: Examiner) -> None:
    extra = (("channel_id", "@channel.slack"), ("force_all_guides", "true"), ("no_such_parameter", "1"))

    examiner.examine(replace(plain_request(operation), pairs=extra), {"QUERY-UNKNOWN-IGNORED": succeeds})

    examiner.conclude()


@each_operation("QUERY-EMPTY-VALUE")
def test_an_empty_value_does_no_harm(operation: Operation, examiner: Examiner) -> None:
    draft = replace(plain_request(operation), pairs=(("tenant", ""),), existing=False)

    examiner.examine(draft, {"QUERY-EMPTY-VALUE": no_5xx})

    examiner.conclude()


@each_operation("QUERY-PROVIDER-OBJECT-FORMS")
def test_the_object_with_the_credential_may_be_named_in_brackets(
    operation: Operation, examiner: Examiner, world: World
) -> None:
    plain = plain_request(operation)
    name = next(each for each in ("access_token_object", "ms_teams_tenant_object") if each in plain.query)
    reference = json.loads(world.value(plain.query[name]))
    query = {other: value for other, value in plain.query.items() if other != name}
    pairs = tuple((f"{name}[{member}]", value) for member, value in reference.items())

    examiner.examine(replace(plain, query=query, pairs=pairs), {"QUERY-PROVIDER-OBJECT-FORMS": succeeds})

    examiner.conclude()


@each_operation("ROUTE-LITERAL-FIRST", among=operations(["batchGetMessageContents"]))
def test_batch_is_no_message(operation: Operation, examiner: Examiner) -> None:
    examiner.examine(plain_request(operation), {"ROUTE-LITERAL-FIRST": _is_array})

    examiner.conclude()


@each_operation("RPC-UNKNOWN-METHOD")
def test_a_method_that_no_rpc_has_is_answered(operation: Operation, examiner: Examiner) -> None:
    plain = plain_request(operation)

    examiner.examine(
        replace(plain, body={**plain.body, "method": "no_such_method"}, existing=False),
        {"RPC-UNKNOWN-METHOD": lambda answer: _answered_or_refused(answer, plain.body["id"])},
    )

    examiner.conclude()


@each_operation("CHDATA-WRONG-SHAPE-422")
def test_channel_data_of_another_provider_is_refused(operation: Operation, examiner: Examiner) -> None:
    body = {"data": {"player_ids": ["4b1ee1f4-7d3c-4d5a-9f6d-0c3a5a8f0b1e"]}}

    examiner.examine(
        replace(plain_request(operation), body=body, existing=False), {"CHDATA-WRONG-SHAPE-422": status(422)}
    )

    examiner.conclude()


def _is_run_status(operation: Operation, name: str) -> bool:
    return name == "status" and operation.id == "listWorkflowRecipientRuns"


def _is_array(answer: Answer) -> Finding:
    return (answer.accepted and isinstance(answer.json, list)) or Broken(
        "200 with an array of contents", f"status {answer.status}: {brief(answer.json)}"
    )


def _answered_or_refused(answer: Answer, id_: str) -> Finding:
    if 400 <= answer.status < 500 or (answer.accepted and answer.error.get("id") == id_):
        return True
    return Broken(f"a 4xx, or an answer with id {id_!r}", f"status {answer.status}: {brief(answer.json)}")
