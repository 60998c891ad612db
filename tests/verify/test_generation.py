from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import pytest
import schemathesis
from schemathesis.generation import GenerationMode

from knock_harness import contract
from knock_harness.target import ABSENT, find_symbol
from knock_harness.verify.account_tree import breakable
from knock_harness.verify.drafts import symbols
from knock_harness.verify.generation import draw_each, invalid_requests, systematic_requests, valid_requests
from knock_harness.verify.plain import plain_request

if TYPE_CHECKING:
    from knock_harness.verify.drafts import Draft

OPERATIONS = contract.load().operations


def test_the_names_of_schemathesis_that_it_does_not_document_are_there() -> None:
    configuration = schemathesis.Config.from_dict({})
    schema = schemathesis.openapi.from_dict(contract.narrowed(contract.load().document), config=configuration)
    found = next(iter(schema.get_all_operations())).ok()

    generation = schema.config.generation_for(operation=found, phase="coverage")
    case = next(
        schema.iter_coverage_cases(found, generation_modes=[GenerationMode.POSITIVE], generation_config=generation)
    )

    assert case._meta.phase.data.scenario.value
    assert case._meta.generation.mode == GenerationMode.POSITIVE


def test_every_operation_has_a_plain_request_with_all_it_needs() -> None:
    for operation in OPERATIONS.values():
        plain = plain_request(operation)

        assert plain.path.keys() == {each.name for each in operation.parameters if each.location == "path"}
        assert not operation.body_required or plain.body is not ABSENT, operation.id
        assert {each.name for each in operation.parameters if each.required} <= plain.path.keys() | plain.query.keys()


def test_every_symbol_of_the_plain_requests_is_one_that_the_world_knows() -> None:
    named = {symbol for operation in OPERATIONS.values() for symbol in symbols(plain_request(operation))}

    assert [symbol for symbol in sorted(named) if find_symbol(symbol) is None] == []


def test_systematic_requests_keep_and_break_the_contract() -> None:
    found = list(systematic_requests(OPERATIONS["identifyUser"], per_kind=1))

    assert any(draft.existing for draft in found)
    assert any(not contract.body_errors(OPERATIONS["identifyUser"], draft.body) for draft in found)
    assert any(contract.body_errors(OPERATIONS["identifyUser"], draft.body) for draft in found)


def test_systematic_requests_of_one_kind_are_not_repeated() -> None:
    operation = OPERATIONS["triggerWorkflow"]

    few, more = (sum(1 for _ in systematic_requests(operation, per_kind=number)) for number in (1, 2))

    assert 50 < few < more


def test_generation_stops_where_nothing_new_comes() -> None:
    operation = OPERATIONS["triggerWorkflow"]

    hasty = list(systematic_requests(operation, per_kind=1, patience=20))

    assert len(hasty) < sum(1 for _ in systematic_requests(operation, per_kind=1))


def test_the_same_seed_draws_the_same_requests() -> None:
    first, second = (drawn("triggerWorkflow", seed=7) for _ in range(2))

    assert first == second
    assert first != drawn("triggerWorkflow", seed=8)


def test_what_a_valid_request_names_is_real_most_of_the_time() -> None:
    found = drawn("getMessage", seed=1, count=200)

    real = [draft for draft in found if draft.existing]

    assert len(found) / 2 < len(real) < len(found)
    assert all(draft.path == {"message_id": "@message"} for draft in real)


def test_bodies_name_real_things_too() -> None:
    found = [draft for draft in drawn("batchMarkMessagesAsSeen", seed=1) if draft.existing]

    assert found
    assert {tuple(draft.body["message_ids"]) for draft in found} <= {("@message",), ()}


def test_random_requests_that_are_meant_to_succeed_fit_the_contract_but_for_their_symbols() -> None:
    for draft in drawn("createSchedules", seed=1, count=40):
        broken = contract.body_errors(draft.operation, draft.body)
        assert not draft.existing or all(each.keyword == "format" for each in broken)


def test_an_error_while_a_request_is_used_ends_the_drawing() -> None:
    used: list[Draft] = []

    def fail(draft: Draft) -> None:
        used.append(draft)
        raise RuntimeError("no target")

    with pytest.raises(RuntimeError, match="no target"):
        draw_each(valid_requests(OPERATIONS["getUser"]), fail, count=20, seed=1)

    assert len(used) == 1


def test_unbounded_ids_in_a_path_cannot_be_invalid() -> None:
    bounded = OPERATIONS["getMessage"]
    unbounded = replace(
        bounded,
        parameters=[replace(each, schema={"type": "string"}) for each in bounded.parameters if each.location == "path"],
    )

    assert not breakable(unbounded)
    assert breakable(bounded)
    assert breakable(OPERATIONS["getBulkOperation"])
    assert breakable(OPERATIONS["identifyUser"])


def test_invalid_requests_are_invalid_by_the_contract() -> None:
    operation, found = OPERATIONS["setTenant"], []
    draw_each(invalid_requests(operation), found.append, count=20, seed=1)

    no_json = [draft for draft in found if draft.content is not None]
    broken = [draft for draft in found if draft.body is not ABSENT and contract.body_errors(operation, draft.body)]

    assert no_json
    assert broken


def drawn(name: str, *, seed: int, count: int = 30) -> list[Draft]:
    found: list[Draft] = []
    draw_each(valid_requests(OPERATIONS[name]), found.append, count=count, seed=seed)
    return list(islice(found, count))
