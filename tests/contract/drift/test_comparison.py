"""Two documents compared: each kind of difference is found, told once, and laid at the right door."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from knock_harness.contract import drift
from knock_harness.errors import InvalidDocument

PET: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "maxLength": 10},
        "name": {"type": ["string", "null"]},
        "kind": {"type": "string", "enum": ["cat", "dog"]},
        "born_at": {"type": "string", "format": "date-time"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}


def document(**operation: Any) -> dict[str, Any]:
    """Return a contract with one operation, which takes and answers a pet."""
    pet = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}
    spec = {
        "operationId": "putPet",
        "x-rate-limit-tier": 3,
        "parameters": [
            {"name": "pet_id", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "tag", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
        ],
        "requestBody": {"required": True, **deepcopy(pet)},
        "responses": {"200": {"description": "The pet.", **deepcopy(pet)}},
    }
    return {
        "openapi": "3.1.0",
        "paths": {"/pets/{pet_id}": {"put": {**spec, **operation}}},
        "components": {"schemas": {"Pet": deepcopy(PET)}},
    }


def told(there: dict[str, Any], here: dict[str, Any] | None = None) -> list[str]:
    return [str(each) for each in drift.compare(here or document(), there)]


def with_pet(**properties: Any) -> dict[str, Any]:
    """Return the document with other properties of a pet; None takes one away."""
    changed = document()
    pet = changed["components"]["schemas"]["Pet"]
    pet["properties"] = {name: each for name, each in {**pet["properties"], **properties}.items() if each is not None}
    return changed


def test_a_document_does_not_differ_from_itself() -> None:
    assert told(document()) == []


#: How a property of the pet is said there; what is said of it in requests; and whom that breaks there and in answers.
SCHEMAS = [
    ({"id": {"type": "string"}}, "id: maxLength 10 here, none there", "clients", "servers"),
    ({"id": {"type": "string", "maxLength": 5}}, "id: maxLength 10 here, 5 there", "servers", "clients"),
    ({"id": {"type": "string", "maxLength": 20}}, "id: maxLength 10 here, 20 there", "clients", "servers"),
    ({"name": {"type": "string"}}, "name: null is allowed here only", "servers", "clients"),
    ({"kind": {"enum": ["cat", "dog", None]}}, "kind: null is allowed there only", "clients", "servers"),
    ({"born_at": {"type": "string"}}, "born_at: format date-time here only", "clients", "servers"),
    ({"name": {"type": ["string", "null"], "format": "email"}}, "name: format email there only", "servers", "clients"),
    ({"kind": {"type": "string"}}, 'kind: only "cat", "dog" here', "clients", "servers"),
    ({"kind": {"type": "string", "enum": ["cat"]}}, 'kind: "dog" allowed here only', "servers", "clients"),
    ({"kind": {"enum": ["cat", "dog", "eel"]}}, 'kind: "eel" allowed there only', "clients", "servers"),
    ({"tags": {"type": "array"}}, "tags[]: string here, anything there", "clients", "servers"),
    ({"name": {}}, "name: null or string here, anything there", "clients", "servers"),
    ({"name": None}, "name: named here only", "neither", "neither"),
    ({"age": {"type": "integer"}}, "age: named there only", "neither", "neither"),
]  # fmt: skip


@pytest.mark.parametrize(("properties", "what", "request_breaks", "answer_breaks"), SCHEMAS)
def test_a_difference_in_a_schema_breaks_the_other_side_in_answers(
    properties: dict[str, Any], what: str, request_breaks: str, answer_breaks: str
) -> None:
    assert told(with_pet(**properties)) == [
        f"request Pet.{what}; breaks {request_breaks}",
        f"answer Pet.{what}; breaks {answer_breaks}",
    ]


def test_a_property_required_here_only_breaks_clients_that_leave_it_out_and_servers_that_do() -> None:
    there = document()
    there["components"]["schemas"]["Pet"]["required"] = []

    assert told(there) == [
        "request Pet.id: required here only; breaks clients",
        "answer Pet.id: required here only; breaks servers",
    ]


def test_closed_records_are_told_from_open_ones() -> None:
    there = document()
    there["components"]["schemas"]["Pet"]["additionalProperties"] = False

    assert told(there) == [
        "request Pet.*: other properties are allowed here only; breaks servers",
        "answer Pet.*: other properties are allowed here only; breaks clients",
    ]


#: The same said in other words: nothing differs.
SAME = [
    {"name": {"type": "string", "nullable": True}},
    {"name": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
    {"name": {"oneOf": [{"type": "string"}, {"nullable": True}]}},
    {"name": {"allOf": [{"type": "string"}], "nullable": True}},
    {"kind": {"anyOf": [{"const": "cat"}, {"const": "dog"}]}},
    {"kind": {"enum": ["dog", "cat"], "description": "What it is.", "example": "cat"}},
    {"id": {"allOf": [{"type": "string"}, {"maxLength": 10}]}},
    {"tags": {"type": "array", "items": {"$ref": "#/components/schemas/Pet/properties/id"}, "x-anything": 1}},
]


@pytest.mark.parametrize("properties", SAME[:-1])
def test_other_words_for_the_same_are_no_difference(properties: dict[str, Any]) -> None:
    assert told(with_pet(**properties)) == []


def test_a_reference_means_what_it_refers_to() -> None:
    assert told(with_pet(**SAME[-1])) == [
        "request Pet.tags[]: maxLength none here, 10 there; breaks servers",
        "answer Pet.tags[]: maxLength none here, 10 there; breaks clients",
    ]


def test_a_path_is_known_by_its_shape() -> None:
    there = document()
    there["paths"]["/pets/{id}"] = there["paths"].pop("/pets/{pet_id}")
    there["paths"]["/pets/{id}"]["put"]["parameters"][0]["name"] = "id"

    assert told(there) == []


def test_an_operation_that_is_here_only_breaks_servers() -> None:
    there = document()
    there["paths"] = {}

    assert "PUT /pets/{pet_id}: this operation is here only; breaks servers" in told(there)


def test_an_operation_that_is_there_only_breaks_clients() -> None:
    there = document()
    there["paths"]["/owners"] = {"get": {"operationId": "owners", "responses": {}}}

    assert told(there) == ["GET /owners: this operation is there only; breaks clients"]


#: What is different there of the operation, and what is told.
OPERATIONS: list[tuple[dict[str, Any], list[str]]] = [
    ({"operationId": "setPet"}, ["PUT /pets/{pet_id}: putPet here, setPet there; breaks neither"]),
    ({"deprecated": True}, ["PUT /pets/{pet_id}: deprecated there only; breaks neither"]),
    ({"x-rate-limit-tier": 4}, ["PUT /pets/{pet_id}: 3 here, 4 there; breaks clients"]),
    (
        {"x-rate-limit-tier": None, "x-ratelimit-tier": 2},
        ["PUT /pets/{pet_id}: 3 here, 2 there; breaks servers"],
    ),
    ({"requestBody": None}, ["PUT /pets/{pet_id} body: taken here only; breaks servers"]),
    ({"responses": {"204": {"description": "Done."}}}, [
        "PUT /pets/{pet_id} answer 200: declared here only; breaks clients",
        "PUT /pets/{pet_id} answer 204: declared there only; breaks servers",
    ]),
    ({"parameters": []}, [
        "PUT /pets/{pet_id} path pet_id: declared here only; breaks neither",
        "PUT /pets/{pet_id} query tag: declared here only; breaks servers",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "what"), OPERATIONS)
def test_a_difference_in_an_operation_is_told(operation: dict[str, Any], what: list[str]) -> None:
    assert [line for line in told(document(**operation)) if not line.startswith("the document")] == what


def test_a_list_is_the_same_parameter_with_and_without_brackets() -> None:
    there = document()
    there["paths"]["/pets/{pet_id}"]["put"]["parameters"][1]["name"] = "tag[]"

    assert told(there) == []


def test_a_parameter_that_is_required_here_only_breaks_clients() -> None:
    here = document()
    here["paths"]["/pets/{pet_id}"]["put"]["parameters"][1]["required"] = True

    assert told(document(), here) == ["PUT /pets/{pet_id} query tag: required here only; breaks clients"]


def test_a_header_of_every_answer_breaks_servers_without_it() -> None:
    here = document()
    here["paths"]["/pets/{pet_id}"]["put"]["responses"]["200"]["headers"] = {"X-Id": {"required": True}}

    assert told(document(), here) == ["PUT /pets/{pet_id} answer 200 header x-id: declared here only; breaks servers"]


def test_a_document_without_tiers_is_told_once() -> None:
    assert told(document(**{"x-rate-limit-tier": None})) == [
        "the document: the tier of operations is told here only; breaks neither"
    ]


def test_a_schema_that_is_used_twice_is_told_once() -> None:
    here, there = document(), with_pet(name={"type": "string"})
    for each in (here, there):
        each["paths"]["/animals/{pet_id}"] = deepcopy(each["paths"]["/pets/{pet_id}"])

    assert len(told(there, here)) == 2


def test_a_schema_that_refers_to_itself_is_compared() -> None:
    there = with_pet(parent={"$ref": "#/components/schemas/Pet"})

    assert told(there) == [
        "request Pet.parent: named there only; breaks neither",
        "answer Pet.parent: named there only; breaks neither",
    ]


#: Documents that pass as OpenAPI at first sight.
BROKEN = [
    {"openapi": "3.1.0", "paths": {"/pets/{pet_id}": {"put": {"parameters": [{"name": "x"}]}}}},
    {"openapi": "3.1.0", "paths": {"/pets/{pet_id}": {"put": {"requestBody": {"$ref": "#/nowhere"}}}}},
    {"openapi": "3.1.0", "paths": {"/pets/{pet_id}": {"put": {"requestBody": {"$ref": "other.yaml#/x"}}}}},
    {"openapi": "3.1.0", "paths": {"/pets/{pet_id}": {"put": "nothing"}}},
    {"openapi": "3.1.0", "paths": {"/pets/{pet_id}": []}},
]


@pytest.mark.parametrize("there", BROKEN)
def test_a_document_of_another_shape_is_refused(there: dict[str, Any]) -> None:
    with pytest.raises(InvalidDocument):
        drift.compare(document(), there)


def test_a_schema_without_an_end_is_refused() -> None:
    there = document()
    there["components"]["schemas"]["Pet"] = {"allOf": [{"$ref": "#/components/schemas/Pet"}]}

    with pytest.raises(InvalidDocument, match="refers to itself"):
        drift.compare(document(), there)
