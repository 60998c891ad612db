"""The operations of the contract as parameters of tests: one test item for each, under its operationId."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from knock_harness import contract
from knock_harness.contract import requirements
from knock_harness.verify.judgements import judged_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from knock_harness.contract import Operation

__all__ = ["each_operation", "operations"]


def operations(ids: Iterable[str] | None = None, *, but: Iterable[str] = ()) -> list[Operation]:
    """Return operations by their ids; all of them if none are named."""
    known = contract.load().operations
    left_out = frozenset(but)
    return [known[each] for each in (known if ids is None else ids) if each not in left_out]


def each_operation(
    *named: str, among: Iterable[Operation] | None = None, judged: bool = False
) -> Callable[..., pytest.MarkDecorator]:
    """Return a mark that makes one item of a test for each operation.

    Args:
        named: requirements that the test checks; an item is marked with those that bind its operation.
        among: the operations; None: all that one of the requirements binds.
        judged: single answers are judged, so that the item also stands for all they are judged by.
    """
    known = requirements.load()
    chosen = operations() if among is None else list(among)
    params = []
    for operation in chosen:
        ids = [each for each in named if known[each].binds(operation.id)]
        if among is None and named and not ids:
            continue
        ids += [each for each in judged_of(operation.id) if judged and each not in ids]
        params.append(pytest.param(operation, id=operation.id, marks=pytest.mark.requirement(*ids)))
    return pytest.mark.parametrize("operation", params)
