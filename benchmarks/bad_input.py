"""How long it takes to refuse what no client should send.

    python -m benchmarks.bad_input

Each operation is sent each input, in one process without a socket. Told is the longest time that each input took, with
the operation, in milliseconds, among the answers that are refusals; the goal is 100 ms.
"""

from __future__ import annotations

import re
from time import perf_counter
from typing import Final

from knock_harness import contract
from knock_harness.emulator import Emulator
from knock_harness.emulator.exchange import Request

KEY: Final = "sk_test_benchmark"
HEADERS: Final = [(b"authorization", f"Bearer {KEY}".encode()), (b"content-type", b"application/json")]
ELEVEN_MB: Final = 11 * 10**6
LONG: Final = "x" * 100_000

BODIES: Final = {
    "invalid JSON": b'{"a": ',
    "lists, a million deep": b"[" * 1_000_000,
    "maps, 100,000 deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a number above all floats": b'{"a": 1e999}',
    "five million digits": b'{"a": ' + b"9" * 5_000_000 + b"}",
    "half a surrogate pair": b'{"a": "\\ud800"}',
    "no UTF-8": b'{"a": "\xff"}',
    "NUL": b'{"a": "\x00"}',
    "11 MB of text": b'{"a": "' + b"x" * ELEVEN_MB + b'"}',
    "11 MB of numbers": b"[" + b"0," * (ELEVEN_MB // 2) + b"0]",
    "11 MB of blanks": b" " * ELEVEN_MB,
}
QUERIES: Final = {
    "a query of 100,000 characters": LONG,
    "10,000 items": "&".join(f"{name}[]=1" for name in ("recipients", "objects", "status")) + "&objects[]=1" * 10_000,
    "a bad cursor": "after=nonsense",
    "a bad date": "inserted_at.gt=yesterday",
    "bad escapes": "%zz=%&page_size=%",
}


def main() -> None:
    """Measure and print."""
    emulator = Emulator(keys=[KEY])
    longest: dict[str, tuple[float, str, int]] = {}
    for operation in contract.load().operations.values():
        path = re.sub("{.*?}", "x", operation.path)
        requests = {
            **{name: Request(operation.method, path, "", HEADERS, body) for name, body in BODIES.items()},
            **{name: Request(operation.method, path, query, HEADERS) for name, query in QUERIES.items()},
            "ids of 100,000 characters": Request(operation.method, re.sub("{.*?}", LONG, operation.path), "", HEADERS),
        }
        for name, request in requests.items():
            started = perf_counter()
            status = emulator.handle(request).status
            took_ms = (perf_counter() - started) * 1e3
            if status >= 400 and took_ms > longest.get(name, (0.0, "", 0))[0]:
                longest[name] = took_ms, operation.id, status
    for name, (took_ms, operation_id, status) in sorted(longest.items(), key=lambda each: -each[1][0]):
        print(f"{took_ms:8.2f} ms  {name:30} {status} {operation_id}")


if __name__ == "__main__":
    main()
