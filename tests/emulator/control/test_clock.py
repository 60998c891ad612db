from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator import Answer, Emulator
from knock_harness.emulator.clock import stamp
from knock_harness.emulator.control import ControlApi
from knock_harness.emulator.exchange import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator.environment import Environment

KEY = "sk_test_tests"


def test_the_clock_is_read(control: httpx.Client, environment: Environment) -> None:
    assert control.get("/clock").json() == {"now": stamp(environment.clock.now()), "kind": "virtual"}


@pytest.mark.parametrize(
    ("by", "moved"),
    [
        ("P1D", timedelta(days=1)),
        ("PT90M", timedelta(minutes=90)),
        ("P1DT2H3M4.5S", timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
        ("PT0S", timedelta()),
        (90, timedelta(seconds=90)),
        (0.25, timedelta(seconds=0.25)),
    ],
)
def test_it_is_moved_by_a_duration(
    by: str | float, moved: timedelta, control: httpx.Client, environment: Environment
) -> None:
    before = environment.clock.now()

    control.post("/clock/advance", json={"by": by}).raise_for_status()

    assert environment.clock.now() - before == moved


@pytest.mark.parametrize(
    "by", ["", "P", "1D", "P1M", "P1Y", "-P1D", "tomorrow", "P" + "9" * 30 + "D", -1, 1e300, "P1W", "P9999999D"]
)
def test_what_is_no_duration_moves_nothing(by: Any, control: httpx.Client, environment: Environment) -> None:
    before = environment.clock.now()

    response = control.post("/clock/advance", json={"by": by})

    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "by")
    assert environment.clock.now() == before


@pytest.mark.parametrize("to", ["2026-03-02T09:00:00Z", "2026-03-02T10:00:00+01:00"])
def test_it_is_moved_to_a_moment(to: str, control: httpx.Client, environment: Environment) -> None:
    control.post("/clock/advance", json={"to": to}).raise_for_status()

    assert environment.clock.now() == datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("to", ["2026-02-28T00:00:00Z", "soon", ""])
def test_it_is_not_moved_backwards_or_to_nowhere(to: str, control: httpx.Client, environment: Environment) -> None:
    before = environment.clock.now()

    response = control.post("/clock/advance", json={"to": to})

    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "to")
    assert environment.clock.now() == before


def test_the_answer_comes_when_everything_that_was_due_is_done(
    api: httpx.Client, control: httpx.Client, work: Callable[[], None]
) -> None:
    api.post("/v1/workflows/delayed-message/trigger", json={"recipients": ["ada", "bob"]}).raise_for_status()
    work()

    moved = control.post("/clock/advance", json={"by": "P1D"}).json()

    assert moved["done"] >= 2
    assert len(api.get("/v1/messages").json()["items"]) == 2


def test_only_the_clock_of_the_environment_is_moved() -> None:
    emulator = Emulator(keys=[KEY, "sk_test_other"])
    for _ in ControlApi(emulator).handle(advance(b'{"by": 3600}')):
        pass

    apart = emulator.environments[KEY].clock.now() - emulator.environments["sk_test_other"].clock.now()
    assert timedelta(minutes=59) < apart < timedelta(minutes=61)


def advance(body: bytes) -> Request:
    return Request("POST", "/_emulator/clock/advance", body=body)


@pytest.fixture
def waiting(api: httpx.Client, work: Callable[[], None]) -> None:
    """More work than is done in one slice, due in an hour."""
    for number in range(8):
        recipients = [f"user-{number}-{each}" for each in range(100)]
        api.post("/v1/workflows/delayed-message/trigger", json={"recipients": recipients}).raise_for_status()
    work()


def test_requests_are_answered_while_it_is_moved(emulator: Emulator, api: httpx.Client, waiting: None) -> None:
    answered = [
        api.get("/v1/users").status_code
        for each in ControlApi(emulator).handle(advance(b'{"by": "P1D"}'))
        if not isinstance(each, Answer)
    ]

    assert len(answered) > 1
    assert set(answered) == {200}


@pytest.mark.parametrize("path", ["/clock/advance", "/reset"])
def test_while_it_is_moved_nobody_else_works_on_the_environment(path: str, emulator: Emulator, waiting: None) -> None:
    api = ControlApi(emulator)
    moving = api.handle(advance(b'{"by": "P1D"}'))
    next(moving)

    *_, refused = api.handle(Request("POST", f"/_emulator{path}", body=b'{"by": 1}' if "clock" in path else b""))
    *_, moved = moving
    *_, again = api.handle(advance(b'{"by": 1}'))

    assert [refused.status, moved.status, again.status] == [409, 200, 200]  # type: ignore[union-attr]


def test_another_environment_is_moved_meanwhile(emulator: Emulator, waiting: None) -> None:
    api = ControlApi(emulator)
    moving = api.handle(advance(b'{"by": "P1D"}'))
    next(moving)

    *_, other = api.handle(
        Request("POST", "/_emulator/clock/advance", headers=[(b"x-knock-environment", b"sk_test_x")], body=b'{"by":1}')
    )

    assert other.status == 200  # type: ignore[union-attr]


def test_a_move_that_is_given_up_lets_others_go_on(emulator: Emulator, waiting: None) -> None:
    api = ControlApi(emulator)
    moving = api.handle(advance(b'{"by": "P1D"}'))
    next(moving)
    moving.close()  # type: ignore[attr-defined]

    *_, again = api.handle(advance(b'{"by": "P1D"}'))

    assert again.status == 200  # type: ignore[union-attr]
