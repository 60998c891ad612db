"""How long it takes to move the clock of an environment over work that waits.

    python -m benchmarks.clock [STEPS] [TIMES]

STEPS runs (100,000) wait in a delay, each for a moment of its own within 24 hours; behind the delay a message is made.
The clock is moved over all of them at once. With TIMES (say 10) that is done again with so many times as many, and the
ratio is printed: it should be no more than TIMES and a tenth.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any, Final

import msgspec

from knock_harness.emulator import Emulator, VirtualClock, definitions
from knock_harness.emulator.exchange import Request

KEY: Final = "sk_test_benchmark"
HEADERS: Final = [(b"authorization", f"Bearer {KEY}".encode()), (b"content-type", b"application/json")]
START: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
A_DAY_S: Final = 24 * 3600
AT_ONCE: Final = 1000  # recipients of a trigger
STEPS: Final[list[dict[str, Any]]] = [
    {"ref": "delay", "type": "delay", "settings": {"delay_until_field_path": "data.wait"}},
    {
        "ref": "in_app",
        "type": "channel",
        "channel_type": "in_app_feed",
        "channel_key": "in-app-feed",
        "template": {"markdown_body": "Order {{ data.number }} has left"},
    },
]


def waiting(count: int) -> Emulator:
    """Return an emulator in which so many runs wait."""
    emulator = Emulator(new_clock=lambda: VirtualClock(START), keys=[KEY], seed=1)
    environment = emulator.environments[KEY]
    definitions.commit_workflow(environment, "delayed", {"name": "Delayed", "steps": STEPS})
    for first in range(0, count, AT_ONCE):
        recipients = [
            {"id": f"user-{number % 10_000}-{number // 10_000}", "$trigger_data": {"wait": wait(number, count)}}
            for number in range(first, min(count, first + AT_ONCE))
        ]
        body = msgspec.json.encode({"recipients": recipients, "data": {"number": first}})
        answer = emulator.handle(Request("POST", "/v1/workflows/delayed/trigger", "", HEADERS, body))
        assert answer.status == 200, answer.content
        while emulator.run_due(budget_s=1):
            pass
    return emulator


def wait(number: int, count: int) -> str:
    """Return until when a run waits; those that were triggered one after the other do not go on so."""
    return (START + timedelta(seconds=1 + number * 7919 % count * A_DAY_S // count)).isoformat()


def measure(count: int) -> float:
    """Return the seconds that it takes to move the clock over so many waiting runs."""
    emulator = waiting(count)
    started = perf_counter()
    done = sum(emulator.advance(KEY, to=START + timedelta(days=2)))
    took = perf_counter() - started
    stored = emulator.environments[KEY].store.connection.execute("SELECT count(*) FROM messages").fetchone()[0]
    assert stored == count, f"{stored} messages came of {count} runs"
    assert done >= count
    emulator.close()
    return took


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    measure(1000)  # the first templates and statements
    few = measure(count)
    print(f"{count:9,} due steps: {few:7.2f} s ({few / count * 1e6:.0f} us each)")
    if len(sys.argv) > 2:
        times = int(sys.argv[2])
        many = measure(count * times)
        print(f"{count * times:9,} due steps: {many:7.2f} s, {many / few:.1f} times as long")


if __name__ == "__main__":
    main()
