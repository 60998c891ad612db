"""What the fields of records must be, and judges that are put together from such checks."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

from .answers import NO_JSON
from .documented import Broken, brief

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .answers import Answer
    from .documented import Finding

    Check = Callable[[Any], bool]

__all__ = [
    "is_bool",
    "is_integer",
    "is_list",
    "is_object",
    "is_one_of",
    "is_record",
    "is_reference",
    "is_stamp",
    "is_text",
    "is_uuid",
    "or_null",
    "records",
    "shaped",
    "wrong_field",
]

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def is_text(value: Any) -> bool:
    """Say whether a value is a text."""
    return isinstance(value, str)


def is_stamp(value: Any) -> bool:
    """Say whether a value is a timestamp as RFC 3339 writes it."""
    return isinstance(value, str) and _STAMP.fullmatch(value) is not None


def is_uuid(value: Any) -> bool:
    """Say whether a value is a UUID."""
    try:
        return isinstance(value, str) and bool(uuid.UUID(value))
    except ValueError:
        return False


def is_object(value: Any) -> bool:
    """Say whether a value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: Any) -> bool:
    """Say whether a value is a list."""
    return isinstance(value, list)


def is_bool(value: Any) -> bool:
    """Say whether a value is a boolean."""
    return isinstance(value, bool)


def is_integer(value: Any) -> bool:
    """Say whether a value is an integer."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_reference(value: Any) -> bool:
    """Say whether a value refers to a recipient: the id of a user, or an object with an id."""
    return isinstance(value, str) or (isinstance(value, dict) and is_text(value.get("id")))


def is_record(value: Any) -> bool:
    """Say whether a value is a full record of a recipient."""
    return isinstance(value, dict) and is_text(value.get("__typename")) and is_text(value.get("id"))


def is_one_of(*values: Any) -> Check:
    """Return a check for one of these values."""
    return lambda value: value in values


def or_null(check: Check) -> Check:
    """Return a check for what passes another one, or is null."""
    return lambda value: value is None or check(value)


def records(answer: Answer) -> Iterator[Any]:
    """Yield what an answer shows: the records of a page, the members of an array, or the one thing."""
    if answer.operation.page:
        yield from answer.records
    elif isinstance(answer.json, list):
        yield from answer.json
    elif answer.json is not NO_JSON:
        yield answer.json


def shaped(**checks: Check) -> Callable[[Answer], Finding]:
    """Return a judge for records that need these fields; one that may be null may also be left out."""

    def judge(answer: Answer) -> Finding:
        if not answer.accepted:
            return None
        shown = list(records(answer))
        for record in shown:
            if wrong := wrong_field(record, checks):
                return Broken(f"each record with a fitting {wrong}", brief(record))
        return True if shown else None

    return judge


def wrong_field(record: Any, checks: Mapping[str, Check]) -> str | None:
    """Return the first field of a record that does not pass its check; None: all do."""
    if not isinstance(record, dict):
        return "form: a JSON object"
    return next((name for name, check in checks.items() if not check(record.get(name))), None)
