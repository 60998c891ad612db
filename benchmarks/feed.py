"""Measure how fast a feed is read, and what a million other messages add to it.

Prints feed reads per second (a page of ten items, in this process, without a socket), the same with many messages in
the store, and the last page of the message list next to the first. Run it as ``python benchmarks/feed.py``.
"""

from __future__ import annotations

import argparse
import gc
import time
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING

from knock_harness.emulator import Emulator, FixedClock, Request
from knock_harness.emulator.clock import stamp
from knock_harness.emulator.message import NewActivity, NewMessage, origin
from knock_harness.emulator.references import Ref

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knock_harness.emulator.environment import Environment

KEY = "sk_test_feed"
HEADERS = [
    (b"host", b"127.0.0.1:4000"),
    (b"user-agent", b"bench"),
    (b"accept", b"*/*"),
    (b"authorization", b"Bearer " + KEY.encode()),
]
ITEMS = 10
ROUNDS = 15
READS = 300


def messages(environment: Environment, number: int, *, users: int) -> Iterator[NewMessage]:
    """Make in-app messages for users in turn."""
    channel = next(each for each in environment.project.channels.values() if each.type == "in_app_feed")
    source = origin(channel, key="in-app-message", version_id=environment.ids.uuid(), step_ref="in_app_feed_1")
    now = environment.clock.now()
    at = stamp(now)
    block = {"type": "markdown", "name": "body", "content": "Hello {{ name }}", "rendered": "<p>Hello Ada</p>"}
    for place in range(number):
        run = environment.ids.uuid()
        data = f'{{"order":"{place}","name":"Ada"}}'
        yield NewMessage(
            id=environment.ids.ksuid(now),
            recipient=Ref("", f"user-{place % users}"),
            origin=source,
            data=data,
            activities=[NewActivity(run, None, data, at)],
            content={"blocks": [block]},
            status="delivered",
            at=at,
            run_id=run,
            recipient_run_id=environment.ids.uuid(),
        )


def fill(environment: Environment, number: int, *, users: int) -> float:
    """Add messages and return the seconds that adding alone took."""
    spent = 0.0
    waiting = messages(environment, number, users=users)
    while batch := [each for each, _ in zip(waiting, range(1000), strict=False)]:
        started = time.process_time()
        with environment.store.transaction():
            for each in batch:
                environment.store.messages.add(each, events=("message.created", "message.delivered"))
        spent += time.process_time() - started
    return spent


def opened(number: int, *, users: int) -> tuple[Emulator, float]:
    """Return an emulator with ten messages for one user and many for others, and the µs each of these took."""
    emulator = Emulator(clock=FixedClock(datetime(2026, 3, 1, tzinfo=UTC)), keys=[KEY], seed=1)
    environment = emulator.environments[KEY]
    environment.store.recipients.upsert(
        "", "user-0", {"name": "Ada", "email": "ada@example.test"}, at=datetime.now(UTC)
    )
    spent = fill(environment, number, users=users)
    fill(environment, ITEMS, users=1)
    return emulator, spent / number * 1e6 if number else 0.0


def get(emulator: Emulator, path: str, query: str) -> bytes:
    answer = emulator.handle(Request("GET", path, query, HEADERS))
    assert answer.status == 200, answer
    return answer.content


def seconds_each(emulator: Emulator, path: str, query: str, *, reads: int) -> float:
    """Return the seconds of one read: the median of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(reads):
            get(emulator, path, query)
        rounds.append((time.process_time() - started) / reads)
    return median(rounds)


def last_page(emulator: Emulator, number: int) -> str:
    """Return the query of the last page of the message list."""
    store = emulator.environments[KEY].store
    from knock_harness.emulator.paging import cursor

    place = store.connection.execute("SELECT seq FROM messages ORDER BY seq LIMIT 1 OFFSET 50").fetchone()[0]
    return f"after={cursor(place)}" if number else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000, help="how many other messages the store holds")
    parser.add_argument("--users", type=int, default=10_000, help="among how many users they are")
    options = parser.parse_args()
    gc.freeze()
    empty, _ = opened(0, users=1)
    full, added_us = opened(options.messages, users=options.users)
    channel = next(each for each in empty.project.channels.values() if each.type == "in_app_feed")
    path, query = f"/v1/users/user-0/feeds/{channel.id}", "page_size=10"
    alone, among = (seconds_each(each, path, query, reads=READS) for each in (empty, full))
    first = seconds_each(full, "/v1/messages", "", reads=READS // 5)
    last = seconds_each(full, "/v1/messages", last_page(full, options.messages), reads=READS // 5)
    print(f"message added with two events: {added_us:.1f} µs")
    print(f"feed read, empty store: {alone * 1e6:.1f} µs, {1 / alone:.0f} reads/s")
    print(f"feed read, {options.messages} messages: {among * 1e6:.1f} µs, {1 / among:.0f} reads/s")
    print(f"full over empty store: {among / alone:.2f}")
    print(f"message list, first page: {first * 1e6:.0f} µs; last page: {last * 1e6:.0f} µs")
    print(f"last over first page: {last / first:.2f}")


if __name__ == "__main__":
    main()
