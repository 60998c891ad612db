"""Definitions of which any part may be anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knock_harness.emulator import Emulator, EmulatorTransport, definitions
from knock_harness.emulator.environment import Environment
from knock_harness.errors import InvalidDocument
from tests.contract.test_step_definitions import STEP, STEPS

KEY = "sk_test_broken"
CONDITION = {"variable": "data.a", "operator": "equal_to", "argument": "x"}
EMAIL = {
    "ref": "email",
    "type": "channel",
    "channel_type": "email",
    "channel_key": "email",
    "channel_overrides": {"from_address": "x"},
    "conditions": {"all": [CONDITION]},
    "template": {
        "subject": "s",
        "text_body": "t",
        "settings": {"pre_content": "x"},
        "visual_blocks": [{"type": "markdown", "content": "x"}, {"type": "button_set", "buttons": [{"label": "a"}]}],
    },
}
WEBHOOK = {
    "ref": "webhook",
    "type": "channel",
    "channel_key": "webhook",
    "template": {"method": "post", "url": "u", "headers": [{"key": "a", "value": "b"}], "body": "x"},
}
PUSH = {
    "ref": "push",
    "type": "channel",
    "channel_key": "push-fcm",
    "template": {"title": "x", "text_body": "y", "settings": {"payload_overrides": "{}"}},
}
BUTTONS = {**STEP, "ref": "buttons", "template": {"action_buttons": [{"label": "a", "action": "b"}]}}

_Commit = Callable[[Environment, Any], object]


def keyed(kind: str, key: str) -> _Commit:
    return lambda environment, value: definitions.commit(environment, kind, key, value)


def section(kind: str) -> _Commit:
    return lambda environment, value: definitions.commit_section(environment, kind, value)


#: For each kind of definition how it is committed, and a good one.
GOOD: dict[str, tuple[_Commit, Any]] = {
    "workflow": (
        lambda environment, value: definitions.commit_workflow(environment, "fuzzed", value),
        {
            "name": "x",
            "categories": ["a"],
            "conditions": {"any": [CONDITION, {"all": [CONDITION]}]},
            "settings": {"is_commercial": False, "override_preferences": True},
            "trigger_data_json_schema": {"type": "object"},
            "__readonly": {"active": True},
            "steps": [
                *(EMAIL, WEBHOOK, PUSH, BUTTONS),
                *(
                    {"ref": kind, "type": kind, **each}
                    for kind, each in STEPS.items()
                    if kind not in {"branch", "channel", "random_cohort"}
                ),
                {"ref": "b", "type": "branch", "branches": [{"conditions": {"all": [CONDITION]}, "steps": [STEP]}, {}]},
                {"ref": "r", "type": "random_cohort", "cohort_branches": [{"percentage": "50"}, {"percentage": "50"}]},
            ],
        },
    ),
    "channel": (
        keyed("channel", "in-app-feed"),
        {
            "type": "in_app_feed",
            "provider": "in_app_feed_knock",
            "settings": {
                "sandbox_mode": True,
                "conditions": {"all": [CONDITION]},
                "response_filters": {"data": {"only": ["a.b"]}, "actor": False, "vars": {"except": ["a"]}},
            },
        },
    ),
    "channel_group": (
        keyed("channel_group", "fuzzed"),
        {
            "channel_type": "push",
            "operator": "any",
            "channel_rules": [{"channel_key": "push-fcm", "rule_type": "always"}],
        },
    ),
    "layout": (
        keyed("layout", "fuzzed"),
        {"html_layout": "{{ content }}", "text_layout": "{{ content }}"},
    ),
    "partial": (
        keyed("partial", "fuzzed"),
        {"type": "html", "content": "x", "input_schema": [{"type": "json", "key": "a", "settings": {"default": 1}}]},
    ),
    "translation": (
        lambda environment, value: definitions.commit_translation(environment, "de", value),
        {"a": {"b": "c"}},
    ),
    "audience": (
        keyed("audience", "fuzzed"),
        {"type": "dynamic", "segments": [{"conditions": [CONDITION]}]},
    ),
    "guide": (
        keyed("guide", "fuzzed"),
        {
            "channel_key": "in-app-guide",
            "type": "banner",
            "steps": [{"ref": "a", "schema_key": "b", "values": {"t": "x"}}],
            "activation_url_patterns": [{"directive": "allow"}],
            "target_property_conditions": {"all": [CONDITION]},
            "scope": "global",
            "__readonly": {"active": True},
        },
    ),
    "guide_groups": (
        section("guide_groups"),
        [{"key": "default", "display_sequence": ["welcome-guide"], "display_interval_s": 3}],
    ),
    "preferences": (
        section("preferences"),
        {"channel_types": {"in_app_feed": {"conditions": [CONDITION]}}, "workflows": {"x": False}, "categories": {}},
    ),
    "variables": (
        section("variables"),
        {"public": {"a": "b"}, "secret": {"c": 1}},
    ),
    "tracking": (
        section("tracking"),
        {"links": True},
    ),
    "preference_center": (
        section("preference_center"),
        {"enabled": True, "config": {"rows": [{"type": "x"}]}},
    ),
    "account": (
        section("account"),
        {"name": "x", "branding": {"a": "b"}, "default_locale": "en"},
    ),
}


def anything() -> st.SearchStrategy[Any]:
    """Values that hardly ever belong where they are put."""
    return st.sampled_from(
        (None, True, False, 0, -1, 2.5, 10**400, "", "x", "\x00", "{{ a | b }}", "{% for", [], [None], {}, {"a": [3]})
    )


def places(value: Any) -> Iterator[tuple[Any, ...]]:
    yield ()
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in below:
        yield from ((key, *place) for place in places(each))


def replaced(value: Any, place: tuple[Any, ...], other: Any) -> Any:
    if not place:
        return other
    head, *rest = place
    if isinstance(value, dict):
        return {key: replaced(each, tuple(rest), other) if key == head else each for key, each in value.items()}
    return [replaced(each, tuple(rest), other) if number == head else each for number, each in enumerate(value)]


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(keys=[KEY], seed=1)


@pytest.mark.parametrize("kind", GOOD)
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_definition_is_refused_or_can_be_used(
    emulator: Emulator, capsys: pytest.CaptureFixture[str], kind: str, data: st.DataObject
) -> None:
    emulator.reset(KEY)
    environment = emulator.environments[KEY]
    commit, good = GOOD[kind]
    before = environment.project
    broken = replaced(good, data.draw(st.sampled_from(list(places(good)))), data.draw(anything()))

    try:
        commit(environment, broken)
    except InvalidDocument:
        assert environment.project is before
        return

    assert max(used(emulator, environment)) < 500
    assert capsys.readouterr().err == ""


def used(emulator: Emulator, environment: Environment) -> list[int]:
    """Do what definitions have a part in, and return the statuses of the answers."""
    feed, guides = (environment.project.channels[each].id for each in ("in-app-feed", "in-app-guide"))
    with httpx.Client(
        transport=EmulatorTransport(emulator),
        base_url="http://emulator.test",
        headers={"authorization": f"Bearer {KEY}"},
    ) as api:
        trigger = {
            "recipients": [{"id": "ada", "email": "ada@example.com"}],
            "data": {"a": "x"},
            "actor": {"id": "bob"},
        }
        answers = [api.post(f"/v1/workflows/{key}/trigger", json=trigger) for key in ("fuzzed", "in-app-message")]
        while emulator.run_due(budget_s=1):
            pass
        paths = (f"/v1/users/ada/feeds/{feed}?locale=de", f"/v1/users/ada/guides/{guides}", "/v1/messages")
        answers += [api.get(each) for each in (*paths, "/v1/users/ada/preferences/default")]
    return [each.status_code for each in answers]
