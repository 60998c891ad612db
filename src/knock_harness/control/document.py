"""The OpenAPI document of the control API: one YAML file for each subject, merged into one.

What operations have in common is written once, in `shared.yaml`, and added to each of them here.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final

import yaml

__all__ = ["PREFIX", "SUBJECTS", "bundle"]

#: What every path of the control API begins with.
PREFIX: Final = "/_emulator"
#: The subjects in the order of the document: each is a file, and the tag of its operations.
SUBJECTS: Final = (
    "emulator",
    "environments",
    "clock",
    "definitions",
    "keys",
    "settings",
    "deliveries",
    "faults",
    "journal",
    "outbox",
    "snapshots",
    "seeding",
)

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def bundle() -> dict[str, Any]:
    """Return the whole control API as one OpenAPI 3.1 document; the caller may change it."""
    document = _read("api")
    shared = _read("shared")
    document |= {"tags": [], "paths": {}, "components": shared["components"]}
    for subject in SUBJECTS:
        part = _read(subject)
        document["tags"].append({"name": subject, "description": part["description"]})
        for path, item in part["paths"].items():
            for operation in item.values():
                _complete(operation, tag=subject, shared=shared)
            document["paths"].setdefault(PREFIX + path, {}).update(item)
        for kind, named in part.get("components", {}).items():
            document["components"].setdefault(kind, {}).update(named)
    return document


def _read(stem: str) -> dict[str, Any]:
    text = files(__package__).joinpath("openapi", f"{stem}.yaml").read_bytes()
    part: dict[str, Any] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, in C where there is one
    return part


def _complete(operation: dict[str, Any], *, tag: str, shared: dict[str, Any]) -> None:
    """Add what every operation of its sort has: its tag, the header that names the environment, the refusals."""
    sorts = ["x-every-operation"]
    if not operation.get("x-whole-emulator", False):
        sorts.append("x-every-operation-of-an-environment")
    if "requestBody" in operation:
        sorts.append("x-every-operation-with-a-body")
    operation["tags"] = [tag]
    responses: dict[str, Any] = {}
    for sort in sorts:
        responses |= shared[sort]["responses"]
        operation["parameters"] = [*operation.get("parameters", ()), *shared[sort].get("parameters", ())]
    operation["responses"] = dict(sorted({**responses, **operation["responses"]}.items()))
