"""Explanations: each covers what it names and nothing else."""

from __future__ import annotations

import pytest

from knock_harness import contract
from knock_harness.contract import drift
from knock_harness.contract.drift import Difference, Explanation

EXPLANATION = Explanation(where="answer Pet.*_at", kind="required", what="required here only", reason="Promised.")


@pytest.mark.parametrize("where", ["answer Pet.born_at", "answer Pet.owner.seen_at"])
def test_what_fits_is_explained(where: str) -> None:
    difference = Difference(where, "required", "required here only", "servers")

    assert drift.explain([difference], [EXPLANATION]) == [(difference, "Promised.")]


@pytest.mark.parametrize(
    "difference",
    [
        Difference("answer Pet.name", "required", "required here only", "servers"),
        Difference("request Pet.born_at", "required", "required here only", "servers"),
        Difference("answer Pet.born_at", "required", "required there only", "servers"),
        Difference("answer Pet.born_at", "format", "required here only", "servers"),
    ],
    ids=str,
)
def test_what_does_not_fit_stays_unexplained(difference: Difference) -> None:
    assert drift.explain([difference], [EXPLANATION]) == [(difference, None)]


def test_brackets_stand_for_themselves() -> None:
    explanation = Explanation(where="request Pet.tags[]", kind="type", what="*", reason="A list.")

    assert not explanation.covers(Difference("request Pet.tagsx", "type", "string here, anything there", "clients"))
    assert explanation.covers(Difference("request Pet.tags[]", "type", "string here, anything there", "clients"))


def test_every_explanation_has_a_reason() -> None:
    assert all(each.reason.endswith(".") for each in drift.load_explanations())


def test_every_place_that_is_explained_by_name_exists() -> None:
    """A schema that is renamed must be renamed in its explanations, too."""
    schemas = contract.load().document["components"]["schemas"]
    named = {
        each.where.split(" ")[1].partition(".")[0].removesuffix("[]")
        for each in drift.load_explanations()
        if each.where.startswith(("request ", "answer "))
    }

    assert {name for name in named if "*" not in name} <= schemas.keys()


def test_a_new_difference_in_a_record_is_not_explained() -> None:
    difference = Difference("answer Message.subject", "required", "required here only", "servers")

    assert drift.explain([difference], drift.load_explanations()) == [(difference, None)]
