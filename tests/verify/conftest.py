"""A server that answers everything alike, and suites that are written for one test."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from knock_harness.target import packaged_target
from knock_harness.verify import Plan, Results, new_run_name, run_suites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    RunSuite = Callable[..., Results]


class Greeter(BaseHTTPRequestHandler):
    """Answers every request with 200, an empty JSON object and a request id."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("x-request-id", "greeting")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_DELETE = do_GET  # noqa: N815 - the name that http.server calls

    def log_message(self, *args: object) -> None:
        """Say nothing: the output of a test is for its findings."""


@contextmanager
def greeter() -> Iterator[str]:
    """Serve on a free port, and give the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Greeter)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with greeter() as address:
        yield address


@pytest.fixture(scope="module")
def run_suite(address: str, tmp_path_factory: pytest.TempPathFactory) -> RunSuite:
    """A function that runs one file of tests as a suite and returns the results."""

    def run(tests: str, *, target: str = address, workers: int = 1, **selection: tuple[str, ...]) -> Results:
        home = tmp_path_factory.mktemp("run")
        suite = write_suite(home / "suite", tests)
        plan = Plan(
            run=new_run_name(),
            target=packaged_target(target, api_key="sk_test_toy"),
            folder=str(home / "files"),
            disposable=True,
            workers=workers,
            **selection,
        )
        return run_suites(plan, profile="quick", seed=1, on_progress=lambda _: None, folders=(suite,))

    return run


def write_suite(folder: Path, tests: str) -> Path:
    """Write a package with one file of tests."""
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "test_toy.py").write_text(tests)
    return folder
