"""Whether the memory of the emulator stays where it is under steady traffic, when its store is bounded.

Run: python -m benchmarks.soak [--minutes N] [--rate N]

The store is bounded by a short retention window. Half of the requests trigger, half read a page of a feed, at a steady
rate; the memory of the process is looked at every few seconds. The figure is its highest value in the second half,
next to that of the second minute.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from benchmarks.figures import Figure, at_least, at_most, hand_over, parser
from benchmarks.generator import CONNECTIONS, Outcome, get, post
from benchmarks.memory import resident
from benchmarks.peers import needed_wrk
from benchmarks.servers import emulator
from benchmarks.serving import TRIGGER, USERS, bodies, feed

RETENTION_S = 20
LOOK_S = 5.0
WARM_S = 60.0
#: About how long an answer takes, beside which a connection pauses.
ANSWER_MS = 4.5


def main() -> int:
    """Send, look, print, hand over."""
    arguments = parser(__doc__)
    arguments.add_argument("--minutes", type=float, default=10.0)
    arguments.add_argument("--rate", type=int, default=2000, help="requests a second in all")
    given = arguments.parse_args()
    program = needed_wrk()
    seconds = int(given.minutes * 60)
    pause_ms = round(1000 * CONNECTIONS / (given.rate / 2) - ANSWER_MS)
    outcomes: list[Outcome] = []
    looked: list[tuple[float, int]] = []
    with emulator() as server:
        server.request("PUT", "/_emulator/retention", {"window_s": RETENTION_S, "keeps_feeds": False})
        for number in range(USERS):
            server.request("PUT", f"/v1/users/user_{number}", {"name": f"User {number}"})
        options: dict[str, Any] = {"seconds": seconds, "pause_ms": pause_ms}
        senders = [
            threading.Thread(target=lambda: outcomes.append(post(program, server, TRIGGER, bodies(), **options))),
            threading.Thread(target=lambda: outcomes.append(get(program, server, feed(1), **options))),
        ]
        started = time.monotonic()
        for each in senders:
            each.start()
        while any(each.is_alive() for each in senders):
            time.sleep(LOOK_S)
            looked.append((time.monotonic() - started, resident(server)))
    if len(outcomes) < len(senders):
        print("nothing measured: a sender failed")
        return 1
    hand_over(figures(outcomes, looked), given.figures)
    return 0


def figures(outcomes: list[Outcome], looked: list[tuple[float, int]]) -> list[Figure]:
    """Return the lines of the table."""
    end = looked[-1][0]
    warm = max(memory for at, memory in looked if WARM_S <= at < 2 * WARM_S)
    late = max(memory for at, memory in looked if at >= end / 2)
    return [
        Figure(
            what="requests in the soak",
            measured=sum(each.per_second for each in outcomes),
            unit="/s",
            goal=at_least(1900),
            note=f"over {end / 60:.0f} minutes, {sum(each.requests for each in outcomes):,} requests",
        ),
        Figure(
            what="memory in the second half of the soak",
            measured=late / 2**20,
            unit="MiB",
            peer="second minute",
            peer_measured=warm / 2**20,
            ratio_goal=at_most(1.05),
        ),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
