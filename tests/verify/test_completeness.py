"""What was checked stays checked, and every operation is asked: tested, not remembered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from knock_harness import contract
from knock_harness.contract import requirements
from knock_harness.verify.judgements import JUDGES, judged_of
from knock_harness.verify.plain import plain_request

SUITES = [Path(__file__).parents[2] / name for name in ("contract_tests", "scenarios")]


#: Requirements that the suites check; a number that may only grow.
CHECKED = 123


def test_the_suites_check_no_fewer_requirements_than_before() -> None:
    text = "\n".join(path.read_text("utf-8") for suite in SUITES for path in suite.glob("**/*.py"))
    named = set(re.findall(r'"([A-Z0-9]+(?:-[A-Z0-9]+)+)"', text))

    assert len(requirements.load().keys() & (JUDGES.keys() | named | {"REQID-UNIQUE"})) >= CHECKED


def test_every_judge_is_that_of_a_requirement() -> None:
    assert JUDGES.keys() <= requirements.load().keys()


@pytest.mark.parametrize("operation", contract.load().operations)
def test_every_operation_is_asked_and_judged(operation: str) -> None:
    assert plain_request(contract.load().operations[operation])
    assert {"CONTRACT-RESPONSE", "CONTRACT-VALID-ACCEPTED", "ERR-NO-5XX-ON-INPUT"} <= set(judged_of(operation))
