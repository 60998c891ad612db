"""What import-linter cannot see: the suites are no package of the project, but they too must not know who answers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SUITES = ("contract_tests", "scenarios", "load")


def imported(file: Path) -> set[str]:
    """Return the names of the modules that a file imports from."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update({node.module, *(f"{node.module}.{each.name}" for each in node.names)})
    return names


@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_does_not_import_the_emulator(suite: str) -> None:
    files = (ROOT / suite).rglob("*.py")

    knowing = [str(file) for file in files if any(name.startswith("knock_harness.emulator") for name in imported(file))]

    assert knowing == []


@pytest.mark.parametrize("suite", ["contract_tests", "scenarios"])
def test_a_suite_that_the_wheel_carries_imports_its_own_parts_relatively(suite: str) -> None:
    files = (ROOT / suite).rglob("*.py")

    absolute = [str(file) for file in files if any(name.split(".")[0] == suite for name in imported(file))]

    assert absolute == []
