"""How much the one HTTP client of the toolkit costs a request, recording and guard included, next to bare httpx.

Run: python -m benchmarks.client [--requests N]

Both send the same PUT with a small JSON body over a kept connection to a server, in a process and on a processor of
its own, that reads the request and answers with bytes prepared beforehand.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

import httpx

from benchmarks.figures import Figure, at_least, hand_over, parser
from benchmarks.servers import SERVER_CPU, pinned, stop
from knock_harness.target import Client, packaged_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY: Final = "sk_test_bench"
PATH: Final = "/v1/users/ada"
BODY: Final = {"name": "Ada", "email": "ada@example.com", "plan": "enterprise"}
ROUNDS: Final = 5

#: Answers each request, read up to the end of its small body, with the same 200.
SERVER: Final = """
import asyncio
CONTENT = b'{"id":"ada","name":"Ada","__typename":"User","updated_at":"2026-01-01T00:00:00Z"}'
HEAD = b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\nx-request-id: F1FIj5XwD_m4h0sAASfi\\r\\n"
ANSWER = HEAD + b"content-length: %d\\r\\n\\r\\n" % len(CONTENT) + CONTENT

class Answering(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.held = transport, b""
    def data_received(self, data):
        self.held += data
        if self.held.endswith(b"}"):
            self.held = b""
            self.transport.write(ANSWER)

async def main():
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


def main() -> int:
    """Measure, print, hand over."""
    arguments = parser(__doc__)
    arguments.add_argument("--requests", type=int, default=2000, help="how many of them in each round")
    given = arguments.parse_args()
    with server() as url, Client(packaged_target(url, api_key=KEY)) as ours, httpx.Client(trust_env=False) as bare:
        headers = {"authorization": f"Bearer {KEY}"}
        peer = per_second(lambda: bare.put(url + PATH, json=BODY, headers=headers), count=given.requests)
        measured = per_second(lambda: ours.send("PUT", PATH, body=BODY), count=given.requests)
    figure = Figure(
        what="client: requests a second, one after the other, recorded",
        measured=measured,
        unit="/s",
        peer="httpx.Client",
        peer_measured=peer,
        ratio_goal=at_least(1),
    )
    hand_over([figure], given.figures)
    return 0


def per_second(send: Callable[[], httpx.Response], *, count: int) -> float:
    """Return the median rate of a few rounds, after one that does not count."""
    return statistics.median([rate(send, count=count) for _ in range(ROUNDS + 1)][1:])


def rate(send: Callable[[], httpx.Response], *, count: int) -> float:
    """Return how many requests a second are answered."""
    started = time.perf_counter()
    for _ in range(count):
        assert send().status_code == 200
    return count / (time.perf_counter() - started)


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Start the server, yield its URL, and stop it at the end."""
    command = pinned(SERVER_CPU, [sys.executable, "-c", SERVER])
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        stop(process)


if __name__ == "__main__":
    raise SystemExit(main())
