"""The contract as one file that other tools read, in OpenAPI 3.1 as it is, or in 3.0 for those that know no more."""

from __future__ import annotations

import json
from typing import Any, Final, Literal

import yaml

__all__ = ["FORMATS", "VERSIONS", "as_openapi_3_0", "rendered"]

FORMATS: Final = ("json", "yaml")
VERSIONS: Final = ("3.0", "3.1")

#: Null, said in the words of 3.0, which has no null type.
_NULL: Final = {"nullable": True, "enum": [None]}


def rendered(document: dict[str, Any], *, form: Literal["json", "yaml"], openapi: Literal["3.0", "3.1"]) -> str:
    """Return the text of a document of ours, with a line end at its end.

    Args:
        document: in OpenAPI 3.1.
        form: how to write it.
        openapi: which version of OpenAPI to write it in.
    """
    chosen = as_openapi_3_0(document) if openapi == "3.0" else document
    if form == "json":
        return json.dumps(chosen, indent=2, ensure_ascii=False) + "\n"
    return yaml.dump(chosen, Dumper=_WithoutAliases, sort_keys=False, allow_unicode=True, width=120)


def as_openapi_3_0(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document in OpenAPI 3.0; what a reference has beside it is lost, as 3.0 has no place for it."""
    older: dict[str, Any] = _translated(document)
    older["openapi"] = "3.0.3"
    older["info"].pop("summary", None)
    older["info"].get("license", {}).pop("identifier", None)
    return older


class _WithoutAliases(yaml.SafeDumper):
    """Writes a value that occurs twice two times: anchors are more than most readers expect."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _translated(value: Any) -> Any:
    """Translate whatever is a schema in the value; nothing else in a document looks like one."""
    if isinstance(value, list):
        return [_translated(each) for each in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("$ref"), str):
        return {"$ref": value["$ref"]}
    inner = {key: _translated(each) for key, each in value.items()}
    if isinstance(value.get("properties"), dict):
        inner["properties"] = {name: _schema(each) for name, each in inner["properties"].items()}
    if isinstance(inner.get("type"), list):
        return _one_type_each(inner)
    if isinstance(inner.get("anyOf"), list):
        inner["anyOf"] = [_NULL if branch == {"type": "null"} else branch for branch in inner["anyOf"]]
    return inner


def _schema(value: Any) -> Any:
    return {"not": {}} if value is False else value


def _one_type_each(schema: dict[str, Any]) -> dict[str, Any]:
    types = [name for name in schema["type"] if name != "null"]
    nullable = {"nullable": True} if "null" in schema["type"] else {}
    if len(types) == 1:
        return {**schema, "type": types[0], **nullable}
    rest = {key: value for key, value in schema.items() if key != "type"}
    branches: list[dict[str, Any]] = [{"type": name, **_of_type(rest, name)} for name in types]
    described = {key: value for key, value in rest.items() if key not in _OF_OBJECTS}
    return {**described, "anyOf": [*branches, _NULL] if nullable else branches}


_OF_OBJECTS: Final = frozenset({"properties", "required", "additionalProperties", "maxProperties", "minProperties"})


def _of_type(schema: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key in _OF_OBJECTS} if name == "object" else {}
