"""The OpenAPI document: read from one YAML file for each resource, merged into one.

What every operation has (the answers to a bad credential, the id of the answer, ...) is written once, in `shared.yaml`,
and added to each operation here. What is merged is an ordinary OpenAPI 3.1 document, and all its references begin with
`#/components/`.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["METHODS", "RESOURCES", "bundle", "operations"]

#: The methods that a path item may hold, in lower case as OpenAPI writes them.
METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})

#: The resources in the order of the document: each is a file, and the tag of its operations.
RESOURCES = (
    "users",
    "objects",
    "tenants",
    "preferences",
    "preference_center",
    "channel_data",
    "subscriptions",
    "audiences",
    "workflows",
    "workflow_runs",
    "schedules",
    "messages",
    "feeds",
    "guides",
    "bulk_operations",
    "providers",
    "integrations",
)


def bundle() -> dict[str, Any]:
    """Return the whole contract as one OpenAPI 3.1 document; the caller may change it."""
    document: dict[str, Any] = _read("api")
    shared = _read("shared")
    document |= {"tags": [], "paths": {}, "components": shared["components"]}
    for resource in RESOURCES:
        part = _read(resource)
        document["tags"].append({"name": resource, "description": part["description"]})
        for path, item in part["paths"].items():
            for operation in item.values():
                _complete(operation, tag=resource, shared=shared)
            document["paths"].setdefault(path, {}).update(item)
        for kind, named in part.get("components", {}).items():
            document["components"].setdefault(kind, {}).update(named)
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, method (lower case) and the operation, in the order of the document."""
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def _read(stem: str) -> dict[str, Any]:
    text = files(__package__).joinpath("openapi", f"{stem}.yaml").read_bytes()
    part: dict[str, Any] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, in C where there is one
    return part


def _complete(operation: dict[str, Any], *, tag: str, shared: dict[str, Any]) -> None:
    """Add what every operation has: its tag, the common refusals, and the headers of each answer of its own."""
    operation["tags"] = [tag]
    common = shared["x-every-operation"]
    refusals = dict(common["responses"])
    if "requestBody" in operation:
        refusals |= shared["x-every-operation-with-a-body"]["responses"]
    for answer in operation["responses"].values():
        if "$ref" not in answer:
            answer["headers"] = {**common["headers"], **answer.get("headers", {})}
    operation["responses"] = dict(sorted({**refusals, **operation["responses"]}.items()))


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
