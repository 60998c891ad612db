"""Validation against the contract: what is wrong with a value, and at which field.

The schemas are those of the document; nothing about a request or an answer is said a second time in code.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import jsonschema_rs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .operations import Location, Operation

__all__ = ["Validators", "Violation", "is_small"]

#: The document's own address in the registry: references of a schema are read from there.
_DOCUMENT = "knock:contract"
#: Values within a value above which not all errors are told.
_MANY = 2000


@dataclass(frozen=True, slots=True)
class Violation:
    """A place where a value does not fit its schema.

    Attributes:
        path: the keys and positions that lead to the place; empty: the value itself.
        keyword: the constraint that is broken, such as `required` or `maxItems`.
        message: what is wrong, for people.
        lenient: whether a server may accept it all the same: the contract marks the constraint `x-lenient`.
    """

    path: tuple[str | int, ...]
    keyword: str
    message: str
    lenient: bool

    @property
    def field(self) -> str:
        """The path in one word, such as `recipients.0.id`; empty for the value itself."""
        return ".".join(str(part) for part in self.path)


class Validators:
    """Compiles the schemas of one document, each when it is first needed, and keeps them."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._registry = jsonschema_rs.Registry([(_DOCUMENT, document)])
        self._by_schema: dict[int, jsonschema_rs.Draft202012Validator] = {}
        self._schemas: list[Mapping[str, Any]] = []
        self._by_parameters: dict[tuple[Operation, Location], dict[str, Any]] = {}

    def validator(self, schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
        """Return the validator of a schema of the document, or of one that refers to its components."""
        found = self._by_schema.get(id(schema))
        if found is None:
            found = self._by_schema[id(schema)] = self._compile(schema)
            self._schemas.append(schema)  # kept alive: its id is the key
        return found

    def body_errors(self, operation: Operation, value: Any) -> tuple[Violation, ...]:
        """Return what is wrong with a request body; nothing for an operation that takes none."""
        if operation.body is None:
            return ()
        return self.violations(operation.body, value)

    def parameter_errors(
        self, operation: Operation, location: Location, values: Mapping[str, Any]
    ) -> tuple[Violation, ...]:
        """Return what is wrong with the decoded parameters of one location, missing ones included."""
        schema = self._by_parameters.get((operation, location))
        if schema is None:
            schema = self._by_parameters[operation, location] = _schema_of_parameters(operation, location)
        return self.violations(schema, values)

    def _compile(self, schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
        return jsonschema_rs.Draft202012Validator(_absolute(schema), registry=self._registry, validate_formats=True)

    def violations(self, schema: Mapping[str, Any], value: Any) -> tuple[Violation, ...]:
        """Return what is wrong with a value that should fit a schema as `validator` takes it.

        Of a value that holds many, less is told: each field that is at fault, and of a list the first item that is. To
        make an error takes as long as to judge a thousand values, and a million errors take a minute.
        """
        validator = self.validator(schema)
        if validator.is_valid(value):  # much cheaper than asking for the errors that are seldom there
            return ()
        if is_small(value):
            return tuple(self._violation(schema, error) for error in validator.iter_errors(value))
        return tuple(self._faults(schema, value))

    def _faults(self, schema: Mapping[str, Any], value: Any) -> Iterator[Violation]:
        """Yield where a large value is at fault, as far down as its schema is plain."""
        plain = self._resolved(schema)
        found = False
        if isinstance(value, dict):
            for name in plain.get("required", ()):
                if name not in value:
                    found = True
                    yield Violation((name,), "required", f'"{name}" is a required property', lenient=False)
        most = plain.get("maxItems")
        if isinstance(value, list) and most is not None and len(value) > most:
            lenient = "maxItems" in plain.get("x-lenient", ())
            yield Violation((), "maxItems", f"has more than {most} items", lenient=lenient)
            return
        for name, inner in _parts(plain, value):
            for each in self.violations(inner, value[name]):
                found = True
                yield replace(each, path=(name, *each.path))
            if found and isinstance(value, list):
                return
        if not found:
            yield Violation((), "", "does not fit", lenient=False)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            place: Any = self._document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                place = place[step]
            schema = place
        return schema

    def _violation(self, schema: Mapping[str, Any], error: jsonschema_rs.ValidationError) -> Violation:
        path = tuple(error.instance_path)
        keyword = str(error.schema_path[-1]) if error.schema_path else ""
        if keyword == "required" and (missing := getattr(error.kind, "property", None)) is not None:
            path = (*path, missing)
        return Violation(path, keyword, error.message, self._is_lenient(schema, error))

    def _is_lenient(self, schema: Mapping[str, Any], error: jsonschema_rs.ValidationError) -> bool:
        """Say whether the broken constraint is marked; of a union, one branch broken in marked ways is enough."""
        branches = getattr(error.kind, "context", None) or ()
        if any(branch and all(self._is_lenient(schema, each) for each in branch) for branch in branches):
            return True
        *steps, keyword = error.schema_path or [""]
        place: Any = self._document if steps[:1] == ["components"] else schema
        for step in steps:
            place = place[step]
        return keyword in place.get("x-lenient", ())


def _parts(schema: Mapping[str, Any], value: Any) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Yield the keys or positions of a value that a plain schema speaks of, with the schema of what is there."""
    if isinstance(value, dict):
        yield from ((name, inner) for name, inner in schema.get("properties", {}).items() if name in value)
    elif isinstance(value, list) and "items" in schema:
        yield from ((place, schema["items"]) for place in range(len(value)))


def is_small(value: Any) -> bool:
    """Say whether a JSON value holds so few values that everything that is wrong with it can be told."""
    seen, waiting = 0, [value]
    while waiting:
        each = waiting.pop()
        if not isinstance(each, dict | list):
            continue
        seen += len(each)
        if seen > _MANY:
            return False
        waiting += each.values() if isinstance(each, dict) else each
    return True


def _schema_of_parameters(operation: Operation, location: Location) -> dict[str, Any]:
    parameters = [each for each in operation.parameters if each.location == location]
    return {
        "type": "object",
        "properties": {each.name: each.schema for each in parameters},
        "required": [each.name for each in parameters if each.required],
    }


def _absolute(schema: Any) -> Any:
    """Return the schema with its references pointing into the document instead of into itself."""
    if isinstance(schema, dict):
        return {
            key: _DOCUMENT + value if key == "$ref" and isinstance(value, str) else _absolute(value)
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [_absolute(each) for each in schema]
    return schema
