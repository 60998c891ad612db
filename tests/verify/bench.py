"""A bench for judges: the emulator in this process, with something broken in front of it if need be."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx

from knock_harness import contract
from knock_harness.contract import requirements
from knock_harness.emulator import Emulator, EmulatorTransport
from knock_harness.target import Client, Exchange, Ledger, World, packaged_target
from knock_harness.verify.answers import Answer
from knock_harness.verify.examination import Examiner
from knock_harness.verify.judgements import Judges
from knock_harness.verify.observations import Judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Break = Callable[[httpx.Request, httpx.Response], httpx.Response]

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = "sk_test_bench"
BASE_URL = "http://127.0.0.1:4010"


def as_it_is(_request: httpx.Request, response: httpx.Response) -> httpx.Response:
    """Break nothing."""
    return response


class Broken(httpx.BaseTransport):
    """Answers what the emulator answers, after something was done to it."""

    def __init__(self, emulator: Emulator, break_: Break) -> None:
        self._inner = EmulatorTransport(emulator)
        self._break = break_

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        response.read()
        return self._break(request, response)


class Bench:
    """An examiner, what it wrote down, and how often the target was asked."""

    def __init__(self, world: World) -> None:
        self.judge = Judge(requirements.load())
        self.world = world
        self.examiner = Examiner(world, self.judge, Judges())

    def outcomes(self, outcome: str) -> dict[str, Any]:
        """Return the findings of one outcome by requirement."""
        return {each.requirement: each.finding for each in self.judge.observations() if each.outcome == outcome}


@contextmanager
def bench(folder: Path, break_: Break = as_it_is) -> Iterator[Bench]:
    """Set up a target with its world, and an examiner of it."""
    target = packaged_target(BASE_URL, api_key=KEY)
    emulator = Emulator(keys=[KEY], seed=1)
    with Client(target, transport=Broken(emulator, break_)) as client:
        ledger = Ledger(folder / "ledger.jsonl", base_url=BASE_URL, prefix="kh-")
        try:
            yield Bench(World(client, prefix="kh-", ledger=ledger))
        finally:
            ledger.close()


def replaced(response: httpx.Response, *, status: int | None = None, body: Any = ...) -> httpx.Response:
    """Return the response with another status or another body."""
    content = response.content if body is ... else json.dumps(body).encode()
    headers = [(name, value) for name, value in response.headers.raw if name.lower() != b"content-length"]
    return httpx.Response(status or response.status_code, headers=headers, stream=httpx.ByteStream(content))


def answer(
    operation: str,
    *,
    url: str,
    status: int = 200,
    body: Any = None,
    sent: Any = None,
    content: bytes | None = None,
    headers: dict[str, str] | None = None,
    meant_to_succeed: bool = False,
) -> Answer:
    """Return an answer as a judge gets it, without anybody having sent anything."""
    known = contract.load().operations[operation]
    exchange = Exchange(
        method=known.method,
        url=BASE_URL + url,
        request_headers=(("authorization", "Bearer $KNOCK_API_KEY"), ("content-type", "application/json")),
        request_body=content or (b"" if sent is None else json.dumps(sent).encode()),
        status=status,
        response_headers=tuple(
            ({"content-type": "application/json", "x-request-id": "r1"} if headers is None else headers).items()
        ),
        response_body=b"" if body is None else json.dumps(body).encode(),
        elapsed_s=0.001,
        operation=operation,
        at=_NOON,
    )
    found = Answer.of(exchange, meant_to_succeed=meant_to_succeed)
    assert found is not None
    return found
