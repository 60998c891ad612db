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
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl

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
    found = _Found()
    for key, value in parse_qsl(text):
        _sort_in(found, kinds, key, value)
    return dict(_decoded(found, kinds))


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


@dataclass(slots=True)
class _Found:
    """What a query says, sorted by the form it is said in, before the forms are put together."""

    plain: dict[str, list[str]] = field(default_factory=dict)
    bracketed: dict[str, str] = field(default_factory=dict)
    members: dict[str, dict[str, str]] = field(default_factory=dict)
    indexed: dict[str, dict[int, str | dict[str, str]]] = field(default_factory=dict)
    grouped: dict[str, dict[str, list[str]]] = field(default_factory=dict)


def _sort_in(found: _Found, kinds: dict[str, Kind], key: str, value: str) -> None:
    if key in kinds:
        found.plain.setdefault(key, []).append(value)
        return
    parsed = _NAME.fullmatch(key)
    if parsed is None:
        return
    name, inner = parsed[1], _BRACKETS.findall(parsed[2])
    if not inner and "." in name:
        name, _, member = name.partition(".")
        inner = [member]
    match kinds.get(name), inner:
        case "list", [""]:
            found.plain.setdefault(name, []).append(value)
        case "list", [index] if _INTEGER.fullmatch(index):
            found.indexed.setdefault(name, {})[int(index)] = value
        case "list", ["", member]:
            found.grouped.setdefault(name, {}).setdefault(member, []).append(value)
        case "list", [index, member] if _INTEGER.fullmatch(index):
            place = found.indexed.setdefault(name, {}).setdefault(int(index), {})
            if isinstance(place, dict):
                place[member] = value
        case (("object" | "json"), [member]) if member:
            found.members.setdefault(name, {})[member] = value
        case None, [member] if f"{name}.{member}" in kinds:
            found.bracketed[f"{name}.{member}"] = value
        case _:
            pass  # no parameter of this operation


def _decoded(found: _Found, kinds: dict[str, Kind]) -> Iterator[tuple[str, Any]]:
    for name, text in found.bracketed.items():
        yield name, _converted(text, kinds[name])
    for name in found.plain.keys() | found.indexed.keys() | found.grouped.keys():
        if kinds[name] == "list":
            yield name, _list(found, name)
    for name, members in found.members.items():
        yield name, members
    for name, texts in found.plain.items():
        if kinds[name] != "list":
            yield name, _converted(texts[-1], kinds[name])


def _list(found: _Found, name: str) -> list[str | dict[str, str]]:
    words: list[str | dict[str, str]] = [*found.plain.get(name, ())]
    by_index = found.indexed.get(name, {})
    words += [by_index[index] for index in sorted(by_index)]
    groups = found.grouped.get(name, {})
    size = max((len(texts) for texts in groups.values()), default=0)
    words += [
        {member: texts[position] for member, texts in groups.items() if position < len(texts)}
        for position in range(size)
    ]
    return words


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
