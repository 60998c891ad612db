"""What `judging.py` has pytest run: one test for each operation, random requests or systematic ones, all judged."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from knock_harness import contract
from knock_harness.verify.examination import Examiner
from knock_harness.verify.generation import draw_each, systematic_requests, valid_requests
from knock_harness.verify.judgements import Judges

if TYPE_CHECKING:
    from knock_harness.contract import Operation
    from knock_harness.target import World
    from knock_harness.verify.observations import Judge

#: Where each test adds how many requests it had judged, and the operations and the number of requests it is about.
TALLY = Path(os.environ["JUDGING_TALLY"])
OPERATIONS = [contract.load().operations[each] for each in os.environ["JUDGING_OPERATIONS"].split(",")]
EXAMPLES = int(os.environ["JUDGING_EXAMPLES"])

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)


@pytest.fixture(scope="session")
def judges() -> Judges:
    return Judges()


@pytest.fixture
def examiner(world: World, judge: Judge, judges: Judges) -> Examiner:
    return Examiner(world, judge, judges)


@pytest.mark.requirement("CONTRACT-RESPONSE")
@each_operation
def test_fuzzing(operation: Operation, examiner: Examiner) -> None:
    draw_each(valid_requests(operation), examiner.examine, count=EXAMPLES, seed=1)

    conclude(examiner)


@pytest.mark.requirement("CONTRACT-RESPONSE")
@each_operation
def test_coverage(operation: Operation, examiner: Examiner) -> None:
    examiner.examine_all(systematic_requests(operation))

    conclude(examiner)


def conclude(examiner: Examiner) -> None:
    with TALLY.open("a", encoding="ascii") as tally:
        tally.write(f"{examiner.sent}\n")
    examiner.conclude()
