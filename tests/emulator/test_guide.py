"""The guide to the emulator does what it says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.cli.emulator import command as emulator_command
from knock_harness.emulator import running

if TYPE_CHECKING:
    from collections.abc import Iterator

GUIDE = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text(encoding="utf-8")
PRINTED_URL = "http://127.0.0.1:4000"


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def commands() -> Iterator[tuple[str, str]]:
    """Return each command, and what is printed below it; nothing where that is left out."""
    for block in blocks("console"):
        for each in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = each.splitlines()
            last = next(
                number
                for number, line in enumerate(lines)
                if not line.endswith("\\") and _is_whole(lines[: number + 1])
            )
            yield "\n".join(lines[: last + 1]), "\n".join(lines[last + 1 :])


def _is_whole(lines: list[str]) -> bool:
    return "\n".join(lines).count("'") % 2 == 0


CURLS = [each for each in commands() if each[0].startswith("curl ")]
STARTS = [each for each in commands() if each[0].startswith("knock-harness emulator ")]


def test_the_guide_prints_commands() -> None:
    assert len(CURLS) > 10
    assert len(CURLS) + len(STARTS) == len(list(commands()))


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_its_requests_work_one_after_the_other_and_answer_what_is_printed() -> None:
    with running(seed=1) as knock:
        for command, printed in CURLS:
            done = subprocess.run(
                ["sh", "-c", command.replace(PRINTED_URL, knock.url)], capture_output=True, text=True, timeout=30
            )

            assert done.returncode == 0, command
            assert printed in {"", done.stdout}, command


@pytest.mark.parametrize(("command", "printed"), STARTS)
def test_its_emulators_start(command: str, printed: str) -> None:
    arguments = command.replace("--port 4000", "").split()[1:]
    whole = [sys.executable, "-m", "knock_harness.cli", *arguments, "--port", "0"]
    with subprocess.Popen(whole, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            lines = [process.stdout.readline().strip() for _ in range(3)]
        finally:
            process.terminate()

    assert lines[0].startswith("knock-harness emulator: http://"), lines
    assert printed in {"", "\n".join([f"knock-harness emulator: {PRINTED_URL}", *lines[1:]])}


def test_its_python_works_one_after_the_other() -> None:
    known: dict[str, Any] = {}
    with running(seed=1) as knock, ExitStack() as opened:
        for example in blocks("python"):
            code = compile(example.replace(PRINTED_URL, knock.url), "docs/emulator.md", "exec")
            exec(code, known)  # noqa: S102 - our own text
            for name in known.keys() & {"api", "control"}:
                opened.callback(known[name].close)


def test_it_names_every_flag() -> None:
    flags = {flag for parameter in emulator_command.params for flag in parameter.opts}

    assert {flag for flag in flags if f"`{flag}" not in GUIDE} == set()
