"""The exported document: third-party tools accept it, in either version and format, and it says the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
import yaml
from openapi_spec_validator import validate

from knock_harness import contract
from knock_harness.contract import drift, export

DOCUMENT = contract.load().document
READERS = {"json": json.loads, "yaml": lambda text: yaml.load(text, Loader=yaml.CSafeLoader)}


def exported(form: Any, openapi: Any) -> dict[str, Any]:
    text = export.rendered(DOCUMENT, form=form, openapi=openapi)
    document: dict[str, Any] = READERS[form](text)
    return document


def schema(name: str) -> Any:
    return exported("json", "3.0")["components"]["schemas"][name]


@pytest.mark.parametrize("openapi", export.VERSIONS)
def test_a_validator_accepts_what_is_exported(openapi: str) -> None:
    validate(exported("json", openapi))


@pytest.mark.parametrize("openapi", export.VERSIONS)
def test_both_formats_say_the_same(openapi: str) -> None:
    assert exported("json", openapi) == exported("yaml", openapi)


@pytest.mark.parametrize("openapi", export.VERSIONS)
def test_what_is_exported_differs_in_nothing_from_the_contract(openapi: str) -> None:
    assert drift.compare(DOCUMENT, exported("json", openapi)) == []


@pytest.mark.parametrize("openapi", export.VERSIONS)
def test_schemathesis_reads_every_operation(openapi: str) -> None:
    schema = schemathesis.openapi.from_dict(exported("json", openapi), config=schemathesis.Config())

    assert len([found.ok() for found in schema.get_all_operations()]) == 118


def test_the_current_version_is_the_document_itself() -> None:
    assert exported("json", "3.1") == DOCUMENT


def test_the_older_version_has_no_null_type() -> None:
    text = export.rendered(DOCUMENT, form="json", openapi="3.0")

    assert '"null"' not in text


def test_text_or_null_is_nullable_text_in_the_older_version() -> None:
    assert schema("User")["properties"]["email"] == {"type": "string", "nullable": True}


def test_a_record_or_null_has_a_branch_for_null_in_the_older_version() -> None:
    assert schema("AudienceMember")["properties"]["user"]["anyOf"][1] == {"nullable": True, "enum": [None]}


def test_several_types_become_branches_in_the_older_version() -> None:
    body = schema("MessageDeliveryLog")["properties"]["request"]["properties"]["body"]

    assert [branch.get("type") for branch in body["anyOf"]] == ["string", "object", None]


def test_a_property_that_is_ruled_out_stays_so_in_the_older_version() -> None:
    assert schema("InlineUser")["properties"]["collection"] == {"not": {}}
