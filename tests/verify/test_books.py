from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from knock_harness.verify.books import Book, CollectedItem, Reader
from tests.verify.samples import passed, report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with closing(Book(tmp_path, "gw0")) as book:
        yield book


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def test_a_report_is_read_once(book: Book, reader: Reader) -> None:
    book.report(report(passed("A")))

    assert [list(reader.new_reports()), list(reader.new_reports())] == [[report(passed("A"))], []]


def test_a_report_that_is_still_being_written_is_left_for_later(book: Book, reader: Reader, tmp_path: Path) -> None:
    book.report(report(passed("A")))
    path = tmp_path / "gw0.reports.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:20])
    first = list(reader.new_reports())
    path.write_bytes(whole + whole)

    assert [len(first), len(list(reader.new_reports()))] == [1, 1]


def test_a_worker_that_does_not_finish_is_dead(book: Book, reader: Reader) -> None:
    assert reader.dead_workers() == 1


def test_a_worker_that_finished_is_not_dead(book: Book, reader: Reader) -> None:
    book.finish()

    assert reader.dead_workers() == 0


def test_tests_that_all_workers_collected_are_listed_once(tmp_path: Path, reader: Reader) -> None:
    item = CollectedItem("test_a", ("getUser",), ("A",))
    for worker in ("gw0", "gw1"):
        with closing(Book(tmp_path, worker)) as book:
            book.collected([item])

    assert reader.collected() == {"test_a": item}


def test_the_last_account_of_each_worker_counts(book: Book, reader: Reader) -> None:
    book.account(lambda: {"getUser": 1}, now=True)
    book.account(lambda: {"getUser": 2}, now=True)

    assert reader.accounts() == [{"getUser": 2}]


def test_an_account_is_not_written_at_every_turn(book: Book, reader: Reader) -> None:
    book.account(lambda: {"getUser": 1})

    assert reader.accounts() == []


def test_nothing_of_an_earlier_run_is_left_after_clearing(book: Book, reader: Reader, tmp_path: Path) -> None:
    book.report(report(passed("A")))
    book.account(dict, now=True)
    book.finish()
    (tmp_path / "notes.txt").touch()
    reader.clear()

    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
