from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knock_harness.emulator.engine.conditions import OPERATORS, follow, holds
from knock_harness.emulator.engine.statuses import MessageStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

VALUES: dict[str, Any] = {
    "data": {"flag": True, "count": 5, "text": "5", "null": None, "list": ["a", "b"], "when": "2026-01-01T00:00:00Z"},
    "recipient": {"id": "ada", "plan": "pro"},
    "actor": {"id": "ada"},
    "vars": {"limit": 5},
    "run": {"total_activities": 1},
}


class World:
    """The variables, audience and messages that the conditions of these tests are about."""

    now = datetime(2026, 6, 1, tzinfo=UTC)

    def __init__(self, steps: Mapping[str, list[MessageStatus]] | None = None) -> None:
        self.steps = steps or {}

    def value(self, path: str) -> Any:
        return follow(VALUES, path.split("."))

    def messages(self, ref: str) -> list[MessageStatus]:
        return self.steps.get(ref, [])

    def is_member(self, audience: str) -> bool:
        return audience == "testers"


def judged(variable: str, operator: str, argument: Any = None, world: World | None = None) -> bool:
    condition = {"variable": variable, "operator": operator, "argument": argument}
    return holds({"all": [condition]}, world or World())


def test_a_place_in_a_list_that_is_no_number_python_reads_leads_nowhere() -> None:
    assert judged("data.list.1", "equal_to", "b")
    assert judged(f"data.list.{'9' * 5000}", "not_exists")


@pytest.mark.promise(
    "COND-EQUALITY",
    "COND-ARGUMENT-DECODED",
    "COND-ORDERING",
    "COND-CONTAINS",
    "COND-CONTAINS-ALL",
    "COND-TIMESTAMP-ABSOLUTE",
    "COND-TIMESTAMP-NOW",
    "COND-TIMESTAMP-BETWEEN",
    "COND-DYNAMIC-ARGUMENT",
)
@pytest.mark.parametrize(
    ("variable", "operator", "argument", "expected"),
    [
        ("data.flag", "equal_to", "true", True),
        ("data.flag", "equal_to", True, True),
        ("data.flag", "equal_to", "1", False),
        ("data.flag", "not_equal_to", "false", True),
        ("data.count", "equal_to", "5", True),
        ("data.count", "equal_to", "5.0", True),
        ("data.text", "equal_to", "5", False),
        ("data.text", "equal_to", '"5"', True),
        ("data.null", "equal_to", "null", True),
        ("data.none", "equal_to", "", True),
        ("data.none", "equal_to", "null", False),
        ("data.none", "not_equal_to", "null", True),
        ("recipient.plan", "equal_to", "pro", True),
        ("recipient.id", "equal_to", "actor.id", True),
        ("data.count", "equal_to", "vars.limit", True),
        ("data.count", "greater_than", "4", True),
        ("data.count", "greater_than", "5", False),
        ("data.count", "greater_than_or_equal_to", "5", True),
        ("data.count", "less_than", "10", True),
        ("data.count", "less_than_or_equal_to", "4.9", False),
        ("data.none", "less_than", "10", False),
        ("data.text", "greater_than", "4", False),
        ("data.count", "is_between", "[5, 6]", True),
        ("data.count", "is_between", "[6, 7]", False),
        ("recipient.plan", "contains", "ro", True),
        ("recipient.plan", "not_contains", "ro", False),
        ("data.list", "contains", "a", True),
        ("data.list", "contains", "c", False),
        ("recipient.plan", "contains", '["pro", "free"]', True),
        ("data.list", "contains", '["b", "c"]', True),
        ("data.list", "contains", '["c"]', False),
        ("data.list", "contains_all", '["b", "a", "b"]', True),
        ("data.list", "contains_all", '["b", "c"]', False),
        ("data.list", "not_contains_all", '["b", "c"]', True),
        ("data.when", "is_timestamp", None, True),
        ("data.text", "is_not_timestamp", None, True),
        ("data.when", "is_timestamp_before", "2026-01-01T01:00:00+01:00", False),
        ("data.when", "is_timestamp_on_or_after", "2026-01-01T01:00:00+01:00", True),
        ("data.when", "is_timestamp_before", "2026-01-02", True),
        ("data.when", "is_timestamp_before_date", "2026-01-02", True),
        ("data.when", "is_timestamp_between", '["2025-12-31", "2026-01-02"]', True),
        ("data.when", "is_timestamp_between", '["2026-01-02", "2026-01-03"]', False),
        ("data.when", "is_timestamp_between", '["2025-01-02", "2025-01-03"]', False),
        ("data.when", "is_timestamp_before_now", None, True),
        ("data.when", "is_timestamp_on_or_after_now", None, False),
        ("recipient", "is_audience_member", "testers", True),
        ("recipient", "is_not_audience_member", "testers", False),
        ("recipient", "is_audience_member", "others", False),
        ("data.count", "no_such_operator", "5", False),
    ],
)
def test_an_operator_judges(variable: str, operator: str, argument: Any, expected: bool) -> None:
    assert judged(variable, operator, argument) is expected


@pytest.mark.promise("COND-EMPTY-EXISTS")
@pytest.mark.parametrize(
    ("value", "is_empty", "exists"),
    [
        (None, True, False),
        ("", True, True),
        ([], True, True),
        (0, False, True),
        (False, False, True),
        ("x", False, True),
    ],
    ids=repr,
)
def test_empty_and_exists_are_two_things(
    monkeypatch: pytest.MonkeyPatch, value: Any, is_empty: bool, exists: bool
) -> None:
    monkeypatch.setitem(VALUES["data"], "value", value)

    found = [judged("data.value", each) for each in ("empty", "not_empty", "exists", "not_exists")]

    assert found == [is_empty, not is_empty, exists, not exists]


@pytest.mark.promise("COND-EMPTY-EXISTS", "COND-MISSING-EMPTY")
def test_what_is_not_there_is_empty_and_does_not_exist() -> None:
    assert judged("data.none", "empty")
    assert judged("data.none", "not_exists")


@pytest.mark.promise("COND-ALL-ANY")
@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (None, True),
        ({}, True),
        ({"all": []}, True),
        ({"any": []}, True),
        ({"all": ["yes", "yes"]}, True),
        ({"all": ["yes", "no"]}, False),
        ({"any": ["no", "yes"]}, True),
        ({"any": ["no", "no"]}, False),
        ({"any": [{"all": ["yes", "no"]}, {"all": ["yes"]}]}, True),
        ({"any": [{"all": ["yes", "no"]}, "no"]}, False),
        ({"all": ["yes"], "any": ["no"]}, False),
    ],
    ids=str,
)
def test_all_and_any_combine_as_written(conditions: Any, expected: bool) -> None:
    def real(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: [real(each) for each in group] for key, group in value.items()}
        return {"variable": "data.flag", "operator": "equal_to", "argument": "true" if value == "yes" else "false"}

    assert holds(conditions and real(conditions), World()) is expected


OPPOSITES = [
    (each, f"not_{each}") for each in ("equal_to", "contains", "contains_all", "empty", "exists") if each in OPERATORS
]


@pytest.mark.promise("COND-TIMESTAMP-NOW")
@pytest.mark.parametrize("when", ["2026-06-01T00:00:00Z", "2026-06-01T02:00:00+02:00"])
def test_this_very_moment_is_not_before_now(when: str) -> None:
    judges = OPERATORS["is_timestamp_before_now"], OPERATORS["is_timestamp_on_or_after_now"]

    assert [judge(when, None, World.now) for judge in judges] == [False, True]


@pytest.mark.promise("COND-EQUALITY", "COND-CONTAINS", "COND-CONTAINS-ALL")
@pytest.mark.parametrize(("operator", "opposite"), OPPOSITES)
@given(
    value=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=4),
    argument=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=4),
)
def test_an_operator_and_its_opposite_never_agree(operator: str, opposite: str, value: Any, argument: Any) -> None:
    now = World.now

    assert OPERATORS[operator](value, argument, now) is not OPERATORS[opposite](value, argument, now)


@pytest.mark.promise("COND-MISSING-EMPTY")
@pytest.mark.parametrize("operator", OPERATORS)
@given(value=st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=4))
def test_no_comparison_fails(operator: str, value: Any) -> None:
    for argument in ("text", 5, None, [1, 2], [None, "x"], {"a": 1}):
        assert isinstance(OPERATORS[operator](value, argument, World.now), bool)


SENT, DELIVERED = MessageStatus("sent"), MessageStatus("delivered")
SEEN = MessageStatus("delivered", frozenset({"seen"}))
READ = MessageStatus("delivered", frozenset({"seen", "read"}))
CLICKED = MessageStatus("delivered", frozenset({"seen", "read", "link_clicked"}))


@pytest.mark.promise("COND-MESSAGE-DELIVERY", "COND-MESSAGE-ENGAGEMENT", "COND-MESSAGE-SKIPPED", "COND-MESSAGE-HIGHEST")
@pytest.mark.parametrize(
    ("messages", "variable", "operator", "status", "expected"),
    [
        ([SENT], "delivery_status", "greater_than_or_equal_to", "sent", True),
        ([DELIVERED], "delivery_status", "greater_than_or_equal_to", "sent", True),
        ([MessageStatus("queued")], "delivery_status", "greater_than_or_equal_to", "sent", False),
        ([MessageStatus("bounced"), SENT], "delivery_status", "greater_than_or_equal_to", "sent", True),
        ([SENT], "delivery_status", "equal_to", "sent", True),
        ([DELIVERED], "status", "less_than", "seen", True),
        ([SEEN], "status", "less_than", "seen", False),
        ([SEEN], "engagement_status", "equal_to", "seen", True),
        ([READ], "engagement_status", "greater_than_or_equal_to", "seen", True),
        ([SEEN], "engagement_status", "equal_to", "seen_not_read", True),
        ([READ], "engagement_status", "equal_to", "seen_not_read", False),
        ([READ], "engagement_status", "equal_to", "read_not_link_clicked", True),
        ([CLICKED], "engagement_status", "equal_to", "read_not_link_clicked", False),
        ([CLICKED], "engagement_status", "equal_to", "link_clicked", True),
        ([READ], "engagement_status", "not_equal_to", "archived", True),
        ([SENT], "delivery_status", "equal_to", "skipped", False),
        ([], "delivery_status", "equal_to", "skipped", True),
        ([], "delivery_status", "not_equal_to", "skipped", False),
        ([], "status", "less_than", "seen", False),
        ([SENT], "status", "contains", "sent", False),
        ([SENT], "status", "greater_than", "nonsense", False),
    ],
)
def test_a_condition_on_an_earlier_step_sees_its_messages(
    messages: list[MessageStatus], variable: str, operator: str, status: str, expected: bool
) -> None:
    world = World({"email": messages})

    assert judged(f"refs.email.{variable}", operator, f"$message.{status}", world) is expected


numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
words = st.sampled_from(["a", "b", "ab", "abc", ""])


def compares(operator: str, value: Any, argument: Any) -> bool:
    return OPERATORS[operator](value, argument, World.now)


@pytest.mark.promise("COND-ORDERING")
@given(left=numbers, right=numbers)
def test_numbers_are_ordered_as_everywhere(left: float, right: float) -> None:
    found = [
        compares(each, left, right)
        for each in ("greater_than", "greater_than_or_equal_to", "less_than", "less_than_or_equal_to")
    ]

    assert found == [left > right, left >= right, left < right, left <= right]


@pytest.mark.promise("COND-EQUALITY")
@given(value=st.none() | st.booleans() | numbers | words)
def test_a_value_equals_itself(value: Any) -> None:
    assert (compares("equal_to", value, value), compares("not_equal_to", value, value)) == (True, False)


@pytest.mark.promise("COND-CONTAINS")
@given(text=words, word=words, some=st.lists(words, max_size=3), others=st.lists(words, max_size=3))
def test_contains_means_part_member_or_common_element(text: str, word: str, some: list[str], others: list[str]) -> None:
    pairings = [(text, word, word in text), (some, word, word in some), (some, others, bool({*some} & {*others}))]

    found = [(compares("contains", *pair), compares("not_contains", *pair)) for *pair, _ in pairings]

    assert found == [(expected, not expected) for *_, expected in pairings]


@pytest.mark.promise("COND-CONTAINS-ALL")
@given(value=st.lists(words, max_size=4), argument=st.lists(words, max_size=4))
def test_contains_all_is_the_relation_of_a_set_to_its_parts(value: list[str], argument: list[str]) -> None:
    found = compares("contains_all", value, argument), compares("not_contains_all", value, argument)

    assert found == ({*argument} <= {*value}, not {*argument} <= {*value})


@pytest.mark.promise("COND-TIMESTAMP-ABSOLUTE", "COND-TIMESTAMP-BETWEEN")
@given(
    moments=st.lists(st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1)), min_size=2, max_size=2),  # noqa: DTZ001
    hours=st.lists(st.integers(-11, 11), min_size=2, max_size=2),
)
def test_instants_are_compared_whatever_their_offset(moments: list[datetime], hours: list[int]) -> None:
    left, right = (each.replace(tzinfo=UTC) for each in moments)
    written, limit = (
        each.astimezone(timezone(timedelta(hours=offset))).isoformat()
        for each, offset in zip((left, right), hours, strict=True)
    )

    found = [compares(f"is_timestamp_{each}", written, limit) for each in ("before", "on_or_after")]

    assert found == [left < right, left >= right]
    assert compares("is_timestamp_between", written, [written, limit]) is (left <= right)


def groups() -> st.SearchStrategy[dict[str, Any]]:
    leaves = st.booleans()
    inner = st.fixed_dictionaries({"all": st.lists(leaves, min_size=1, max_size=3)})
    return st.fixed_dictionaries({"all": st.lists(leaves, min_size=1, max_size=3)}) | st.fixed_dictionaries(
        {"any": st.lists(leaves | inner, min_size=1, max_size=3)}
    )


def model(group: Any) -> bool:
    if isinstance(group, bool):
        return group
    return all(map(model, group["all"])) if "all" in group else any(map(model, group["any"]))


def written(group: Any) -> Any:
    if isinstance(group, bool):
        return {"variable": "data.flag", "operator": "equal_to", "argument": "true" if group else "false"}
    return {name: [written(each) for each in members] for name, members in group.items()}


@pytest.mark.promise("COND-ALL-ANY")
@given(group=groups())
def test_groups_agree_with_a_model(group: dict[str, Any]) -> None:
    assert holds(written(group), World()) is model(group)
