"""What a schema means: for each JSON type that it admits, which values of it.

OpenAPI 3.0 and 3.1 say the same things in different words, and either has many ways to say one thing. Here they become
one: references are followed, `allOf` is put together, the branches of a union are joined type by type. Of a union of
records only this is kept: every property that a branch names, and as required what all branches require.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from knock_harness.errors import InvalidDocument

from .facets import Facets, Meaning, both, either

__all__ = ["ANY", "TYPES", "name_of", "read_schema", "resolve"]

#: The JSON types; a number may be whole, but an integer must be.
TYPES: Final = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
_OF_TYPE: Final[Mapping[str, str]] = {
    "minimum": "number",
    "maximum": "number",
    "exclusiveMinimum": "number",
    "exclusiveMaximum": "number",
    "multipleOf": "number",
    "minLength": "string",
    "maxLength": "string",
    "minItems": "array",
    "maxItems": "array",
    "minProperties": "object",
    "maxProperties": "object",
}
_ANNOTATIONS: Final = frozenset({"description", "title", "example", "examples", "deprecated", "readOnly", "writeOnly"})


ANY: Final[Meaning] = dict.fromkeys(TYPES, Facets())


def resolve(document: Mapping[str, Any], value: Any) -> Any:
    """Follow a reference to what it refers to, and further if that is a reference.

    Raises:
        InvalidDocument: it leads nowhere, out of the document, or in a circle.
    """
    seen: set[str] = set()
    while isinstance(value, Mapping) and isinstance(reference := value.get("$ref"), str):
        if reference in seen or not reference.startswith("#/"):
            raise InvalidDocument(f"the reference {reference!r} cannot be followed inside the document")
        seen.add(reference)
        value = _pointed_at(document, reference)
    return value


def name_of(schema: Any) -> str | None:
    """Return the name of the component that a schema refers to; None: it refers to none."""
    reference = schema.get("$ref") if isinstance(schema, Mapping) else None
    return reference.rpartition("/")[2] if isinstance(reference, str) else None


def read_schema(document: Mapping[str, Any], schema: Any) -> Meaning:
    """Return what a schema of the document means.

    Raises:
        InvalidDocument: a reference in it cannot be followed.
    """
    if schema is True or schema == {}:
        return ANY
    if schema is False or schema == {"not": {}}:
        return {}
    if "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key != "$ref" and not _is_annotation(key)}
        target = read_schema(document, resolve(document, schema))
        return both(target, read_schema(document, beside)) if beside else target
    meaning = _own(schema)
    for each in schema.get("allOf", ()):
        meaning = both(meaning, read_schema(document, each))
    for union in ("anyOf", "oneOf"):
        if union in schema:
            meaning = both(meaning, either([_branch(document, each) for each in schema[union]]))
    if schema.get("nullable") is True and "type" not in schema:
        return {**meaning, "null": Facets()}  # 3.0 leaves it open; a writer who says it means it
    return meaning


def _pointed_at(document: Mapping[str, Any], reference: str) -> Any:
    value: Any = document
    for part in reference[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(value, Mapping) or key not in value:
            raise InvalidDocument(f"the reference {reference!r} leads nowhere")
        value = value[key]
    return value


def _is_annotation(key: str) -> bool:
    return key in _ANNOTATIONS or key.startswith("x-")


def _branch(document: Mapping[str, Any], schema: Any) -> Meaning:
    """Return what a branch of a union means; one that says only `nullable: true` is meant as null."""
    if isinstance(schema, Mapping) and {key for key in schema if not _is_annotation(key)} == {"nullable"}:
        return {"null": Facets()}
    return read_schema(document, schema)


def _own(schema: Mapping[str, Any]) -> Meaning:
    """Return what the keywords of a schema itself mean, without its unions and `allOf`."""
    return {name: _facets(schema, name) for name in _types(schema)}


def _types(schema: Mapping[str, Any]) -> frozenset[str]:
    stated = schema.get("type")
    if stated is None:
        values = schema.get("enum", [schema["const"]] if "const" in schema else None)
        return TYPES if values is None else frozenset(_type_of(value) for value in values)
    types = frozenset(stated if isinstance(stated, list) else [stated])
    types |= {"integer"} if "number" in types else frozenset()
    return types | {"null"} if schema.get("nullable") is True else types


def _type_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _facets(schema: Mapping[str, Any], name: str) -> Facets:
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    family = "number" if name == "integer" else name
    return Facets(
        values=None if values is None or name == "null" else frozenset(map(json.dumps, _of_type(values, name))),
        format=schema.get("format") if name in ("string", "integer", "number") else None,
        pattern=schema.get("pattern") if name == "string" else None,
        bounds={key: schema[key] for key, of_type in _OF_TYPE.items() if key in schema and of_type == family},
        items=schema.get("items", True) if name == "array" else True,
        properties=schema.get("properties", {}) if name == "object" else {},
        required=frozenset(schema.get("required", ()) if name == "object" else ()),
        rest=schema.get("additionalProperties", True) if name == "object" else True,
    )


def _of_type(values: Iterable[Any], name: str) -> list[Any]:
    return [value for value in values if _type_of(value) == name]
