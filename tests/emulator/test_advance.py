from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator import tasks
from knock_harness.emulator.outbound import OutboundAnswer, OutboundRequest, decode_answered

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import httpx

    from knock_harness.emulator import Emulator
    from knock_harness.emulator.environment import Environment, Task

KEY = "sk_test_tests"
HOUR = timedelta(hours=1)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, datetime, datetime]]:
    """What was done of work of a kind of its own: its name, the moment it was due, and the moment by the clock."""
    done: list[tuple[str, datetime, datetime]] = []

    def note(environment: Environment, payload: bytes, at: datetime) -> None:
        done.append((payload.decode(), at, environment.clock.now()))
        if payload == b"breeds":
            environment.later("noted", b"bred", at=at + HOUR)
        if payload == b"asks":
            environment.call_out(OutboundRequest("GET", "http://127.0.0.1/"), answered_by="answered", about=b"it")

    def answered(environment: Environment, payload: bytes, at: datetime) -> None:
        about, answer = decode_answered(payload)
        done.append((f"{about.decode()} {answer.status}", at, environment.clock.now()))

    added: dict[str, Task] = {"noted": note, "answered": answered}
    monkeypatch.setattr("knock_harness.emulator.emulator.TASKS", {**tasks.TASKS, **added})
    return done


@pytest.fixture
def move(emulator: Emulator) -> Callable[[timedelta], int]:
    """Move the clock, and return how much was done on the way; outbound calls are answered with 200."""

    def move(by: timedelta) -> int:
        environment, number = emulator.environments[KEY], 0
        for each in emulator.advance(KEY, to=environment.clock.now() + by):
            number += each
            for call in environment.take_calls():
                emulator.answered(KEY, call, OutboundAnswer(200))
        return number

    return move


def test_what_falls_due_on_the_way_is_done_in_order(
    environment: Environment, move: Callable[[timedelta], int], done: list[Any]
) -> None:
    start = environment.clock.now()
    for name, hours in (("third", 3), ("first", 1), ("second", 2), ("never", 30)):
        environment.later("noted", name.encode(), at=start + hours * HOUR)

    assert move(24 * HOUR) == 3
    assert [name for name, _, _ in done] == ["first", "second", "third"]
    assert environment.clock.now() == start + 24 * HOUR


def test_it_is_the_moment_of_a_piece_while_that_is_done(
    environment: Environment, move: Callable[[timedelta], int], done: list[Any]
) -> None:
    environment.later("noted", b"one", at=environment.clock.now() + HOUR)
    environment.later("noted", b"two", at=environment.clock.now() + 2 * HOUR)

    move(24 * HOUR)

    assert [at == now for _, at, now in done] == [True, True]


def test_what_comes_of_work_on_the_way_is_done_in_its_turn(
    environment: Environment, move: Callable[[timedelta], int], done: list[Any]
) -> None:
    environment.later("noted", b"breeds", at=environment.clock.now() + HOUR)
    environment.later("noted", b"late", at=environment.clock.now() + 3 * HOUR)

    move(24 * HOUR)

    assert [name for name, _, _ in done] == ["breeds", "bred", "late"]


def test_the_answer_of_an_outbound_call_comes_before_what_is_due_later(
    environment: Environment, move: Callable[[timedelta], int], done: list[Any]
) -> None:
    start = environment.clock.now()
    environment.later("noted", b"asks", at=start + HOUR)
    environment.later("noted", b"late", at=start + 2 * HOUR)

    move(24 * HOUR)

    assert [(name, now) for name, _, now in done] == [
        ("asks", start + HOUR),
        ("it 200", start + HOUR),
        ("late", start + 2 * HOUR),
    ]


def test_an_answer_that_comes_after_a_reset_is_dropped(
    emulator: Emulator, environment: Environment, done: list[Any]
) -> None:
    environment.call_out(OutboundRequest("GET", "http://127.0.0.1/"), answered_by="answered", about=b"it")
    call = environment.take_calls()[0]
    emulator.reset(KEY)

    emulator.answered(KEY, call, OutboundAnswer(200))

    assert (emulator.run_due(budget_s=1), done) == (False, [])


def test_a_call_that_was_cut_off_is_made_again_when_the_environment_is_opened_anew(environment: Environment) -> None:
    request = OutboundRequest("GET", "http://127.0.0.1/")
    environment.call_out(request, answered_by="answered", about=b"it")
    environment.take_calls()

    environment._reload()

    assert [each.request for each in environment.take_calls()] == [request]


def test_a_reset_forgets_records_and_time(
    api: httpx.Client, emulator: Emulator, environment: Environment, trigger: Callable[..., str]
) -> None:
    trigger("in-app-message", "ada")
    trigger("delayed-message", "ada")
    emulator.reset(KEY)

    assert api.get("/v1/messages").json()["items"] == []
    assert api.get("/v1/workflow_recipient_runs").json()["items"] == []
    assert environment.store.queue.next_due() is None


def test_after_a_reset_the_same_requests_give_the_same_identifiers(
    emulator: Emulator, trigger: Callable[..., str], messages: Callable[..., list[dict[str, Any]]]
) -> None:
    def program() -> tuple[str, list[str]]:
        run_id = trigger("in-app-message", "ada", "bob")
        return run_id, [each["id"] for each in messages()]

    first = program()
    emulator.reset(KEY)

    assert program() == first


def test_what_one_piece_leaves_comes_before_later_pieces_though_another_one_comes_first(
    environment: Environment, move: Callable[[timedelta], int], done: list[tuple[str, datetime, datetime]]
) -> None:
    now = environment.clock.now()
    for name, minutes in (("breeds", 60), ("second", 60), ("last", 121)):
        environment.later("noted", name.encode(), at=now + timedelta(minutes=minutes))
    environment.later("noted", b"between", at=now + timedelta(minutes=90))

    move(timedelta(hours=3))

    assert [name for name, _, _ in done] == ["breeds", "second", "between", "bred", "last"]


def test_what_falls_due_while_the_clock_is_moved_is_done_by_the_move_alone(
    emulator: Emulator, environment: Environment, done: list[Any]
) -> None:
    start = environment.clock.now()
    for hours in range(1, 601):
        environment.later("noted", str(hours).encode(), at=start + hours * timedelta(seconds=1))

    moving = emulator.advance(KEY, to=start + HOUR)
    first = next(moving)
    environment.later("noted", b"between", at=environment.clock.now())
    emulator._note_due(KEY)
    emulator.run_due(budget_s=1)

    assert len(done) == first
    assert first + sum(moving) == 601
