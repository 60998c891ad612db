"""How long it takes to move the clock of an environment over work that waits.

Run: python -m benchmarks.clock [--steps N] [--times N]

Runs wait in a delay, each for a moment of its own within 24 hours; behind the delay a message is made. The clock is
moved over all of them at once, in seconds of processor time. With `--times` that is done again with so many times as
many.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any, Final

import msgspec

from benchmarks.figures import Figure, at_most, hand_over, parser
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
    """Return until when a run waits: those that were triggered first go on first."""
    return (START + timedelta(seconds=1 + number * A_DAY_S / count)).isoformat()


def measure(count: int) -> float:
    """Return the seconds that it takes to move the clock over so many waiting runs."""
    emulator = waiting(count)
    started = process_time()
    done = sum(emulator.advance(KEY, to=START + timedelta(days=2)))
    took = process_time() - started
    stored = emulator.environments[KEY].store.connection.execute("SELECT count(*) FROM messages").fetchone()[0]
    assert stored == count, f"{stored} messages came of {count} runs"
    assert done >= count
    emulator.close()
    return took


def main() -> int:
    """Measure, print, hand over."""
    arguments = parser(__doc__)
    arguments.add_argument("--steps", type=int, default=100_000)
    arguments.add_argument("--times", type=int, help="measure so many times as many as well, and the ratio")
    given = arguments.parse_args()
    measure(1000)  # the first templates and statements
    few = measure(given.steps)
    figures = [
        Figure(what=f"moving the clock over {given.steps:,} due steps", measured=few, unit="s", goal=at_most(10))
    ]
    if given.times:
        more = measure(given.steps * given.times)
        figures.append(
            Figure(
                what=f"the same over {given.steps * given.times:,}",
                measured=more,
                unit="s",
                peer=f"over {given.steps:,}",
                peer_measured=few,
                ratio_goal=at_most(given.times * 1.1),
            )
        )
    hand_over(figures, given.figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
