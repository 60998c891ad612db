from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import Emulator
    from knock_harness.emulator.environment import Environment
    from tests.emulator.conftest import HandClock

HOUR = timedelta(hours=1)
DELAY = {"ref": "pause", "type": "delay", "settings": {"delay_for": {"unit": "hours", "value": 1}}}
BATCH = {"ref": "pause", "type": "batch", "settings": {"batch_window": {"unit": "hours", "value": 1}}}
WAIT = {
    "ref": "pause",
    "type": "wait_for_event",
    "settings": {
        "event": {"event_type": "recipient", "event_key": "updated"},
        "expires_after": {"unit": "hours", "value": 1},
    },
}


@pytest.fixture
def run(api: httpx.Client, runs: Callable[..., Any]) -> Callable[[], dict[str, Any]]:
    """Return the first run, with its events."""

    def run() -> dict[str, Any]:
        found: dict[str, Any] = api.get(f"/v1/workflow_recipient_runs/{runs()[0]['id']}").raise_for_status().json()
        return found

    return run


@pytest.fixture
def varied(commit: Callable[..., None], in_app: Callable[..., Any], trigger: Callable[..., str]) -> None:
    """Runs of several kinds, one of which fails."""
    never = {"all": [{"variable": "data.n", "operator": "exists"}]}
    commit("varied", in_app("first"), in_app("skipped", conditions=never), DELAY, in_app("second"))
    commit("failing", in_app("broken", body="{{ 1 | divided_by: 0 }}"))
    trigger("varied", "ada", {"id": "1", "collection": "teams"}, actor={"id": "bob"}, tenant="acme")
    trigger("failing", "ada")


@pytest.mark.promise("RUN-SHAPE")
@pytest.mark.usefixtures("varied")
def test_a_run_says_what_it_is_of_whom_and_how_far(runs: Callable[..., Any]) -> None:
    found = runs()

    assert {each["__typename"] for each in found} == {"WorkflowRecipientRun"}
    assert [(each["workflow"], each["recipient"], each["actor"], each["tenant"]) for each in found] == [
        ("varied", "ada", "bob", "acme"),
        ("varied", {"id": "1", "collection": "teams"}, "bob", "acme"),
        ("failing", "ada", None, None),
    ]
    assert [(each["status"], each["error_count"]) for each in found] == [
        ("paused", 0),
        ("paused", 0),
        ("completed", 1),
    ]
    assert all(each["inserted_at"] <= each["updated_at"] for each in found)


@pytest.mark.promise("RUN-EVENT-SHAPE")
@pytest.mark.usefixtures("varied")
def test_each_event_says_what_happened_when_and_at_which_step(api: httpx.Client, runs: Callable[..., Any]) -> None:
    events = [
        event
        for each in runs()
        for event in api.get(f"/v1/workflow_recipient_runs/{each['id']}").raise_for_status().json()["events"]
    ]

    assert {each["__typename"] for each in events} == {"WorkflowRecipientRunEvent"}
    assert {each["status"] for each in events} == {"ok", "error"}
    assert {each["attempt"] for each in events} == {1}
    assert len({each["id"] for each in events}) == len(events)
    assert {(each["step_ref"], each["step_type"]) for each in events} == {
        ("first", "channel"),
        ("skipped", "channel"),
        ("pause", "delay"),
        ("broken", "channel"),
        (None, None),
    }


@pytest.mark.promise("RUN-EVENT-MESSAGE-ENQUEUED")
def test_a_message_that_was_made_leaves_an_event_that_names_it(
    api: httpx.Client, trigger: Callable[..., str], run: Callable[[], dict[str, Any]]
) -> None:
    trigger("in-app-message")

    (event,) = [each for each in run()["events"] if each["event"] == "message_enqueued"]
    message = api.get(f"/v1/messages/{event['data']['message_id']}").raise_for_status().json()
    assert (event["status"], event["step_type"], event["data"]["channel_type"]) == ("ok", "channel", "in_app_feed")
    assert event["step_ref"] == message["source"]["step_ref"]
    assert message["source"]["workflow_recipient_run_id"] == run()["id"]


@pytest.mark.promise("RUN-EVENTS-CONSERVATION")
def test_the_events_of_a_run_name_its_messages_and_no_others_across_pauses(
    commit: Callable[..., None],
    in_app: Callable[..., Any],
    trigger: Callable[..., str],
    run: Callable[[], dict[str, Any]],
    messages: Callable[..., Any],
    clock: HandClock,
    work: Callable[[], None],
) -> None:
    commit("varied", in_app("first"), DELAY, in_app("second"))
    trigger("varied", "ada", "bob")
    clock.advance(HOUR)
    work()

    found = run()
    named = [each["data"]["message_id"] for each in found["events"] if each["event"] == "message_enqueued"]
    assert named == [each["id"] for each in messages(workflow_recipient_run_id=found["id"])]
    assert len(named) == 2


@pytest.mark.promise("RUN-ERROR-COUNT")
def test_an_error_counts_that_does_not_end_the_run(
    commit: Callable[..., None],
    in_app: Callable[..., Any],
    trigger: Callable[..., str],
    run: Callable[[], dict[str, Any]],
    messages: Callable[..., Any],
) -> None:
    commit("hasty", {**DELAY, "settings": {"delay_until_field_path": "data.nowhere"}}, in_app())

    trigger("hasty")

    assert (run()["error_count"], len(messages())) == (1, 1)


@pytest.mark.promise("RUN-ERROR-COUNT")
@pytest.mark.parametrize(
    ("body", "errors"), [("Hello", 0), ("{{ 1 | divided_by: 0 }}", 1), ("{% nonsense %}", 1)], ids=repr
)
def test_the_errors_of_a_run_are_counted(
    commit: Callable[..., None],
    in_app: Callable[..., Any],
    trigger: Callable[..., str],
    run: Callable[[], dict[str, Any]],
    body: str,
    errors: int,
) -> None:
    commit("maybe", in_app(body=body))

    trigger("maybe")

    assert run()["error_count"] == errors
    assert [each["status"] for each in run()["events"]].count("error") == errors


@pytest.mark.promise("RUN-PAUSED", "RUN-STATUS-MACHINE")
@pytest.mark.parametrize("pause", [DELAY, BATCH, WAIT], ids=["delay", "batch", "event"])
def test_a_run_is_queued_then_paused_while_it_waits_and_then_completed_for_good(
    api: httpx.Client,
    commit: Callable[..., None],
    in_app: Callable[..., Any],
    emulator: Emulator,
    environment: Environment,
    runs: Callable[..., Any],
    clock: HandClock,
    work: Callable[[], None],
    pause: dict[str, Any],
) -> None:
    commit("slow", pause, in_app())
    named = [f"user-{number}" for number in range(12)]
    api.post("/v1/workflows/slow/trigger", json={"recipients": named}).raise_for_status()
    emulator.run_due(budget_s=0.0, at_once=1)
    at_first = environment.store.connection.execute("SELECT DISTINCT status FROM runs").fetchall()
    seen = []

    for passed in (timedelta(0), HOUR / 2, HOUR / 2, HOUR):
        clock.advance(passed)
        work()
        seen.append({each["status"] for each in runs()})

    assert at_first == [("queued",)]
    assert seen == [{"paused"}, {"paused"}, {"completed"}, {"completed"}]


@pytest.mark.promise("RUN-STATUS-MACHINE")
def test_a_cancelled_run_stays_cancelled(
    api: httpx.Client, trigger: Callable[..., str], runs: Callable[..., Any], clock: HandClock, work: Callable[[], None]
) -> None:
    trigger("delayed-message", cancellation_key="k")
    api.post("/v1/workflows/delayed-message/cancel", json={"cancellation_key": "k"})
    work()
    before = runs()

    clock.advance(10 * HOUR)
    work()

    assert before[0]["status"] == "cancelled"
    assert runs() == before


class TestTriggerSource:
    @pytest.mark.promise("RUN-TRIGGER-SOURCE-API")
    @pytest.mark.parametrize("key", ["k", None])
    def test_a_trigger_is_named_with_its_key(
        self, trigger: Callable[..., str], runs: Callable[..., Any], key: str | None
    ) -> None:
        trigger("in-app-message", cancellation_key=key)

        source = runs()[0]["trigger_source"]
        assert (source["type"], source["cancellation_key"]) == ("api", key)

    @pytest.mark.promise("RUN-TRIGGER-SOURCE-SCHEDULE")
    def test_a_schedule_is_named_with_its_id(
        self, api: httpx.Client, runs: Callable[..., Any], clock: HandClock, work: Callable[[], None]
    ) -> None:
        body = {"workflow": "scheduled-message", "recipients": ["ada"], "scheduled_at": "2026-03-01T13:00:00Z"}
        (schedule,) = api.post("/v1/schedules", json=body).raise_for_status().json()

        clock.advance(HOUR)
        work()

        source = runs()[0]["trigger_source"]
        assert (source["type"], source["schedule_id"]) == ("schedule", schedule["id"])


@pytest.mark.promise("RUN-FILTER-RECIPIENT")
def test_a_user_and_an_object_of_one_id_are_told_apart(trigger: Callable[..., str], runs: Callable[..., Any]) -> None:
    team = {"id": "ada", "collection": "teams"}
    trigger("in-app-message", "ada", team)

    found = [runs(recipient="ada"), runs(**{"recipient[id]": "ada", "recipient[collection]": "teams"})]

    assert [[run["recipient"] for run in each] for each in found] == [["ada"], [team]]


@pytest.mark.promise("RUN-FILTER-TIME")
def test_both_bounds_together_give_what_began_between(
    trigger: Callable[..., str], runs: Callable[..., Any], clock: HandClock, work: Callable[[], None]
) -> None:
    for name in ("ada", "bob", "cy"):
        trigger("delayed-message", name)  # which ends an hour after it began
        clock.advance(HOUR)
    work()

    found = runs(starting_at="2026-03-01T12:30:00Z", ending_at="2026-03-01T13:30:00Z")

    assert [each["recipient"] for each in found] == ["bob"]


@pytest.mark.promise("RUN-FILTER-WORKFLOW-TENANT", "RUN-FILTER-STATUS")
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"workflow": "in-app-message"}, ["t1", "t2", None]),
        ({"tenant": "t1"}, ["t1", "t1"]),
        ({"workflow": "delayed-message", "tenant": "t1"}, ["t1"]),
        ({"status[]": ["paused"]}, ["t1"]),
        ({"status[]": ["cancelled"]}, []),
    ],
    ids=str,
)
def test_workflow_tenant_and_status_keep_exactly_what_fits(
    trigger: Callable[..., str], runs: Callable[..., Any], filters: dict[str, Any], expected: list[str | None]
) -> None:
    for tenant in ("t1", "t2", None):
        trigger("in-app-message", tenant=tenant)
    trigger("delayed-message", tenant="t1")

    assert [each["tenant"] for each in runs(**filters)] == expected
