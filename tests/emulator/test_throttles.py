from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import Emulator

SECOND = timedelta(seconds=1)


@pytest.fixture
def throttled(commit: Callable[..., None], in_app: Callable[..., Any]) -> Callable[..., None]:
    """Commit a workflow of a message, a throttle step, by its settings, and another message."""

    def throttled(key: str = "throttled", **given: Any) -> None:
        window = {"throttle_window": {"unit": "seconds", "value": 60}, **given}
        commit(key, in_app("before"), {"ref": "throttle", "type": "throttle", "settings": window}, in_app("behind"))

    return throttled


@pytest.fixture
def passed(messages: Callable[..., Any]) -> Callable[[], list[Any]]:
    """Return what the data of each run says that passed, in order."""
    return lambda: [each["data"].get("n") for each in messages() if each["source"]["step_ref"] == "behind"]


@pytest.fixture
def at(trigger: Callable[..., str], wait: Callable[..., None]) -> Callable[..., None]:
    """Trigger the workflow at so many seconds from now, with the second as data."""

    def at(*seconds: int) -> None:
        now = 0
        for each in seconds:
            wait((each - now) * SECOND)
            now = each
            trigger("throttled", data={"n": each})

    return at


@pytest.mark.promise("THROTTLE-DROPS")
@pytest.mark.parametrize(
    ("given", "expected"), [({}, [0]), ({"throttle_limit": 1}, [0]), ({"throttle_limit": 3}, [0, 1, 2])]
)
def test_only_so_many_runs_pass_within_a_window(
    throttled: Any, at: Any, passed: Any, wait: Any, given: Any, expected: Any
) -> None:
    throttled(**given)
    at(0, 1, 2, 3)

    wait(3600 * SECOND)

    assert passed() == expected


@pytest.mark.promise("THROTTLE-STOPS-RUN")
def test_a_run_that_does_not_pass_ends_there(
    throttled: Any, at: Any, messages: Any, runs: Any, api: httpx.Client
) -> None:
    throttled()
    at(0, 1, 2)

    assert [each["source"]["step_ref"] for each in messages()] == ["before", "behind", "before", "before"]
    assert [each["status"] for each in runs()] == ["completed"] * 3
    events = api.get(f"/v1/workflow_recipient_runs/{runs()[1]['id']}").json()["events"]
    assert [each["event"] for each in events if each["step_ref"] == "throttle"] == ["throttled"]


@pytest.mark.promise("THROTTLE-REOPENS")
def test_the_window_ends_so_long_after_the_first_that_passed(throttled: Any, at: Any, passed: Any) -> None:
    throttled()

    at(0, 50, 61, 110, 121)

    assert passed() == [0, 61, 121]


@pytest.mark.promise("THROTTLE-REOPENS", "THROTTLE-DROPS")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pauses=st.lists(st.integers(0, 80), min_size=1, max_size=12), limit=st.integers(1, 3))
def test_what_passes_is_what_a_model_of_windows_lets_pass(
    throttled: Any, at: Any, passed: Any, emulator: Emulator, pauses: list[int], limit: int
) -> None:
    emulator.reset("sk_test_tests")
    throttled(throttle_limit=limit)
    moments = [sum(pauses[: number + 1]) for number in range(len(pauses))]
    expected: list[int] = []
    opened = count = 0
    for each in moments:
        if not expected or each - opened >= 60:
            opened, count = each, 0
        if count < limit:
            expected.append(each)
            count += 1

    at(*moments)

    assert passed() == expected


@pytest.mark.promise("THROTTLE-KEY")
@pytest.mark.parametrize("key", ["page", "data.page", "{{ data.page }}"])
def test_runs_are_counted_for_each_recipient_and_value_of_the_key(
    throttled: Any, trigger: Any, passed: Any, messages: Any, key: str
) -> None:
    throttled(throttle_key=key)
    for number, (recipient, page) in enumerate([("ada", "a"), ("ada", "b"), ("bob", "a"), ("bob", "b"), ("ada", "a")]):
        trigger("throttled", recipient, data={"page": page, "n": number})

    assert passed() == [0, 1, 2, 3]


@pytest.mark.promise("THROTTLE-PER-WORKFLOW")
def test_workflows_are_counted_apart(throttled: Any, trigger: Any, passed: Any) -> None:
    throttled("one", throttle_key="page")
    throttled("two", throttle_key="page")
    for number, key in enumerate(["one", "two", "one"]):
        trigger(key, data={"page": "a", "n": number})

    assert passed() == [0, 1]


@pytest.mark.promise("THROTTLE-INVALID-SKIPS")
@pytest.mark.parametrize(
    "given",
    [
        {"throttle_key": "missing"},
        {"throttle_key": "{{ data.missing }}"},
        {"throttle_window": None, "throttle_window_field_path": "data.missing"},
        {"throttle_window": None, "throttle_window_field_path": "data.n"},
    ],
)
def test_what_cannot_be_resolved_lets_all_runs_pass_with_an_error(
    throttled: Any, at: Any, passed: Any, runs: Any, given: Any
) -> None:
    throttled(**given)

    at(0, 1)

    assert passed() == [0, 1]
    assert [each["error_count"] for each in runs()] == [1, 1]


@pytest.mark.promise("THROTTLE-INVALID-SKIPS")
def test_a_run_without_a_window_passes_though_another_opened_one(
    throttled: Any, trigger: Any, passed: Any, runs: Any
) -> None:
    throttled(throttle_window=None, throttle_window_field_path="data.until")
    hour = {"unit": "hours", "value": 1}

    for number, until in enumerate([hour, None, hour]):
        trigger("throttled", data={"n": number, "until": until})

    assert passed() == [0, 1]
    assert [each["error_count"] for each in runs()] == [0, 1, 0]


@pytest.mark.promise("THROTTLE-REOPENS")
@pytest.mark.parametrize(
    "until", ["2026-03-01T13:00:00Z", {"unit": "hours", "value": 1}, {"frequency": "hourly"}], ids=str
)
def test_a_window_may_be_told_by_the_run_that_opens_it(
    throttled: Any, trigger: Any, wait: Any, passed: Any, until: Any
) -> None:
    throttled(throttle_window=None, throttle_window_field_path="data.until")
    trigger("throttled", data={"n": 0, "until": until})
    wait(3599 * SECOND)
    trigger("throttled", data={"n": 1, "until": until})
    wait(SECOND)

    trigger("throttled", data={"n": 2, "until": {"unit": "hours", "value": 1}})

    assert passed() == [0, 2]
