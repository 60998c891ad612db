"""Filters on trigger data."""

from __future__ import annotations

from typing import Any

import pytest

from knock_harness.emulator.refusals import InvalidParams
from knock_harness.emulator.trigger_data import matches, pairs

LONG = "x" * 300


@pytest.mark.parametrize(
    ("data", "wanted", "expected"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1}, {}, True),
        ({"a": "order"}, {"a": "ord"}, False),
        ({"a": 1}, {"a": "1"}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": 0}, {"a": False}, False),
        ({"a": 1.0}, {"a": 1}, True),
        ({"a": None}, {"a": None}, True),
        ({}, {"a": None}, False),
        ({"a": {"b": 1}}, {"b": 1}, False),
        ({"a": {"b": 1}}, {"a": None}, False),
        ({"a": LONG}, {"a": LONG[:256]}, True),
        ({"a": LONG}, {"a": LONG[:255]}, False),
        ({'ä"b': "ü"}, {'ä"b': "ü"}, True),
    ],
)
def test_every_pair_must_be_there_with_the_same_kind_and_value(
    data: dict[str, Any], wanted: dict[str, Any], expected: bool
) -> None:
    assert matches(data, wanted) is expected


@pytest.mark.parametrize("value", ["hello", "[1]", '{"a":{}}', "[" * 2000], ids=["text", "list", "nested", "deep"])
def test_a_filter_is_a_flat_object(value: str) -> None:
    with pytest.raises(InvalidParams):
        pairs(value)
