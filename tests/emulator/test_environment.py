from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from knock_harness.emulator.clock import stamp

if TYPE_CHECKING:
    from knock_harness.emulator import VirtualClock
    from knock_harness.emulator.environment import Environment, Task

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Journal:
    """Work that is written down when it is done; `fail` fails, `breed` puts more work for a second later."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def work(self, environment: Environment, payload: bytes, at: datetime) -> None:
        if payload == b"fail":
            raise RuntimeError("this piece fails")
        if payload == b"breed":
            environment.later("work", b"bred", at=at + timedelta(seconds=1))
        environment.store.replies.put(payload.decode(), self.reply(at))
        self.done.append(payload.decode())

    @staticmethod
    def reply(at: datetime) -> tuple[bytes, int, bytes, str, str]:
        return (b"", 200, b"", "", stamp(at))

    @property
    def tasks(self) -> dict[str, Task]:
        return {"work": self.work}  # type: ignore[dict-item]  # a bound method is a function of what is left


@pytest.fixture
def journal() -> Journal:
    return Journal()


def put(environment: Environment, name: str, seconds: int) -> None:
    environment.later("work", name.encode(), at=START + timedelta(seconds=seconds))


def test_work_is_done_in_the_order_it_is_due(environment: Environment, clock: VirtualClock, journal: Journal) -> None:
    for name, seconds in (("late", 9), ("soon", 1), ("never", 99)):
        put(environment, name, seconds)
    clock.advance(timedelta(seconds=10))

    done = environment.run_due(journal.tasks, limit=32)

    assert (done, journal.done) == (2, ["soon", "late"])


def test_work_that_comes_of_work_is_done_in_its_turn(
    environment: Environment, clock: VirtualClock, journal: Journal
) -> None:
    put(environment, "breed", 1)
    put(environment, "last", 5)
    clock.advance(timedelta(seconds=10))

    environment.run_due(journal.tasks, limit=32)

    assert journal.done == ["breed", "bred", "last"]


def test_no_more_is_done_than_was_asked_for(environment: Environment, clock: VirtualClock, journal: Journal) -> None:
    for name in ("a", "b", "c"):
        put(environment, name, 0)

    assert environment.run_due(journal.tasks, limit=2) == 2
    assert environment.run_due(journal.tasks, limit=2) == 1


def test_a_piece_that_fails_is_dropped_and_the_others_are_done(
    environment: Environment, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("before", "fail", "after"):
        put(environment, name, 0)

    done = environment.run_due(journal.tasks, limit=32)

    kept = [environment.store.replies.get(name) is not None for name in ("before", "fail", "after")]
    assert (done, kept) == (3, [True, False, True])
    assert environment.store.queue.next_due() is None
    assert "this piece fails" in capsys.readouterr().err
