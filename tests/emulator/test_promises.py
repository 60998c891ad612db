"""The emulator keeps what it promises: every requirement has a test that shows it, or a reason why none can."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from knock_harness.contract import requirements

HERE = Path(__file__).parent
KNOWN = requirements.load()


def marks(node: ast.AST) -> list[ast.Call]:
    """Return the marks `promise` in a piece of code."""
    return [
        each
        for each in ast.walk(node)
        if isinstance(each, ast.Call) and ast.unparse(each.func) == "pytest.mark.promise"
    ]


FILES = {str(file.relative_to(HERE)): ast.parse(file.read_text("utf-8")) for file in sorted(HERE.rglob("test_*.py"))}
#: What the marks of each file name, as it stands there.
MARKS = {name: [argument for mark in marks(tree) for argument in mark.args] for name, tree in FILES.items()}
SHOWN = {each.value for marks in MARKS.values() for each in marks if isinstance(each, ast.Constant)}


@pytest.mark.parametrize("file", MARKS)
def test_every_promise_is_named_literally_and_is_a_requirement(file: str) -> None:
    unknown = [ast.unparse(each) for each in MARKS[file] if getattr(each, "value", None) not in KNOWN]

    assert not unknown


@pytest.mark.parametrize("file", FILES)
def test_every_mark_stands_on_a_test_or_a_file_of_them(file: str) -> None:
    placed = [
        mark
        for each in ast.walk(FILES[file])
        if isinstance(each, ast.FunctionDef | ast.ClassDef) and each.name.lower().startswith("test")
        for decorator in each.decorator_list
        for mark in marks(decorator)
    ]
    whole = [mark for each in FILES[file].body if ast.unparse(each).startswith("pytestmark =") for mark in marks(each)]

    assert marks(FILES[file]) == [each for each in marks(FILES[file]) if each in placed or each in whole]


def test_nothing_is_shown_that_is_said_not_to_be_kept() -> None:
    assert not [name for name in SHOWN if KNOWN[name].unkept]


def test_every_requirement_is_shown_or_has_a_reason_why_it_is_not_kept() -> None:
    assert not [each.id for each in KNOWN.values() if each.id not in SHOWN and not each.unkept]
