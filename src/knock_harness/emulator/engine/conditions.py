"""Conditions: whether a trigger, a step, a channel, a preference or a guide lets something happen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Protocol

import msgspec

from knock_harness.emulator.clock import moment

from .statuses import MessageStatus, status_holds

__all__ = ["MISSING", "OPERATORS", "Scope", "follow", "holds"]

#: What a path that leads nowhere yields: like an empty text, but it does not exist (COND-MISSING-EMPTY).
MISSING: Final = msgspec.UNSET

#: How paths begin; an argument that begins so is a path as well (COND-SCOPE, COND-DYNAMIC-ARGUMENT).
PREFIXES: Final = ("data.", "recipient.", "actor.", "tenant.", "vars.", "workflow.", "run.", "refs.")
_STATUS: Final = "$message."
#: A place in a list, as a part of a path; Python reads no number of thousands of digits, and no list is that long.
_INDEX: Final = re.compile(r"[0-9]{1,9}")


class Scope(Protocol):
    """What conditions are judged on."""

    @property
    def now(self) -> datetime:
        """Return the moment of the judgement."""
        ...

    def value(self, path: str) -> Any:
        """Return what a path such as ``data.count`` leads to, or `MISSING`."""
        ...

    def messages(self, ref: str) -> list[MessageStatus]:
        """Return the statuses that the messages of an earlier step have now."""
        ...

    def is_member(self, audience: str) -> bool:
        """Say whether the recipient is in an audience now."""
        ...


def holds(conditions: Mapping[str, Any] | None, scope: Scope) -> bool:
    """Judge ``{"all": [...]}``, ``{"any": [...]}`` or both; none at all hold (COND-ALL-ANY)."""
    if not conditions:
        return True
    every, some = conditions.get("all"), conditions.get("any")
    return (not every or all(_holds(each, scope) for each in every)) and (
        not some or any(_holds(each, scope) for each in some)
    )


def follow(value: Any, path: list[str]) -> Any:
    """Go down into maps and lists; `MISSING` where a part of the path leads nowhere."""
    for part in path:
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list) and _INDEX.fullmatch(part) and int(part) < len(value):
            value = value[int(part)]
        else:
            return MISSING
    return value


def _holds(condition: Mapping[str, Any], scope: Scope) -> bool:
    if "all" in condition or "any" in condition:
        return holds(condition, scope)
    variable, operator = condition.get("variable", ""), condition.get("operator", "")
    argument = condition.get("argument")
    if operator in _AUDIENCE:
        return scope.is_member(str(argument)) is _AUDIENCE[operator]
    if variable.startswith("refs.") and isinstance(argument, str) and argument.startswith(_STATUS):
        _, ref, *_ = variable.split(".")
        return status_holds(scope.messages(ref), variable.rpartition(".")[2], operator, argument[len(_STATUS) :])
    judge = OPERATORS.get(operator)
    if judge is None:
        return False
    return judge(scope.value(variable), _argument(argument, scope), scope.now)


def _argument(argument: Any, scope: Scope) -> Any:
    """Read an argument: JSON if it is JSON, else a path, else the text itself (COND-ARGUMENT-DECODED)."""
    if not isinstance(argument, str):
        return argument
    value = _decoded(argument)
    return scope.value(argument) if value is _PATH else value


_PATH: Final = object()


@lru_cache(maxsize=4096)
def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return _PATH if text.startswith(PREFIXES) else text


def _equal(left: Any, right: Any) -> bool:
    """Compare as JSON: values and types, where all numbers are of one type (COND-EQUALITY)."""
    left, right = ("" if each is MISSING else each for each in (left, right))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    return type(left) is type(right) and left == right if not _are_numbers(left, right) else left == right


def _are_numbers(*values: Any) -> bool:
    return all(isinstance(each, int | float) and not isinstance(each, bool) for each in values)


def _among(value: Any, values: list[Any]) -> bool:
    return any(_equal(value, each) for each in values)


def _contains(left: Any, right: Any) -> bool:
    """Say whether two texts, a value and a list, or two lists have to do with each other (COND-CONTAINS)."""
    left, right = ("" if each is MISSING else each for each in (left, right))
    if isinstance(left, list):
        return any(_among(each, left) for each in right) if isinstance(right, list) else _among(right, left)
    if isinstance(right, list):
        return _among(left, right)
    return isinstance(left, str) and isinstance(right, str) and right in left


def _contains_all(left: Any, right: Any) -> bool:
    """Say whether a list has every element of another (COND-CONTAINS-ALL); a single value is a list of one."""
    wanted = right if isinstance(right, list) else [right]
    return isinstance(left, list) and all(_among(each, left) for each in wanted)


def _is_empty(value: Any) -> bool:
    return value is MISSING or value is None or value == "" or value == []  # COND-EMPTY-EXISTS


def _is_between(value: Any, bounds: Any) -> bool:
    return (
        isinstance(bounds, list)
        and len(bounds) == 2
        and _are_numbers(value, *bounds)
        and bool(bounds[0] <= value <= bounds[1])
    )


def _instant(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return moment(value)
    except (ValueError, OverflowError):
        return None


def _before(value: Any, limit: Any) -> bool:
    at, bound = _instant(value), _instant(limit)
    return at is not None and bound is not None and at < bound


def _on_or_after(value: Any, limit: Any) -> bool:
    at, bound = _instant(value), _instant(limit)
    return at is not None and bound is not None and at >= bound


def _between_instants(value: Any, bounds: Any) -> bool:
    if not isinstance(bounds, list) or len(bounds) != 2:
        return False
    first, at, last = _instant(bounds[0]), _instant(value), _instant(bounds[1])
    return first is not None and at is not None and last is not None and first <= at <= last


def _before_now(value: Any, now: datetime) -> bool:
    at = _instant(value)
    return at is not None and at < now


def _from_now(value: Any, now: datetime) -> bool:
    at = _instant(value)
    return at is not None and at >= now


_AUDIENCE: Final[Mapping[str, bool]] = {"is_audience_member": True, "is_not_audience_member": False}

_Judge = Callable[[Any, Any, datetime], bool]

#: Each operator that compares the value of a variable with an argument. What cannot be compared does not hold.
OPERATORS: Final[Mapping[str, _Judge]] = {
    "equal_to": lambda value, argument, _: _equal(value, argument),
    "not_equal_to": lambda value, argument, _: not _equal(value, argument),
    "greater_than": lambda value, argument, _: _are_numbers(value, argument) and value > argument,
    "greater_than_or_equal_to": lambda value, argument, _: _are_numbers(value, argument) and value >= argument,
    "less_than": lambda value, argument, _: _are_numbers(value, argument) and value < argument,
    "less_than_or_equal_to": lambda value, argument, _: _are_numbers(value, argument) and value <= argument,
    "is_between": lambda value, argument, _: _is_between(value, argument),
    "contains": lambda value, argument, _: _contains(value, argument),
    "not_contains": lambda value, argument, _: not _contains(value, argument),
    "contains_all": lambda value, argument, _: _contains_all(value, argument),
    "not_contains_all": lambda value, argument, _: not _contains_all(value, argument),
    "empty": lambda value, _argument, _: _is_empty(value),
    "not_empty": lambda value, _argument, _: not _is_empty(value),
    "exists": lambda value, _argument, _: value is not MISSING and value is not None,
    "not_exists": lambda value, _argument, _: value is MISSING or value is None,
    "is_timestamp": lambda value, _argument, _: _instant(value) is not None,
    "is_not_timestamp": lambda value, _argument, _: _instant(value) is None,
    "is_timestamp_before": lambda value, argument, _: _before(value, argument),
    "is_timestamp_before_date": lambda value, argument, _: _before(value, argument),
    "is_timestamp_on_or_after": lambda value, argument, _: _on_or_after(value, argument),
    "is_timestamp_on_or_after_date": lambda value, argument, _: _on_or_after(value, argument),
    "is_timestamp_between": lambda value, argument, _: _between_instants(value, argument),
    "is_timestamp_before_now": lambda value, _argument, now: _before_now(value, now),
    "is_timestamp_on_or_after_now": lambda value, _argument, now: _from_now(value, now),
}
