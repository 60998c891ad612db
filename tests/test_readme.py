"""What the README prints can be typed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .pages import ROOT, Page

README = Page(ROOT / "README.md")
#: `make verify` makes a virtual environment, installs, and verifies with the standard profile.
LONGEST_S = 600
#: Commands that are not run here, and why.
LEFT_OUT = {"make test": "it runs these tests"}


COMMANDS = [
    command.line for block in README.blocks("console") for command in block.commands() if command.line not in LEFT_OUT
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a copy of the checkout as a clone would have it."""
    left_behind = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "node_modules", "latest", "build")
    return Path(shutil.copytree(ROOT, tmp_path / "knock-harness", ignore=left_behind))


@pytest.fixture
def environment() -> dict[str, str]:
    """Return the environment of a user who has activated the virtual environment and set nothing else."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "KNOCK", "MAKE"))}
    return {**kept, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"}


def test_the_readme_prints_commands() -> None:
    assert "make verify" in COMMANDS
    assert len(COMMANDS) > 1


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_works(command: str, place: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["sh", "-c", command], cwd=place, env=environment, capture_output=True, text=True, timeout=LONGEST_S
    )

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.mark.parametrize("example", [block.text for block in README.blocks("python")])
def test_a_python_example_of_the_readme_works(example: str, tmp_path: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-W", "error", "-c", example]

    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
