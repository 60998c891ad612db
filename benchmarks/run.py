"""Run every benchmark program and print one table: what, measured, peer, ratio, goal, met.

Run: python -m benchmarks.run [PROGRAM ...]

Each program runs in a process of its own and is bounded in time; one that fails or overruns is named below the table,
and the exit code is 1. A goal that is missed is said, but is no failure: machines differ. The figures are left in
``reports/latest/bench.json``.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from benchmarks.figures import Figure, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HERE: Final = Path(__file__).resolve().parent
REPORT: Final = HERE.parent / "reports" / "latest" / "bench.json"

#: The programs in the order in which they run, and the seconds that each may take.
PROGRAMS: Final[Mapping[str, float]] = {
    "startup": 60,
    "serving": 180,
    "durable": 180,
    "fan_out": 120,
    "clock": 300,
    "memory": 180,
    "scale": 240,
    "verdict": 240,
    "client": 120,
    "judging": 900,
    "generation": 300,
}


def main() -> int:
    """Run the programs named on the command line, by default all of them."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("programs", nargs="*", metavar="PROGRAM", help=f"of {', '.join(present())}")
    chosen = arguments.parse_args().programs or present()
    if unknown := [each for each in chosen if each not in present()]:
        arguments.error(f"no benchmark program is called {', '.join(unknown)}")
    figures: list[Figure] = []
    failures: list[str] = []
    for program in chosen:
        print(f"== {program}", flush=True)
        failure = run(program, figures)
        if failure:
            failures.append(f"{program}: {failure}")
    print(f"\n{table(figures)}")
    for failure in failures:
        print(f"FAILED {failure}")
    write(figures, failures)
    print(f"figures: {REPORT.relative_to(HERE.parent)}")
    return 1 if failures else 0


def present() -> list[str]:
    """Return the names of the benchmark programs in this folder, in running order."""
    return [name for name in PROGRAMS if (HERE / f"{name}.py").exists()]


def run(program: str, figures: list[Figure]) -> str:
    """Run one program, add its figures, and return what went wrong, or nothing."""
    with tempfile.TemporaryDirectory(prefix="knock-bench-") as folder:
        file = Path(folder) / "figures.json"
        command = [sys.executable, "-m", f"benchmarks.{program}", "--figures", str(file)]
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=HERE.parent, start_new_session=True)
        try:
            code = process.wait(PROGRAMS[program])
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"not done after {time.monotonic() - started:.0f} s, ended"
        if file.exists():
            figures += msgspec.json.decode(file.read_bytes(), type=list[Figure])
        return f"exit code {code}" if code else ""


def write(figures: Sequence[Figure], failures: Sequence[str]) -> None:
    """Leave the figures in the report file."""
    report = {
        "schema_version": 1,
        "at": datetime.now(UTC),
        "python": platform.python_version(),
        "machine": platform.platform(),
        "processors": os.cpu_count(),
        "figures": [{**msgspec.to_builtins(each), "ratio": each.ratio, "met": each.met} for each in figures],
        "failures": list(failures),
    }
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


if __name__ == "__main__":
    raise SystemExit(main())
