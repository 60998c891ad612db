"""The plain request of each operation: it names what exists, keeps the contract, and asks for nothing special."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

from knock_harness import contract
from knock_harness.target import ABSENT

from .drafts import Draft

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.contract import Operation

__all__ = ["plain_request"]


@cache
def plain_request(operation: Operation) -> Draft:
    """Return the plain request of an operation."""
    table = _table()
    entry = table["operations"][operation.id]
    names = {**table["path"], **entry.get("path", {})}
    body = entry.get("body", ABSENT) if operation.body is not None else ABSENT
    return Draft(
        operation,
        path={name: names[name] for name in re.findall(r"{(\w+)}", operation.path)},
        query=entry.get("query", {}),
        body=body,
    )


@cache
def _table() -> Mapping[str, Any]:
    text = files(__package__).joinpath("plain_requests.yaml").read_bytes()
    table: Mapping[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    missing = contract.load().operations.keys() ^ table["operations"].keys()
    if missing:  # a test says so too; here it saves a puzzling KeyError
        raise KeyError(", ".join(sorted(missing)))
    return table
