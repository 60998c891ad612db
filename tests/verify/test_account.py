from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from knock_harness import contract
from knock_harness.verify.account import Account

from .bench import answer

if TYPE_CHECKING:
    from knock_harness.verify.account import OperationAccount


def account_of(*seen: Any) -> Account:
    account = Account(contract.load())
    for each in seen:
        account.observe(each.exchange)
    return account


def of(account: Account, operation: str) -> OperationAccount:
    return account.operations()[operation]


def test_every_operation_has_an_account_in_the_order_of_the_document() -> None:
    assert list(account_of().operations()) == list(contract.load().operations)


def test_an_operation_that_was_never_asked_is_a_hole() -> None:
    assert of(account_of(), "getUser").holes == ("never asked",)


def test_an_operation_that_never_answered_2xx_is_the_first_hole() -> None:
    account = account_of(answer("getUser", url="/v1/users/u", status=404))

    assert of(account, "getUser").holes[0] == "never answered 2xx"
    assert of(account, "getUser").statuses == {"404": 1}


def test_parameters_and_values_that_were_sent_are_noted() -> None:
    account = of(
        account_of(answer("listMessages", url="/v1/messages?status[]=sent&page_size=2", body={})), "listMessages"
    )

    assert set(account.exercised["parameters"]["query"]) >= {"status", "page_size"}
    assert account.exercised["values"]["query"] == {"status.*": ["sent"]}
    assert any("status.*=queued" in hole for hole in account.holes)


def test_body_fields_are_noted_through_references_unions_and_lists() -> None:
    sent = {"recipients": ["ada", {"id": "bob", "collection": "projects"}], "data": {"any": 1}}
    account = of(
        account_of(answer("triggerWorkflow", url="/v1/workflows/w/trigger", body={}, sent=sent)), "triggerWorkflow"
    )

    assert {"recipients", "recipients.*", "recipients.*.id", "recipients.*.collection", "data"} <= set(
        account.exercised["fields"]
    )


def test_a_constraint_is_kept_by_a_valid_request_that_succeeds() -> None:
    valid = answer("triggerWorkflow", url="/v1/workflows/w/trigger", body={}, sent={"recipients": ["ada"]})

    assert "body recipients: required" in of(account_of(valid), "triggerWorkflow").exercised["kept"]


def test_a_constraint_is_broken_by_an_invalid_request() -> None:
    invalid = answer("triggerWorkflow", url="/v1/workflows/w/trigger", status=422, body={}, sent={"recipients": "ada"})

    account = of(account_of(invalid), "triggerWorkflow")

    assert "body recipients: type" in account.exercised["broken"]
    assert "body recipients: type" not in account.exercised["kept"]


def test_a_parameter_with_a_dot_in_its_name_is_found_again() -> None:
    invalid = answer("listMessages", url="/v1/messages?inserted_at.gte=yesterday", status=422, body={})

    assert "query inserted_at.gte: format" in of(account_of(invalid), "listMessages").exercised["broken"]


def test_who_is_turned_away_at_the_door_exercises_nothing() -> None:
    turned_away = answer("identifyUser", url="/v1/users/u", status=401, body={}, sent={"name": 1})

    assert of(account_of(turned_away), "identifyUser").exercised["broken"] == []


def test_what_has_something_to_break_says_so() -> None:
    assert of(account_of(), "getMessage").exercised["breakable"] is True


def test_the_accounts_of_several_processes_are_added_up() -> None:
    first = account_of(answer("listMessages", url="/v1/messages?status[]=sent", body={}))
    second = account_of(
        answer("listMessages", url="/v1/messages?status[]=queued", body={}),
        answer("listMessages", url="/v1/messages?page_size=x", status=422, body={}),
    )
    dumps = [json.loads(json.dumps(each.dump())) for each in (first, second)]

    merged = of(Account.merged(dumps, contract.load()), "listMessages")

    assert merged.requests == 3
    assert merged.statuses == {"200": 2, "422": 1}
    assert merged.exercised["values"]["query"]["status.*"] == ["queued", "sent"]
    assert "query page_size: type" in merged.exercised["broken"]


def test_values_in_a_path_are_told_apart_though_the_bodies_are_alike() -> None:
    channel = "5add7344-bcbb-4d9f-b11e-564ffad35513"
    seen = [
        answer("bulkUpdateMessagesForChannel", url=f"/v1/channels/{channel}/messages/bulk/{action}", body={}, sent={})
        for action in ("seen", "read")
    ]

    account = of(account_of(*seen), "bulkUpdateMessagesForChannel")

    assert account.exercised["values"]["path"] == {"action": ["seen", "read"]}
