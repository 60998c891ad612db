from __future__ import annotations

from typing import TYPE_CHECKING

from knock_harness import cli
from knock_harness.contract import project
from knock_harness.errors import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_exported_project_is_the_packaged_one(tmp_path: Path) -> None:
    code = cli.run(["project", "export", str(tmp_path / "copy")])

    exported, packaged = project.load(tmp_path / "copy"), project.load()
    assert code == ExitCode.OK
    assert exported.workflows == packaged.workflows
    assert exported.channels == packaged.channels


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")

    code = cli.run(["project", "export", str(tmp_path)])

    assert code == ExitCode.USAGE
    assert [each.name for each in tmp_path.iterdir()] == ["mine.txt"]
    assert str(tmp_path) in capsys.readouterr().err


def test_what_cannot_be_written_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")

    code = cli.run(["project", "export", str(tmp_path / "file" / "below")])

    assert code == ExitCode.USAGE
    assert capsys.readouterr().err.count("\n") == 1
