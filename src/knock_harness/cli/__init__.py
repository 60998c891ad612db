"""The command line: one thin module for each command, and one place where errors become a line and an exit code."""

from __future__ import annotations

import sys
import traceback
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, cast

import click

from knock_harness import __version__
from knock_harness.errors import ExitCode, HarnessError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["COMMANDS", "LazyCommand", "LazyGroup", "main"]


class LazyCommand(NamedTuple):
    """A command that is imported when it is called, not when it is listed.

    Attributes:
        module: where it is; the module's `command` is the click command.
        help: what `--help` says of it in one line.
    """

    module: str
    help: str


#: Every command, in the order in which `--help` lists them.
COMMANDS: Mapping[str, LazyCommand] = {
    "verify": LazyCommand("knock_harness.cli.verify", "Check a target against the contract."),
    "requirements": LazyCommand("knock_harness.cli.requirements", "List and explain what is promised."),
    "contract": LazyCommand(
        "knock_harness.cli.contract", "Write the contract out, or hold another document against it."
    ),
    "emulator": LazyCommand("knock_harness.cli.emulator", "Serve a Knock API on this machine."),
    "project": LazyCommand("knock_harness.cli.project", "Write out the Knock project that the suites rely on."),
    "target": LazyCommand(
        "knock_harness.cli.target", "Show which target is configured, and where each value comes from."
    ),
    "cleanup": LazyCommand("knock_harness.cli.cleanup", "Remove what an interrupted run left behind on a target."),
}


class LazyGroup(click.Group):
    """A group whose commands are named by a table, so that `--help` imports none of them."""

    def __init__(self, name: str, *, table: Mapping[str, LazyCommand], help: str) -> None:  # noqa: A002 - click's word
        super().__init__(
            name, help=help, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]}
        )
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Import and return the command of this name, if there is one."""
        if cmd_name not in self.table:
            return None
        return cast(click.Command, import_module(self.table[cmd_name].module).command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """Write one line for each command without importing it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.table.items()])


def build_cli() -> click.Group:
    """Return the command `knock-harness` with all its subcommands."""
    group = LazyGroup(
        "knock-harness",
        table=COMMANDS,
        help="Tell, with evidence, whether a server keeps the Knock API contract.",
    )
    return click.version_option(__version__, prog_name="knock-harness")(group)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with the exit code of `ExitCode`.

    Args:
        arguments: what stands after the program's name; None: those of this process.
    """
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code; errors are shown as one line on stderr."""
    try:
        result = build_cli().main(arguments, prog_name="knock-harness", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitCode.USAGE
    except click.ClickException as error:
        return _complain(one_line(error), ExitCode.USAGE)
    except HarnessError as error:
        return _complain(str(error), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return _complain("interrupted", ExitCode.INTERRUPTED)
    except Exception:  # noqa: BLE001 - exit code 1 would say "not conformant"; a fault of ours is no verdict on anybody
        traceback.print_exc()
        return _complain("a fault in knock-harness itself, shown above; nothing was judged", ExitCode.NO_VERDICT)
    return int(result) if isinstance(result, int) else ExitCode.OK


def one_line(error: click.ClickException) -> str:
    """Return what click complains of, with the command whose `--help` says more."""
    message = " ".join(error.format_message().split())
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"{message} See `{context.command_path} --help`." if context else message


def _complain(message: str, code: ExitCode) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201 - stderr is the interface here
    return code
