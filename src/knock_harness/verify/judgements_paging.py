"""Judges of lists: the envelope, its metadata, and the bounds of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from .documented import Broken, brief

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .answers import Answer
    from .documented import Finding

__all__ = ["JUDGES"]

_DEFAULT_SIZE = 50
_LARGEST_PAGE = 50
_LARGEST_FEED_PAGE = 200
_LARGEST_COUNT = 10_000


def _enveloped(answer: Answer) -> Finding:
    if not answer.accepted or "exclude" in answer.query:
        return None
    key = answer.operation.page or "entries"
    if isinstance(answer.error.get(key), list) and isinstance(answer.error.get("page_info"), dict):
        return True
    return Broken(f"an object with {key} and page_info", brief(answer.json))


def _plain_array(answer: Answer) -> Finding:
    if not answer.accepted:
        return None
    return True if isinstance(answer.json, list) else Broken("a JSON array", brief(answer.json))


def _page_info(answer: Answer) -> Finding:
    """Take a cursor that is left out for null: the schema requires neither."""
    if not answer.accepted or not answer.page_info:
        return None
    info = answer.page_info
    cursors = all(info.get(name) is None or isinstance(info[name], str) for name in ("after", "before"))
    if info.get("__typename") == "PageInfo" and _is_integer(info.get("page_size")) and cursors:
        return True
    return Broken("__typename PageInfo, page_size, and after and before as text or null", brief(info))


def _count_capped(answer: Answer) -> Finding:
    if not answer.accepted or not answer.page_info:
        return None
    count = answer.page_info.get("total_count", 0)  # it may be left out
    if not _is_integer(count):
        return None
    return True if count <= _LARGEST_COUNT else Broken(f"total_count at most {_LARGEST_COUNT}", brief(count))


def _default_size(answer: Answer) -> Finding:
    if not answer.accepted or not answer.page_info or "page_size" in answer.query:
        return None
    size, records = answer.page_info.get("page_size"), len(answer.records)
    if size == _DEFAULT_SIZE and records <= _DEFAULT_SIZE:
        return True
    return Broken(f"page_size {_DEFAULT_SIZE} and no more records", f"page_size {brief(size)}, {records} records")


def _size_respected(answer: Answer) -> Finding:
    asked = _asked(answer)
    if not answer.accepted or not answer.page_info or asked is None or not 1 <= asked <= _LARGEST_PAGE:
        return None
    size, records = answer.page_info.get("page_size"), len(answer.records)
    if size == asked and records <= asked:
        return True
    return Broken(f"page_size {asked} and no more records", f"page_size {brief(size)}, {records} records")


def _never_above(largest: int) -> Callable[[Answer], Finding]:
    def judge(answer: Answer) -> Finding:
        asked = _asked(answer)
        if asked is None or asked <= largest or answer.credential != "secret":
            return None
        if 400 <= answer.status < 500:
            return True
        size, records = answer.page_info.get("page_size"), len(answer.records)
        if answer.accepted and records <= largest and (not _is_integer(size) or size <= largest):
            return True
        return Broken(f"a 4xx, or at most {largest} records", f"{answer.status}, page_size {brief(size)}")

    return judge


def _odd_size(answer: Answer) -> Finding:
    if "page_size" not in answer.query or answer.credential != "secret":
        return None
    asked = _asked(answer)
    if asked is not None and asked >= 1:
        return None
    if 400 <= answer.status < 500 or (answer.accepted and len(answer.records) <= _DEFAULT_SIZE):
        return True
    return Broken("a 4xx, or a page of the smallest or default size", f"{answer.status}, {len(answer.records)} records")


def _no_page_before_first(answer: Answer) -> Finding:
    if not answer.accepted or not answer.page_info or answer.query.keys() & {"after", "before"}:
        return None
    before = answer.page_info.get("before")
    return True if before is None else Broken("before null on the first page", brief(before))


def _odd_cursor(answer: Answer) -> Finding:
    """Judge cursors that no server would issue: in this harness all but those taken from an answer are made up."""
    if len(answer.query.keys() & {"after", "before"}) != 1 or answer.credential != "secret":
        return None
    if answer.accepted or 400 <= answer.status < 500:
        return True
    return Broken("a 4xx, or the cursor ignored", f"status {answer.status}")


def _both_cursors(answer: Answer) -> Finding:
    if not answer.query.keys() >= {"after", "before"} or answer.credential != "secret":
        return None
    return True if answer.status < 500 else Broken("no 5xx", f"status {answer.status}")


def _item_cursors(answer: Answer) -> Finding:
    if not answer.accepted or not answer.records or "exclude" in answer.query:
        return None
    without = [each for each in answer.records if not isinstance(each.get("__cursor"), str)]
    return Broken("__cursor in each item", f"none in {len(without)} of {len(answer.records)}") if without else True


def _asked(answer: Answer) -> int | None:
    size = answer.query.get("page_size")
    return size if _is_integer(size) else None


def _is_integer(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


JUDGES: Mapping[str, Callable[[Answer], Finding]] = {
    "PAGE-ENVELOPE-ENTRIES": _enveloped,
    "PAGE-ENVELOPE-ITEMS": _enveloped,
    "PAGE-UNPAGED-ARRAYS": _plain_array,
    "PAGE-INFO-FIELDS": _page_info,
    "PAGE-TOTAL-CAP": _count_capped,
    "PAGE-SIZE-DEFAULT": _default_size,
    "PAGE-SIZE-RESPECTED": _size_respected,
    "PAGE-SIZE-MAX": _never_above(_LARGEST_PAGE),
    "PAGE-SIZE-MAX-FEED": _never_above(_LARGEST_FEED_PAGE),
    "PAGE-SIZE-INVALID": _odd_size,
    "PAGE-FIRST-BEFORE-NULL": _no_page_before_first,
    "PAGE-CURSOR-INVALID": _odd_cursor,
    "PAGE-BOTH-CURSORS": _both_cursors,
    "PAGE-FEED-ITEM-CURSOR": _item_cursors,
}
