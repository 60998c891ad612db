from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from knock_harness.emulator import Request

if TYPE_CHECKING:
    from knock_harness.emulator import Emulator

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
