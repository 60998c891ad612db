"""wrk, run against a server for a bounded time."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from benchmarks.servers import GENERATOR_CPU, Server, pinned

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Outcome", "get", "post"]

SCRIPT: Final = Path(__file__).resolve().parent / "requests.lua"
CONNECTIONS: Final = 32


class Outcome(msgspec.Struct, frozen=True):
    """What wrk saw.

    Attributes:
        requests: answers received.
        duration_us: how long it sent.
        refused: answers outside 2xx and 3xx.
        failed: connections and reads that failed.
        p99_us: latency that 99 in 100 answers kept.
    """

    requests: int
    duration_us: int
    refused: int
    failed: int
    p99_us: int

    @property
    def per_second(self) -> float:
        """Return the answers for each second."""
        return self.requests / self.duration_us * 1e6


def get(wrk: Path, server: Server, path: str, *, seconds: int, pause_ms: int | None = None) -> Outcome:
    """Read one path over and over; with a pause, each connection waits that long before each request."""
    return _run(wrk, server, path, ["", "GET"], seconds=seconds, pause_ms=pause_ms)


def post(
    wrk: Path, server: Server, path: str, bodies: Sequence[Any], *, seconds: int, pause_ms: int | None = None
) -> Outcome:
    """Send these JSON bodies to one path, in turn, over and over; a pause as above."""
    with tempfile.NamedTemporaryFile("wb", suffix=".jsonl") as file:
        file.write(b"\n".join(msgspec.json.encode(each) for each in bodies) + b"\n")
        file.flush()
        return _run(wrk, server, path, [file.name, "POST"], seconds=seconds, pause_ms=pause_ms)


def _run(
    wrk: Path, server: Server, path: str, arguments: Sequence[str], *, seconds: int, pause_ms: int | None
) -> Outcome:
    if pause_ms is not None:
        arguments = [*arguments, str(pause_ms)]
    headers = [option for name, value in server.headers.items() for option in ("-H", f"{name}: {value}")]
    sizes = ["--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s", "--timeout", "10s"]
    command = [str(wrk), *sizes, *headers, "--script", str(SCRIPT), server.url + path, "--", *arguments]
    done = subprocess.run(
        pinned(GENERATOR_CPU, command), capture_output=True, text=True, timeout=seconds + 30, check=True
    )
    outcome = msgspec.json.decode(done.stdout.splitlines()[-1], type=Outcome)
    if outcome.refused or outcome.failed or not outcome.requests:
        raise RuntimeError(f"{path}: {outcome}")
    return outcome
