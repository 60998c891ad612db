"""The router: which operation a request is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knock_harness import contract

OPERATIONS = list(contract.load().operations.values())


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_every_operation_is_found_by_its_own_path(operation: contract.Operation) -> None:
    found = contract.match(operation.method, re.sub(r"\{[^}]*\}", "some-id", operation.path))

    assert found is not None
    assert found.operation is operation


@given(st.sampled_from(OPERATIONS), st.data())
def test_whatever_is_in_a_path_comes_out_again(operation: contract.Operation, data: st.DataObject) -> None:
    from urllib.parse import quote

    names = re.findall(r"\{([^}]*)\}", operation.path)
    values = {name: data.draw(st.text(min_size=1).map(lambda text: f"~{text}"), label=name) for name in names}
    path = operation.path
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""), 1)

    found = contract.match(operation.method, path)

    assert found == contract.Match(operation, values)


@pytest.mark.parametrize(
    ("method", "path", "operation", "values"),
    [
        ("GET", "/v1/messages/batch/content", "batchGetMessageContents", {}),
        ("GET", "/v1/messages/m1/content", "getMessageContents", {"message_id": "m1"}),
        ("POST", "/v1/users/bulk/preferences", "bulkSetUserPreferences", {}),
        ("GET", "/v1/users/bulk/preferences", "listUserPreferenceSets", {"user_id": "bulk"}),
        ("GET", "/v1/users/bulk/preferences/default", "getUserPreferenceSet", {"user_id": "bulk", "id": "default"}),
        ("PUT", "/v1/users/u/guides/messages/seen", "markUserGuideAsSeen", {"user_id": "u"}),
        ("PUT", "/v1/objects/bulk/delete", "setObject", {"collection": "bulk", "id": "delete"}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_literal_segment_wins_where_it_leads_somewhere(
    method: str, path: str, operation: str, values: dict[str, str]
) -> None:
    found = contract.match(method, path)

    assert found is not None
    assert (found.operation.id, found.path) == (operation, values)


@pytest.mark.parametrize(
    ("segment", "value"),
    [
        ("a%20b", "a b"),
        ("a+b", "a+b"),
        ("a%2Fb", "a/b"),
        ("f%252F", "f%2F"),
        ("gr%C3%BC%C3%9Fe", "grüße"),
        ("50%", "50%"),
    ],
)
def test_a_segment_is_decoded_once(segment: str, value: str) -> None:
    found = contract.match("GET", f"/v1/users/{segment}")

    assert found is not None
    assert found.path == {"user_id": value}


@pytest.mark.parametrize(
    "path", ["", "/", "/v1", "/v1/users/", "/v1//users", "/v1/users/u/", "/v2/users", "v1/users", "/v1/nothing"]
)
def test_an_unknown_path_has_no_operation_and_no_methods(path: str) -> None:
    assert contract.match("GET", path) is None
    assert contract.methods(path) == frozenset()


def test_a_path_without_the_method_has_no_operation() -> None:
    assert contract.match("PATCH", "/v1/users/u") is None


def test_the_methods_of_a_path_are_those_of_all_its_operations() -> None:
    assert contract.methods("/v1/users/u") == {"GET", "PUT", "DELETE"}


def test_a_path_that_is_read_in_two_ways_has_the_methods_of_both() -> None:
    assert contract.methods("/v1/users/bulk/preferences") == {"GET", "POST"}
