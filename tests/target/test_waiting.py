"""Waiting with a deadline."""

from __future__ import annotations

import pytest

from knock_harness.target import Overdue, eventually


def test_what_is_true_at_once_is_returned_without_a_pause() -> None:
    assert eventually(lambda: "there", pause=lambda _s: pytest.fail("paused")) == "there"


def test_it_is_asked_again_until_it_is_true() -> None:
    answers = iter([None, [], "there"])

    assert eventually(lambda: next(answers), pause=lambda _s: None) == "there"


def test_what_stays_false_is_overdue() -> None:
    now = iter(range(100))

    with pytest.raises(Overdue, match="the message did not come about within 5 s"):
        eventually(lambda: None, timeout_s=5, what="the message", clock=lambda: next(now), pause=lambda _s: None)


def test_pauses_grow_and_end_at_the_deadline() -> None:
    pauses: list[float] = []

    with pytest.raises(Overdue):
        eventually(lambda: None, timeout_s=2, clock=lambda: sum(pauses), pause=pauses.append)

    assert pauses[:-1] == sorted(pauses[:-1])
    assert sum(pauses) == pytest.approx(2)


def test_something_overdue_is_a_failed_check() -> None:
    assert issubclass(Overdue, AssertionError)
