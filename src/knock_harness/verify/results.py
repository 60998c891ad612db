"""The one model of a run's results; every report is a view of it. docs/results.md describes the file.

What changes in a way that breaks readers raises SCHEMA_VERSION.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from knock_harness.contract.requirements import Level
from knock_harness.errors import ExitCode, InvalidDocument
from knock_harness.verify.observations import Finding

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "SCHEMA_VERSION",
    "Failure",
    "HarnessFault",
    "OperationResult",
    "RequirementResult",
    "Results",
    "Run",
    "Status",
    "Tally",
    "Verdict",
    "read",
    "schema",
    "write",
]

SCHEMA_VERSION = 1

#: "not judged": its tests were selected, and none of them came to a finding.
Status = Literal["passed", "failed", "unstable", "skipped", "not judged"]

Conclusion = Literal["conformant", "not conformant", "no verdict"]


class Verdict(msgspec.Struct, frozen=True):
    """What came out.

    Attributes:
        partial: part of what was selected was not judged.
        interrupted: somebody stopped the run.
        reasons: why there is no verdict, or why it is partial; one sentence each.
    """

    conclusion: Conclusion
    partial: bool = False
    interrupted: bool = False
    reasons: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The verdict in words, with a warning in front if it rests on part of the run."""
        return f"partial: {self.conclusion}" if self.partial else self.conclusion

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of a command that came to this verdict."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        return _EXIT_CODES[self.conclusion]


_EXIT_CODES: dict[Conclusion, ExitCode] = {
    "conformant": ExitCode.OK,
    "not conformant": ExitCode.NOT_CONFORMANT,
    "no verdict": ExitCode.NO_VERDICT,
}


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """Which run it was.

    Attributes:
        harness: version of knock-harness.
        target: base URL.
        emulated: the target was an emulator, started for this run and gone with it.
        started_at: RFC 3339, UTC.
        seconds: wall time.
        prefixes: of the requirements selected; empty for all.
        operations: the operationIds selected; empty for all.
        items: tests selected.
        items_done: tests that ran to their end.
        requests: requests sent, set-up included.
    """

    harness: str
    target: str
    profile: str
    seed: int
    workers: int
    started_at: str
    seconds: float
    prefixes: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    items: int = 0
    items_done: int = 0
    requests: int = 0
    emulated: bool = False


class Tally(msgspec.Struct, frozen=True):
    """How often each came out, for one requirement on one operation (None: not bound to a single one)."""

    operation: str | None
    passed: int = 0
    failed: int = 0
    unstable: int = 0
    skipped: int = 0

    @property
    def status(self) -> Status:
        """The outcome that weighs most."""
        return weightiest(self)


class RequirementResult(msgspec.Struct, frozen=True):
    """What came of one requirement.

    Attributes:
        tallies: one for each operation it was checked on.
        skipped_because: the reasons, each once.
    """

    id: str
    level: Level
    status: Status
    statement: str
    source: str
    note: str = ""
    tallies: tuple[Tally, ...] = ()
    skipped_because: tuple[str, ...] = ()


class Failure(msgspec.Struct, frozen=True):
    """One broken promise, ready to be reproduced.

    Attributes:
        operation: operationId; None if the promise was not checked on a single operation.
        count: how many requests showed it.
        unstable: it held when the request was repeated.
        item: pytest's node id of the test that found it.
    """

    requirement: str
    level: Level
    operation: str | None
    count: int
    finding: Finding
    unstable: bool
    item: str


class HarnessFault(msgspec.Struct, frozen=True):
    """Something that went wrong in the harness itself; never the target's fault."""

    item: str
    message: str


class OperationResult(msgspec.Struct, frozen=True):
    """What was asked of one operation.

    Attributes:
        statuses: how many answers of each HTTP status.
        holes: what of it was never exercised; short sentences.
        exercised: parameters, body fields, enumerated values and constraints that were; see docs/results.md.
    """

    id: str
    method: str
    path: str
    resource: str
    deprecated: bool
    selected: bool
    requests: int
    statuses: dict[str, int]
    holes: tuple[str, ...] = ()
    exercised: dict[str, Any] = {}

    @property
    def reached(self) -> bool:
        """Whether it ever answered 2xx."""
        return any(status.startswith("2") and count for status, count in self.statuses.items())


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of a run.

    Attributes:
        unchecked: ids of requirements that were selected too, but that no test of the suites checks.
    """

    schema_version: int = SCHEMA_VERSION
    verdict: Verdict
    run: Run
    requirements: tuple[RequirementResult, ...]
    failures: tuple[Failure, ...]
    operations: tuple[OperationResult, ...]
    faults: tuple[HarnessFault, ...] = ()
    unchecked: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[OperationResult, ...]:
        """The operations that this run was to ask."""
        return tuple(each for each in self.operations if each.selected)

    @property
    def unreached(self) -> tuple[OperationResult, ...]:
        """Those of them that never answered 2xx: holes in the run."""
        return tuple(each for each in self.asked if not each.reached)


def weightiest(tally: Tally) -> Status:
    """Return the outcome that weighs most: one failure outweighs any number of successes."""
    ordered: tuple[tuple[Status, int], ...] = (
        ("failed", tally.failed),
        ("unstable", tally.unstable),
        ("passed", tally.passed),
        ("skipped", tally.skipped),
    )
    return next((status for status, count in ordered if count), "not judged")


def write(results: Results, path: Path) -> None:
    """Write the results as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2))


def read(path: Path) -> Results:
    """Read the results of an earlier run.

    Raises:
        InvalidDocument: the file is missing, is no results file, or is of another schema version.
    """
    try:
        content = path.read_bytes()
        version = msgspec.json.decode(content, type=_Versioned).schema_version
        if version != SCHEMA_VERSION:
            hint = "Read it with the release that wrote it."
            raise InvalidDocument(f"schema_version is {version}, not {SCHEMA_VERSION}", where=str(path), hint=hint)
        return msgspec.json.decode(content, type=Results)
    except OSError as error:
        raise InvalidDocument(f"cannot be read ({error.strerror})", where=str(path)) from None
    except msgspec.DecodeError as error:
        raise InvalidDocument(f"holds no results ({error})", where=str(path)) from None


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the results file."""
    return msgspec.json.schema(Results)


class _Versioned(msgspec.Struct):
    schema_version: int
