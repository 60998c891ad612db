from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from knock_harness import contract
from knock_harness.contract import requirements
from knock_harness.errors import InvalidDocument

if TYPE_CHECKING:
    from pathlib import Path

IDS = ["IDEMPOTENCY-REPLAY", "IDEMPOTENCY-WINDOW", "PAGE-SIZE-MAX"]

ENTRY = """
- id: PAGE-SIZE-MAX
  level: must
  operations: [listUsers]
  statement: A page has a bound.
  source: inferred
"""


def test_every_statement_is_a_sentence() -> None:
    unfinished = [each.id for each in requirements.load().values() if not each.statement.endswith(".")]

    assert not unfinished


def test_every_operation_that_a_requirement_binds_is_one_of_the_contract() -> None:
    known = {*contract.load().operations, "*"}
    unknown = {each.id: set(each.operations) - known for each in requirements.load().values()}

    assert not {name: operations for name, operations in unknown.items() if operations}


def test_every_requirement_names_its_source() -> None:
    assert not [each.id for each in requirements.load().values() if not each.source]


def test_every_requirement_tells_how_it_is_checked_and_what_would_break_it() -> None:
    assert not [each.id for each in requirements.load().values() if not (each.check and each.defect)]


def test_the_topic_of_a_requirement_is_the_name_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "paging.yaml").write_text(ENTRY)

    assert requirements.read(tmp_path)["PAGE-SIZE-MAX"].topic == "paging"


def test_topics_stand_in_the_order_of_their_names_and_requirements_in_their_own() -> None:
    b, a = (requirements.Requirement(name, "must", ("*",), "It holds.", "inferred", topic="t") for name in "BA")
    other = requirements.Requirement("C", "must", ("*",), "It holds.", "inferred", topic="s")

    assert dict(requirements.topics([b, other, a])) == {"s": (other,), "t": (b, a)}


def test_no_file_of_requirements_is_too_long_to_be_read() -> None:
    assert not [path.name for path in requirements.FOLDER.glob("*.yaml") if path.read_text("utf-8").count("\n") > 650]


def test_a_prefix_selects_all_that_start_with_it() -> None:
    assert requirements.select(["IDEMPOTENCY"], among=IDS) == ["IDEMPOTENCY-REPLAY", "IDEMPOTENCY-WINDOW"]


def test_a_whole_id_selects_itself() -> None:
    assert requirements.select(["PAGE-SIZE-MAX"], among=IDS) == ["PAGE-SIZE-MAX"]


def test_a_whole_id_does_not_select_the_ids_that_go_on_from_it() -> None:
    assert requirements.select(["PAGE-SIZE-MAX"], among=[*IDS, "PAGE-SIZE-MAX-FEED"]) == ["PAGE-SIZE-MAX"]


def test_the_case_of_a_prefix_does_not_matter() -> None:
    assert requirements.select(["page"], among=IDS) == ["PAGE-SIZE-MAX"]


def test_no_prefix_selects_everything() -> None:
    assert requirements.select([], among=IDS) == IDS


def test_an_unknown_prefix_suggests_the_nearest() -> None:
    with pytest.raises(requirements.UnknownPrefix, match="Did you mean IDEMPOTENCY"):
        requirements.select(["IDEMPOTANCY"], among=IDS)


def test_a_requirement_for_all_operations_binds_each() -> None:
    promise = requirements.Requirement("A", "must", ("*",), "It holds.", "inferred")

    assert promise.binds("getUser")


def test_a_requirement_binds_no_operation_that_it_does_not_name() -> None:
    promise = requirements.Requirement("A", "must", ("getUser",), "It holds.", "inferred")

    assert not promise.binds("listUsers")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[", id="no YAML"),
        pytest.param("a: b", id="no list"),
        pytest.param(ENTRY.replace("must", "shall"), id="unknown level"),
        pytest.param(ENTRY.replace("source", "sauce"), id="unknown field"),
        pytest.param(ENTRY + ENTRY, id="the same id twice"),
    ],
)
def test_a_file_that_holds_no_requirements_is_refused_by_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "paging.yaml").write_text(text)

    with pytest.raises(InvalidDocument, match=r"paging\.yaml"):
        requirements.read(tmp_path)
