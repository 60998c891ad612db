from __future__ import annotations

import sqlite3

import pytest

from knock_harness.emulator.queue import Queue


@pytest.fixture
def queue() -> Queue:
    connection = sqlite3.connect(":memory:")
    connection.executescript(Queue.SCHEMA)
    return Queue(connection)


def test_work_comes_by_due_time_and_then_in_the_order_it_was_put(queue: Queue) -> None:
    queue.put("2024-01-02", "late", b"")
    queue.put("2024-01-01", "early", b"1")
    queue.put("2024-01-01", "early", b"2")

    assert [(each.kind, each.payload) for each in queue.due("2024-01-03", limit=9)] == [
        ("early", b"1"),
        ("early", b"2"),
        ("late", b""),
    ]


def test_work_of_a_later_moment_is_not_due(queue: Queue) -> None:
    queue.put("2024-01-02", "late", b"")

    assert not queue.due("2024-01-01", limit=9)
    assert queue.next_due() == "2024-01-02"


def test_removed_work_is_gone_and_may_be_removed_again(queue: Queue) -> None:
    place = queue.put("2024-01-01", "early", b"")

    queue.remove(place)
    queue.remove(place)

    assert queue.next_due() is None


def test_the_place_of_removed_work_is_not_given_again(queue: Queue) -> None:
    removed = queue.put("2024-01-01", "first", b"")
    queue.remove(removed)

    assert queue.put("2024-01-01", "second", b"") != removed
