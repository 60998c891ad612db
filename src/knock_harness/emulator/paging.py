"""Pages: opaque cursors over the order in which rows were made, in both directions.

Every table that is listed has an integer ``seq`` that grows with each row, so a cursor names a place in the order and
stays good while rows are added or deleted (PAGE-CURSOR-UNDER-INSERT, PAGE-CURSOR-UNDER-DELETE), and the last page costs
what the first one does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .refusals import InvalidParams

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "DEFAULT_SIZE",
    "Page",
    "PageRequest",
    "Row",
    "cursor",
    "page_info",
    "place_in",
    "select_page",
    "sliced_page",
]

DEFAULT_SIZE = 50  # PAGE-SIZE-DEFAULT
#: What `cursor` returns, for places that SQLite can have.
_CURSOR: Final = re.compile("at-(?:0|[1-9a-f][0-9a-f]{0,14}|[1-7][0-9a-f]{15})")

Row = tuple[Any, ...]


class PageRequest(NamedTuple):
    """Which page is asked for: its size, and the places it lies after or before (None: no bound)."""

    size: int = DEFAULT_SIZE
    after: int | None = None
    before: int | None = None

    @classmethod
    def of(cls, query: Mapping[str, Any]) -> PageRequest:
        """Read the three paging parameters of a validated query; an empty cursor is none (QUERY-EMPTY-VALUE).

        Raises:
            InvalidParams: a cursor was never issued (PAGE-CURSOR-INVALID).
        """
        return cls(query.get("page_size", DEFAULT_SIZE), place_in(query, "after"), place_in(query, "before"))


class Page(NamedTuple):
    """Rows in their order, each with its ``seq`` first, and the cursors to the neighbouring pages."""

    rows: Sequence[Row]
    after: str | None
    before: str | None
    size: int

    def answer(self, key: str, render: Callable[[Row], Any]) -> dict[str, Any]:
        """Return the body of a list answer: the records under a key, and page_info."""
        return {key: [render(row) for row in self.rows], "page_info": page_info(self)}


def page_info(page: Page) -> dict[str, Any]:
    """Return what an answer says of its page (PAGE-INFO-FIELDS)."""
    return {"__typename": "PageInfo", "after": page.after, "before": page.before, "page_size": page.size}


def cursor(seq: int) -> str:
    """Return the opaque text that stands for a place in a list."""
    return f"at-{seq:x}"


def select_page(
    connection: sqlite3.Connection,
    request: PageRequest,
    *,
    columns: str,
    source: str,
    where: Sequence[str] = (),
    values: Mapping[str, Any] | None = None,
    newest_first: bool = True,
    seq: str = "seq",
) -> Page:
    """Read one page by the place of its neighbours.

    Args:
        connection: the database.
        request: size and bounds.
        columns: what to select beside the place, as SQL.
        source: table, joins included, as SQL.
        where: conditions that all hold, with named parameters.
        values: the named parameters of the conditions.
        newest_first: from the highest place to the lowest, or the other way round.
        seq: the expression for the place.
    """
    backward = request.before is not None and request.after is None
    downward = newest_first != backward  # the direction in which rows are read
    follows, precedes = ("<", ">") if newest_first else (">", "<")
    conditions = list(where)
    named = dict(values or {})
    if request.after is not None:
        conditions.append(f"{seq} {follows} :page_after")
        named["page_after"] = request.after
    if request.before is not None:
        conditions.append(f"{seq} {precedes} :page_before")
        named["page_before"] = request.before
    named["page_limit"] = request.size + 1
    clause = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = "DESC" if downward else "ASC"
    sql = f"SELECT {seq}, {columns} FROM {source}{clause} ORDER BY {seq} {order} LIMIT :page_limit"  # noqa: S608
    rows = connection.execute(sql, named).fetchall()
    more = len(rows) > request.size
    rows = rows[: request.size]
    if backward:
        rows.reverse()
    if not rows:
        return Page(rows, None, None, request.size)
    if request.after is None and request.before is None:
        return Page(rows, cursor(rows[-1][0]) if more else None, None, request.size)

    def beyond(comparison: str, place: int) -> bool:
        conditions = [*where, f"{seq} {comparison} :place"]
        sql = f"SELECT 1 FROM {source} WHERE {' AND '.join(conditions)} LIMIT 1"  # noqa: S608
        return connection.execute(sql, {**(values or {}), "place": place}).fetchone() is not None

    first, last = rows[0][0], rows[-1][0]
    has_next = beyond(follows, last) if backward else more
    has_previous = more if backward else beyond(precedes, first)
    return Page(rows, cursor(last) if has_next else None, cursor(first) if has_previous else None, request.size)


def sliced_page(items: Sequence[Any], request: PageRequest) -> Page:
    """Return one page of a list that is small and in memory; a row is the place in the list and the item."""
    low = 0 if request.after is None else request.after + 1
    high = len(items) if request.before is None else min(request.before, len(items))
    if request.before is not None and request.after is None:
        low = max(low, high - request.size)
    else:
        high = min(high, low + request.size)
    rows = [(place, items[place]) for place in range(low, high)]
    if not rows:
        return Page(rows, None, None, request.size)
    after = cursor(high - 1) if high < len(items) else None
    return Page(rows, after, cursor(low) if low > 0 else None, request.size)


def place_in(query: Mapping[str, Any], name: str) -> int | None:
    """Return the place that a cursor in a query stands for; None without one.

    Raises:
        InvalidParams: the cursor was never issued.
    """
    text = query.get(name)
    if not text:
        return None
    if not _CURSOR.fullmatch(text):
        raise InvalidParams.at(name, "is no cursor of this list", kind="cursor")
    return int(text[3:], 16)
