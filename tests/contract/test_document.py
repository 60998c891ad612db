"""The contract document: complete, one of a kind, and well written."""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate

from knock_harness import contract
from knock_harness.contract.document import operations as each_operation

CONTRACT = contract.load()
DOCUMENT = CONTRACT.document
OPERATIONS = [pytest.param(each, id=each.id) for each in CONTRACT.operations.values()]
#: Ours where the published name is odd: method, path, ours, theirs.
RENAMED = [
    ("POST", "/v1/notify", "triggerWorkflowLegacy", "triggerWorkflow (2)"),
    ("POST", "/v1/notify/cancel", "cancelWorkflowLegacy", "cancelWorkflow"),
    ("POST", "/v1/workflows/{key}/cancel", "cancelWorkflow", "cancelWorkflow (2)"),
    ("DELETE", "/v1/messages/{message_id}/seen", "markMessageUnseen", "markMessageUnseen (2)"),
    ("DELETE", "/v1/messages/{message_id}/unseen", "markMessageUnseenAlias", "markMessageUnseen"),
    ("DELETE", "/v1/messages/{message_id}/read", "markMessageUnread", "markMessageUnread"),
    ("DELETE", "/v1/messages/{message_id}/unread", "markMessageUnreadAlias", "markMessageUnread (2)"),
    ("DELETE", "/v1/messages/{message_id}/archived", "unarchiveMessage", "unarchiveMessage (2)"),
    ("DELETE", "/v1/messages/{message_id}/unarchived", "unarchiveMessageAlias", "unarchiveMessage"),
    ("PUT", "/v1/users/{user_id}/guides/messages/seen", "markUserGuideAsSeen", "markUserGuideAsSeen (2)"),
    (
        "PUT",
        "/v1/users/{user_id}/guides/messages/{message_id}/seen",
        "markUserGuideMessageAsSeen",
        "markUserGuideAsSeen",
    ),
]


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    """Return every value in a document with the path to it."""
    found: list[tuple[tuple[str | int, ...], Any]] = [(path, value)]
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        found += places(each, (*path, key))
    return found


def references() -> Counter[str]:
    """Return how often each reference occurs in the document."""
    return Counter(value for path, value in places(DOCUMENT) if path[-1:] == ("$ref",))


def test_there_are_118_operations() -> None:
    assert len(CONTRACT.operations) == 118


def test_other_tools_accept_the_document() -> None:
    validate(DOCUMENT)


def test_every_reference_leads_to_a_component() -> None:
    components = {f"#/components/{kind}/{name}" for kind, named in DOCUMENT["components"].items() for name in named}

    assert set(references()) <= components


def test_every_component_is_used() -> None:
    components = {
        f"#/components/{kind}/{name}"
        for kind, named in DOCUMENT["components"].items()
        for name in named
        if kind != "securitySchemes"
    }

    assert components <= set(references())


def test_no_name_stands_in_two_files() -> None:
    folder = files("knock_harness.contract").joinpath("openapi")
    parts = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in folder.iterdir()]
    written = Counter(
        f"{kind} {name}" for part in parts for kind, named in part.get("components", {}).items() for name in named
    )

    assert [name for name, times in written.items() if times > 1] == []


@pytest.mark.parametrize(("method", "path", "ours", "published"), RENAMED, ids=[each[2] for each in RENAMED])
def test_an_odd_name_is_kept_beside_ours(method: str, path: str, ours: str, published: str) -> None:
    operation = CONTRACT.operations[ours]

    assert (operation.method, operation.path, operation.published_id) == (method, path, published)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_name_is_fit_for_a_file(operation: contract.Operation) -> None:
    assert re.fullmatch(r"[a-z][A-Za-z]+", operation.id)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_parameter_of_a_path_is_declared(operation: contract.Operation) -> None:
    declared = [each.name for each in operation.parameters if each.location == "path" and each.required]

    assert sorted(declared) == sorted(re.findall(r"\{([^}]*)\}", operation.path))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_says_what_it_does(operation: contract.Operation) -> None:
    assert operation.summary.endswith(".")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_has_a_tier(operation: contract.Operation) -> None:
    assert operation.tier in range(1, 6)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_declares_its_refusals(operation: contract.Operation) -> None:
    assert {"400", "401", "403", "422", "429"} <= operation.responses.keys()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_has_the_header_with_its_id(operation: contract.Operation) -> None:
    without = [status for status, each in operation.responses.items() if "x-request-id" not in each["headers"]]

    assert without == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_refusal_has_the_one_form_of_an_error(operation: contract.Operation) -> None:
    refusals = [each for status, each in operation.responses.items() if not status.startswith("2")]

    assert all("#/components/schemas/Error" in str(each["content"]["application/json"]["schema"]) for each in refusals)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.values[0].successor])
def test_a_successor_is_an_operation_that_stays(operation: contract.Operation) -> None:
    successor = CONTRACT.operations[str(operation.successor)]

    assert not successor.deprecated
    assert successor.successor is None


def test_every_deprecated_operation_has_a_successor() -> None:
    deprecated = [each for each in CONTRACT.operations.values() if each.deprecated]

    assert [each.id for each in deprecated if each.successor is None] == []


def test_every_component_is_described() -> None:
    described = ("schemas", "parameters", "headers", "responses")
    silent = [
        name for kind in described for name, each in DOCUMENT["components"][kind].items() if not each.get("description")
    ]

    assert silent == []


def test_nothing_is_left_without_a_value() -> None:
    """A comma in an unquoted text of a YAML flow mapping would leave half of it as a key without a value."""
    assert [
        path for path, value in places(DOCUMENT) if value is None and path[-2] not in ("enum", "x-drawn-from")
    ] == []


def test_every_extension_field_is_explained() -> None:
    head = files("knock_harness.contract").joinpath("openapi", "api.yaml").read_text(encoding="utf-8")
    explained = set(re.findall(r"^#   (x-[a-z-]+) ", head, re.M))
    used = {str(path[-1]) for path, _ in places(DOCUMENT) if path and re.fullmatch(r"x-[a-z-]+", str(path[-1]))}

    assert used - {"x-request-id"} == explained


def test_only_constraints_that_are_there_are_lenient() -> None:
    schemas = [value for _, value in places(DOCUMENT) if isinstance(value, dict) and "x-lenient" in value]

    assert all(set(each["x-lenient"]) <= each.keys() for each in schemas)


def test_the_paged_answers_name_the_list_that_they_hold() -> None:
    for operation in CONTRACT.operations.values():
        if operation.page is None:
            continue
        schema = operation.responses["200"]["content"]["application/json"]["schema"]
        page = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        assert {operation.page, "page_info"} <= page["properties"].keys(), operation.id


def test_a_public_key_may_not_trigger() -> None:
    assert CONTRACT.operations["triggerWorkflow"].secret_only


def test_a_public_key_may_read_a_feed() -> None:
    assert not CONTRACT.operations["listUserInAppFeedItems"].secret_only


def test_the_order_of_the_document_is_that_of_the_operations() -> None:
    assert [spec["operationId"] for _, _, spec in each_operation(DOCUMENT)] == list(CONTRACT.operations)


def test_every_extension_field_stands_in_the_documentation() -> None:
    head = files("knock_harness.contract").joinpath("openapi", "api.yaml").read_text(encoding="utf-8")
    page = (Path(__file__).parents[2] / "docs" / "contract.md").read_text(encoding="utf-8")

    assert re.findall(r"^#   (x-[a-z-]+) ", head, re.M) == re.findall(r"^\| `(x-[a-z-]+)` ", page, re.M)
