from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knock_harness.emulator.engine.fan_out import LEVELS, fan_out
from knock_harness.emulator.engine.orders import Addressee
from knock_harness.emulator.references import USERS, Ref


def refs() -> st.SearchStrategy[Ref]:
    return st.builds(Ref, st.sampled_from([USERS, "teams"]), st.sampled_from("abcde"))


def graphs() -> st.SearchStrategy[dict[Ref, list[Ref]]]:
    objects = refs().filter(lambda ref: ref.collection != USERS)
    return st.dictionaries(objects, st.lists(refs(), max_size=4, unique=True), max_size=5)


@pytest.mark.promise("RECIPIENT-FANOUT-DEDUP", "RECIPIENT-FANOUT-DEPTH")
@given(graph=graphs(), named=st.lists(refs(), min_size=1, max_size=4, unique=True), actor=st.none() | refs())
def test_everybody_within_two_levels_is_reached_once(
    graph: dict[Ref, list[Ref]], named: list[Ref], actor: Ref | None
) -> None:
    expected, level = set(named), set(named)
    for _ in range(LEVELS):
        level = {ref for parent in level for ref in graph.get(parent, []) if ref != actor} - expected
        expected |= level

    reached = fan_out(
        [Addressee(ref) for ref in named],
        subscribers=lambda ref: [(each, None) for each in graph.get(ref, [])],
        actor=actor,
    )

    assert [each.ref for each in reached[: len(named)]] == named
    assert sorted(each.ref for each in reached) == sorted(expected)
    assert {each.parent for each in reached[: len(named)]} == {None}
