from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness import contract
from knock_harness.contract import project
from knock_harness.errors import InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STEP: dict[str, Any] = {
    "ref": "in_app",
    "type": "channel",
    "channel_type": "in_app_feed",
    "channel_key": "feed",
    "template": {"markdown_body": "Hello"},
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a workflow, or another file, into a project folder and return the folder."""

    def write(path: str, content: Any) -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        return tmp_path

    return write


def workflow(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "A workflow", "steps": list(steps) or [STEP], **more}


def test_the_packaged_project_holds_what_the_suites_rely_on() -> None:
    found = project.load()

    assert {"in-app-message", "all-channels", "delayed-message", "inactive-message"} <= found.workflows.keys()
    assert {"in-app-feed", "email", "push-fcm", "slack", "webhook"} <= found.channels.keys()
    assert "welcome-guide" in found.guides


def test_the_packaged_project_is_read_once() -> None:
    assert contract.project.load() is contract.project.load()


def test_every_channel_that_a_packaged_step_or_guide_names_exists() -> None:
    found = project.load()
    named = {step.channel_key for each in found.workflows.values() for step in each.steps if step.type == "channel"}

    assert named | {each.channel_key for each in found.guides.values()} <= found.channels.keys()


def test_a_channel_is_found_by_its_id() -> None:
    found = project.load()

    assert found.channels_by_id[found.channels["email"].id] is found.channels["email"]


def test_an_inactive_workflow_says_so() -> None:
    assert not project.load().workflows["inactive-message"].active


def test_texts_in_files_of_their_own_are_put_into_their_places(write: Callable[..., Path]) -> None:
    email = {"subject@": "email/subject.txt", "visual_blocks@": "email/visual_blocks.json"}
    step = {"ref": "email", "type": "channel", "channel_type": "email", "channel_key": "email", "template": email}
    write("workflows/news/workflow.json", workflow(step))
    write("workflows/news/email/subject.txt", "News")
    write("workflows/news/email/visual_blocks.json", [{"type": "markdown", "content@": "blocks/1.content.md"}])
    folder = write("workflows/news/email/blocks/1.content.md", "Read *this*")

    template = project.load(folder).workflows["news"].steps[0].template

    assert template == {"subject": "News", "visual_blocks": [{"type": "markdown", "content": "Read *this*"}]}


def test_the_version_follows_from_the_content(write: Callable[..., Path]) -> None:
    def version(body: Any) -> str:
        return project.load(write("workflows/news/workflow.json", body)).workflows["news"].version_id

    before, again, after = version(workflow()), version(workflow()), version(workflow(categories=["news"]))

    assert before == again != after


def test_without_an_environment_file_the_channels_that_steps_name_exist(write: Callable[..., Path]) -> None:
    found = project.load(write("workflows/news/workflow.json", workflow()))

    assert (found.channels["feed"].type, found.channels["feed"].provider) == ("in_app_feed", "in_app_feed_knock")


def test_an_environment_file_says_what_the_layout_has_no_place_for(write: Callable[..., Path]) -> None:
    folder = write(
        "environment.yaml",
        "account: {name: Acme, timezone: Asia/Tokyo}\n"
        "channels: {feed: {type: in_app_feed, settings: {sandbox_mode: true}}}\n"
        'variables: {public: {flag: "true"}, secret: {number: "007"}}\n'
        "preferences: {channel_types: {email: false}}\n"
        "audiences: [testers]\n",
    )

    found = project.load(folder)

    assert (found.account.name, found.account.timezone) == ("Acme", "Asia/Tokyo")
    assert found.channels["feed"].settings == {"sandbox_mode": True}
    assert (found.variables, found.public_variables) == ({"flag": True, "number": "007"}, {"flag"})
    assert found.default_preferences == {"channel_types": {"email": False}}
    assert found.audiences == ("testers",)


def test_the_folder_may_lie_where_the_settings_file_says(write: Callable[..., Path]) -> None:
    write("knock/workflows/news/workflow.json", workflow())

    assert "news" in project.load(write("knock.json", {"knockDir": "knock"})).workflows


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        ({"steps": []}, "name"),
        ({"name": "News"}, "steps"),
        (workflow({"type": "channel"}), "ref"),
        (workflow(STEP, STEP), "used twice"),
        (workflow({"ref": "x", "type": "ai_agent"}), "'ai_agent'"),
        (workflow({"ref": "x", "type": "delay", "settings": {}}), "needs 'delay_for' or"),
        (workflow({**STEP, "channel_key": None}), "channel_key"),
        (workflow({**STEP, "channel_type": "in_app_guide"}), "in_app_guide"),
        (workflow({**STEP, "template": {"is_mjml": True}}), "MJML"),
        (workflow({**STEP, "template": {"settings": {"layout_key": "default"}}}), "'default'"),
        (workflow({**STEP, "template": {"visual_blocks": [{"type": "partial", "key": "x"}]}}), "partial"),
        (workflow(trigger_frequency="sometimes"), "sometimes"),
        (workflow(conditions=["x"]), "conditions"),
        (workflow(conditions={"none": []}), "conditions"),
        (workflow(conditions={"any": [{"all": ["x"]}]}), "'variable'"),
        (workflow({**STEP, "conditions": {"all": [{"variable": "data.x"}]}}), "'operator'"),
        (workflow({**STEP, "template": {"markdown_body@": "/etc/passwd"}}), "relative"),
        (workflow({**STEP, "template": {"markdown_body@": "../../secret.md"}}), "out of the folder"),
        (workflow({**STEP, "template": {"markdown_body@": "missing.md"}}), "missing.md"),
        (workflow({**STEP, "template": {"markdown_body@": "workflow.json", "markdown_body": "x"}}), "both"),
        (workflow({**STEP, "template": {"a@": "workflow.json", "b@": "workflow.json"}}), "twice"),
        ([], "no JSON object"),
        ("{", "JSON"),
    ],
    ids=str,
)
def test_a_workflow_that_cannot_be_carried_out_is_refused_with_its_file(
    write: Callable[..., Path], definition: Any, said: str
) -> None:
    folder = write("workflows/news/workflow.json", definition)

    with pytest.raises(InvalidDocument, match=said) as refused:
        project.load(folder)

    assert "workflow.json" in refused.value.where


def test_a_folder_without_its_workflow_is_refused(write: Callable[..., Path]) -> None:
    with pytest.raises(InvalidDocument, match="missing"):
        project.load(write("workflows/news/notes.md", "nothing"))


def test_a_key_that_no_workflow_can_have_is_refused(write: Callable[..., Path]) -> None:
    with pytest.raises(InvalidDocument, match="no key"):
        project.load(write("workflows/News!/workflow.json", workflow()))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("channels: {feed: {type: pigeon}}", "'feed' needs a 'type'"),
        ("channels: [feed]", "'channels' is no map"),
        ("webhooks: {}", "unknown section 'webhooks'"),
        ("account: {motto: x}", "account"),
        ("guide_groups: [{key: default, display_sequence: [nothing]}]", "guide group"),
        ("[]: {", "no YAML"),
        ("- a", "no map"),
    ],
)
def test_an_environment_file_without_meaning_is_refused(write: Callable[..., Path], text: str, said: str) -> None:
    with pytest.raises(InvalidDocument, match=said):
        project.load(write("environment.yaml", text))


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match="no folder"):
        project.load(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        ({"steps": []}, "channel_key"),
        ({"channel_key": "in-app-guide", "steps": [{"ref": "a"}]}, "schema_key"),
        ({"channel_key": "x", "scope": "some", "steps": [{"ref": "a", "schema_key": "b"}]}, "scope"),
    ],
)
def test_a_guide_that_is_none_is_refused(write: Callable[..., Path], definition: Any, said: str) -> None:
    with pytest.raises(InvalidDocument, match=said):
        project.load(write("guides/tour/guide.json", definition))


def test_a_guide_is_read_with_its_steps(write: Callable[..., Path]) -> None:
    step = {"ref": "one", "schema_key": "banner", "values": {"title": "Hi"}}
    folder = write("guides/tour/guide.json", {"channel_key": "in-app-guide", "type": "banner", "steps": [step]})

    found = project.load(folder)

    assert (found.guides["tour"].steps[0].ref, found.guides["tour"].steps[0].content) == ("one", {"title": "Hi"})
    assert [each.key for each in found.guide_groups] == ["default"]


def test_layouts_are_read_for_the_emails_that_name_them(write: Callable[..., Path]) -> None:
    step = {"ref": "email", "type": "channel", "channel_type": "email", "channel_key": "email"}
    write("layouts/plain/layout.json", {"html_layout@": "html.html"})
    write("layouts/plain/html.html", "<b>{{content}}</b>")
    folder = write(
        "workflows/news/workflow.json", workflow({**step, "template": {"settings": {"layout_key": "plain"}}})
    )

    assert project.load(folder).layouts["plain"]["html_layout"] == "<b>{{content}}</b>"
