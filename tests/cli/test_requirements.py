from __future__ import annotations

from pathlib import Path

import pytest

from knock_harness import cli
from knock_harness.contract import requirements
from knock_harness.errors import ExitCode

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> str:
    assert cli.run(["requirements", *request.param]) == ExitCode.OK
    return capsys.readouterr().out


def ids(text: str) -> set[str]:
    """Return the ids of the requirements that a text names at the beginning of a line."""
    return {line.split()[0] for line in text.splitlines() if line.strip()} & requirements.load().keys()


@pytest.mark.parametrize("shown", [[]], indirect=True)
def test_all_requirements_are_listed(shown: str) -> None:
    assert ids(shown) == requirements.load().keys()


@pytest.mark.parametrize("shown", [["PAGE"]], indirect=True)
def test_topics_have_a_heading_that_says_how_many_there_are(shown: str) -> None:
    assert shown.startswith(f"paging ({len(ids(shown))})\n")


@pytest.mark.parametrize("shown", [["--level", "may"]], indirect=True)
def test_a_level_leaves_out_the_others(shown: str) -> None:
    assert ids(shown) == {each.id for each in requirements.load().values() if each.level == "may"}


@pytest.mark.parametrize("shown", [["--topic", "guides"]], indirect=True)
def test_a_topic_leaves_out_the_others(shown: str) -> None:
    assert ids(shown) == {each.id for each in requirements.load().values() if each.topic == "guides"}


@pytest.mark.parametrize("shown", [["HTTP", "--operation", "deleteUser"]], indirect=True)
def test_an_operation_leaves_what_binds_it(shown: str) -> None:
    known = requirements.load()

    assert ids(shown) == {name for name in known if name.startswith("HTTP") and known[name].binds("deleteUser")}


@pytest.mark.parametrize("shown", [["page-size-max"]], indirect=True)
def test_a_whole_id_is_explained(shown: str) -> None:
    assert "check" in shown
    assert "knock-harness verify PAGE-SIZE-MAX" in shown


@pytest.mark.parametrize("shown", [["--unimplemented"]], indirect=True)
def test_what_is_unimplemented_has_a_reason(shown: str) -> None:
    assert ids(shown) == {each.id for each in requirements.load().values() if each.unkept}
    assert shown.count("not kept: ") == len(ids(shown))


@pytest.mark.parametrize("shown", [["--unimplemented", "--markdown"]], indirect=True)
def test_the_page_on_the_limits_of_the_emulator_is_current(shown: str) -> None:
    assert shown == (DOCS / "emulator-limits.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(["--operation", "listUser"], "Did you mean listUsers", id="operation"),
        pytest.param(["--topic", "pagination"], "The topics are: audiences", id="topic"),
        pytest.param(["--markdown"], "Add --unimplemented", id="markdown alone"),
    ],
)
def test_what_cannot_be_listed_is_said_in_one_line(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.run(["requirements", *arguments])

    error = capsys.readouterr().err
    assert code == ExitCode.USAGE
    assert complaint in error
    assert error.count("\n") == 1
