"""The servers that are measured, each in a process of its own on one processor: the emulator, and Prism as its peer."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["GENERATOR_CPU", "SERVER_CPU", "Server", "emulator", "pinned", "prism"]

#: Server and load generator do not share a processor.
SERVER_CPU: Final = 0
GENERATOR_CPU: Final = 1
KEY: Final = "sk_test_bench"
PATIENCE_S: Final = 30.0


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        url: scheme, host and port.
        process: its process.
        headers: what every request carries.
    """

    url: str
    process: subprocess.Popen[str]
    headers: dict[str, str]

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request and return the JSON value of the answer (None: no body).

        Raises:
            RuntimeError: the status is not 2xx.
        """
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=PATIENCE_S)
        with contextlib.closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body), self.headers)
            response = connection.getresponse()
            content = response.read()
        if response.status // 100 != 2:
            raise RuntimeError(f"{method} {path} answered {response.status}: {content[:500]!r}")
        return json.loads(content) if content else None


def pinned(cpu: int, command: Sequence[str]) -> list[str]:
    """Return the command kept to one processor, where this machine can do so and has enough of them."""
    if shutil.which("taskset") and (os.cpu_count() or 1) > cpu:
        return ["taskset", "-c", str(cpu), *command]
    return list(command)


@contextlib.contextmanager
def emulator(*options: str) -> Iterator[Server]:
    """Start an emulator, wait until it is ready, and stop it at the end."""
    command = [sys.executable, "-m", "knock_harness.cli", "emulator", "--port", "0", "--key", KEY, *options]
    process = subprocess.Popen(pinned(SERVER_CPU, command), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        ready = process.stdout.readline()
        url = ready.removeprefix("knock-harness emulator:").strip()
        if not url.startswith("http"):
            raise RuntimeError(f"the emulator did not start, it said {ready!r}")
        yield Server(url, process, _headers())
    finally:
        stop(process)


@contextlib.contextmanager
def prism(program: Path, document: Path) -> Iterator[Server]:
    """Start Prism mocking a document, wait until it answers, and stop it at the end."""
    port = free_port()
    node = shutil.which("node") or "node"
    command = [node, str(program), "mock", "--host", "127.0.0.1", "--port", str(port), str(document)]
    process = subprocess.Popen(
        pinned(SERVER_CPU, command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True
    )
    server = Server(f"http://127.0.0.1:{port}", process, _headers())
    try:
        wait_for_port(port, process)
        yield server
    finally:
        stop(process)


def wait_for_port(port: int, process: subprocess.Popen[str]) -> None:
    """Return when somebody listens on the port.

    Raises:
        RuntimeError: the process ended, or the time is over.
    """
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nobody listens on port {port}")


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def stop(process: subprocess.Popen[str]) -> None:
    """End a process that was started here, kindly first."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _headers() -> dict[str, str]:
    return {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
