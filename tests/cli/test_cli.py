"""The command line as a whole: help, errors, exit codes."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import click
import pytest

from knock_harness import __version__, cli
from knock_harness.cli import COMMANDS
from knock_harness.errors import ExitCode, InvalidConfiguration, NoVerdict, Refused, TargetUnreachable

#: What takes long to import and no help text needs.
HEAVY = ("httpx", "hypothesis", "jsonschema_rs", "pytest", "rich.console", "schemathesis", "yaml")


def imported_by(*arguments: str) -> set[str]:
    """Return the heavy modules that a command line imports."""
    program = (
        "import sys\nfrom knock_harness.cli import run\nrun(sys.argv[1:])\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True, timeout=20
    )
    return set(ended.stderr.split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    assert imported_by(*arguments) == set()


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.run(["--help"])

    shown = capsys.readouterr().out
    assert code == ExitCode.OK
    assert [name for name in COMMANDS if f"\n  {name} " in shown] == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_where_the_table_says(name: str) -> None:
    command = import_module(COMMANDS[name].module).command

    assert isinstance(command, click.Command)
    assert command.name == name
    assert command.help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([name, "--help"]) == ExitCode.OK
    assert f"Usage: knock-harness {name}" in capsys.readouterr().out


def test_the_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == ExitCode.OK
    assert __version__ in capsys.readouterr().out


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([]) == ExitCode.USAGE
    assert "Commands:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--nonsense"], "error: No such option '--nonsense'. See `knock-harness --help`."),
        (["nonsense"], "error: No such command 'nonsense'. See `knock-harness --help`."),
        (["target", "show", "--nonsense"], "See `knock-harness target show --help`."),
        (["cleanup"], "See `knock-harness cleanup --help`."),
    ],
)
def test_a_mistake_in_the_line_is_one_line_and_exit_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.run(arguments)

    shown = capsys.readouterr().err
    assert code == ExitCode.USAGE
    assert shown.startswith("error: ")
    assert message in shown
    assert shown.count("\n") == 1


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Put a command `fail` into the table that raises."""

    def fail() -> None:
        raise error

    module = type(sys)("failing_command")
    module.command = click.Command("fail", callback=fail)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "failing_command", module)
    monkeypatch.setitem(COMMANDS, "fail", cli.LazyCommand("failing_command", "Fail."))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidConfiguration("wrong", where="a.toml:3", hint="Change it."), 2),
        (Refused("live"), 2),
        (TargetUnreachable("refused"), 3),
        (NoVerdict("nothing"), 4),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("ours"), 4),
    ],
)
def test_each_error_has_its_exit_code(monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int) -> None:
    raising(monkeypatch, error)

    assert cli.run(["fail"]) == code


def test_an_error_says_where_what_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, InvalidConfiguration("wrong\nindeed", where="a.toml:3", hint="Change it."))

    cli.run(["fail"])

    assert capsys.readouterr() == ("", "error: a.toml:3: wrong indeed. Change it.\n")


def test_a_fault_of_ours_shows_where_it_happened(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, ZeroDivisionError("ours"))

    cli.run(["fail"])

    assert "ZeroDivisionError: ours" in capsys.readouterr().err


def test_it_also_runs_as_a_module() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "knock_harness.cli", "nonsense"], capture_output=True, text=True, timeout=20, check=False
    )

    assert ended.returncode == ExitCode.USAGE
    assert ended.stderr.startswith("error: ")
