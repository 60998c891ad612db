"""An operation of the contract, and its parameters: what the document says, ready to be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from .document import operations as each_operation

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Operation", "Parameter", "read_operations"]

Location = Literal["path", "query", "header"]


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A named value of a request that stands in its path, its query or its headers.

    Attributes:
        name: as the document writes it, such as `inserted_at.gt`.
        location: where it stands.
        required: whether a request without it is refused.
        schema: what its value must be once it is decoded; may hold `$ref`.
        description: what it is for.
        style: how it is written: `json` for JSON in one string, else a style of OpenAPI; None: the default one.
    """

    name: str
    location: Location
    required: bool
    schema: Mapping[str, Any]
    description: str
    style: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One method and path of the contract.

    Attributes:
        id: our operationId, unique and fit for file names.
        published_id: the operationId in the published document, which is odd for a few.
        method: in capitals.
        path: with its parameters in braces.
        resource: the tag: the file of the contract that holds it.
        summary: one line about what it does.
        deprecated: whether clients should not use it any more.
        successor: the id of the operation to use in its place, for deprecated twins and aliases.
        tier: its rate-limit tier, 1 (1 request a second) to 5 (1000); 0: it is not limited.
        batch_tier: the tier of the updates in one batch, for the batch status changes.
        retention: whether it sees only what lies inside the retention window.
        idempotent: whether it obeys the Idempotency-Key header.
        parameters: in the order of the document, references resolved.
        body: the schema of the request body; None: it takes none, or none of JSON.
        body_required: whether a request without a body is refused.
        success: the status of success, 200 or 204.
        responses: by status, references resolved.
        page: the key under which a paged answer holds its records; None: not paged.
        secret_only: whether a public key is refused with 403.
    """

    id: str
    published_id: str
    method: str
    path: str
    resource: str
    summary: str
    deprecated: bool
    successor: str | None
    tier: int
    batch_tier: int | None
    retention: bool
    idempotent: bool
    parameters: tuple[Parameter, ...]
    body: Mapping[str, Any] | None
    body_required: bool
    success: int
    responses: Mapping[str, Mapping[str, Any]]
    page: Literal["entries", "items"] | None
    secret_only: bool


def read_operations(document: dict[str, Any]) -> dict[str, Operation]:
    """Return every operation of the document by its operationId, in the order of the document."""
    found = (
        _read_operation(document, path=path, method=method, spec=spec)
        for path, method, spec in each_operation(document)
    )
    return {operation.id: operation for operation in found}


def _read_operation(document: dict[str, Any], *, path: str, method: str, spec: dict[str, Any]) -> Operation:
    body = _resolve(document, spec.get("requestBody", {}))
    as_json = body.get("content", {}).get("application/json")
    responses = {status: _resolve(document, answer) for status, answer in spec["responses"].items()}
    return Operation(
        id=spec["operationId"],
        published_id=spec.get("x-published-operation-id", spec["operationId"]),
        method=method.upper(),
        path=path,
        resource=spec["tags"][0],
        summary=spec.get("summary", ""),
        deprecated=spec.get("deprecated", False),
        successor=spec.get("x-successor"),
        tier=spec.get("x-rate-limit-tier", 0),
        batch_tier=spec.get("x-batch-rate-limit-tier"),
        retention=spec.get("x-retention", False),
        idempotent=spec.get("x-idempotent", False),
        parameters=tuple(_read_parameter(_resolve(document, each)) for each in spec.get("parameters", ())),
        body=as_json["schema"] if as_json else None,
        body_required=body.get("required", False),
        success=next(int(status) for status in responses if status.startswith("2")),
        responses=responses,
        page=spec.get("x-page-list"),
        secret_only=spec.get("x-secret-key-only", False),
    )


def _read_parameter(spec: dict[str, Any]) -> Parameter:
    as_json = spec.get("content", {}).get("application/json")
    return Parameter(
        name=spec["name"],
        location=cast(Location, spec["in"]),
        required=spec.get("required", False),
        schema=as_json["schema"] if as_json else spec["schema"],
        description=spec.get("description", ""),
        style="json" if as_json else spec.get("style"),
    )


def _resolve(document: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in value:
        target: Any = document
        for key in value["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        value = target
    return value
