"""What the contract tests share: the judges of the run, and an examiner for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from knock_harness.verify.examination import Examiner
from knock_harness.verify.judgements import Judges

if TYPE_CHECKING:
    from knock_harness.target import World
    from knock_harness.verify.observations import Judge


@pytest.fixture(scope="session")
def judges() -> Judges:
    """Those who judge every answer."""
    return Judges()


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """What random requests are drawn with."""
    return int(pytestconfig.getoption("hypothesis_seed", None) or 0)


@pytest.fixture
def examiner(world: World, judge: Judge, judges: Judges, seed: int) -> Examiner:
    """Sends requests, has the answers judged, and reports what is broken."""
    return Examiner(world, judge, judges, seed=seed)
