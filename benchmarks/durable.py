"""How many triggers a second the emulator accepts when it keeps them in a file, next to keeping them in memory.

With `--data` a trigger is acknowledged only when a killed process would not lose it; see `benchmarks/durability.py`.

Run: python -m benchmarks.durable [--seconds N]
"""

from __future__ import annotations

import tempfile

from benchmarks.figures import Figure, at_least, hand_over, parser
from benchmarks.peers import needed_wrk
from benchmarks.servers import emulator
from benchmarks.serving import triggers


def main() -> int:
    """Measure both, print, hand over."""
    arguments = parser(__doc__)
    arguments.add_argument("--seconds", type=int, default=5, help="how long wrk sends, for each")
    given = arguments.parse_args()
    program = needed_wrk()
    with emulator() as server:
        in_memory, carried_in_memory = triggers(program, server, seconds=given.seconds)
    with tempfile.TemporaryDirectory() as folder, emulator("--data", folder) as server:
        in_a_file, carried_in_a_file = triggers(program, server, seconds=given.seconds)
    figures = [
        Figure(
            what=f"triggers {what} with --data",
            measured=measured,
            unit="/s",
            peer="in memory",
            peer_measured=peer,
            ratio_goal=at_least(0.4),
        )
        for what, measured, peer in (
            ("accepted", in_a_file.per_second, in_memory.per_second),
            ("carried to their messages", carried_in_a_file, carried_in_memory),
        )
    ]
    hand_over(figures, given.figures)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
