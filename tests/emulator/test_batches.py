from __future__ import annotations

from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knock_harness.emulator import Request

if TYPE_CHECKING:
    import httpx

    from knock_harness.emulator import Emulator

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


class TestWindow:
    @pytest.mark.promise("BATCHSTEP-COLLECTS")
    def test_triggers_of_one_window_end_in_one_message_when_it_closes(
        self, batched: Any, at: Any, wait: Any, told: Any, messages: Any
    ) -> None:
        batched()
        at(0, 10, 59)
        before = messages()

        wait(SECOND)

        assert before == []
        assert told() == [[0, 10, 59]]

    @pytest.mark.promise("BATCHSTEP-FIXED-FROM-FIRST")
    def test_a_fixed_window_counts_from_the_first_trigger(self, batched: Any, at: Any, wait: Any, told: Any) -> None:
        batched()
        at(0, 30, 59, 61)
        first = told()

        wait(58 * SECOND)
        before = told()
        wait(2 * SECOND)

        assert (first, before) == ([[0, 30, 59]], [[0, 30, 59]])
        assert told() == [[0, 30, 59], [61]]

    @pytest.mark.promise("BATCHSTEP-CONSERVATION")
    def test_a_trigger_at_the_moment_of_closing_opens_another_batch(
        self, batched: Any, at: Any, wait: Any, told: Any
    ) -> None:
        batched()
        at(0, 60)

        wait(MINUTE)

        assert told() == [[0], [60]]

    @pytest.mark.promise("BATCHSTEP-PER-RECIPIENT")
    def test_recipients_never_share_a_batch(
        self, batched: Any, trigger: Any, wait: Any, messages: Any, rendered: Any
    ) -> None:
        batched()
        for recipient in ("ada", "bob", "ada", {"id": "ada", "collection": "teams"}, "ada", "bob"):
            trigger("batched", recipient)

        wait(MINUTE)

        found = zip((each["recipient"] for each in messages()), rendered(), strict=True)
        assert list(found) == [("ada", "3"), ("bob", "2"), ({"id": "ada", "collection": "teams"}, "1")]

    @pytest.mark.promise("BATCHSTEP-ABSORBED-RUNS-END")
    def test_the_first_run_waits_and_those_that_join_it_end(
        self, batched: Any, at: Any, wait: Any, runs: Any, messages: Any
    ) -> None:
        batched()
        at(0, 1, 2)
        during = [each["status"] for each in runs()]

        wait(MINUTE)

        assert during == ["paused", "completed", "completed"]
        assert [each["status"] for each in runs()] == ["completed"] * 3
        assert messages()[0]["source"]["workflow_recipient_run_id"] == runs()[0]["id"]


class TestKey:
    @pytest.mark.promise("BATCHSTEP-KEY")
    @pytest.mark.parametrize("key", ["page", "data.page", "{{ data.page }}"])
    def test_triggers_are_grouped_by_the_value_of_the_key(
        self, batched: Any, trigger: Any, wait: Any, rendered: Any, key: str
    ) -> None:
        batched(batch_key=key)
        for page in ("a", "b", "a", "c", "a", "b"):
            trigger("batched", data={"page": page})

        wait(MINUTE)

        assert rendered() == ["3", "2", "1"]

    @pytest.mark.promise("BATCHSTEP-KEY")
    def test_a_key_may_be_put_together_from_all_that_a_run_knows(
        self, batched: Any, trigger: Any, api: httpx.Client, wait: Any, rendered: Any
    ) -> None:
        batched(batch_key="{{ data.event }}-{{ actor.id }}")
        for actor in ("bob", "cy"):
            api.put(f"/v1/users/{actor}", json={})
        for event, actor in (("x", "bob"), ("x", "cy"), ("y", "bob"), ("x", "bob")):
            trigger("batched", data={"event": event}, actor=actor)

        wait(MINUTE)

        assert rendered() == ["2", "1", "1"]

    @pytest.mark.promise("BATCHSTEP-KEY")
    def test_keys_that_look_alike_beside_the_recipient_do_not_collide(
        self, batched: Any, trigger: Any, wait: Any, rendered: Any
    ) -> None:
        batched(batch_key="page")
        for recipient, page in (("a", "bc"), ("ab", "c"), ("abc", "")):
            trigger("batched", recipient, data={"page": page})

        wait(MINUTE)

        assert rendered() == ["1", "1", "1"]


class TestDynamicWindow:
    @pytest.mark.promise("BATCHSTEP-DYNAMIC-IMMUTABLE")
    def test_what_the_first_trigger_says_counts(self, batched: Any, trigger: Any, wait: Any, rendered: Any) -> None:
        batched(batch_window=None, batch_until_field_path="data.until")
        trigger("batched", data={"until": {"unit": "seconds", "value": 60}})
        trigger("batched", data={"until": {"unit": "seconds", "value": 600}})

        wait(MINUTE)

        assert rendered() == ["2"]

    @pytest.mark.promise("BATCHSTEP-DYNAMIC-IMMUTABLE")
    def test_a_sliding_window_stays_as_long_as_the_first_trigger_says(
        self, batched: Any, trigger: Any, wait: Any, rendered: Any
    ) -> None:
        batched(batch_window=None, batch_until_field_path="data.until", batch_window_type="sliding")
        trigger("batched", data={"until": {"unit": "seconds", "value": 60}})
        wait(30 * SECOND)
        trigger("batched", data={"until": {"unit": "seconds", "value": 600}})
        wait(59 * SECOND)
        before = rendered()

        wait(SECOND)

        assert (before, rendered()) == ([], ["2"])

    @pytest.mark.promise("BATCHSTEP-DYNAMIC-IMMUTABLE")
    @pytest.mark.parametrize(
        "until",
        ["2026-03-01T13:00:00Z", {"unit": "hours", "value": 1}, {"frequency": "hourly"}],
        ids=["timestamp", "duration", "window rule"],
    )
    def test_a_window_may_be_told_in_three_forms(
        self, batched: Any, trigger: Any, wait: Any, rendered: Any, until: Any
    ) -> None:
        batched(batch_window=None, batch_until_field_path="data.until")
        trigger("batched", data={"until": until})
        wait(59 * MINUTE)
        before = rendered()

        wait(MINUTE)

        assert (before, rendered()) == ([], ["1"])

    @pytest.mark.promise("BATCHSTEP-DYNAMIC-INVALID-SKIPS")
    @pytest.mark.parametrize("data", [{}, {"until": "soon"}, {"until": "2020-01-01T00:00:00Z"}, {"until": None}])
    def test_without_a_window_the_trigger_goes_on_alone_with_an_error(
        self, batched: Any, trigger: Any, runs: Any, rendered: Any, data: Any
    ) -> None:
        batched(batch_window=None, batch_until_field_path="data.until")
        trigger("batched", data=data)
        trigger("batched", data=data)

        assert rendered() == ["1", "1"]
        assert [(each["status"], each["error_count"]) for each in runs()] == [("completed", 1)] * 2


class TestSliding:
    @pytest.mark.promise("BATCHSTEP-SLIDING")
    def test_each_trigger_moves_the_end_but_not_beyond_the_limit(
        self, batched: Any, at: Any, wait: Any, told: Any
    ) -> None:
        limit = {"unit": "seconds", "value": 150}
        batched(batch_window_type="sliding", batch_window_extension_limit=limit)
        at(0, 50, 100, 149)
        before = told()

        wait(SECOND)

        assert (before, told()) == ([], [[0, 50, 100, 149]])

    @pytest.mark.promise("BATCHSTEP-SLIDING")
    def test_the_window_counts_from_the_last_trigger(self, batched: Any, at: Any, wait: Any, told: Any) -> None:
        limit = {"unit": "hours", "value": 1}
        batched(batch_window_type="sliding", batch_window_extension_limit=limit)
        at(0, 30)
        wait(59 * SECOND)
        before = told()

        wait(SECOND)

        assert (before, told()) == ([], [[0, 30]])

    @pytest.mark.promise("BATCHSTEP-SLIDING", "BATCHSTEP-SLIDING-SHORT-LIMIT")
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        pauses=st.lists(st.integers(0, 70), min_size=1, max_size=12),
        window=st.integers(1, 60),
        limit=st.integers(1, 200),
    )
    def test_batches_close_when_a_model_says_so(
        self, emulator: Emulator, batched: Any, at: Any, wait: Any, told: Any, pauses: Any, window: int, limit: int
    ) -> None:
        emulator.reset("sk_test_tests")
        batched(
            batch_window={"unit": "seconds", "value": window},
            batch_window_type="sliding",
            batch_window_extension_limit={"unit": "seconds", "value": limit},
        )
        moments = list(accumulate(pauses))
        expected: list[list[int]] = []
        opened = closes = -1
        for each in moments:
            if each >= closes:
                opened, closes = each, each + window
                expected.append([])
            else:
                closes = min(each + window, opened + limit)
            expected[-1].append(each)

        at(*moments)
        wait(HOUR)

        assert told() == expected

    @pytest.mark.promise("BATCHSTEP-SLIDING-SHORT-LIMIT")
    def test_a_limit_that_has_passed_closes_at_the_next_trigger(self, batched: Any, at: Any, told: Any) -> None:
        batched(
            batch_window={"unit": "hours", "value": 24},
            batch_window_type="sliding",
            batch_window_extension_limit={"unit": "hours", "value": 12},
        )

        at(0, 23 * 3600)

        assert told() == [[0, 23 * 3600]]

    @pytest.mark.promise("BATCHSTEP-SLIDING-SHORT-LIMIT")
    def test_a_limit_that_is_shorter_than_the_window_shortens_it(
        self, batched: Any, at: Any, told: Any, wait: Any
    ) -> None:
        batched(
            batch_window={"unit": "hours", "value": 24},
            batch_window_type="sliding",
            batch_window_extension_limit={"unit": "hours", "value": 12},
        )
        at(0, 3600)

        wait(11 * HOUR)

        assert told() == [[0, 3600]]


class TestLimits:
    @pytest.mark.promise("BATCHSTEP-MAX-ITEMS")
    def test_a_full_batch_closes_at_once_and_the_next_trigger_opens_another(
        self, batched: Any, trigger: Any, wait: Any, told: Any
    ) -> None:
        batched(batch_items_max_limit=3)
        for number in range(7):
            trigger("batched", data={"n": number})
        before = told()

        wait(MINUTE)

        assert before == [[0, 1, 2], [3, 4, 5]]
        assert told() == [[0, 1, 2], [3, 4, 5], [6]]

    @pytest.mark.promise("BATCHSTEP-MAX-ITEMS")
    def test_a_batch_that_is_full_takes_no_more_though_it_is_yet_to_be_closed(
        self, batched: Any, emulator: Emulator, work: Any, wait: Any, told: Any
    ) -> None:
        batched(batch_items_max_limit=2)
        headers = [(b"authorization", b"Bearer sk_test_tests"), (b"content-type", b"application/json")]
        for number in range(5):
            body = b'{"recipients": ["ada"], "data": {"n": %d}}' % number
            emulator.handle(Request("POST", "/v1/workflows/batched/trigger", "", headers, body))
        work()

        wait(MINUTE)

        assert told() == [[0, 1], [2, 3], [4]]

    @pytest.mark.promise("BATCHSTEP-FLUSH-LEADING")
    def test_the_leading_item_goes_through_and_the_others_are_collected(
        self, batched: Any, at: Any, wait: Any, told: Any, rendered: Any, runs: Any
    ) -> None:
        batched(batch_execution_mode="flush_leading")
        at(0, 10, 20)
        during = [each["status"] for each in runs()]
        before = told()

        wait(40 * SECOND)

        assert (before, during) == ([[0]], ["completed", "paused", "completed"])
        assert told() == [[0], [10, 20]]
        assert rendered() == ["1", "2"]

    @pytest.mark.promise("BATCHSTEP-FLUSH-LEADING")
    def test_a_leading_item_that_stays_alone_is_all_there_is(self, batched: Any, at: Any, wait: Any, told: Any) -> None:
        batched(batch_execution_mode="flush_leading")
        at(0)

        wait(HOUR)
        between = told()
        at(0)

        assert (between, told()) == ([[0]], [[0], [0]])

    @pytest.mark.promise("BATCHSTEP-ORDER")
    @pytest.mark.parametrize(
        ("settings", "shown"),
        [
            ({}, range(10)),
            ({"batch_order": "asc"}, range(10)),
            ({"batch_order": "desc"}, range(5, 15)),
            ({"batch_items_render_limit": 2}, range(2)),
            ({"batch_items_render_limit": 2, "batch_order": "desc"}, range(13, 15)),
        ],
        ids=["default", "oldest", "newest", "two oldest", "two newest"],
    )
    def test_templates_see_some_activities_oldest_first_and_count_all(
        self, batched: Any, at: Any, wait: Any, rendered: Any, settings: Any, shown: range
    ) -> None:
        batched(body="{% for each in activities %}{{ each.n }} {% endfor %}of {{ total_activities }}", **settings)
        at(*range(0, 45, 3))

        wait(MINUTE)

        assert rendered() == [" ".join(str(3 * each) for each in shown) + " of 15"]
