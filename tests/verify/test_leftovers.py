from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from knock_harness.target import Entity, Ledger, packaged_target
from knock_harness.verify import Plan, remove_leftovers
from tests.verify.conftest import greeter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def address() -> Iterator[str]:
    with greeter() as address:
        yield address


def plan(tmp_path: Path, base_url: str, *, disposable: bool = False) -> Plan:
    target = packaged_target(base_url, api_key="sk_test_toy")
    return Plan(run="r1", target=target, ledgers=str(tmp_path), disposable=disposable)


def ledger(tmp_path: Path, *, removed: bool = False) -> Path:
    path = tmp_path / "r1-gw0.jsonl"
    book = Ledger(path, base_url="http://127.0.0.1:9", prefix="kh-")
    book.made(Entity("user", "kh-user-1"))
    if removed:
        book.removed(Entity("user", "kh-user-1"))
    book.close()
    return path


def test_what_a_dead_process_made_is_removed(address: str, tmp_path: Path) -> None:
    path = ledger(tmp_path)

    assert remove_leftovers(plan(tmp_path, address)) == []
    assert not path.exists()


def test_what_cannot_be_removed_stays_in_its_ledger(tmp_path: Path) -> None:
    path = ledger(tmp_path)

    assert remove_leftovers(plan(tmp_path, "http://127.0.0.1:9")) == [path]


def test_a_ledger_with_nothing_left_is_thrown_away(tmp_path: Path) -> None:
    path = ledger(tmp_path, removed=True)
    remove_leftovers(plan(tmp_path, "http://127.0.0.1:9"))

    assert not path.exists()


def test_nothing_is_removed_from_a_target_that_ends_with_the_run(tmp_path: Path) -> None:
    ledger(tmp_path)

    assert remove_leftovers(plan(tmp_path, "http://127.0.0.1:9", disposable=True)) == []


def test_the_ledgers_of_other_runs_are_left_alone(address: str, tmp_path: Path) -> None:
    other = ledger(tmp_path).rename(tmp_path / "r2-gw0.jsonl")
    remove_leftovers(plan(tmp_path, address))

    assert other.exists()
