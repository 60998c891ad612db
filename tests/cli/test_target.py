"""`knock-harness target show` and `knock-harness cleanup`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from knock_harness import cli, target
from knock_harness.errors import ExitCode
from knock_harness.target import Entity, Ledger, read_ledger

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sk_test_abcdefghijklmnop"


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Work in an empty folder with no configuration in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("KNOCK_API_KEY", "KNOCK_PUBLIC_API_KEY", "KNOCK_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_each_value_is_shown_with_its_origin(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "knock-harness.toml").write_text('base_url = "http://localhost:1"\ncapabilities = ["clock"]\n')
    monkeypatch.setenv("KNOCK_API_KEY", KEY)

    code = cli.run(["target", "show", "--no-pace"])

    lines = capsys.readouterr().out.splitlines()
    assert code == ExitCode.OK
    assert "base_url\thttp://localhost:1\tknock-harness.toml:1" in lines
    assert "api_key\tsk_test_...mnop\tenvironment KNOCK_API_KEY" in lines
    assert "capabilities\tclock\tknock-harness.toml:2" in lines
    assert "pace\tfalse\tflag --pace" in lines
    assert lines[-1] == "A run may start."


def test_a_secret_is_never_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    cli.run(["target", "show", "--target", "http://localhost:1", "--key", KEY, "--public-key", "pk_test_short"])

    shown = capsys.readouterr().out
    assert KEY not in shown
    assert "short" not in shown


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "no target"),
        (["--target", "http://localhost:1"], "no key"),
        (["--target", "https://api.example.com", "--key", KEY], "neither this machine nor named"),
        (["--target", "http://localhost:1", "--key", "sk_live_abcdefghijklmnop"], "--i-understand-this-is-live"),
    ],
)
def test_it_says_whether_a_run_could_start(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["target", "show", *arguments]) == ExitCode.OK

    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("A run would be refused: ")
    assert reason in last


def test_a_target_that_is_no_url_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["target", "show", "--target", "foo"]) == ExitCode.USAGE
    assert capsys.readouterr().err.startswith("error: flag --target: 'foo' is no URL. ")


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """The ledger of a run that died."""
    path = tmp_path / "main.ledger.jsonl"
    with Ledger(path, base_url="http://127.0.0.1:1", prefix="kh-1-") as ledger:
        ledger.made(Entity("user", "kh-1-user-1"))
        ledger.made(Entity("user", "kh-1-user-2"))
    return path


def answer_with(monkeypatch: pytest.MonkeyPatch, status: int) -> list[httpx.Request]:
    """Let every request of a client be answered with this status."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, json={})

    monkeypatch.setattr(target.client, "PlainTransport", lambda **_options: httpx.MockTransport(answer))
    return asked


def test_what_a_dead_run_left_is_removed(
    ledger: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = answer_with(monkeypatch, 204)

    code = cli.run(["cleanup", str(ledger), "--key", KEY])

    assert code == ExitCode.OK
    assert [str(request.url) for request in asked] == [
        "http://127.0.0.1:1/v1/users/kh-1-user-1",
        "http://127.0.0.1:1/v1/users/kh-1-user-2",
    ]
    assert read_ledger(ledger)[1] == []
    assert capsys.readouterr().out.endswith("2 removed, 0 left\n")


def test_what_cannot_be_removed_is_named_and_kept(
    ledger: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_with(monkeypatch, 500)

    code = cli.run(["cleanup", str(ledger), "--key", KEY])

    assert code == ExitCode.NOT_CONFORMANT
    assert "left: user kh-1-user-1: answered 500" in capsys.readouterr().err
    assert len(read_ledger(ledger)[1]) == 2


def test_a_target_that_is_gone_is_said_so(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["cleanup", str(ledger), "--key", KEY]) == ExitCode.UNREACHABLE
    assert "connection refused" in capsys.readouterr().err


def test_a_file_that_is_no_ledger_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["cleanup", str(tmp_path / "none")]) == ExitCode.USAGE
    assert capsys.readouterr().err.count("\n") == 1
