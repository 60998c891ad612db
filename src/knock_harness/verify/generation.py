"""Requests from the contract document, made by Schemathesis: systematic ones first, then random ones.

Two things differ from `schema.parametrize()`. The systematic requests of an operation are generated when its test runs
and not when it is collected, because collection happens in every worker process, and all of them take over ten
seconds. And a case becomes a draft as soon as it is made, so that it can be sent by our client, and reduced.

From Schemathesis this needs three names that its documentation does not list: the method `iter_coverage_cases` of a
schema, the method `generation_for` of a configuration, and the attribute `_meta` of a case (its public twin validates
the case anew). tests/verify/test_generation.py notices when one of them goes.
"""

from __future__ import annotations

import random
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck
from schemathesis.core import NOT_SET
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from knock_harness import contract
from knock_harness.target import ABSENT

from .drafts import Draft
from .naming import named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hypothesis.strategies import SearchStrategy
    from schemathesis.schemas import APIOperation

    from knock_harness.contract import Operation

__all__ = ["draw_each", "invalid_requests", "systematic_requests", "valid_requests"]

#: Named in full: what is left out would be looked up in the files of whoever runs us.
_CONFIGURATION = {
    "generation": {"with-security-parameters": False, "database": "none"},
    "phases": {"coverage": {"unexpected-methods": []}},  # tried once for each path, in a test of its own
}
_LOCATIONS = {
    ParameterLocation.PATH: "path",
    ParameterLocation.QUERY: "query",
    ParameterLocation.HEADER: "header",
    ParameterLocation.BODY: "body",
}
#: Of a longer list, random requests show nothing that systematic ones do not.
LONGEST_RANDOM_LIST = 4
#: Bytes that the choices for one request are read from; a request that needs more is not drawn.
_CHOICES = 4096
#: Attempts for each request that is wanted: some come to nothing.
_ATTEMPTS = 10
#: From so many fields on, how deep something lies makes no difference: the same records stand at many places.
_DEEP = 3
#: Steps of a schema's location that say nothing of where in a value it is.
_STRUCTURE = frozenset({"properties", "items", "anyOf", "oneOf", "allOf", "additionalProperties"})


def systematic_requests(
    operation: Operation, *, per_kind: int | None = None, patience: int | None = None
) -> Iterator[Draft]:
    """Yield requests that go through the constraints of an operation one by one, kept and broken.

    Args:
        operation: what is asked.
        per_kind: how many that keep or break the same constraint of the same field; None: all.
        patience: give up after so many in a row that bring nothing new; None: never.
    """
    found = _schema().operations[operation.id]
    generation = found.schema.config.generation_for(operation=found, phase="coverage")
    cases = found.schema.iter_coverage_cases(
        found, generation_modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE], generation_config=generation
    )
    seen: Counter[tuple[str, ...]] = Counter()
    idle = 0
    for case in cases:
        kind = _kind(case)
        seen[kind] += 1
        if per_kind is not None and seen[kind] > per_kind and not _is_enumerated(case):
            idle += 1
            if patience is not None and idle >= patience:
                return
            continue
        idle = 0
        yield _draft(case, operation)


def valid_requests(operation: Operation) -> SearchStrategy[Draft]:
    """Return a strategy for random requests that keep the contract."""
    return _random(operation, GenerationMode.POSITIVE)


def invalid_requests(operation: Operation) -> SearchStrategy[Draft]:
    """Return a strategy for random requests that break it; it is empty unless the operation is breakable.

    Schemathesis would then search for seconds and find nothing, or draw valid requests: ask `account_tree.breakable`.
    """
    return _random(operation, GenerationMode.NEGATIVE)


def draw_each(strategy: SearchStrategy[Draft], use: Callable[[Draft], object], *, count: int, seed: int) -> bool:
    """Draw drafts and use each; return whether as many as wanted could be drawn.

    Hypothesis makes the drafts, and no more: it is driven as an outside fuzzer drives it. What its own engine does
    besides, to find and reduce failures, takes twice the time; here nothing fails while it draws, and what is broken
    is reduced later, request by request.

    Args:
        strategy: of the drafts.
        use: called with each; what it raises ends the drawing.
        count: how many to draw.
        seed: the same one gives the same drafts.
    """
    drawn = 0

    @hypothesis.settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @hypothesis.given(strategy)
    def each(draft: Draft) -> None:
        nonlocal drawn
        drawn += 1
        use(draft)

    draw_one: Callable[[bytes], object] = each.hypothesis.fuzz_one_input  # type: ignore[attr-defined]  # documented
    choices = random.Random(seed)  # noqa: S311 - nothing is kept secret
    for _ in range(count * _ATTEMPTS):
        if drawn >= count:
            return True
        draw_one(choices.randbytes(_CHOICES))
    return False


class _Schema:
    """The contract as Schemathesis reads it.

    Args:
        longest_list: how long lists in bodies get; None: as long as the contract allows.

    Attributes:
        operations: by our operationIds.
    """

    def __init__(self, longest_list: int | None) -> None:
        document = contract.narrowed(contract.load().document, longest_list=longest_list)
        configuration = schemathesis.Config.from_dict(_CONFIGURATION)
        schema = schemathesis.openapi.from_dict(document, config=configuration)
        found = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
        self.operations: dict[str, APIOperation[Any, Any, Any, Any]] = {
            each.definition.raw["operationId"]: each for each in found
        }


@cache
def _schema(longest_list: int | None = None) -> _Schema:
    return _Schema(longest_list)


@cache
def _random(operation: Operation, mode: GenerationMode) -> SearchStrategy[Draft]:
    found = _schema(LONGEST_RANDOM_LIST).operations[operation.id]
    strategy: SearchStrategy[Any] = found.as_strategy(generation_mode=mode)
    return strategy.map(lambda case: _draft(case, operation))


def _draft(case: Any, operation: Operation) -> Draft:
    meta = case._meta  # noqa: SLF001 - see above
    invalid = {_LOCATIONS[place] for place, part in meta.components.items() if part.mode.is_negative}
    broken = _broken(meta.phase.data) if invalid else frozenset()
    raw = isinstance(case.body, bytes)  # a body that is no JSON
    draft = Draft(
        operation,
        path=dict(case.path_parameters),
        query=dict(case.query),
        headers={name: str(value) for name, value in case.headers.items()},
        body=ABSENT if raw or case.body is NOT_SET else case.body,
        content=case.body if raw else None,
    )
    return named(draft, broken=broken, invalid=invalid)


def _broken(data: Any) -> frozenset[str]:
    """Return the names of what is wrong on purpose: the parameter, and the last field on the way to the constraint."""
    names = {data.parameter} if data.parameter else set()
    return frozenset({*names, *_way(data.location)[-2:-1], *_names_in(data.description)})


def _names_in(description: str | None) -> Iterator[str]:
    """Yield the fields that a description such as "actor -> avatar: Incorrect type" leads to."""
    way = (description or "").rpartition(":")[0]
    yield from (step.strip() for step in way.split("->") if step.strip())


def _kind(case: Any) -> tuple[str, ...]:
    """Return what a systematic case is about; cases of one kind differ in little that matters."""
    meta = case._meta  # noqa: SLF001 - see above
    data = meta.phase.data
    place = (meta.generation.mode.value, data.scenario.value, str(data.parameter_location), str(data.parameter))
    if meta.generation.mode.is_negative:
        missing = data.description.rpartition(" -> ")[2] if "missing" in data.scenario.value else ""
        way = _way(data.location)
        return (*place, missing, str(len(way[:_DEEP])), *way[-2:])
    first, *rest = data.description.split(": ")
    return (*place, first, rest[-1] if rest else "")


def _is_enumerated(case: Any) -> bool:
    """Say whether a case is about one value of an enumeration near the top of a request: each of those is sent."""
    data = case._meta.phase.data  # noqa: SLF001 - see above
    return bool(data.scenario.value.startswith("enum_value")) and data.description.count(": ") <= 1


def _way(location: str | None) -> tuple[str, ...]:
    """Return the fields on the way to a location in a schema, and the constraint there."""
    steps = [step for step in (location or "").split("/") if step and step not in _STRUCTURE]
    return tuple(step for step in steps if not step.isdigit() and not step.startswith("x-schemathesis"))
