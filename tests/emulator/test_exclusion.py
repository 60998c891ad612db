"""Answers without some fields."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from knock_harness.emulator.exclusion import exclusions, without

ANSWER = {"entries": [{"id": 1, "data": {"x": {"y": 1}, "z": 2}}, {"id": 2, "data": None}], "meta": {"total": 2}}


@pytest.mark.parametrize(
    ("exclude", "expected"),
    [
        ("meta", {"entries": ANSWER["entries"]}),
        ("entries.id", {**ANSWER, "entries": [{"data": {"x": {"y": 1}, "z": 2}}, {"data": None}]}),
        ("entries.data.x", {**ANSWER, "entries": [{"id": 1, "data": {"z": 2}}, {"id": 2, "data": None}]}),
        ("entries.data.x.y", ANSWER),
        ("", ANSWER),
        ("nope,entries..id,.,entries.", ANSWER),
        (" meta , entries", {}),
    ],
)
def test_only_what_is_named_is_left_out(exclude: str, expected: Any) -> None:
    assert without(deepcopy(ANSWER), exclusions(exclude)) == expected
