"""How many requests a second one emulator process serves, next to Prism mocking the same document.

Triggers are accepted in a burst, then carried through to messages that their recipients can read in their feeds: the
burst gives the rate of acceptance, the time until the last message can be read gives the sustained rate. Prism only
ever answers from the document, so it stands next to the accepted triggers and the reads.

Run: python -m benchmarks.serving [--seconds N]
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from benchmarks.figures import Figure, at_least, hand_over, parser
from benchmarks.generator import Outcome, get, post
from benchmarks.peers import Missing, needed_wrk
from benchmarks.peers import prism as prism_program
from benchmarks.servers import Server, emulator, prism
from knock_harness import contract

USERS: Final = 100
TRIGGER: Final = "/v1/workflows/in-app-message/trigger"
ITEMS: Final = 10
NO_BOUND: Final = "1000000x"
WARM_UP: Final = 200
LONGEST_DRAIN_S: Final = 120.0
QUIET_S: Final = 1.0


def main() -> int:
    """Measure, print, hand over."""
    arguments = parser(__doc__)
    arguments.add_argument("--seconds", type=int, default=5, help="how long wrk sends, for each number")
    given = arguments.parse_args()
    program = needed_wrk()
    try:
        peer: Rates | None = prism_rates(program, seconds=given.seconds)
        note = ""
    except Missing as missing:
        peer, note = None, f"no peer: {missing}"
    ours = emulator_rates(program, seconds=given.seconds)
    hand_over(figures(ours, peer, note=note), given.figures)
    return 0


class Rates(NamedTuple):
    """What a server did in a second: triggers accepted, messages made, feed pages read."""

    accepted: float
    sustained: float
    reads: float


def figures(ours: Rates, peer: Rates | None, *, note: str) -> list[Figure]:
    """Return the lines of the table."""
    name = "Prism" if peer else ""
    return [
        Figure(
            what="triggers accepted",
            measured=ours.accepted,
            unit="/s",
            goal=at_least(10_000),
            peer=name,
            peer_measured=peer and peer.accepted,
            ratio_goal=at_least(40),
            note=note,
        ),
        Figure(what="triggers carried to their messages", measured=ours.sustained, unit="/s", goal=at_least(4_000)),
        Figure(
            what=f"feed pages read ({ITEMS} items)",
            measured=ours.reads,
            unit="/s",
            goal=at_least(8_000),
            peer=name,
            peer_measured=peer and peer.reads,
            ratio_goal=at_least(10),
            note=note,
        ),
    ]


def emulator_rates(program: Path, *, seconds: int) -> Rates:
    """Measure the emulator, with its journal and its rate limits on, these so high that nothing is refused."""
    with emulator("--limits", NO_BOUND) as server:
        accepted, sustained = triggers(program, server, seconds=seconds)
        reads = get(program, server, feed(1), seconds=seconds)
    return Rates(accepted.per_second, sustained, reads.per_second)


def prism_rates(program: Path, *, seconds: int) -> Rates:
    """Measure Prism, mocking our document.

    It answers each path a few times before that counts, as it compiles what it needs on the way.

    Raises:
        Missing: it cannot be had.
    """
    mock = prism_program()
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "contract.json"
        document.write_bytes(msgspec.json.encode(contract.load().document))
        with prism(mock, document) as server:
            for _ in range(WARM_UP):
                server.request("POST", TRIGGER, bodies()[0])
                server.request("GET", feed(1))
            accepted = post(program, server, TRIGGER, bodies(), seconds=seconds)
            reads = get(program, server, feed(1), seconds=seconds)
    return Rates(accepted.per_second, 0.0, reads.per_second)


def triggers(program: Path, server: Server, *, seconds: int) -> tuple[Outcome, float]:
    """Trigger for so many seconds, wait for the messages; return what was accepted and messages a second.

    Raises:
        RuntimeError: a message is missing in the end.
    """
    for number in range(USERS):
        server.request("PUT", f"/v1/users/user_{number}", {"name": f"User {number}"})
    post(program, server, TRIGGER, bodies(), seconds=1)  # caches and compiled templates
    settled(server)
    before = messages(server)
    started = time.monotonic()
    outcome = post(program, server, TRIGGER, bodies(), seconds=seconds)
    ended = settled(server)
    arrived = messages(server) - before
    if arrived < outcome.requests:
        raise RuntimeError(f"{outcome.requests} triggers were accepted, {arrived} messages can be read")
    return outcome, arrived / (ended - started)


def bodies() -> list[dict[str, Any]]:
    """Return one trigger for each user."""
    return [
        {"recipients": [f"user_{number}"], "data": {"message": f"Hello {number}", "url": "https://example.com/x"}}
        for number in range(USERS)
    ]


def feed(number: int) -> str:
    """Return the path of the newest page of a user's feed."""
    channel = contract.project.load().channels["in-app-feed"].id
    return f"/v1/users/user_{number}/feeds/{channel}?page_size={ITEMS}"


def messages(server: Server) -> int:
    """Return how many messages all users can read together."""
    return sum(count(server, number) for number in range(USERS))


def count(server: Server, number: int) -> int:
    """Return how many messages a user can read."""
    return int(server.request("GET", feed(number))["meta"]["total_count"])


def settled(server: Server) -> float:
    """Wait until one user's feed has not grown for a while, and return the moment at which it last grew.

    Triggers go to the users in turn, so that one feed tells of all.

    Raises:
        RuntimeError: it still grows after a long time.
    """
    started = last = time.monotonic()
    seen = count(server, USERS - 1)
    while time.monotonic() - last < QUIET_S:
        time.sleep(0.02)
        now = count(server, USERS - 1)
        if now != seen:
            seen, last = now, time.monotonic()
        if last - started > LONGEST_DRAIN_S:
            raise RuntimeError(f"messages still arrive after {LONGEST_DRAIN_S:.0f} s")
    return last


if __name__ == "__main__":
    raise SystemExit(main())
