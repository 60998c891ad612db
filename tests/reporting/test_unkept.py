from __future__ import annotations

from knock_harness.contract.requirements import Requirement
from knock_harness.reporting.unkept import render_unkept


def requirement(name: str, topic: str, unkept: str = "No emulator has a post office.") -> Requirement:
    return Requirement(name, "must", ("*",), "It holds | or not.", "inferred", unkept=unkept, topic=topic)


def test_each_topic_has_a_table_of_what_is_not_kept_and_why() -> None:
    text = render_unkept([requirement("B", "response_filters"), requirement("A", "feeds")])

    assert text.index("## Feeds") < text.index("## Response filters")
    assert "| `A` | must | It holds \\| or not. | No emulator has a post office. |" in text


def test_strong_levels_come_first() -> None:
    weak = Requirement("A", "may", ("*",), "It holds.", "inferred", unkept="No.", topic="feeds")

    text = render_unkept([weak, requirement("B", "feeds")])

    assert text.index("`B`") < text.index("`A`")


def test_where_everything_is_kept_the_page_says_so() -> None:
    assert "There are none" in render_unkept([])
