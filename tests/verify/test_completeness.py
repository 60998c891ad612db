from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from knock_harness import contract
from knock_harness.contract import requirements
from knock_harness.target import packaged_target
from knock_harness.verify import Plan, suites
from knock_harness.verify.books import Reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.verify.books import CollectedItem


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, CollectedItem]:
    """Every check of the suites that come with the package."""
    folder = tmp_path_factory.mktemp("run")
    target = packaged_target("http://127.0.0.1:9", api_key="sk_test_toy")
    command = suites.command(suites.locate(), folder=folder, seed=0, workers=0)
    (folder / "pytest.ini").write_text("[pytest]")
    environment = suites.environment(Plan(run="r", target=target, folder=str(folder)), profile="quick")
    subprocess.run([*command, "--collect-only"], env=environment, check=True, stdout=subprocess.DEVNULL)
    return Reader(folder).collected()


def test_every_requirement_has_a_check(checks: Mapping[str, CollectedItem]) -> None:
    checked = {name for check in checks.values() for name in check.requirements}

    assert requirements.load().keys() - checked == set()


def test_every_operation_has_checks(checks: Mapping[str, CollectedItem]) -> None:
    checked = {name for check in checks.values() for name in check.operations}

    assert contract.load().operations.keys() - checked == set()
