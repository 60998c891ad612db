"""Which tests of the suites a run selects: by the requirements and the operations they are about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from knock_harness import contract
from knock_harness.verify.books import CollectedItem

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from knock_harness.contract import Operation
    from knock_harness.contract.requirements import Requirement

__all__ = ["describe", "operations_of", "selected"]

_PARAMETERS = re.compile(r"\[(.*)\]$", re.DOTALL)


def describe(item: pytest.Item, known: Mapping[str, Requirement]) -> CollectedItem:
    """Return what a test is about: of the requirements it is marked with those that bind its operations.

    Raises:
        pytest.UsageError: it names no requirement, or one that is not defined.
    """
    ids = tuple(dict.fromkeys(each for mark in item.iter_markers("requirement") for each in mark.args))
    if not ids:
        raise pytest.UsageError(f"{item.nodeid} is marked with no requirement")
    if unknown := [each for each in ids if each not in known]:
        raise pytest.UsageError(f"{item.nodeid} is marked with {unknown[0]!r}, which is no requirement")
    operations = operations_of(item)
    bound = tuple(each for each in ids if any(known[each].binds(operation) for operation in operations))
    return CollectedItem(item.nodeid, operations, bound if operations else ids)


def selected(
    items: Sequence[CollectedItem], *, requirements: Collection[str], operations: Collection[str]
) -> Mapping[str, CollectedItem]:
    """Return the tests about one of the requirements and one of the operations, by node id; empty stands for all."""
    return {
        each.item: each
        for each in items
        if not requirements or not set(requirements).isdisjoint(each.requirements)
        if not operations or not set(operations).isdisjoint(each.operations)
    }


def operations_of(item: pytest.Item) -> tuple[str, ...]:
    """Return the operationIds that a test is about.

    They are named by the mark `operation`, by a parameter of that name, or by what stands in brackets in the test's id:
    an operationId, or method and path.
    """
    if named := tuple(each for mark in item.iter_markers("operation") for each in mark.args):
        return named
    callspec = getattr(item, "callspec", None)
    parameter = callspec.params.get("operation") if callspec else None
    if parameter is not None:
        return (getattr(parameter, "id", parameter),)
    found = _PARAMETERS.search(item.name)
    return _in_brackets(found.group(1), contract.load().operations) if found else ()


def _in_brackets(text: str, operations: Mapping[str, Operation]) -> tuple[str, ...]:
    if named := tuple(part for part in text.split("-") if part in operations):
        return named
    return tuple(each.id for each in operations.values() if text == f"{each.method} {each.path}")
