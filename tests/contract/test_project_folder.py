"""Folders of which a piece is broken."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.contract import project
from knock_harness.contract.project_folder import read_folder
from knock_harness.errors import InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STEP: dict[str, Any] = {"ref": "in_app", "type": "channel", "channel_key": "feed", "template": {"markdown_body": "Hi"}}
WORKFLOW = {"name": "News", "steps": [STEP]}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file into a project folder and return the folder."""

    def write(path: str, content: Any) -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content, indent=2))
        return tmp_path

    return write


def test_a_broken_workflow_does_not_take_the_others_down(write: Callable[..., Path]) -> None:
    write("workflows/good/workflow.json", WORKFLOW)
    folder = write("workflows/bad/workflow.json", {"name": "Bad", "steps": [{"ref": "x", "type": "ai_agent"}]})

    found, broken = read_folder(folder)

    assert set(found.workflows) == {"good"}
    (error,) = broken
    assert str(error).startswith(
        f"{folder}/workflows/bad/workflow.json:6: step 'x' is of type 'ai_agent', which is not"
    )


def test_what_breaks_later_stays_as_it_was(write: Callable[..., Path]) -> None:
    write("workflows/news/workflow.json", WORKFLOW)
    write("layouts/plain/layout.json", {"html_layout": "{{ content }}"})
    write("translations/de/de.json", {"hello": "Hallo"})
    write("guides/tour/guide.json", {"channel_key": "g", "steps": [{"ref": "a", "schema_key": "banner"}]})
    folder = write(
        "environment.yaml",
        "channels: {feed: {type: in_app_feed}}\nguide_groups: [{key: a, display_sequence: [tour]}]\n",
    )
    before, _ = read_folder(folder)

    write("workflows/news/workflow.json", "{")
    write("layouts/plain/layout.json", {"html_layout": 1})
    write("translations/de/de.json", {"hello": 1})
    write("guides/tour/guide.json", {})
    write("environment.yaml", "channels: {feed: {type: pigeon}}\n")
    after, broken = read_folder(folder, before=before)

    assert after == before
    assert len(broken) == 5


def test_what_is_not_yet_there_cannot_stay(write: Callable[..., Path]) -> None:
    found, broken = read_folder(write("workflows/news/workflow.json", "{"))

    assert (dict(found.workflows), len(broken)) == ({}, 1)


def test_loading_refuses_a_folder_of_which_anything_is_broken(write: Callable[..., Path]) -> None:
    write("workflows/good/workflow.json", WORKFLOW)

    with pytest.raises(InvalidDocument, match=r"workflow\.json:3: cannot be read as JSON"):
        project.load(write("workflows/bad/workflow.json", '{\n  "name": "Bad",\n  "steps": [,]\n}'))


def test_an_error_in_a_part_names_the_file_of_the_part(write: Callable[..., Path]) -> None:
    email = {
        "ref": "email",
        "type": "channel",
        "channel_key": "email",
        "template": {"visual_blocks@": "email/visual_blocks.json"},
    }
    write("workflows/news/workflow.json", {"name": "News", "steps": [email]})
    folder = write("workflows/news/email/visual_blocks.json", [{"type": "divider"}, {"type": "row"}])

    with pytest.raises(InvalidDocument, match="'row'") as refused:
        project.load(folder)

    assert (refused.value.file, refused.value.line) == (f"{folder}/workflows/news/email/visual_blocks.json", 6)


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ([{"type": "markdown", "content@": "visual_blocks.json"}], "forms a loop"),
        ([{"type": "markdown", "content@": "other/visual_blocks.json"}], "forms a loop"),
        ([{"type": "markdown", "content@": "a.md"}, {"type": "markdown", "content@": "a.md"}], "refers twice"),
        ([{"type": "markdown", "content@": "../../other.md"}], "leads out of the folder"),
        ([{"type": "markdown", "content@": "missing.md"}], "cannot be read: missing.md"),
        ([{"type": "markdown", "content@": "/etc/hosts"}], "relative to this file"),
        ([{"type": "markdown", "content@": "a\0b"}], "is no path"),
        ([{"type": "markdown", "content@": 3}], "relative to this file"),
        ([{"type": "markdown", "content@": "a.md", "content": "x"}], "both in place and as a file"),
    ],
)
def test_references_that_lead_nowhere_good_are_refused(write: Callable[..., Path], blocks: Any, said: str) -> None:
    email = {
        "ref": "email",
        "type": "channel",
        "channel_key": "email",
        "template": {"visual_blocks@": "email/visual_blocks.json"},
    }
    write("workflows/news/workflow.json", {"name": "News", "steps": [email]})
    write("workflows/news/email/a.md", "text")
    write("workflows/other.md", "text")
    write("workflows/news/email/other/visual_blocks.json", [{"type": "markdown", "content@": "../visual_blocks.json"}])
    folder = write("workflows/news/email/visual_blocks.json", blocks)

    with pytest.raises(InvalidDocument, match=said) as refused:
        project.load(folder)

    assert refused.value.line is not None


def test_a_definition_is_nested_within_reason(write: Callable[..., Path]) -> None:
    folder = write("workflows/news/workflow.json", "[" * 100_000 + "]" * 100_000)

    with pytest.raises(InvalidDocument, match=r"cannot be read as JSON|nested too deeply"):
        project.load(folder)


def test_partials_translations_audiences_and_channel_groups_are_read(write: Callable[..., Path]) -> None:
    write("partials/card/partial.json", {"name": "Card", "type": "html", "content@": "content.html"})
    write("partials/card/content.html", "<b>{{ title }}</b>")
    write("translations/de/de.json", {"greetings": {"hello": "Hallo"}})
    write("translations/de/admin.de.json", {"bye": "Tschüs"})
    write("audiences/testers/audience.json", {"name": "Testers", "type": "static"})
    segment = {
        "conditions": [{"property": "x", "variable": "recipient.plan", "operator": "equal_to", "argument": "pro"}]
    }
    write("audiences/pros/audience.json", {"name": "Pros", "type": "dynamic", "segments": [segment]})
    folder = write(
        "environment.yaml",
        "channels: {fcm: {type: push}, apns: {type: push, provider: push_apns}}\n"
        "channel_groups:\n"
        "  push:\n"
        "    channel_type: push\n"
        "    operator: all\n"
        "    channel_rules:\n"
        "      - {channel_key: fcm}\n"
        "      - {channel_key: apns, rule_type: if, variable: data.a, operator: exists}\n"
        "tracking: {links: true}\n",
    )

    found = project.load(folder)

    assert found.partials["card"].content == "<b>{{ title }}</b>"
    assert found.translations == {"de": {"": {"greetings.hello": "Hallo"}, "admin": {"bye": "Tschüs"}}}
    assert found.audiences == ("pros", "testers")
    assert found.audience_conditions == {"pros": {"any": [{"all": segment["conditions"]}]}}
    assert [each.type for each in found.channel_groups["push"].rules] == ["always", "if"]
    assert found.tracking == {"links": True}


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        ("partials/card/partial.json", {"type": "pdf", "content": "x"}, r":2: 'pdf'"),
        ("partials/card/partial.json", {"type": "html"}, "'content'"),
        ("partials/card/partial.json", {"content": "x", "input_schema": ["x"]}, r":4: an input is a map"),
        ("translations/de/en.json", {}, "no translation into de"),
        ("translations/de/de.json", {"a": {"b": 1}}, r":3: must be a text"),
        ("translations/de/de.json", [], "map of texts"),
        ("audiences/pros/audience.json", {"type": "dynamic"}, "'segments'"),
        ("audiences/pros/audience.json", {"type": "dynamic", "segments": [{"conditions": [{}]}]}, "'operator'"),
        (
            "environment.yaml",
            "channel_groups:\n  push: {channel_type: push, channel_rules: [{channel_key: x}]}\n",
            ":2:",
        ),
        ("environment.yaml", "channel_groups:\n  push:\n    channel_type: letter\n", "'channel_type'"),
        ("environment.yaml", "channels:\n  a:\n    type: push\n    settings:\n      conditions: [x]\n", ":5:"),
        ("environment.yaml", "variables:\n  public: 3\n", "variables are maps"),
        ("environment.yaml", "channels: {\n  a: ]", r":2: is no YAML"),
        ("knock.json", {"knockDir": "nowhere"}, "no folder"),
    ],
)
def test_what_is_broken_elsewhere_is_refused(write: Callable[..., Path], path: str, content: Any, said: str) -> None:
    with pytest.raises(InvalidDocument, match=said):
        project.load(write(path, content))
