"""What is promised: the operations of the Knock API, how they are found, and what fits them.

contract.load().operations["triggerWorkflow"].tier
contract.match("PUT", "/v1/users/ada")
contract.body_errors(operation, {"recipients": "ada"})
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from . import project, wire
from .document import bundle
from .generation import narrowed
from .operations import Operation, Parameter, read_operations
from .router import Match, Router
from .validation import Validators, Violation

if TYPE_CHECKING:
    from collections.abc import Mapping

    import jsonschema_rs

    from .operations import Location

__all__ = [
    "Contract",
    "Match",
    "Operation",
    "Parameter",
    "Violation",
    "body_errors",
    "load",
    "match",
    "methods",
    "narrowed",
    "parameter_errors",
    "project",
    "read",
    "validator",
    "violations",
    "wire",
]


@dataclass(frozen=True, slots=True, eq=False)
class Contract:
    """The contract, read and indexed.

    Attributes:
        document: one OpenAPI 3.1 document; every reference in it begins with `#/components/`. Not to be changed.
        operations: every operation by its id, in the order of the document.
        router: finds the operation of a request.
        validators: the compiled schemas.
    """

    document: dict[str, Any]
    operations: Mapping[str, Operation]
    router: Router
    validators: Validators


@cache
def load() -> Contract:
    """Return the contract; read once in a process."""
    return read(bundle())


def read(document: dict[str, Any]) -> Contract:
    """Return a document in the form of the contract, read and indexed."""
    operations = read_operations(document)
    return Contract(
        document=document,
        operations=operations,
        router=Router(operations.values()),
        validators=Validators(document),
    )


def match(method: str, path: str) -> Match | None:
    """Return the operation that a request is, with its path parameters; None if there is none.

    Args:
        method: in capitals.
        path: as it stands on the wire, percent-encoded, without the query.
    """
    return load().router.match(method, path)


def methods(path: str) -> frozenset[str]:
    """Return the methods, in capitals, that a path has; none: the path is unknown."""
    return load().router.methods(path)


def validator(schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of a schema of the document, or of one that refers to its components."""
    return load().validators.validator(schema)


def violations(schema: Mapping[str, Any], value: Any) -> tuple[Violation, ...]:
    """Return what is wrong with a value that should fit a schema as `validator` takes it."""
    return load().validators.violations(schema, value)


def body_errors(operation: Operation, value: Any) -> tuple[Violation, ...]:
    """Return what is wrong with a decoded request body; nothing for an operation that takes none."""
    return load().validators.body_errors(operation, value)


def parameter_errors(operation: Operation, location: Location, values: Mapping[str, Any]) -> tuple[Violation, ...]:
    """Return what is wrong with the decoded parameters of one location, missing ones included."""
    return load().validators.parameter_errors(operation, location, values)
