from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from knock_harness import cli
from knock_harness.errors import ExitCode
from knock_harness.target import eventually
from knock_harness.verify import suites
from tests.verify.conftest import greeter, write_suite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOLDS = """
import pytest

@pytest.mark.requirement("REQID-PRESENT")
def test_one(client, judge):
    assert client.send("GET", "/v1/users").headers["x-request-id"]
"""

FAILS = """
import pytest

@pytest.mark.requirement("PAGE-TOTAL-CAP")
@pytest.mark.operation("listUsers")
def test_one(client, judge):
    client.send("GET", "/v1/users")
    judge.failed("PAGE-TOTAL-CAP", "listUsers", expected="10000", got="10001", exchange=client.last)
"""

HANGS = """
import pytest, threading

@pytest.mark.requirement("REQID-PRESENT")
def test_one(client): client.send("GET", "/v1/users")

@pytest.mark.requirement("REQID-UNIQUE")
def test_two(): threading.Event().wait(60)
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder with no configuration but a key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KNOCK_BASE_URL", raising=False)
    monkeypatch.setenv("KNOCK_API_KEY", "sk_test_toy")


@pytest.fixture
def address() -> Iterator[str]:
    with greeter() as address:
        yield address


def use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, suite: str) -> None:
    folder = write_suite(tmp_path / "suite", suite)
    monkeypatch.setattr(suites, "locate", lambda: (folder,))


@contextmanager
def verifying(tmp_path: Path, suite: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run `knock-harness verify` on a suite of the test in a process of its own."""
    folder = write_suite(tmp_path / "suite", suite)
    program = f"""
from pathlib import Path
from knock_harness.cli import main
from knock_harness.verify import suites
suites.locate = lambda: (Path({str(folder)!r}),)
main(["verify", "--workers", "1", *{list(arguments)!r}])
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_target_that_keeps_its_promises_is_conformant(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, tmp_path, HOLDS)

    assert cli.run(["verify", "--target", address, "--workers", "1", "--seed", "5"]) == ExitCode.OK
    said = capsys.readouterr().out
    assert "seed 5" in said
    assert said.endswith("verdict: conformant\n")


def test_a_broken_must_ends_with_exit_code_one_and_a_curl_line(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, tmp_path, FAILS)
    views = ["--junit", "views/junit.xml", "--markdown", "views/report.md"]

    assert cli.run(["verify", "--target", address, "--workers", "1", *views]) == ExitCode.NOT_CONFORMANT
    said = capsys.readouterr().out
    assert "PAGE-TOTAL-CAP (must): listUsers" in said
    assert f"    curl -sS --globoff --path-as-is -i -X GET {address}/v1/users" in said
    assert "$KNOCK_API_KEY" in said
    assert "<failure" in (tmp_path / "views" / "junit.xml").read_text()
    assert "# not conformant" in (tmp_path / "views" / "report.md").read_text()
    assert json.loads((tmp_path / "reports" / "latest" / "results.json").read_text())["failures"]


def test_a_prefix_leaves_out_the_checks_of_other_requirements(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, tmp_path, FAILS + HOLDS.replace("test_one", "test_two"))

    assert cli.run(["verify", "reqid", "--target", address, "--workers", "1"]) == ExitCode.OK
    assert "verdict: conformant in what was selected (REQID)" in capsys.readouterr().out


def test_the_emulator_of_a_run_ends_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, tmp_path, HOLDS)

    assert cli.run(["verify", "--target", "emulator", "--workers", "1"]) == ExitCode.OK
    address = capsys.readouterr().out.split()[1]
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(["IDEMPOTANCY"], "no requirement starts with 'IDEMPOTANCY'", id="an unknown prefix"),
        pytest.param(["REQUID"], "Did you mean REQID?", id="nearly a prefix"),
        pytest.param(["--operation", "getUsers"], "Did you mean getUser?", id="an unknown operation"),
        pytest.param(["--profile", "thorough"], "'thorough' is not one of", id="an unknown profile"),
        pytest.param(["--fast"], "No such option", id="an unknown flag"),
        pytest.param(["--target", "nowhere"], "no URL", id="no URL"),
        pytest.param(["--target", "http://example.com"], "hosts", id="a host that nobody named"),
        pytest.param(["--workers", "0"], "--workers", id="no workers"),
        pytest.param(["--output", "/dev/null/x"], "no results can be written there", id="no folder"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_two(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["verify", *arguments]) == ExitCode.USAGE
    said = capsys.readouterr()
    assert complaint in said.err
    assert said.err.count("\n") == 1


def test_a_target_without_a_key_is_bad_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KNOCK_API_KEY")

    assert cli.run(["verify", "--target", "http://127.0.0.1:9"]) == ExitCode.USAGE
    assert "no key for http://127.0.0.1:9" in capsys.readouterr().err


def test_a_target_that_refuses_connections_cannot_be_reached(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["verify", "--target", "http://127.0.0.1:9"]) == ExitCode.UNREACHABLE
    assert "connection refused" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interruption_ends_soon_and_keeps_what_was_found(name: str, address: str, tmp_path: Path) -> None:
    reports = tmp_path / "reports" / "latest" / "run" / "gw0.reports.jsonl"
    with verifying(tmp_path, HANGS, "--target", address) as process:
        eventually(lambda: reports.exists() and reports.stat().st_size > 0, timeout_s=30)
        os.kill(process.pid, signal.Signals[name])
        said, _ = process.communicate(timeout=30)

    found = json.loads((tmp_path / "reports" / "latest" / "results.json").read_text())
    assert (process.returncode, found["verdict"]["partial"], found["run"]["items_done"]) == (130, True, 1)
    assert "verdict: partial: no verdict: the run was interrupted" in said


def test_an_interruption_leaves_no_process_behind(tmp_path: Path) -> None:
    emulator_log = tmp_path / "reports" / "latest" / "run" / "gw0.reports.jsonl"
    with verifying(tmp_path, HANGS, "--target", "emulator") as process:
        eventually(lambda: emulator_log.exists() and emulator_log.stat().st_size > 0, timeout_s=30)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)

    address = said.split()[1]
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)
