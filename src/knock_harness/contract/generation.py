"""The document as it is drawn from: the same requests, without what random values make dear or meaningless.

Most of the time of a generated request goes into what nobody promised anything about: random keys beside the named
ones, at every depth. Here every record holds its named properties only, plus one or two of the caller's own where
those are allowed; maps, and lists inside of lists, are short; and what the contract marks `x-not-generated` is left
out, what it marks `x-drawn-from` is one of the values named there.

Whatever is drawn from this document is valid in the contract. The opposite does not hold: a request that breaks a bound
written here may be valid, so ask the contract (`contract.body_errors`) before calling a request invalid.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from .document import operations as each_operation

__all__ = ["narrowed"]

#: How many entries a map of settings, or a list inside a list, holds at most.
FEW = 2
#: Properties that stand for those a caller may add to a record: anything, but plain values inside a list.
OWN_PROPERTIES: dict[str, Any] = {"custom": {}, "own property": {}}
PLAIN: dict[str, Any] = {"type": ["string", "number", "boolean", "null"]}
PLAIN_PROPERTIES: dict[str, Any] = {"custom": PLAIN}
_SCHEMAS = "#/components/schemas/"
#: Request schemas live under names of their own, as answers refer to some of the same ones.
_SUFFIX = ".drawn"


def narrowed(document: dict[str, Any], *, longest_list: int | None = None) -> dict[str, Any]:
    """Return a copy of a contract document that is fit to draw requests from.

    Args:
        document: the contract's document; not changed.
        longest_list: how many entries a list in a body holds at most; None: as many as the contract allows, which is
            what whoever goes through the bounds needs.
    """
    copy = deepcopy(document)
    schemas = copy["components"]["schemas"]
    for _, _, operation in each_operation(copy):
        operation["parameters"] = [
            _drawn_parameter(schemas, resolved)
            for each in operation.get("parameters", ())
            if not _is_left_out(resolved := _resolved(copy, each), in_list=False)
        ]
        for media in operation.get("requestBody", {}).get("content", {}).values():
            media["schema"] = _drawn(schemas, media["schema"], in_list=False)
    if longest_list is not None:
        for name in [each for each in schemas if each.endswith(_SUFFIX)]:
            _shorten_lists(schemas[name], longest_list)
    return copy


def _resolved(document: dict[str, Any], parameter: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in parameter:
        return parameter
    found: dict[str, Any] = document["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
    return dict(found)


def _drawn_parameter(schemas: dict[str, Any], parameter: dict[str, Any]) -> dict[str, Any]:
    if "content" not in parameter:
        return {**parameter, "schema": _drawn(schemas, parameter["schema"], in_list=False)}
    content = {
        media_type: {**media, "schema": _drawn(schemas, media["schema"], in_list=False)}
        for media_type, media in parameter["content"].items()
    }
    return {**parameter, "content": content}


def _drawn(schemas: dict[str, Any], schema: Any, *, in_list: bool) -> Any:
    """Return a schema with its bounds drawn closer, and see to it that what it refers to exists in that form too."""
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {**schema, "$ref": _SCHEMAS + _drawn_component(schemas, schema["$ref"], in_list=in_list)}
    if "x-drawn-from" in schema:
        return {"enum": schema["x-drawn-from"]}
    if in_list and not schema.keys() - {"description"}:
        return PLAIN
    found = dict(schema)
    if "anyOf" in found:
        found["anyOf"] = [_drawn(schemas, each, in_list=in_list) for each in found["anyOf"]]
    if "items" in found:
        found["items"] = _drawn(schemas, found["items"], in_list=True)
        if in_list:
            found["maxItems"] = min(FEW, found.get("maxItems", FEW))
    if "properties" in found:
        return _record(schemas, found, in_list=in_list)
    return _map(schemas, found, in_list=in_list)


def _record(schemas: dict[str, Any], schema: dict[str, Any], *, in_list: bool) -> dict[str, Any]:
    properties = {
        name: _drawn(schemas, each, in_list=in_list)
        for name, each in schema["properties"].items()
        if each is not False and not _is_left_out(each, in_list=in_list)
    }
    rest = schema.get("additionalProperties")
    if isinstance(rest, dict):
        return _map(schemas, {**schema, "properties": properties}, in_list=in_list)
    if rest is True:
        properties |= PLAIN_PROPERTIES if in_list else OWN_PROPERTIES
    return {**schema, "properties": properties, "additionalProperties": False}


def _shorten_lists(schema: Any, longest: int) -> None:
    if not isinstance(schema, dict):
        return
    if "items" in schema:
        schema["maxItems"] = min(longest, schema.get("maxItems", longest))
    for each in schema.get("properties", {}).values():
        _shorten_lists(each, longest)


def _is_left_out(place: dict[str, Any], *, in_list: bool) -> bool:
    mark = place.get("x-not-generated", False)
    return mark is True or (mark == "in lists" and in_list)


def _map(schemas: dict[str, Any], schema: dict[str, Any], *, in_list: bool) -> dict[str, Any]:
    rest = schema.get("additionalProperties")
    if isinstance(rest, dict):
        entries = min(FEW, schema.get("maxProperties", FEW))
        return {**schema, "additionalProperties": _drawn(schemas, rest, in_list=in_list), "maxProperties": entries}
    if rest is True and in_list:
        return {**schema, "properties": PLAIN_PROPERTIES, "additionalProperties": False}
    return schema


def _drawn_component(schemas: dict[str, Any], reference: str, *, in_list: bool) -> str:
    source = reference.removeprefix(_SCHEMAS)
    name = source + _SUFFIX + (".in_list" if in_list else "")
    if name not in schemas:
        schemas[name] = {}  # taken, in case the schema refers to itself
        schemas[name] |= _drawn(schemas, schemas[source], in_list=in_list)
    return name
