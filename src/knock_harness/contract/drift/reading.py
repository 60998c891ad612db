"""Reading somebody else's OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from knock_harness.errors import InvalidDocument

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_document"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HINT = "Give an OpenAPI 3.0 or 3.1 document, in YAML or JSON."


def read_document(path: Path) -> dict[str, Any]:
    """Return the OpenAPI document in a file.

    Raises:
        InvalidDocument: there is no such file, it is no YAML or JSON, or it is no OpenAPI 3.0 or 3.1 document.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidDocument(f"cannot be read: {error.strerror}", where=str(path), hint=_HINT) from None
    try:
        document = yaml.load(content, Loader=_LOADER)  # noqa: S506 - a safe loader, in C where there is one
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidDocument(f"is neither YAML nor JSON: {_place(error)}", where=str(path), hint=_HINT) from None
    _expect_openapi(document, path)
    return dict(document)


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return " ".join(str(error).split())
    return f"{getattr(error, 'problem', 'unreadable')}, line {mark.line + 1}, column {mark.column + 1}"


def _expect_openapi(document: Any, path: Path) -> None:
    if not isinstance(document, dict) or not ({"openapi", "swagger"} & document.keys()):
        raise InvalidDocument("is no OpenAPI document: it has no key openapi", where=str(path), hint=_HINT)
    version = str(document.get("openapi", document.get("swagger")))
    if not version.startswith(("3.0", "3.1")):
        raise InvalidDocument(f"is in OpenAPI {version}, which is not read", where=str(path), hint=_HINT)
    if not isinstance(document.get("paths"), dict):
        raise InvalidDocument("is no OpenAPI document: it has no paths", where=str(path), hint=_HINT)
