"""Requests that keep the contract: every answer is a documented one, and what is possible succeeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knock_harness.verify.generation import draw_each, systematic_requests, valid_requests
from knock_harness.verify.plain import plain_request

from .operations import each_operation

if TYPE_CHECKING:
    from knock_harness.contract import Operation
    from knock_harness.target import World
    from knock_harness.verify.examination import Examiner
    from knock_harness.verify.profiles import Profile


@each_operation(judged=True)
def test_a_plain_request_succeeds(operation: Operation, examiner: Examiner) -> None:
    examiner.examine(plain_request(operation))

    examiner.conclude()


@each_operation("FEED-SHAPE", "PAGE-FEED-ITEM-CURSOR")
def test_the_items_of_a_feed_are_as_documented(operation: Operation, examiner: Examiner, world: World) -> None:
    world.value("@message")  # without one the feed may be empty, and tells nothing

    examiner.examine(plain_request(operation))

    examiner.conclude()


@each_operation(judged=True)
def test_generated_requests_are_answered_as_documented(
    operation: Operation, examiner: Examiner, profile: Profile, seed: int
) -> None:
    examiner.examine_all(systematic_requests(operation, per_kind=profile.per_kind, patience=profile.patience))
    count = max(profile.valid_examples, profile.at_least - examiner.sent)
    draw_each(valid_requests(operation), examiner.examine, count=count, seed=seed)

    examiner.conclude()
