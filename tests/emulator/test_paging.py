from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knock_harness.emulator.paging import Page, PageRequest, cursor, select_page
from knock_harness.emulator.refusals import InvalidParams

if TYPE_CHECKING:
    from collections.abc import Iterator


def table(rows: int) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE things (seq INTEGER PRIMARY KEY, name TEXT)")
    connection.executemany("INSERT INTO things (name) VALUES (?)", [(f"thing {number}",) for number in range(rows)])
    return connection


def read(connection: sqlite3.Connection, *, newest_first: bool = True, **query: object) -> Page:
    return select_page(connection, PageRequest.of(query), columns="name", source="things", newest_first=newest_first)


def forward(connection: sqlite3.Connection, *, size: int, newest_first: bool) -> Iterator[Page]:
    page = read(connection, page_size=size, newest_first=newest_first)
    yield page
    while page.after is not None:
        page = read(connection, page_size=size, after=page.after, newest_first=newest_first)
        yield page


counts = st.integers(min_value=0, max_value=25)
sizes = st.integers(min_value=1, max_value=10)


@given(count=counts, size=sizes, newest_first=st.booleans())
def test_following_after_names_every_row_once_and_in_order(count: int, size: int, newest_first: bool) -> None:
    pages = list(forward(table(count), size=size, newest_first=newest_first))

    places = [row[0] for page in pages for row in page.rows]
    assert places == sorted(range(1, count + 1), reverse=newest_first)


@given(count=counts, size=sizes, newest_first=st.booleans())
def test_every_page_that_is_followed_by_another_is_full(count: int, size: int, newest_first: bool) -> None:
    pages = list(forward(table(count), size=size, newest_first=newest_first))

    assert all(len(page.rows) == size for page in pages[:-1])
    assert all(page.rows for page in pages[1:])


@given(count=counts, size=sizes, newest_first=st.booleans())
def test_before_leads_back_to_the_page_that_after_came_from(count: int, size: int, newest_first: bool) -> None:
    connection = table(count)
    pages = list(forward(connection, size=size, newest_first=newest_first))

    back = [read(connection, page_size=size, before=page.before, newest_first=newest_first).rows for page in pages[1:]]

    assert back == [page.rows for page in pages[:-1]]


def test_the_first_page_has_nothing_before_it_also_when_it_is_reached_backwards() -> None:
    connection = table(6)
    second = read(connection, page_size=3, after=read(connection, page_size=3).after)

    first = read(connection, page_size=3, before=second.before)

    assert first.before is None
    assert first.after is not None


def test_a_cursor_outlives_the_row_it_points_at() -> None:
    connection = table(6)
    after = read(connection, page_size=3).after
    connection.execute("DELETE FROM things WHERE seq = 4")

    assert [row[0] for row in read(connection, page_size=3, after=after).rows] == [3, 2, 1]


def test_an_empty_list_has_no_cursors() -> None:
    page = read(table(0))

    assert (page.after, page.before, list(page.rows)) == (None, None, [])


def test_between_two_cursors_lies_what_is_between_them() -> None:
    page = read(table(9), after=cursor(7), before=cursor(3))

    assert [row[0] for row in page.rows] == [6, 5, 4]


@pytest.mark.parametrize("text", ["nonsense", "*", "äöü", "c-1", cursor(2**70), "s"])
def test_a_cursor_that_was_never_issued_is_refused(text: str) -> None:
    with pytest.raises(InvalidParams):
        PageRequest.of({"after": text})


def test_an_empty_cursor_is_none() -> None:
    assert PageRequest.of({"after": "", "before": None}) == PageRequest()
