"""How long a verdict takes: the whole command, its emulator, its processes and its reports included.

Run: python -m benchmarks.verdict [--profile quick] [--profile standard]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from typing import Final

from benchmarks.figures import Figure, at_most, hand_over, parser

#: For each profile the seconds in which its verdict should be there.
GOALS: Final = {"quick": 20, "standard": 120}
LONGEST_S: Final = 300


def main() -> int:
    """Measure, print, hand over; exit 1 if a run ended without the verdict that the emulator is conformant."""
    arguments = parser(__doc__)
    arguments.add_argument("--profile", action="append", choices=list(GOALS), help="only this one; may be repeated")
    given = arguments.parse_args()
    figures, codes = [], []
    for profile in given.profile or GOALS:
        seconds, code = verdict(profile)
        note = "" if code == 0 else f"the run ended with exit code {code}"
        figures.append(
            Figure(
                what=f"verify --profile {profile}", measured=seconds, unit="s", goal=at_most(GOALS[profile]), note=note
            )
        )
        codes.append(code)
    hand_over(figures, given.figures)
    return 1 if any(codes) else 0


def verdict(profile: str) -> tuple[float, int]:
    """Return the seconds that a verdict on a fresh emulator takes, and the exit code."""
    command = [sys.executable, "-m", "knock_harness.cli", "verify", "--target", "emulator", "--profile", profile]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, timeout=LONGEST_S)
    return time.perf_counter() - started, done.returncode


if __name__ == "__main__":
    raise SystemExit(main())
