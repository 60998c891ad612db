"""The one tree of errors: what went wrong, where, and what to do about it.

HarnessError
├── UsageError            exit 2: what the user gave cannot be used
│   ├── InvalidConfiguration    a configuration file, an environment variable or a flag
│   ├── InvalidDocument         an OpenAPI document, a requirement file or a project folder
│   ├── ControlError            an emulator does not let itself be steered so
│   └── Refused                 the guard: a host or key that this run must not touch
├── TargetUnreachable     exit 3: nobody answers, or not in HTTP
└── NoVerdict             exit 4: too little was judged to say anything
    └── NotMade                 the target did not let test data be made

A broken promise is no exception but a failed observation.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

__all__ = [
    "ControlError",
    "ExitCode",
    "HarnessError",
    "InvalidConfiguration",
    "InvalidDocument",
    "NoVerdict",
    "NotMade",
    "Refused",
    "TargetUnreachable",
    "UsageError",
]


class ExitCode(IntEnum):
    """What a command's exit code means, everywhere."""

    OK = 0
    NOT_CONFORMANT = 1
    USAGE = 2
    UNREACHABLE = 3
    NO_VERDICT = 4
    INTERRUPTED = 130


class HarnessError(Exception):
    """Something the toolkit cannot go on with; shown as one line.

    Attributes:
        what: what is wrong.
        where: the file and line, flag, variable or address it is wrong at; empty if the message says so already.
        hint: what to do about it; empty if nothing can be said.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" {self.hint}" if self.hint else ""
        return f"{place}{self.what}.{advice}"


class UsageError(HarnessError):
    """What the user gave cannot be used."""


class InvalidConfiguration(UsageError):
    """A configuration file, an environment variable or a flag says something that has no meaning."""


class InvalidDocument(UsageError):
    """A file that should hold an OpenAPI document, requirements or a Knock project does not.

    Attributes:
        file: the file, where the fault could be told that exactly; empty if not.
        line: the line of the file, from 1.
        path: where in the definition the fault is, such as ``steps[2].settings``; empty: not within it.
    """

    def __init__(
        self, what: str, *, where: str = "", hint: str = "", file: str = "", line: int | None = None, path: str = ""
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.file = file
        self.line = line
        self.path = path


class ControlError(UsageError):
    """An emulator does not let itself be steered so.

    Attributes:
        status: of its answer; 0: it was not asked.
        code: what kind of refusal it is; empty if the answer does not say.
        file: the file of a definition that is broken, if it came from one.
        line: the line of that file, from 1.
        path: where in the definition the fault is, such as ``steps[2].settings``.
    """

    def __init__(
        self,
        what: str,
        *,
        hint: str = "",
        status: int = 0,
        code: str = "",
        file: str = "",
        line: int | None = None,
        path: str = "",
    ) -> None:
        super().__init__(what, hint=hint)
        self.status = status
        self.code = code
        self.file = file
        self.line = line
        self.path = path


class Refused(UsageError):
    """The guard forbids it: the host is not named in the configuration, or the key looks live."""


class TargetUnreachable(HarnessError):
    """The target refuses the connection, resets it, does not answer in time, or does not speak HTTP."""

    exit_code = ExitCode.UNREACHABLE


class NoVerdict(HarnessError):
    """Too little was judged to say anything about the target."""

    exit_code = ExitCode.NO_VERDICT


class NotMade(NoVerdict):
    """The target did not let test data be made that a check needs."""
