from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knock_harness.emulator.preference_sets import allows, allows_commercial, resolved, unmarked, written

CHANNEL = "c0ffee00-0000-4000-8000-000000000000"

settings = st.sampled_from([None, True, False])
scopes = st.fixed_dictionaries(
    {},
    optional={
        "channel_types": st.fixed_dictionaries({}, optional={"email": st.booleans()}),
        "channels": st.fixed_dictionaries({}, optional={CHANNEL: st.booleans()}),
    },
)
entries = st.booleans() | scopes
sets = st.builds(
    lambda top, workflows, categories: {**top, "workflows": workflows, "categories": categories},
    scopes,
    st.fixed_dictionaries({}, optional={"w": entries, "other": entries}),
    st.fixed_dictionaries({}, optional={"a": entries, "b": entries, "A": entries}),
)


def model(preferences: dict[str, Any]) -> bool:
    def yes(entry: Any) -> bool:
        if isinstance(entry, bool):
            return entry
        by_type = entry.get("channel_types", {}).get("email", True)
        return bool(entry.get("channels", {}).get(CHANNEL, by_type))

    named = [preferences["workflows"].get("w"), *(preferences["categories"].get(each) for each in ("a", "b"))]
    return all(yes(entry) for entry in [preferences, *named] if entry is not None)


def allowed(preferences: dict[str, Any], *, conditions_hold: bool = True) -> bool:
    return allows(
        preferences,
        workflow_key="w",
        categories=["a", "b"],
        channel_id=CHANNEL,
        channel_type="email",
        holds=lambda _: conditions_hold,
    )


@pytest.mark.promise("RUNPREF-MODEL", "PREF-EVAL-ALL-MUST-ALLOW")
@given(preferences=sets)
def test_workflow_categories_and_the_top_must_all_say_yes(preferences: dict[str, Any]) -> None:
    assert allowed(preferences) == model(preferences)


@pytest.mark.promise("PREF-EVAL-CONDITIONS-AND")
@pytest.mark.parametrize(
    "preferences",
    [
        {"channel_types": {"email": {"conditions": [{}]}}},
        {"channels": {CHANNEL: {"conditions": [{}]}}},
        {"workflows": {"w": {"conditions": [{}]}}},
        {"categories": {"a": {"channel_types": {"email": {"conditions": [{}]}}}}},
    ],
    ids=["channel type", "channel", "workflow", "nested"],
)
@pytest.mark.parametrize("hold", [True, False])
def test_conditions_decide_wherever_they_stand(preferences: dict[str, Any], hold: bool) -> None:
    assert allowed(preferences, conditions_hold=hold) == hold


@pytest.mark.promise("PREF-EVAL-DEFAULT-IN")
@pytest.mark.parametrize("nothing", [{}, {"workflows": None, "categories": None, "channels": None}, {"channels": {}}])
def test_nobody_is_opted_out_by_default(nothing: dict[str, Any]) -> None:
    assert allowed(nothing)


@pytest.mark.promise("PREF-EVAL-COMMERCIAL")
@pytest.mark.parametrize(
    ("stored", "may"),
    [(None, True), ({}, True), ({"commercial_subscribed": None}, True), ({"commercial_subscribed": False}, False)],
)
def test_only_a_no_stops_commercial_workflows(stored: dict[str, Any] | None, may: bool) -> None:
    assert allows_commercial(stored, holds=lambda _: True) == may


def test_conditions_may_stop_commercial_workflows() -> None:
    conditional = {"commercial_subscribed": {"conditions": [{}]}}

    assert not allows_commercial(conditional, holds=lambda _: False)


def test_a_write_stores_sections_alone() -> None:
    request = {"__persistence_strategy__": "replace", "id": "x", "__typename": "PreferenceSet", "workflows": {}}

    assert written({"channels": {}}, request, by_default="merge") == {"workflows": {}}


def test_upper_layers_win_and_lower_ones_show_through() -> None:
    low = {"channel_types": {"email": False, "sms": False}, "workflows": {"w": {"channel_types": {"push": False}}}}
    top = {"channel_types": {"email": True}, "workflows": {"w": {"channel_types": {"sms": True}}}}

    assert resolved(low, None, top) == {
        "channel_types": {"email": True, "sms": False},
        "workflows": {"w": {"channel_types": {"push": False, "sms": True}}},
    }


def test_null_in_an_upper_layer_is_nothing() -> None:
    assert resolved({"workflows": {"w": False}}, {"workflows": None}) == {"workflows": {"w": False}}


@pytest.mark.parametrize(
    ("low", "top"),
    [
        ({"channel_types": {"__strategy__": "replace", "email": False}}, {"channel_types": {"email": True}}),
        ({"workflows": {"w": {"__strategy__": "replace", "channels": {}}}}, {"workflows": {"w": True}}),
    ],
    ids=["section", "entry"],
)
def test_a_marked_setting_stays_whatever_lies_above(low: dict[str, Any], top: dict[str, Any]) -> None:
    assert resolved(low, top) == low


def test_a_mark_that_asks_for_what_is_usual_is_dropped() -> None:
    marked = {"channels": {"__strategy__": "merge"}, "workflows": {"w": {"__strategy__": "replace"}}}

    assert unmarked(marked) == {"channels": {}, "workflows": {"w": {"__strategy__": "replace"}}}
