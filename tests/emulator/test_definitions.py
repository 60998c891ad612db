"""Definitions that are committed while the emulator runs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from knock_harness import contract
from knock_harness.emulator import Emulator, EmulatorTransport, definitions
from knock_harness.errors import InvalidDocument

from .conftest import KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from knock_harness.emulator import VirtualClock
    from knock_harness.emulator.environment import Environment

HOUR = {"ref": "wait", "type": "delay", "settings": {"delay_for": {"unit": "hours", "value": 1}}}


def workflow(body: str = "Hello", *before: dict[str, Any], **more: Any) -> dict[str, Any]:
    step = {"ref": "in_app", "type": "channel", "channel_key": "in-app-feed", "template": {"markdown_body": body}}
    return {"name": "News", "steps": [*before, step], **more}


@pytest.fixture
def bodies(api: httpx.Client, feed: str) -> Callable[[], list[str]]:
    """Return what ada's feed shows, oldest first."""

    def bodies() -> list[str]:
        entries = api.get(feed).json()["entries"]
        return [each["blocks"][0]["rendered"].strip().removeprefix("<p>").removesuffix("</p>") for each in entries][
            ::-1
        ]

    return bodies


def start(api: httpx.Client, key: str = "news", **headers: str) -> httpx.Response:
    return api.post(f"/v1/workflows/{key}/trigger", json={"recipients": ["ada"]}, headers=headers)


@pytest.mark.promise("TRIGGER-LATEST-COMMITTED")
def test_a_trigger_runs_what_was_committed_last(
    environment: Environment,
    trigger: Callable[..., str],
    bodies: Callable[[], list[str]],
    messages: Callable[..., list[dict[str, Any]]],
) -> None:
    first = definitions.commit_workflow(environment, "news", workflow("A"))
    trigger("news")
    second = definitions.commit_workflow(environment, "news", workflow("B"))
    trigger("news")

    assert bodies() == ["A", "B"]
    assert [each["source"]["version_id"] for each in messages()] == [first.version_id, second.version_id]
    assert first.version_id != second.version_id


@pytest.mark.promise("TRIGGER-LATEST-COMMITTED")
def test_what_cannot_be_committed_leaves_the_last_good_version(
    environment: Environment, trigger: Callable[..., str], bodies: Callable[[], list[str]]
) -> None:
    definitions.commit_workflow(environment, "news", workflow("Good"))

    with pytest.raises(InvalidDocument) as refused:
        definitions.commit_workflow(environment, "news", workflow("Bad", {"ref": "x", "type": "ai_agent"}))

    trigger("news")
    assert refused.value.path == "steps[0].type"
    assert bodies() == ["Good"]


@pytest.mark.promise("ENGINE-VERSION-PINNED")
def test_a_delayed_run_goes_on_with_the_version_it_was_triggered_with(
    environment: Environment,
    wait: Callable[[timedelta], None],
    trigger: Callable[..., str],
    bodies: Callable[[], list[str]],
    messages: Callable[..., list[dict[str, Any]]],
) -> None:
    first = definitions.commit_workflow(environment, "news", workflow("A", HOUR))
    trigger("news")
    definitions.commit_workflow(environment, "news", workflow("B"))

    wait(timedelta(hours=1))

    assert bodies() == ["A"]
    assert messages()[0]["source"]["version_id"] == first.version_id


def test_a_run_that_waits_ends_when_its_workflow_is_deleted(
    environment: Environment,
    api: httpx.Client,
    wait: Callable[[timedelta], None],
    trigger: Callable[..., str],
    runs: Callable[..., list[dict[str, Any]]],
    bodies: Callable[[], list[str]],
) -> None:
    definitions.commit_workflow(environment, "news", workflow("A", HOUR))
    trigger("news")
    definitions.delete(environment, "workflow", "news")

    wait(timedelta(hours=1))

    assert (bodies(), runs()[0]["status"]) == ([], "cancelled")
    assert start(api).json()["code"] == "workflow_missing"


@pytest.mark.promise("ENGINE-VERSION-PINNED")
def test_a_run_goes_on_with_its_version_after_a_restart(tmp_path: Path, clock: VirtualClock) -> None:
    def opened() -> Emulator:
        return Emulator(new_clock=lambda: clock, keys=[KEY], data=tmp_path)

    emulator = opened()
    first = definitions.commit_workflow(emulator.environments[KEY], "news", workflow("A", HOUR))
    with client(emulator) as api:
        start(api).raise_for_status()
    emulator.run_due(budget_s=1)
    second = definitions.commit_workflow(emulator.environments[KEY], "news", workflow("B", HOUR))
    emulator.close()

    emulator = opened()
    for _ in emulator.advance(KEY, to=clock.now() + timedelta(hours=1)):
        pass

    with client(emulator) as api:
        (message,) = api.get("/v1/messages").json()["items"]
    assert message["source"]["version_id"] == first.version_id
    assert emulator.environments[KEY].project.workflows["news"].version_id == second.version_id
    emulator.close()


def client(emulator: Emulator) -> httpx.Client:
    return httpx.Client(
        transport=EmulatorTransport(emulator),
        base_url="http://emulator.test",
        headers={"authorization": f"Bearer {KEY}"},
    )


def test_all_that_was_committed_is_there_after_a_restart(tmp_path: Path, clock: VirtualClock) -> None:
    def opened() -> Emulator:
        return Emulator(new_clock=lambda: clock, keys=[KEY], data=tmp_path)

    emulator = opened()
    environment = emulator.environments[KEY]
    commit_everything(environment)
    before = environment.project
    emulator.close()

    emulator = opened()
    assert emulator.environments[KEY].project == before
    emulator.close()


def commit_everything(environment: Environment) -> None:
    segment = {"conditions": [{"variable": "recipient.plan", "operator": "equal_to", "argument": "pro"}]}
    definitions.commit(environment, "channel", "other-feed", {"type": "in_app_feed"})
    definitions.commit(environment, "channel_group", "feeds", {"channel_type": "in_app_feed", "channel_rules": []})
    definitions.commit(environment, "layout", "plain", {"html_layout": "{{ content }}"})
    definitions.commit(environment, "partial", "card", {"content": "x"})
    definitions.commit_translation(environment, "de", {"a": "b"})
    definitions.commit_translation(environment, "de", {"c": "d"}, namespace="more")
    definitions.commit(environment, "audience", "pros", {"type": "dynamic", "segments": [segment]})
    definitions.commit_section(environment, "preferences", {"channel_types": {"email": False}})
    definitions.commit_section(environment, "variables", {"public": {"a": "1"}, "secret": {"b": "x"}})
    definitions.commit_section(environment, "tracking", {"links": True})
    definitions.commit_section(environment, "preference_center", {"enabled": False})
    definitions.commit_section(environment, "account", {"name": "Acme", "default_locale": "de"})
    definitions.commit_workflow(environment, "news", workflow())
    definitions.set_workflow_active(environment, "news", active=False)
    definitions.commit_workflow(environment, "gone", workflow())
    definitions.delete(environment, "workflow", "gone")
    definitions.delete(environment, "workflow", "in-app-message")
    guide = {"channel_key": "in-app-guide", "steps": [{"ref": "a", "schema_key": "banner"}]}
    definitions.commit(environment, "guide", "tour", guide)
    definitions.set_guide_active(environment, "tour", active=False)
    definitions.commit_section(environment, "guide_groups", [{"key": "default", "display_sequence": ["tour"]}])
    for kind, key in (("translation", "more.de"), ("audience", "nothing"), ("partial", "nothing")):
        definitions.delete(environment, kind, key)


def test_a_reset_forgets_what_was_committed(emulator: Emulator, environment: Environment) -> None:
    before = environment.project
    commit_everything(environment)

    emulator.reset(KEY)

    assert environment.project == before


def test_a_workflow_that_is_off_starts_nothing_until_it_is_on_again(
    environment: Environment, api: httpx.Client, trigger: Callable[..., str], bodies: Callable[[], list[str]]
) -> None:
    definitions.commit_workflow(environment, "news", workflow("A"))
    definitions.set_workflow_active(environment, "news", active=False)
    definitions.commit_workflow(environment, "news", workflow("B"))
    refused = start(api)
    definitions.set_workflow_active(environment, "news", active=True)

    trigger("news")

    assert refused.json()["code"] == "workflow_inactive"
    assert bodies() == ["B"]


@pytest.mark.promise("TRIGGER-SCHEMA-422")
@pytest.mark.parametrize(
    ("data", "fields"), [({}, ["data"]), ({"name": 1}, ["data.name"]), ({"name": None}, ["data.name"])]
)
def test_data_that_does_not_fit_the_schema_starts_nothing(
    environment: Environment,
    api: httpx.Client,
    runs: Callable[..., list[dict[str, Any]]],
    work: Callable[[], None],
    data: dict[str, Any],
    fields: list[str],
) -> None:
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    definitions.commit_workflow(environment, "news", workflow(trigger_data_json_schema=schema))

    answer = api.post("/v1/workflows/news/trigger", json={"recipients": ["ada"], "data": data})
    work()

    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, fields)
    assert runs() == []


@pytest.mark.promise("TRIGGER-SCHEMA-422")
def test_data_that_fits_the_schema_runs(
    environment: Environment, trigger: Callable[..., str], bodies: Callable[[], list[str]]
) -> None:
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    definitions.commit_workflow(environment, "news", workflow("{{ data.name }}", trigger_data_json_schema=schema))

    trigger("news", data={"name": "x"})

    assert bodies() == ["x"]


@pytest.mark.promise("BRANCH-HEADER")
def test_a_branch_has_workflows_of_its_own_and_shares_the_rest(
    environment: Environment, api: httpx.Client, work: Callable[[], None], bodies: Callable[[], list[str]]
) -> None:
    definitions.create_branch(environment, "feature")
    definitions.commit_workflow(environment, "news", workflow("on the branch"), branch="feature")

    without, within = start(api), start(api, **{"x-knock-branch": "feature"})
    work()

    assert (without.status_code, without.json()["code"]) == (404, "workflow_missing")
    assert within.status_code == 200
    assert bodies() == ["on the branch"]


@pytest.mark.promise("BRANCH-HEADER")
def test_a_workflow_that_a_run_of_a_branch_starts_is_that_of_the_branch(
    environment: Environment, api: httpx.Client, work: Callable[[], None], bodies: Callable[[], list[str]]
) -> None:
    definitions.create_branch(environment, "feature")
    definitions.commit_workflow(environment, "child", workflow("on the branch"), branch="feature")
    step = {"ref": "start", "type": "trigger_workflow", "settings": {"workflow_key": "child"}}
    definitions.commit_workflow(environment, "news", {"name": "Parent", "steps": [step]}, branch="feature")

    start(api, **{"x-knock-branch": "feature"})
    work()

    assert bodies() == ["on the branch"]


@pytest.mark.promise("BRANCH-HEADER")
def test_users_identified_on_a_branch_are_everybodys(environment: Environment, api: httpx.Client) -> None:
    definitions.create_branch(environment, "feature")

    api.put("/v1/users/eve", json={"name": "Eve"}, headers={"x-knock-branch": "feature"}).raise_for_status()

    assert api.get("/v1/users/eve").json()["name"] == "Eve"


@pytest.mark.promise("BRANCH-HEADER")
def test_a_branch_overrides_a_workflow_for_those_who_name_it(
    environment: Environment, api: httpx.Client, work: Callable[[], None], bodies: Callable[[], list[str]]
) -> None:
    definitions.commit_workflow(environment, "news", workflow("main"))
    definitions.create_branch(environment, "feature")
    definitions.commit_workflow(environment, "news", workflow("branch"), branch="feature")
    definitions.commit_workflow(environment, "other", workflow("later on main"))

    for key, headers in (
        ("news", {}),
        ("news", {"x-knock-branch": "feature"}),
        ("other", {"x-knock-branch": "feature"}),
    ):
        start(api, key, **headers).raise_for_status()
    work()

    assert bodies() == ["main", "branch", "later on main"]


@pytest.mark.promise("BRANCH-HEADER")
def test_a_cancellation_looks_among_the_workflows_of_the_branch(environment: Environment, api: httpx.Client) -> None:
    definitions.create_branch(environment, "feature")
    definitions.commit_workflow(environment, "news", workflow("A", HOUR), branch="feature")
    path, body = "/v1/workflows/news/cancel", {"cancellation_key": "k"}

    without = api.post(path, json=body)
    within = api.post(path, json=body, headers={"x-knock-branch": "feature"})

    assert (without.status_code, within.status_code) == (404, 204)


def test_a_delayed_run_of_a_branch_goes_on(
    environment: Environment,
    api: httpx.Client,
    wait: Callable[[timedelta], None],
    bodies: Callable[[], list[str]],
) -> None:
    definitions.create_branch(environment, "feature")
    definitions.commit_workflow(environment, "news", workflow("A", HOUR), branch="feature")
    start(api, **{"x-knock-branch": "feature"}).raise_for_status()

    wait(timedelta(hours=1))

    assert bodies() == ["A"]


@pytest.mark.promise("BRANCH-UNKNOWN")
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/workflows/in-app-message/trigger", {"recipients": ["ada"]}),
        ("POST", "/v1/workflows/in-app-message/cancel", {"cancellation_key": "k"}),
        ("PUT", "/v1/users/ada", {}),
        ("GET", "/v1/users", None),
    ],
)
def test_a_branch_that_there_is_not_is_refused(
    emulator: Emulator,
    api: httpx.Client,
    runs: Callable[..., Any],
    work: Callable[[], None],
    method: str,
    path: str,
    body: Any,
) -> None:
    with client(emulator) as anybody:
        answer = anybody.request(method, path, json=body, headers={"x-knock-branch": "nothing"})
    work()

    assert (answer.status_code, answer.json()["code"]) == (404, "branch_missing")
    assert (runs(), api.get("/v1/users").json()["entries"]) == ([], [])


def test_users_are_members_of_an_audience_that_is_committed_later(environment: Environment, api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={"plan": "pro"})
    api.put("/v1/users/bob", json={"plan": "free"})
    condition = {"variable": "recipient.plan", "operator": "equal_to", "argument": "pro"}

    definitions.commit(environment, "audience", "pros", {"type": "dynamic", "segments": [{"conditions": [condition]}]})

    members = api.get("/v1/audiences/pros/members").json()["entries"]
    assert [each["user_id"] for each in members] == ["ada"]


def test_branches_are_there_after_a_restart(tmp_path: Path, clock: VirtualClock) -> None:
    def opened() -> Emulator:
        return Emulator(new_clock=lambda: clock, keys=[KEY], data=tmp_path)

    emulator = opened()
    definitions.create_branch(emulator.environments[KEY], "feature")
    definitions.commit_workflow(emulator.environments[KEY], "news", workflow(), branch="feature")
    emulator.close()

    emulator = opened()
    assert "news" in definitions.workflows_of(emulator.environments[KEY], "feature")
    assert "news" not in definitions.workflows_of(emulator.environments[KEY], None)
    emulator.close()


@pytest.mark.parametrize("slug", ["", "Feature!", "-x", "x" * 300])
def test_a_name_that_no_branch_can_have_is_refused(environment: Environment, slug: str) -> None:
    with pytest.raises(InvalidDocument):
        definitions.create_branch(environment, slug)


@pytest.mark.parametrize(
    ("template", "path", "said"),
    [
        ({"markdown_body": "one\n{{ 1 | nothing }}"}, "steps[0].template.markdown_body", "no filter 'nothing'"),
        ({"action_url": "{% nonsense %}"}, "steps[0].template.action_url", "nonsense"),
        ({"action_url": "{{ unclosed"}, "steps[0].template.action_url", "cannot be rendered"),
        ({"action_url": "{% render 'nothing' %}"}, "steps[0].template.action_url", "no partial 'nothing'"),
        ({"action_buttons": [{"label": "{{ 1 | no }}"}]}, "steps[0].template.action_buttons[0].label", "'no'"),
    ],
)
def test_strictly_a_template_that_cannot_be_rendered_is_refused_when_it_is_committed(
    environment: Environment, template: dict[str, Any], path: str, said: str
) -> None:
    environment.configure(strict_templates=True)
    definition = {"name": "x", "steps": [{**workflow()["steps"][0], "template": template}]}

    with pytest.raises(InvalidDocument) as refused:
        definitions.commit_workflow(environment, "news", definition)

    assert said in refused.value.what
    assert refused.value.path == path


def test_strictly_good_templates_are_committed(environment: Environment) -> None:
    environment.configure(strict_templates=True)
    definitions.commit(environment, "partial", "card", {"content": "x"})
    body = "{% for a in data.list %}{{ a | titlecase | t }}{% render 'card', a: a %}{% endfor %}"

    assert definitions.commit_workflow(environment, "news", workflow(body)).key == "news"


def test_the_packaged_project_has_no_template_that_cannot_be_rendered(environment: Environment) -> None:
    environment.configure(strict_templates=True)

    for key, each in contract.project.load().workflows.items():
        committed = definitions.commit_workflow(environment, key, json.loads(each.source))
        assert committed.version_id == each.version_id


def test_what_changes_in_the_folder_is_the_latest_commit(
    environment: Environment, trigger: Callable[..., str], bodies: Callable[[], list[str]]
) -> None:
    definitions.commit_workflow(environment, "in-app-message", workflow("committed"))
    definitions.commit_workflow(environment, "news", workflow("kept"))
    changed = contract.project.read_workflow("in-app-message", workflow("in the folder"), where="x")
    base = environment.base_project

    definitions.rebase(environment, replace(base, workflows={**base.workflows, "in-app-message": changed}))

    trigger("in-app-message")
    trigger("news")
    assert bodies() == ["in the folder", "kept"]


def test_a_commit_that_cannot_be_used_any_more_is_passed_over(
    environment: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    step = {"ref": "e", "type": "channel", "channel_key": "email", "template": {"settings": {"layout_key": "plain"}}}
    base = environment.base_project
    definitions.rebase(environment, replace(base, layouts={"plain": {}}))
    definitions.commit_workflow(environment, "news", {"name": "x", "steps": [step]})

    definitions.rebase(environment, base)

    assert "news" not in environment.project.workflows
    assert "there is no layout 'plain'" in capsys.readouterr().err
