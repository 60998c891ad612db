"""What a million messages cost: the last page of a list next to the first, a feed read next to the same alone.

Run: python -m benchmarks.scale [--messages N]

In-process, without a server: what is compared is the work of the emulator. Both sides of a ratio are read in turn, and
their medians are compared.
"""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from benchmarks.figures import Figure, at_most, hand_over, parser
from knock_harness import contract
from knock_harness.emulator import Emulator
from knock_harness.emulator.clock import stamp
from knock_harness.emulator.exchange import Request
from knock_harness.emulator.message import NewActivity, NewMessage, origin
from knock_harness.emulator.paging import cursor
from knock_harness.emulator.references import USERS, Ref

KEY: Final = "sk_test_bench"
HEADERS: Final = [(b"authorization", f"Bearer {KEY}".encode()), (b"host", b"127.0.0.1")]
OF_EACH_USER: Final = 100
PAGE: Final = 50
READS: Final = 400
STARTED: Final = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> int:
    """Measure, print, hand over."""
    arguments = parser(__doc__)
    arguments.add_argument("--messages", type=int, default=1_000_000, help="how many the full store holds")
    given = arguments.parse_args()
    alone, full = filled(OF_EACH_USER), filled(given.messages)
    first, last = medians_us((full, f"/v1/messages?page_size={PAGE}"), (full, last_page()))
    full_us, alone_us = medians_us((full, feed()), (alone, feed()))
    hand_over(
        [
            Figure(
                what=f"{given.messages:,} messages: last page of the list",
                measured=last,
                unit="µs",
                peer="first page",
                peer_measured=first,
                ratio_goal=at_most(1.1),
            ),
            Figure(
                what=f"{given.messages:,} messages: one feed page",
                measured=full_us,
                unit="µs",
                peer="the feed alone in the store",
                peer_measured=alone_us,
                ratio_goal=at_most(1.5),
            ),
        ],
        given.figures,
    )
    return 0


def filled(count: int) -> Emulator:
    """Return an emulator with so many messages, a few for each user, as a workflow would have left them."""
    emulator = Emulator(keys=[KEY], seed=1)
    environment = emulator.environments[KEY]
    channel = environment.project.channels["in-app-feed"]
    workflow = environment.project.workflows["in-app-message"]
    source = origin(channel, key=workflow.key, version_id=workflow.version_id, step_ref=workflow.steps[0].ref)
    text = "**Bob** to Ada: your order is on its way"
    content = {"blocks": [{"type": "markdown", "name": "body", "content": text, "rendered": f"<p>{text}</p>"}]}
    store, ids = environment.store, environment.ids
    with store.transaction():
        for number in range(count):
            at = STARTED + timedelta(milliseconds=number)
            moment, run = stamp(at), ids.uuid()
            store.messages.add(
                NewMessage(
                    id=ids.ksuid(at),
                    recipient=Ref(USERS, f"user_{number % max(1, count // OF_EACH_USER)}"),
                    origin=source,
                    data='{"order":12345,"status":"shipped"}',
                    activities=[NewActivity(ids.ksuid(at), None, '{"order":12345,"status":"shipped"}', moment)],
                    content=content,
                    status="delivered",
                    at=moment,
                    run_id=run,
                    recipient_run_id=run,
                )
            )
    return emulator


def feed() -> str:
    """Return the path of a feed page with ten items."""
    channel = contract.project.load().channels["in-app-feed"].id
    return f"/v1/users/user_0/feeds/{channel}?page_size=10"


def last_page() -> str:
    """Return the path of the page with the oldest messages."""
    return f"/v1/messages?page_size={PAGE}&after={cursor(PAGE + 1)}"


def medians_us(*reads: tuple[Emulator, str]) -> list[float]:
    """Return the median time of each read in microseconds; they are taken in turn."""
    times: list[list[float]] = [[] for _ in reads]
    for _ in range(READS):
        for (emulator, path), taken in zip(reads, times, strict=True):
            taken.append(seconds(emulator, path))
    return [statistics.median(each) * 1e6 for each in times]


def seconds(emulator: Emulator, path: str) -> float:
    """Return how long one read takes."""
    path, _, query = path.partition("?")
    request = Request("GET", path, query, HEADERS)
    started = time.perf_counter()
    answer = emulator.handle(request)
    taken = time.perf_counter() - started
    if answer.status != 200 or len(answer.content) < 1000:
        raise RuntimeError(f"{path} answered {answer.status}: {answer.content[:300]!r}")
    return taken


if __name__ == "__main__":
    raise SystemExit(main())
