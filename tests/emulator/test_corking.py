from __future__ import annotations

import asyncio
from typing import Any, cast

from knock_harness.emulator.corking import CorkedTransport


class Recorder:
    """A transport that notes what reaches it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str) -> str:
        return f"the {name}"


def run(program: Any) -> Recorder:
    """Run a program on a corked transport, let the loop turn once, and return what lies below."""
    recorder = Recorder()

    async def main() -> None:
        program(CorkedTransport(cast("asyncio.Transport", recorder), asyncio.get_running_loop()))
        await asyncio.sleep(0)

    asyncio.run(main())
    return recorder


def test_what_is_written_in_one_turn_leaves_in_one_piece() -> None:
    def program(transport: CorkedTransport) -> None:
        transport.write(b"head ")
        transport.write(b"body")

    assert run(program).written == [b"head body"]


def test_what_was_written_leaves_before_the_connection_closes() -> None:
    def program(transport: CorkedTransport) -> None:
        transport.write(b"last words")
        transport.close()

    recorder = run(program)

    assert recorder.written == [b"last words"]
    assert recorder.closed


def test_nothing_is_written_to_a_connection_that_is_gone() -> None:
    recorder = Recorder()

    async def main() -> None:
        transport = CorkedTransport(cast("asyncio.Transport", recorder), asyncio.get_running_loop())
        transport.write(b"too late")
        recorder.closed = True
        await asyncio.sleep(0)

    asyncio.run(main())

    assert recorder.written == []


def test_all_else_is_left_to_the_transport_below() -> None:
    def program(transport: CorkedTransport) -> None:
        transport.write(transport.get_extra_info("peer").encode())

    assert run(program).written == [b"the peer"]
