"""A run that dies leaves a ledger, from which `knock-harness cleanup` removes the rest over a real socket."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from knock_harness import cli
from knock_harness.errors import ExitCode
from knock_harness.target import Client, packaged_target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "sk_test_emulator"

#: Makes all kinds of things and dies without a word.
DYING_RUN = """
import os, sys
from pathlib import Path
from knock_harness.target import Client, Ledger, World, packaged_target
target = packaged_target(sys.argv[1], api_key=sys.argv[2])
ledger = Ledger(Path(sys.argv[3]), base_url=target.base_url, prefix="kh-died-0-")
world = World(Client(target), prefix="kh-died-0-", ledger=ledger)
for symbol in ("@message", "@object", "@tenant", "@audience", "@subscriber", "@slack_object", "@schedule"):
    world.value(symbol)
os._exit(9)
"""


@pytest.fixture
def emulator() -> Iterator[str]:
    """The URL of an emulator in a process of its own."""
    command = [sys.executable, "-m", "knock_harness.cli", "emulator", "--port", "0", "--key", KEY]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().partition(": ")[2].strip()
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def test_nothing_is_left_of_a_run_that_died(emulator: str, tmp_path: Path) -> None:
    ledger = tmp_path / "main.ledger.jsonl"
    died = subprocess.run([sys.executable, "-c", DYING_RUN, emulator, KEY, str(ledger)], check=False, timeout=30)

    code = cli.run(["cleanup", str(ledger), "--key", KEY])

    assert died.returncode == 9
    assert code == ExitCode.OK
    with Client(packaged_target(emulator, api_key=KEY)) as client:
        listed = [client.send("GET", path).json()["entries"] for path in ("/v1/users", "/v1/tenants")]
    assert listed == [[], []]
