"""A project folder that changes while the emulator runs."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.contract import project
from knock_harness.emulator import Emulator
from knock_harness.emulator.engine.template_checks import check_workflow
from knock_harness.emulator.watching import ProjectWatch

from .conftest import KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STEP: dict[str, Any] = {"ref": "in_app", "type": "channel", "channel_type": "in_app_feed", "channel_key": "feed"}
#: Longer than a change ever takes to be seen.
PATIENCE_S = 30.0


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a workflow with one text, or the text given, into a project folder; return the file."""

    def write(body: str, *, key: str = "news", text: str = "") -> Path:
        file = tmp_path / "workflows" / key / "workflow.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        definition = {"name": "News", "steps": [{**STEP, "template": {"markdown_body": body}}]}
        file.write_text(text or json.dumps(definition, indent=2))
        return file

    return write


@pytest.fixture
def watched(tmp_path: Path, write: Callable[..., Path]) -> Emulator:
    """An emulator of the folder."""
    write("first")
    return Emulator(project=project.load(tmp_path), keys=[KEY])


def body_of(emulator: Emulator, key: str = "news") -> Any:
    return emulator.environments[KEY].project.workflows[key].steps[0].template["markdown_body"]


def test_a_changed_workflow_is_the_one_that_runs(tmp_path: Path, write: Callable[..., Path], watched: Emulator) -> None:
    lines: list[str] = []
    write("second")
    write("new", key="more")

    ProjectWatch(watched, tmp_path, report=lines.append).reload()

    assert (body_of(watched), body_of(watched, "more"), lines) == ("second", "new", [])


def test_a_broken_workflow_stays_as_it_was_and_is_told_of_once(
    tmp_path: Path, write: Callable[..., Path], watched: Emulator
) -> None:
    lines: list[str] = []
    watch = ProjectWatch(watched, tmp_path, report=lines.append)
    file = write("", text='{\n  "name": "News",\n  "steps": [}\n')

    watch.reload()
    write("another", key="more")
    watch.reload()

    assert lines == [f"{file}:3: cannot be read as JSON: Expecting value."]
    assert (body_of(watched), body_of(watched, "more")) == ("first", "another")


def test_what_is_mended_runs_and_may_break_again(tmp_path: Path, write: Callable[..., Path], watched: Emulator) -> None:
    lines: list[str] = []
    watch = ProjectWatch(watched, tmp_path, report=lines.append)
    for text in ("{", "", "{"):
        write("mended", text=text)
        watch.reload()

    assert (body_of(watched), len(lines)) == ("mended", 2)


def test_a_workflow_whose_folder_is_gone_is_gone(tmp_path: Path, write: Callable[..., Path], watched: Emulator) -> None:
    file = write("first")
    file.unlink()
    file.parent.rmdir()

    ProjectWatch(watched, tmp_path, report=pytest.fail).reload()

    assert "news" not in watched.environments[KEY].project.workflows


def test_a_folder_that_is_gone_changes_nothing(tmp_path: Path, watched: Emulator) -> None:
    lines: list[str] = []

    ProjectWatch(watched, tmp_path / "nothing", report=lines.append).reload()

    assert body_of(watched) == "first"
    assert "is no folder" in lines[0]


def test_environments_that_are_opened_later_have_what_the_folder_holds_now(
    tmp_path: Path, write: Callable[..., Path], watched: Emulator
) -> None:
    write("second")
    ProjectWatch(watched, tmp_path, report=pytest.fail).reload()

    later = watched.open_environment("sk_test_later")

    assert later.project.workflows["news"].steps[0].template["markdown_body"] == "second"


def test_strictly_a_template_that_cannot_be_rendered_is_told_of_with_its_line(
    tmp_path: Path, write: Callable[..., Path], watched: Emulator
) -> None:
    lines: list[str] = []
    file = write("", text=json.dumps({"name": "x", "steps": [{**STEP, "template": {"markdown_body@": "body.md"}}]}))
    body = file.with_name("body.md")
    body.write_text("one\ntwo {{ data.x | nothing }}\n")

    ProjectWatch(watched, tmp_path, report=lines.append, check=check_workflow).reload()

    assert lines == [f"{body}:2: there is no filter 'nothing'."]
    assert body_of(watched) == "first"


def test_changes_of_the_folder_are_followed_until_told_to_stop(
    tmp_path: Path, write: Callable[..., Path], watched: Emulator
) -> None:
    async def follow() -> None:
        stop, told = asyncio.Event(), asyncio.Event()
        watch = ProjectWatch(watched, tmp_path, report=lambda _: told.set())
        following = asyncio.create_task(watch.follow(stop))
        async with asyncio.timeout(PATIENCE_S):
            while not told.is_set():  # a change from before the watch began is not seen: change again
                write("", text="{" * len(changes))
                changes.append(None)
                with_patience = asyncio.wait_for(told.wait(), timeout=0.5)
                await asyncio.gather(with_patience, return_exceptions=True)
            stop.set()
            await following

    changes: list[None] = [None]
    asyncio.run(follow())

    assert body_of(watched) == "first"
