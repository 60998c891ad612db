"""What the guides say is so: each is tried from top to bottom, and every one can be found."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from knock_harness.cli import COMMANDS
from knock_harness.cli.emulator import command as emulator_command
from knock_harness.contract import requirements
from knock_harness.emulator import Running, running
from knock_harness.target import Client, Entity, Ledger, packaged_target
from knock_harness.verify.observations import Judge

from .pages import ROOT, Block, Command, Page, guides

if TYPE_CHECKING:
    from collections.abc import Iterator

GUIDES = guides()
README = Page(ROOT / "README.md")
PRINTED_URL = "http://127.0.0.1:4000"
#: Commands that are not tried, by how they begin, and why.
LEFT_OUT = {"schemathesis run": "it takes minutes, and reports what the page then explains"}
LONGEST_S = 60

names = pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)


class Reader:
    """Somebody who types what a page prints: into a shell, into Python, with an emulator at the printed address.

    Args:
        knock: the emulator.
        place: the working directory.
    """

    def __init__(self, knock: Running, place: Path) -> None:
        self._url = knock.url
        self._place = place
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("KNOCK")},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "KNOCK_API_KEY": knock.secret_key,
        }
        self._to_close = ExitStack()
        client = self._to_close.enter_context(Client(packaged_target(knock.url, api_key=knock.secret_key)))
        #: What Python knows: at first nothing but the fixtures of a check.
        self._known: dict[str, Any] = {"client": client, "judge": Judge(requirements.load())}

    def close(self) -> None:
        """Let go of the clients that were made."""
        self._to_close.close()

    def try_out(self, block: Block, *, of: Page) -> None:
        """Do what a block says."""
        if block.language == "python":
            # The lines before it are left blank, so that a failure names the line of the page.
            text = "\n" * (block.number - 1) + block.text.replace(PRINTED_URL, self._url)
            exec(compile(text, of.path, "exec"), self._known)  # noqa: S102 - our own text
            for name in self._known.keys() & {"api", "control"}:
                self._to_close.callback(self._known[name].close)
            return
        for command in block.commands():
            if command.line.startswith(tuple(LEFT_OUT)):
                continue
            if command.line.startswith("knock-harness emulator"):
                self._start(command)
            else:
                self._run(command)

    def _run(self, command: Command) -> None:
        done = subprocess.run(
            ["sh", "-c", command.line.replace(PRINTED_URL, self._url)],
            cwd=self._place,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
        )
        assert done.returncode == 0, f"{command.line}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
        assert command.printed in {"", done.stdout.rstrip("\n")}, command.line

    def _start(self, command: Command) -> None:
        """Start an emulator, on any port and for this machine alone, see what it prints, and stop it."""
        given = command.line.replace("--port 4000", "").replace("--host 0.0.0.0", "").split()[1:]
        whole = [sys.executable, "-m", "knock_harness.cli", *given, "--port", "0"]
        with subprocess.Popen(
            whole, cwd=self._place, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                lines = [process.stdout.readline().strip() for _ in range(3)]
            finally:
                process.terminate()
        assert lines[0].startswith("knock-harness emulator: http://127.0.0.1:"), lines
        assert command.printed in {"", "\n".join([f"knock-harness emulator: {PRINTED_URL}", *lines[1:]])}


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """Somebody in a directory where a run was interrupted."""
    with running(seed=1) as knock:
        ledger = Ledger(tmp_path / "reports/latest/ledgers/run-main.jsonl", base_url=knock.url, prefix="kh-")
        ledger.made(Entity("user", "kh-ada"))
        ledger.close()
        someone = Reader(knock, tmp_path)
        yield someone
        someone.close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@names
def test_a_guide_can_be_tried_from_top_to_bottom(page: Page, reader: Reader) -> None:
    for block in page.blocks("python", "console"):
        reader.try_out(block, of=page)


@names
def test_the_files_that_a_guide_prints_can_be_read(page: Page) -> None:
    for block in page.blocks("toml"):
        assert tomllib.loads(block.text)
    for block in page.blocks("yaml"):
        assert yaml.safe_load(block.text)


@names
def test_a_guide_says_of_each_block_what_it_is(page: Page) -> None:
    assert page.blocks("") == []


@pytest.mark.parametrize("page", [README, Page(ROOT / "examples" / "README.md"), *GUIDES], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Page) -> None:
    assert [each for each in page.links() if not each.exists()] == []


def test_every_guide_is_linked_from_the_readme() -> None:
    assert {page.path for page in GUIDES} - set(README.links()) == set()


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_is_described(name: str) -> None:
    assert any(f"knock-harness {name}" in page.text for page in [README, *GUIDES])


def test_the_guide_to_the_emulator_names_every_flag() -> None:
    (guide,) = (page for page in GUIDES if page.path.name == "emulator.md")
    flags = {flag for parameter in emulator_command.params for flag in parameter.opts}

    assert {flag for flag in flags if f"`{flag}" not in guide.text} == set()
