"""Requests generated, sent and judged in a second: ours next to plain `schemathesis run`.

Both get the same exported document, the same emulator over a socket, two workers, and the time of the whole command
with its start. Schemathesis is asked for the checks that hold an answer against the document; ours are held against
those and against every requirement that a single answer can break.

Run: python -m benchmarks.judging [--every N] [--examples N]
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.figures import Figure, at_least, hand_over, parser
from knock_harness import contract
from knock_harness.target import packaged_target
from knock_harness.verify import Plan, suites

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE: Final = Path(__file__).resolve().parent
CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
WORKERS: Final = 2
LONGEST_S: Final = 500
#: How many times as many a second as Schemathesis: the goals.
GOALS: Final = {"fuzzing": 4.0, "coverage": 1.8}


def main() -> int:
    """Measure both phases, print and hand over."""
    arguments = parser(__doc__)
    arguments.add_argument("--every", type=int, default=2, help="only every n-th operation of the document")
    arguments.add_argument("--examples", type=int, default=100, help="random requests for each operation")
    given = arguments.parse_args()
    names = list(contract.load().operations)[:: given.every]
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        document = exported(Path(folder))
        for phase in GOALS:
            with emulator() as (url, key):
                theirs = schemathesis(phase, document, url, key, names=names, examples=given.examples)
            with emulator() as (url, key):
                ours = harness(phase, Path(folder), url, key, names=names, examples=given.examples)
            figures.append(
                Figure(
                    what=f"{phase}: requests judged",
                    measured=ours,
                    unit="/s",
                    peer="schemathesis run",
                    peer_measured=theirs,
                    ratio_goal=at_least(GOALS[phase]),
                    note=f"{len(names)} operations, {WORKERS} workers",
                )
            )
    hand_over(figures, given.figures)
    return 0


def harness(phase: str, folder: Path, url: str, key: str, *, names: Sequence[str], examples: int) -> float:
    """Return how many requests a second our suites have judged."""
    tally = folder / f"{phase}.tally"
    # disposable: Schemathesis does not clean up after itself either
    target = packaged_target(url, api_key=key)
    plan = Plan(run="bench", target=target, folder=str(folder), disposable=True, workers=WORKERS)
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = ignore\n")
    command = suites.command((HERE / "judging_suite",), folder=folder, seed=1, workers=WORKERS)
    variables = {
        "JUDGING_TALLY": str(tally),
        "JUDGING_OPERATIONS": ",".join(names),
        "JUDGING_EXAMPLES": str(examples),
        **suites.environment(plan, profile="standard", base={}),
    }
    seconds = timed([*command, "-k", f"test_{phase}"], folder, variables)
    return sum(int(line) for line in tally.read_text("ascii").split()) / seconds


def schemathesis(phase: str, document: Path, url: str, key: str, *, names: Sequence[str], examples: int) -> float:
    """Return how many requests a second `schemathesis run` has judged."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", str(document), "--url", url, "--phases", phase]
    command += ["--checks", ",".join(CHECKS), "--header", f"Authorization: Bearer {key}", "--no-color"]
    command += ["--workers", str(WORKERS), "--generation-database", "none", "--suppress-health-check", "all"]
    command += ["--generation-with-security-parameters", "false", "--max-examples", str(examples), "--no-shrink"]
    command += ["--mode", "positive" if phase == "fuzzing" else "all", "--continue-on-failure"]
    for name in names:
        command += ["--include-operation-id", name]
    output = document.parent / f"{phase}.txt"
    seconds = timed(command, document.parent, {}, output=output)
    found = re.search(r"(\d[\d,]*) generated", output.read_text("utf-8"))
    if found is None:
        raise RuntimeError(f"schemathesis did not say how many requests it made:\n{output.read_text('utf-8')[-2000:]}")
    return int(found[1].replace(",", "")) / seconds


def timed(command: Sequence[str], folder: Path, variables: dict[str, str], *, output: Path | None = None) -> float:
    """Run a command to its end and return the seconds it took; what it found does not matter here."""
    target = output or folder / "output.txt"
    started = time.perf_counter()
    with target.open("wb") as file:
        subprocess.run(
            command, cwd=folder, env=os.environ | variables, stdout=file, stderr=subprocess.STDOUT, timeout=LONGEST_S
        )
    return time.perf_counter() - started


def exported(folder: Path) -> Path:
    """Write the contract as other tools read it."""
    file = folder / "contract.json"
    command = [sys.executable, "-m", "knock_harness.cli", "contract", "export", "--format", "json"]
    file.write_bytes(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    return file


@contextmanager
def emulator() -> Iterator[tuple[str, str]]:
    """Start an emulator that shares the processors with whoever asks it, and yield its address and its key."""
    command = [sys.executable, "-m", "knock_harness.cli", "emulator", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(2)]
        url, key = (line.strip().rpartition(": ")[2] for line in said)
        yield url, key
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    raise SystemExit(main())
