"""The query on the wire: every way in which clients write a parameter, and the one in which we do.

| value | read | written |
| --- | --- | --- |
| list of words | `status[]=a`, `status=a` repeated, `status[0]=a` | `status[]=a&status[]=b` |
| list of references | `objects[0][id]=`, or `objects[][id]=` grouped by position; also words | `objects[0][id]=` |
| object | `recipient[id]=`, `recipient.id=` | `recipient[id]=` |
| dotted name | `inserted_at.gte=` or else `inserted_at[gte]=` (PROV-CURSOR-DOTTED-WINS) | `inserted_at.gte=` |
| JSON | `trigger_data={"a":1}`, `access_token_object[object_id]=` | `trigger_data={"a":1}` |

Brackets may be raw or percent-encoded. An empty value counts as absent (QUERY-EMPTY-VALUE), and a parameter that the
operation does not have is passed over (QUERY-UNKNOWN-IGNORED).
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .operations import Operation, Parameter

__all__ = ["decode_query", "encode_query"]

Kind = Literal["string", "integer", "boolean", "list", "object", "json"]

#: A name and what stands in brackets behind it: `objects[0][id]`.
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
#: Whole numbers that fit 64 bits; anything else stays text, and validation refuses it.
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_BOOLEANS = {"true": True, "false": False}


def decode_query(operation: Operation, raw_query: str | bytes) -> dict[str, Any]:
    """Return the parameters of a query under the names that the contract gives them.

    Lists are lists even if they hold one word. Integers and booleans are converted if they can be read as such, and
    JSON is parsed if it can be; what cannot stays text, so that validation refuses it.

    Args:
        operation: the operation that the request is.
        raw_query: what follows the question mark, still encoded.
    """
    if not raw_query:
        return {}
    text = raw_query if isinstance(raw_query, str) else raw_query.decode("utf-8", "replace")
    kinds = _kinds(operation)
    plain: dict[str, Any] = {}
    other = _OtherForms(kinds)
    for key, value in _pairs(text):
        kind = kinds.get(key)
        if kind is None or kind == "list":
            other.add(key, value)
        else:
            plain[key] = _converted(value, kind)
    return {**other.values(), **plain} if other.used else plain


def encode_query(operation: Operation, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the name and value pairs that say these values, not yet percent-encoded.

    Values need not fit the contract: what is no list, where a list is due, is written as it is.

    Args:
        operation: the operation that the request will be.
        values: by the names that the contract gives them.
    """
    kinds = _kinds(operation)
    return [pair for name, value in values.items() for pair in _encoded(name, value, kinds.get(name, "string"))]


@cache
def _kinds(operation: Operation) -> dict[str, Kind]:
    return {each.name: _kind(each) for each in operation.parameters if each.location == "query"}


def _kind(parameter: Parameter) -> Kind:
    if parameter.style == "json":
        return "json"
    if parameter.style == "deepObject":
        return "object"
    match parameter.schema.get("type"):
        case "array":
            return "list"
        case "integer":
            return "integer"
        case "boolean":
            return "boolean"
        case _:
            return "string"


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the decoded pairs of a query that have a value."""
    escaped = "%" in text or "+" in text
    for pair in text.split("&"):
        key, _, value = pair.partition("=")
        if value:
            yield (unquote_plus(key), unquote_plus(value)) if escaped else (key, value)


class _OtherForms:
    """What a query says in another form than `name=value`, sorted by form before the forms are put together."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self.kinds = kinds
        self.used = False
        self.bracketed: dict[str, str] = {}
        self.members: dict[str, dict[str, str]] = {}
        self.words: dict[str, list[str]] = {}
        self.indexed: dict[str, dict[int, str | dict[str, str]]] = {}
        self.grouped: dict[str, dict[str, list[str]]] = {}

    def add(self, key: str, value: str) -> None:
        """Sort in a pair; one that names no parameter is passed over."""
        parsed = _NAME.fullmatch(key)
        if parsed is None:
            return
        name, inner = parsed[1], _BRACKETS.findall(parsed[2])
        if not inner and name not in self.kinds:
            name, _, member = name.partition(".")
            inner = [member]
        self.used = True
        match self.kinds.get(name), inner:
            case "list", [] | [""]:
                self.words.setdefault(name, []).append(value)
            case "list", ["", member]:
                self.grouped.setdefault(name, {}).setdefault(member, []).append(value)
            case "list", [index, *path] if _INTEGER.fullmatch(index) and len(path) < 2:
                self._add_at(name, int(index), path, value)
            case (("object" | "json"), [member]) if member:
                self.members.setdefault(name, {})[member] = value
            case None, [member] if f"{name}.{member}" in self.kinds:
                self.bracketed[f"{name}.{member}"] = value
            case _:
                pass

    def values(self) -> dict[str, Any]:
        """Return what the forms say together, by the names of the contract."""
        dotted = {name: _converted(text, self.kinds[name]) for name, text in self.bracketed.items()}
        lists = self.words.keys() | self.indexed.keys() | self.grouped.keys()
        return {**dotted, **self.members, **{name: self._list(name) for name in lists}}

    def _add_at(self, name: str, index: int, path: list[str], value: str) -> None:
        places = self.indexed.setdefault(name, {})
        if not path:
            places[index] = value
        elif isinstance(place := places.setdefault(index, {}), dict):
            place[path[0]] = value

    def _list(self, name: str) -> list[str | dict[str, str]]:
        """Words first, then what has a place, then references whose parts belong together by their positions."""
        by_index = self.indexed.get(name, {})
        parts = self.grouped.get(name, {})
        size = max((len(texts) for texts in parts.values()), default=0)
        return [
            *self.words.get(name, ()),
            *(by_index[index] for index in sorted(by_index)),
            *({part: texts[at] for part, texts in parts.items() if at < len(texts)} for at in range(size)),
        ]


def _converted(text: str, kind: Kind) -> Any:
    if kind == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    if kind == "boolean":
        return _BOOLEANS.get(text, text)
    if kind == "json":
        return _json(text)
    return text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _encoded(name: str, value: Any, kind: Kind) -> Iterator[tuple[str, str]]:
    match value:
        case _ if kind == "json" and not isinstance(value, str):
            yield name, json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        case list() | tuple() if any(isinstance(each, dict) for each in value):
            for position, each in enumerate(value):
                yield from _encoded(f"{name}[{position}]", each, "string")
        case list() | tuple():
            for each in value:
                yield f"{name}[]", _text(each)
        case dict():
            for member, each in value.items():
                yield f"{name}[{member}]", _text(each)
        case _:
            yield (f"{name}[]" if kind == "list" else name), _text(value)


def _text(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return ""
        case str():
            return value
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        case _:
            return str(value)
