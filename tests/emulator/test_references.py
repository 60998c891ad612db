from __future__ import annotations

from typing import Any

import pytest

from knock_harness.emulator.references import Ref, parse_reference, reference
from knock_harness.emulator.refusals import InvalidParams

FORMS = [
    pytest.param("ada", Ref("", "ada"), id="user"),
    pytest.param({"id": "1", "collection": "projects"}, Ref("projects", "1"), id="object"),
    pytest.param({"id": "acme", "collection": "$tenants"}, Ref("$tenants", "acme"), id="tenant"),
]


@pytest.mark.parametrize(("value", "ref"), FORMS)
def test_a_reference_is_read_as_it_is_written(value: Any, ref: Ref) -> None:
    assert parse_reference(value) == ref
    assert reference(*ref) == value


def test_a_map_without_collection_is_a_user() -> None:
    assert parse_reference({"id": "ada", "name": "Ada"}) == Ref("", "ada")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({}, id="no id"),
        pytest.param({"collection": "projects"}, id="collection alone"),
        pytest.param({"id": 7}, id="number"),
        pytest.param({"id": "1", "collection": ""}, id="empty collection"),
        pytest.param("", id="empty"),
        pytest.param("a" * 257, id="too long"),
        pytest.param("a/b", id="slash"),
        pytest.param("a#b", id="hash"),
    ],
)
def test_what_names_nobody_is_refused(value: Any) -> None:
    with pytest.raises(InvalidParams):
        parse_reference(value)


def test_objects_may_have_a_slash_in_their_id() -> None:
    assert parse_reference({"id": "a/b", "collection": "files"}) == Ref("files", "a/b")
