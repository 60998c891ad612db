"""Peers to talk to: functions behind httpx, and sockets that misbehave on purpose."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

import httpx
import pytest

from knock_harness.target import Client, Fixtures, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET = "sk_test_S3cr3tS3cr3tS3cr3t"
PUBLIC = "pk_test_P0blicP0blicP0blic"


def target_at(base_url: str, **changes: object) -> Target:
    """Return a target without fixtures."""
    values: dict[str, object] = {
        "base_url": base_url,
        "api_key": SECRET,
        "public_key": PUBLIC,
        "fixtures": Fixtures({}, {}, {}),
    }
    return Target(**{**values, **changes})  # type: ignore[arg-type]


def client_of(answer: Callable[[httpx.Request], httpx.Response], **changes: object) -> Client:
    """Return a client whose requests are answered by a function."""
    base_url = str(changes.pop("base_url", "http://127.0.0.1:4010"))
    return Client(target_at(base_url, **changes), transport=httpx.MockTransport(answer))


@contextmanager
def peer(behave: Callable[[socket.socket], None], *, connections: int = 1) -> Iterator[str]:
    """Listen, hand each connection to a function, and yield the URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def accept() -> None:
            for _ in range(connections):
                try:
                    connection, _address = listener.accept()
                except OSError:
                    return
                with connection:
                    behave(connection)

        thread = Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread.join(10)


@pytest.fixture
def echo() -> Client:
    """A client whose every request is answered with 200 and an empty object."""
    return client_of(lambda _request: httpx.Response(200, json={}))
