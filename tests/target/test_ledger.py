"""The ledger outlives the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from knock_harness.errors import InvalidDocument
from knock_harness.target import Entity, Ledger, read_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADA = Entity("user", "ada")
CAR = Entity("object", "car", "things")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.jsonl", base_url="http://127.0.0.1:4010", prefix="kh-1-") as ledger:
        yield ledger


def test_what_was_made_and_not_removed_can_be_read_back(ledger: Ledger) -> None:
    ledger.made(ADA)
    ledger.made(CAR)
    ledger.removed(ADA)

    header, left = read_ledger(ledger.path)

    assert (header.base_url, header.prefix) == ("http://127.0.0.1:4010", "kh-1-")
    assert left == [CAR] == ledger.remaining()


def test_every_line_is_on_disk_at_once(ledger: Ledger) -> None:
    ledger.made(ADA)

    assert ledger.path.read_bytes().count(b"\n") == 2


def test_a_thing_made_twice_is_written_once(ledger: Ledger) -> None:
    ledger.made(ADA)
    ledger.made(ADA)

    assert ledger.path.read_bytes().count(b"\n") == 2


def test_a_last_line_cut_off_in_a_crash_is_forgiven(ledger: Ledger) -> None:
    ledger.made(ADA)
    ledger.made(CAR)
    ledger.path.write_bytes(ledger.path.read_bytes()[:-9])

    assert read_ledger(ledger.path)[1] == [ADA]


def test_a_damaged_line_in_the_middle_is_named(ledger: Ledger) -> None:
    ledger.made(ADA)
    ledger.path.write_bytes(ledger.path.read_bytes().replace(b"ada", b'"') + b"{}\n")

    with pytest.raises(InvalidDocument, match=r"ledger\.jsonl:2: is no line of a ledger"):
        read_ledger(ledger.path)


@pytest.mark.parametrize("text", ["", "hello", "{}", '{"ledger": 1}'])
def test_another_file_is_said_to_be_no_ledger(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(text)

    with pytest.raises(InvalidDocument, match=r"notes\.txt:1: is no ledger"):
        read_ledger(path)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match="No such file"):
        read_ledger(tmp_path / "none")


@pytest.mark.parametrize("cut", [0, 9])
def test_a_ledger_can_be_gone_on_with(ledger: Ledger, cut: int) -> None:
    ledger.made(ADA)
    ledger.made(CAR)
    data = ledger.path.read_bytes()
    ledger.path.write_bytes(data[: len(data) - cut])

    with Ledger(ledger.path, base_url="http://127.0.0.1:4010", prefix="kh-1-") as again:
        again.removed(ADA)
        again.made(CAR)

    assert read_ledger(ledger.path)[1] == [CAR]
