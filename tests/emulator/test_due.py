from __future__ import annotations

import pytest

from knock_harness.emulator import Emulator, Request

HEADERS = [(b"authorization", b"Bearer sk_test_due"), (b"content-type", b"application/json")]


@pytest.fixture
def triggered(emulator: Emulator) -> Emulator:
    """Return an emulator that has accepted three triggers and carried none out."""
    for name in ("ada", "bob", "eve"):
        body = b'{"recipients": ["%s"]}' % name.encode()
        answer = emulator.handle(Request("POST", "/v1/workflows/in-app-message/trigger", "", HEADERS, body))
        assert answer.status == 200
    return emulator


def test_what_is_due_is_all_done_where_there_is_time(triggered: Emulator) -> None:
    assert triggered.run_due(budget_s=60.0) is False


def test_work_can_be_done_piece_by_piece(triggered: Emulator) -> None:
    more = [triggered.run_due(budget_s=0.0, at_once=1) for _ in range(3)]

    assert more == [True, True, False]


def test_what_is_due_is_done_before_a_request_where_the_clock_stands_still(triggered: Emulator) -> None:
    assert [triggered.settle(), triggered.settle()] == [True, False]
    assert triggered.run_due(budget_s=0.0) is False


def test_no_request_waits_for_work_without_end(triggered: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("knock_harness.emulator.emulator.SLICE", 1)
    monkeypatch.setattr("knock_harness.emulator.emulator.SETTLED_AT_ONCE", 2)

    triggered.settle()

    assert triggered.environments["sk_test_due"].store.queue.next_due() is not None


def test_a_running_clock_lets_work_wait_for_a_pause_between_requests() -> None:
    running = Emulator()
    body = b'{"recipients": ["ada"]}'
    running.handle(Request("POST", "/v1/workflows/in-app-message/trigger", "", HEADERS, body))

    assert running.settle() is False
