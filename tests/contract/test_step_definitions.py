"""Steps as they are read, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.contract.condition_forms import OPERATORS
from knock_harness.contract.project import SendWindow, read_workflow
from knock_harness.contract.step_definitions import STEP_TYPES
from knock_harness.contract.steps import all_steps
from knock_harness.emulator.engine import conditions
from knock_harness.errors import InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knock_harness.contract.project import Step

HOUR = {"unit": "hours", "value": 1}
STEP: dict[str, Any] = {"ref": "in_app", "type": "channel", "channel_key": "feed", "template": {"markdown_body": "Hi"}}
#: A step of each type with all it can have.
STEPS: dict[str, dict[str, Any]] = {
    "channel": {
        "channel_group_key": "push",
        "channel_type": "push",
        "template": {"title": "Hi", "text_body": "Hi"},
        "send_windows": [{"day": "monday", "type": "send", "from": "09:00", "until": 1020}],
    },
    "delay": {"settings": {"delay_for": {"unit": "days", "value": -1}, "delay_until_field_path": "data.at"}},
    "batch": {
        "settings": {
            "batch_key": "data.page",
            "batch_window": HOUR,
            "batch_window_type": "sliding",
            "batch_window_extension_limit": {"unit": "days", "value": 1},
            "batch_order": "desc",
            "batch_execution_mode": "flush_leading",
            "batch_items_max_limit": 1000,
            "batch_items_render_limit": 100,
            "workflow_version_mode": "latest",
        }
    },
    "throttle": {"settings": {"throttle_key": "{{ data.page }}", "throttle_limit": 3, "throttle_window": HOUR}},
    "branch": {
        "branches": [
            {"name": "a", "conditions": {"all": [{"variable": "data.a", "operator": "exists"}]}, "terminates": True},
            {"name": "default", "steps": [STEP]},
        ]
    },
    "http_fetch": {
        "settings": {
            "method": "post",
            "url": "http://localhost/{{ data.id }}",
            "headers": [{"key": "x-a", "value": "{{ data.a }}"}],
            "query_params": '{"q": 1}',
            "body": '{"a": 1}',
            "response_path": "fetched.it",
        }
    },
    "random_cohort": {
        "cohort_key": "{{ tenant.id }}",
        "cohort_branches": [{"name": "a", "percentage": "33.3"}, {"name": "b", "percentage": 66.7, "steps": [STEP]}],
    },
    "update_data": {"settings": {"data": {"a": "{{ data.b }}"}}},
    "update_user": {"settings": {"update_properties": '{"a": 1}', "recipient_mode": "current"}},
    "update_object": {
        "settings": {
            "update_properties": "{}",
            "recipient_mode": "reference",
            "recipient_gid": "gid://Object/projects/p1",
        }
    },
    "update_tenant": {"settings": {"update_properties": "{}", "recipient_mode": "current", "recipient_gid": None}},
    "update_audience": {"settings": {"audience_key": "testers", "action": "add"}},
    "trigger_workflow": {"settings": {"workflow_key": "other", "recipients": ["ada"], "data": {"a": 1}}},
    "wait_for_event": {
        "settings": {
            "event": {"event_type": "message", "event_key": "read", "source_type": "workflow", "source_key": "news"},
            "match_conditions": [
                {
                    "operator": "and",
                    "conditions": [{"variable": "event.step_ref", "operator": "equal_to", "argument": "x"}],
                }
            ],
            "expires_after": HOUR,
            "on_match": "halt",
            "on_timeout": "continue",
        }
    },
}


def read(*steps: dict[str, Any]) -> Sequence[Step]:
    return read_workflow("news", {"name": "News", "steps": list(steps)}, where="workflow news").steps


def test_every_type_of_step_is_tried_here() -> None:
    assert STEPS.keys() == STEP_TYPES


@pytest.mark.parametrize("kind", sorted(STEPS))
def test_a_step_of_every_type_is_read(kind: str) -> None:
    (step,) = read({"ref": "x", "type": kind, "name": "X", **STEPS[kind]})

    assert (step.ref, step.type, step.name) == ("x", kind, "X")


def test_every_operator_is_one_that_the_engine_judges() -> None:
    assert {*conditions.OPERATORS, "is_audience_member", "is_not_audience_member"} == OPERATORS


def test_templates_that_are_given_as_json_are_texts() -> None:
    (step,) = read({"ref": "x", "type": "trigger_workflow", **STEPS["trigger_workflow"]})

    assert step.settings == {"workflow_key": "other", "recipients": '["ada"]', "data": '{"a": 1}'}


def test_windows_are_read_as_minutes() -> None:
    days = [{"day": "sunday", "type": "do_not_send"}, {"day": "monday", "from": "08:30"}]

    (step,) = read({**STEP, "send_windows": days})

    assert step.send_windows == (SendWindow(6, sends=False), SendWindow(0, from_minute=510))


def test_branches_hold_steps_of_their_own() -> None:
    branch = {"ref": "branch", "type": "branch", "branches": [{"name": "default", "steps": [{**STEP, "ref": "inner"}]}]}

    steps = read(branch, STEP)

    assert [each.ref for each in all_steps(steps)] == ["branch", "inner", "in_app"]
    assert steps[0].branches[0].conditions is None


def test_cohorts_have_percentages() -> None:
    (step,) = read({"ref": "x", "type": "random_cohort", **STEPS["random_cohort"]})

    assert [each.percentage for each in step.branches] == [33.3, 66.7]


def condition(**parts: Any) -> dict[str, Any]:
    return {**STEP, "conditions": {"all": [{"variable": "data.a", "operator": "exists", **parts}]}}


def settings(kind: str, **changes: Any) -> dict[str, Any]:
    return {"ref": "x", "type": kind, "settings": {**STEPS[kind]["settings"], **changes}}


def cohorts(*percentages: Any) -> dict[str, Any]:
    return {"ref": "x", "type": "random_cohort", "cohort_branches": [{"percentage": each} for each in percentages]}


def branches(*values: Any) -> dict[str, Any]:
    return {"ref": "x", "type": "branch", "branches": list(values)}


def window(**parts: Any) -> dict[str, Any]:
    return {**STEP, "send_windows": [{"day": "monday", **parts}]}


WHEN = {"conditions": {"all": [{"variable": "data.a", "operator": "exists"}]}}


@pytest.mark.parametrize(
    ("step", "path", "said"),
    [
        ({"type": "delay"}, "steps[0]", "'ref'"),
        ({"ref": "x", "type": "ai_agent"}, "steps[0].type", "'ai_agent'"),
        (settings("batch", batch_items_max_limit=1), "steps[0].settings.batch_items_max_limit", "2 to 1000"),
        (settings("batch", batch_items_max_limit=1001), "steps[0].settings.batch_items_max_limit", "2 to 1000"),
        (settings("batch", batch_items_render_limit=0), "steps[0].settings.batch_items_render_limit", "1 to 100"),
        (settings("batch", batch_items_render_limit=101), "steps[0].settings.batch_items_render_limit", "1 to 100"),
        (settings("batch", batch_items_render_limit="5"), "steps[0].settings.batch_items_render_limit", "'5'"),
        (settings("batch", batch_order="up"), "steps[0].settings.batch_order", "asc, desc"),
        (settings("batch", batch_window_type="rolling"), "steps[0].settings.batch_window_type", "fixed, sliding"),
        (settings("batch", batch_window=None), "steps[0].settings", "'batch_window' or"),
        (
            settings("batch", batch_window={"unit": "years", "value": 1}),
            "steps[0].settings.batch_window.unit",
            "'years'",
        ),
        (
            settings("batch", batch_window={"unit": "hours", "value": 0}),
            "steps[0].settings.batch_window.value",
            "above 0",
        ),
        (settings("batch", batch_window="1h"), "steps[0].settings.batch_window", "duration"),
        (settings("batch", batch_size=3), "steps[0].settings.batch_size", "no setting 'batch_size'"),
        (settings("batch") | WHEN, "steps[0].conditions", "no conditions"),
        (settings("throttle", throttle_limit=0), "steps[0].settings.throttle_limit", "at least 1"),
        (settings("throttle", throttle_window=None), "steps[0].settings", "'throttle_window' or"),
        ({"ref": "x", "type": "delay"}, "steps[0].settings", "'delay_for' or"),
        (settings("delay", delay_for={"unit": "hours", "value": "1"}), "steps[0].settings.delay_for.value", "whole"),
        (settings("http_fetch", url=None), "steps[0].settings", "'url'"),
        (settings("http_fetch", method="fetch"), "steps[0].settings.method", "'fetch'"),
        (settings("http_fetch", headers=[{"key": "a"}]), "steps[0].settings.headers[0]", "'value'"),
        (settings("trigger_workflow", workflow_key=None), "steps[0].settings", "'workflow_key'"),
        (settings("update_data", data=None), "steps[0].settings", "'data'"),
        (settings("update_user", recipient_mode="some"), "steps[0].settings.recipient_mode", "current, reference"),
        (settings("update_user", recipient_mode="reference"), "steps[0].settings", "'recipient_gid'"),
        (settings("update_audience", action="drop"), "steps[0].settings.action", "add, remove"),
        (settings("wait_for_event", event={"event_type": "rain"}), "steps[0].settings.event", "'event_type'"),
        (
            settings("wait_for_event", event={"event_type": "audience", "event_key": "pass", "audience_key": "a"}),
            "steps[0].settings.event.event_key",
            "enter, exit",
        ),
        (
            settings("wait_for_event", event={"event_type": "workflow", "event_key": "completed"}),
            "steps[0].settings.event",
            "'source_key'",
        ),
        (settings("wait_for_event", on_match="stop"), "steps[0].settings.on_match", "continue, halt"),
        (
            settings("wait_for_event", match_conditions=[{"conditions": [{"operator": "is"}]}]),
            "steps[0].settings.match_conditions[0].conditions[0].operator",
            "'is'",
        ),
        (cohorts("50", "40"), "steps[0].cohort_branches", "add up to 90"),
        (cohorts("50", "60"), "steps[0].cohort_branches", "add up to 110"),
        (cohorts("100"), "steps[0].cohort_branches", "2 to 10"),
        (cohorts("half", "50"), "steps[0].cohort_branches[0].percentage", "'half'"),
        (cohorts("-10", "110"), "steps[0].cohort_branches[0].percentage", "'-10'"),
        (branches(), "steps[0].branches", "'branches'"),
        (branches({"name": "default"}, {"name": "a", **WHEN}), "steps[0].branches[0]", "must be the last"),
        (branches({"name": "a"}, {"name": "b"}), "steps[0].branches[0]", "must be the last"),
        (branches({"steps": [{"ref": "x", **STEP}, {**STEP}]}), "steps[0].branches[0].steps[1].ref", "used twice"),
        (branches({"steps": [{**STEP, "ref": "x"}]}), "steps[0].branches[0].steps[0].ref", "used twice"),
        (branches({"steps": [], **WHEN}, {"steps": "x"}), "steps[0].branches[1].steps", "is a list"),
        (condition(operator="is"), "steps[0].conditions.all[0].operator", "no operator 'is'"),
        (condition(variable=None), "steps[0].conditions.all[0]", "'variable'"),
        ({**STEP, "conditions": {"any": [{"all": [3]}]}}, "steps[0].conditions.any[0].all[0]", "'variable'"),
        ({**STEP, "channel_group_key": "all"}, "steps[0]", "both"),
        ({**STEP, "channel_key": None}, "steps[0]", "neither"),
        ({**STEP, "channel_type": "in_app_guide"}, "steps[0].channel_type", "no messages"),
        ({**STEP, "template": {"is_mjml": True}}, "steps[0].template.is_mjml", "MJML"),
        (
            {**STEP, "template": {"visual_blocks": [{"type": "row"}]}},
            "steps[0].template.visual_blocks[0].type",
            "'row'",
        ),
        (
            {**STEP, "template": {"visual_blocks": [{"type": "partial", "key": "x"}]}},
            "steps[0].template.visual_blocks[0].key",
            "no partial 'x'",
        ),
        ({**STEP, "template": {"settings": {"layout_key": "x"}}}, "steps[0].template.settings.layout_key", "'x'"),
        (window(day="someday"), "steps[0].send_windows[0]", "monday"),
        (window(type="maybe"), "steps[0].send_windows[0].type", "'maybe'"),
        (window(**{"from": "25:00"}), "steps[0].send_windows[0].from", "'25:00'"),
        (window(**{"from": "10:75"}), "steps[0].send_windows[0].from", "'10:75'"),
        (window(**{"from": "18:00", "until": "09:00"}), "steps[0].send_windows[0]", "ends after it begins"),
        ({**STEP, "send_windows": [{"day": "monday"}] * 2}, "steps[0].send_windows[1].day", "two windows"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_with_its_place(step: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        read(step)

    assert said in refused.value.what
    assert refused.value.path == path


def test_a_ref_is_used_once_in_all_branches() -> None:
    inner = {"name": "default", "steps": [{**STEP, "ref": "twice"}]}

    with pytest.raises(InvalidDocument, match=r"steps\[1\]\.ref: the ref 'twice' is used twice"):
        read(branches(inner), {**STEP, "ref": "twice"})


def test_steps_are_nested_within_reason() -> None:
    step: dict[str, Any] = STEP
    for number in range(2000):
        step = {"ref": f"b{number}", "type": "branch", "branches": [{"steps": [step]}]}

    with pytest.raises(InvalidDocument, match="nested too deeply"):
        read(step)


@pytest.mark.parametrize(
    ("definition", "path", "said"),
    [
        ({"trigger_data_json_schema": {"type": "nothing"}}, "trigger_data_json_schema", "no JSON schema"),
        ({"trigger_data_json_schema": "x"}, "trigger_data_json_schema", "no JSON schema"),
        ({"categories": "news"}, "categories", "list of texts"),
        ({"settings": []}, "settings", "map"),
        ({"trigger_frequency": "sometimes"}, "trigger_frequency", "'sometimes'"),
        ({"conditions": {"none": []}}, "conditions", "'all' and 'any'"),
    ],
)
def test_a_workflow_without_meaning_is_refused_with_its_place(definition: Any, path: str, said: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        read_workflow("news", {"name": "News", "steps": [], **definition}, where="workflow news")

    assert said in refused.value.what
    assert refused.value.path == path
