"""How many triggers the engine takes a second, and how many it carries through to the readable message.

    python -m benchmarks.engine [COUNT]

In one process, without a socket, per second of processor time. `accepted` is what a caller waits for: routing,
validation and the place in the queue. `carried through` is the whole life of a trigger for one recipient: accepted,
run, rendered, stored.
"""

from __future__ import annotations

import sys
from time import process_time
from typing import Final

import msgspec

from knock_harness.emulator import Emulator
from knock_harness.emulator.exchange import Request

KEY: Final = "sk_test_benchmark"
HEADERS: Final = [(b"authorization", f"Bearer {KEY}".encode()), (b"content-type", b"application/json")]
USERS: Final = 1000


def request(method: str, path: str, body: object) -> Request:
    return Request(method, path, "", HEADERS, msgspec.json.encode(body))


def measure(workflow: str, count: int) -> tuple[float, float]:
    """Return triggers per second, accepted and carried through."""
    emulator = Emulator(keys=[KEY])
    for number in range(USERS):
        emulator.handle(
            request("PUT", f"/v1/users/user-{number}", {"name": f"User {number}", "email": "a@example.com"})
        )
    while emulator.run_due(budget_s=1):
        pass
    triggers = [
        request(
            "POST",
            f"/v1/workflows/{workflow}/trigger",
            {
                "recipients": [f"user-{number % USERS}"],
                "data": {"message": f"Order {number} has left", "number": number},
            },
        )
        for number in range(count)
    ]
    started = process_time()
    for each in triggers:
        emulator.handle(each)
    accepted = process_time()
    while emulator.run_due(budget_s=1):
        pass
    done = process_time()
    stored = emulator.environments[KEY].store.connection.execute("SELECT count(*) FROM messages").fetchone()[0]
    assert stored == count, f"{stored} messages came of {count} triggers"
    return count / (accepted - started), count / (done - started)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    measure("in-app-message", 500)  # the first templates, statements and validators
    accepted, through = measure("in-app-message", count)
    print(f"triggers accepted:        {accepted:9,.0f} /s  ({1e6 / accepted:5.1f} us each)")
    print(f"triggers carried through: {through:9,.0f} /s  ({1e6 / through:5.1f} us each)")


if __name__ == "__main__":
    main()
