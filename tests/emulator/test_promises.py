"""The emulator keeps what it promises: every strong requirement has a test that shows it, or a reason why none can."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from knock_harness.contract import requirements

HERE = Path(__file__).parent
KNOWN = requirements.load()


def promises(file: Path) -> list[ast.expr]:
    """Return what the marks `promise` of a file name, as it stands there."""
    return [
        argument
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.promise"
        for argument in node.args
    ]


MARKS = {str(file.relative_to(HERE)): promises(file) for file in sorted(HERE.rglob("test_*.py"))}
SHOWN = {each.value for marks in MARKS.values() for each in marks if isinstance(each, ast.Constant)}


@pytest.mark.parametrize("file", MARKS)
def test_every_promise_is_named_literally_and_is_a_requirement(file: str) -> None:
    unknown = [ast.unparse(each) for each in MARKS[file] if getattr(each, "value", None) not in KNOWN]

    assert not unknown


def test_nothing_is_shown_that_is_said_not_to_be_kept() -> None:
    assert not [name for name in SHOWN if KNOWN[name].unkept]
