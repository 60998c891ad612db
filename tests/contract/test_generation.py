"""The narrowed document: what is drawn from it is valid, and it says nothing new."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from schemathesis import GenerationMode

from knock_harness import contract

DOCUMENT = contract.load().document
NARROWED = contract.narrowed(DOCUMENT)
SCHEMA = schemathesis.openapi.from_dict(
    NARROWED, config=schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
)
STRATEGIES = {
    operation.definition.raw["operationId"]: operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    for operation in (found.ok() for found in SCHEMA.get_all_operations())
}


def test_other_tools_accept_it() -> None:
    validate(NARROWED)


def test_it_has_the_same_operations() -> None:
    assert list(STRATEGIES) == list(contract.load().operations)


@settings(max_examples=150, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.data())
def test_every_body_that_is_drawn_is_valid_in_the_contract(data: st.DataObject) -> None:
    bodies = sorted(name for name, operation in contract.load().operations.items() if operation.body)
    name = data.draw(st.sampled_from(bodies))

    case = data.draw(STRATEGIES[name])

    if isinstance(case.body, (dict, list)):
        assert contract.body_errors(contract.load().operations[name], case.body) == ()


def test_lists_are_as_long_as_the_contract_allows_unless_told_otherwise() -> None:
    users = NARROWED["components"]["schemas"]["BulkIdentifyUsersRequest.drawn"]["properties"]["users"]

    assert users["maxItems"] == 1000


def test_lists_are_as_long_as_told() -> None:
    schemas = contract.narrowed(DOCUMENT, longest_list=4)["components"]["schemas"]

    assert schemas["BulkIdentifyUsersRequest.drawn"]["properties"]["users"]["maxItems"] == 4


def test_the_contract_itself_is_not_changed() -> None:
    contract.narrowed(DOCUMENT)

    assert not [name for name in DOCUMENT["components"]["schemas"] if ".drawn" in name]


def test_answers_are_left_as_they_are() -> None:
    answers = [spec["responses"] for _, _, spec in contract_operations(NARROWED)]

    assert answers == [spec["responses"] for _, _, spec in contract_operations(DOCUMENT)]


@pytest.mark.parametrize(("operation", "name"), [("triggerWorkflow", "X-Knock-Branch")])
def test_what_has_no_use_at_random_is_not_drawn(operation: str, name: str) -> None:
    spec = next(spec for _, _, spec in contract_operations(NARROWED) if spec["operationId"] == operation)

    assert name not in [each["name"] for each in spec["parameters"]]


def test_a_time_zone_is_drawn_from_those_that_exist() -> None:
    drawn = NARROWED["components"]["schemas"]["IdentifyUserRequest.drawn"]["properties"]["timezone"]

    assert "Etc/UTC" in NARROWED["components"]["schemas"][drawn["$ref"].rpartition("/")[2]]["enum"]


def contract_operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    from knock_harness.contract.document import operations

    return list(operations(document))
