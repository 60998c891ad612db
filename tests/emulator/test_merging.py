from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knock_harness.emulator.merging import LARGEST_PROPERTIES, merged, serialised
from knock_harness.emulator.refusals import InvalidParams

keys = st.sampled_from(["a", "b", "c"])
values = st.recursive(
    st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
maps = st.dictionaries(keys, values, max_size=3)


def model(old: Any, new: Any) -> Any:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return {key: model(old.get(key), new[key]) if key in new else old[key] for key in [*old, *new]}


@given(old=maps, new=maps)
def test_maps_merge_at_every_depth_and_other_values_are_replaced(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert merged(old, new) == model(old, new)


@given(old=maps, new=maps)
def test_a_merge_leaves_both_maps_as_they_were(old: dict[str, Any], new: dict[str, Any]) -> None:
    before = copy.deepcopy((old, new))

    merged(old, new)

    assert (old, new) == before


def test_maps_nested_deeper_than_the_stack_can_be_merged() -> None:
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for _ in range(5000):
        old, new = {"a": old, "o": 1}, {"a": new, "n": 1}

    assert merged(old, new)["a"]["a"]["o"] == 1


def test_properties_keep_the_order_in_which_they_came() -> None:
    assert list(merged({"z": 1, "a": 2}, {"m": 3, "z": 4})) == ["z", "a", "m"]


def test_properties_up_to_the_limit_are_kept() -> None:
    assert serialised({"a": "x" * (LARGEST_PROPERTIES - len('{"a":""}'))})


def test_properties_above_the_limit_are_refused() -> None:
    with pytest.raises(InvalidParams):
        serialised({"a": "x" * LARGEST_PROPERTIES})
