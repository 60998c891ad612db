"""How much memory a stored message takes, with its run, its events and its place in a feed.

Run: python -m benchmarks.memory [--messages N]

Messages come of triggers, as they do in use. What counts is how much more the process of the emulator holds in the end
than when it was warm.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.figures import Figure, at_most, hand_over, parser
from benchmarks.peers import needed_wrk
from benchmarks.servers import Server, emulator
from benchmarks.serving import bodies, messages, settled, triggers

ROUND_S = 5


def main() -> int:
    """Fill, weigh, print, hand over."""
    arguments = parser(__doc__)
    arguments.add_argument("--messages", type=int, default=100_000)
    given = arguments.parse_args()
    program = needed_wrk()
    with emulator() as server:
        triggers(program, server, seconds=ROUND_S)  # the queue of a round is warm afterwards, and used again
        before = resident(server), messages(server)
        while messages(server) - before[1] < given.messages:
            triggers(program, server, seconds=ROUND_S)
        settled(server)
        after = resident(server), messages(server)
    each = (after[0] - before[0]) / (after[1] - before[1])
    note = f"over {after[1] - before[1]:,} messages of {len(bodies())} users"
    figure = Figure(what="memory of a stored message", measured=each, unit="bytes", goal=at_most(2048), note=note)
    hand_over([figure], given.figures)
    return 0


def resident(server: Server) -> int:
    """Return the bytes of memory that the process of a server holds."""
    fields = Path(f"/proc/{server.process.pid}/statm").read_text().split()
    return int(fields[1]) * 4096


if __name__ == "__main__":
    raise SystemExit(main())
