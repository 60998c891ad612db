"""How long it takes until the emulator answers or is reset, and until ``knock-harness --help`` is printed.

Run: python -m benchmarks.startup [--repeats N]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

import httpx

import knock_harness.emulator
from benchmarks.figures import Figure, at_most, hand_over, parser
from benchmarks.servers import emulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANSWER_GOAL_MS: Final = 500
HELP_GOAL_MS: Final = 200
FIXTURE_GOAL_MS: Final = 100
RESET_GOAL_MS: Final = 20
MESSAGES: Final = 10_000
LONGEST_S: Final = 20


def main() -> int:
    """Measure, print, hand over."""
    arguments = parser(__doc__)
    arguments.add_argument("--repeats", type=int, default=9, help="how often each is measured; the median counts")
    given = arguments.parse_args()
    python_ms = median_ms(lambda: finished("-c", "pass"), repeats=given.repeats)
    figures = [
        Figure(
            what="emulator: process start to first answer",
            measured=median_ms(first_answer, repeats=given.repeats),
            unit="ms",
            goal=at_most(ANSWER_GOAL_MS),
            peer="python -c pass",
            peer_measured=python_ms,
        ),
        Figure(
            what="knock-harness --help",
            measured=median_ms(lambda: finished("-m", "knock_harness.cli", "--help"), repeats=given.repeats),
            unit="ms",
            goal=at_most(HELP_GOAL_MS),
            peer="python -c pass",
            peer_measured=python_ms,
        ),
    ]
    figures += [
        Figure(
            what="emulator: started within a test, to first answer",
            measured=median_ms(embedded_answer, repeats=given.repeats),
            unit="ms",
            goal=at_most(FIXTURE_GOAL_MS),
        ),
        Figure(
            what=f"emulator: reset of {MESSAGES:,} messages",
            measured=statistics.median(resets(given.repeats)) * 1000,
            unit="ms",
            goal=at_most(RESET_GOAL_MS),
        ),
    ]
    hand_over(figures, given.figures)
    return 0


def embedded_answer() -> float:
    """Return the seconds from the wish for an emulator to its first answer, in this process."""
    started = time.perf_counter()
    with knock_harness.emulator.running() as knock:
        httpx.get(f"{knock.url}/v1/users", headers={"authorization": f"Bearer {knock.secret_key}"}).raise_for_status()
        return time.perf_counter() - started


def resets(repeats: int) -> Iterator[float]:
    """Yield the seconds that each reset of an environment with its messages takes, asked for over HTTP."""
    with knock_harness.emulator.running() as knock:
        for _ in range(repeats):
            messages = {"workflow": "in-app-message", "per_user": MESSAGES // 100}
            knock.environment.seed(users={"count": 100}, messages=[messages])
            started = time.perf_counter()
            knock.environment.reset()
            yield time.perf_counter() - started


def median_ms(measure: Callable[[], float], *, repeats: int) -> float:
    """Return the median of so many measurements in milliseconds, after one that does not count (disk caches)."""
    measure()
    return statistics.median(measure() for _ in range(repeats)) * 1000


def finished(*arguments: str) -> float:
    """Return the seconds that a Python process with these arguments takes, start to end."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, timeout=LONGEST_S)
    return time.perf_counter() - started


def first_answer() -> float:
    """Return the seconds from the start of an emulator to its first answer on the API."""
    started = time.perf_counter()
    with emulator() as server:
        server.request("GET", "/v1/users")
        return time.perf_counter() - started


if __name__ == "__main__":
    raise SystemExit(main())
