from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import VirtualClock

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def until(path: str = "data.until", **more: Any) -> dict[str, Any]:
    """Return a delay that is read from a variable."""
    return {"ref": "delay", "type": "delay", "settings": {"delay_until_field_path": path, **more}}


@pytest.fixture
def cancel(api: httpx.Client, work: Callable[[], None]) -> Callable[..., int]:
    """Cancel runs of a workflow, let it happen, and return the status of the answer."""

    def cancel(workflow: str = "delayed-message", key: str = "k", **more: Any) -> int:
        answer = api.post(f"/v1/workflows/{workflow}/cancel", json={"cancellation_key": key, **more})
        work()
        return answer.status_code

    return cancel


@pytest.fixture
def wait(clock: VirtualClock, work: Callable[[], None]) -> Callable[[timedelta], None]:
    """Let time pass, and do what becomes due."""

    def wait(by: timedelta) -> None:
        clock.advance(by)
        work()

    return wait


class TestDelays:
    @pytest.mark.promise("RUN-PAUSED", "DELAY-FIXED")
    def test_a_fixed_delay_holds_the_run_for_its_time(
        self,
        trigger: Callable[..., str],
        runs: Callable[..., Any],
        messages: Callable[..., Any],
        wait: Callable[[timedelta], None],
    ) -> None:
        trigger("delayed-message")
        wait(HOUR - SECOND)
        before = (runs()[0]["status"], len(messages()))

        wait(SECOND)

        assert before == ("paused", 0)
        assert (runs()[0]["status"], len(messages())) == ("completed", 1)

    @pytest.mark.promise("DELAY-DYNAMIC-FORMS", "DELAY-WINDOW-RULE-TIMEZONE")
    @pytest.mark.parametrize(
        ("value", "zone", "expected"),
        [
            ("2026-03-01T15:00:00Z", None, timedelta(hours=3)),
            ({"unit": "minutes", "value": 10}, None, timedelta(minutes=10)),
            ({"frequency": "weekly", "days": ["mon"], "hours": 9}, "Asia/Tokyo", timedelta(hours=12)),
            ({"frequency": "weekly", "days": ["mon"], "hours": 9}, "America/New_York", timedelta(hours=26)),
            ({"frequency": "weekly", "days": ["mon"], "hours": 9}, None, timedelta(hours=21)),
        ],
        ids=[
            "timestamp",
            "duration",
            "window rule in Tokyo",
            "window rule in New York",
            "window rule without timezone",
        ],
    )
    def test_a_delay_may_be_read_from_a_variable(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        wait: Callable[[timedelta], None],
        value: Any,
        zone: str | None,
        expected: timedelta,
    ) -> None:
        commit("later", until(), in_app())
        trigger("later", {"id": "ada", **({"timezone": zone} if zone else {})}, data={"until": value})
        wait(expected - SECOND)
        before = len(messages())

        wait(SECOND)

        assert (before, len(messages())) == (0, 1)

    @pytest.mark.promise("DELAY-RELATIVE")
    def test_a_relative_delay_counts_from_the_timestamp(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        wait: Callable[[timedelta], None],
    ) -> None:
        commit("later", until("data.start", delay_for={"unit": "hours", "value": -1}), in_app())
        trigger("later", data={"start": "2026-03-01T15:00:00Z"})
        wait(timedelta(hours=2) - SECOND)
        before = len(messages())

        wait(SECOND)

        assert (before, len(messages())) == (0, 1)

    @pytest.mark.promise("DELAY-DYNAMIC-INVALID-SKIPS")
    @pytest.mark.parametrize("data", [{}, {"until": "soon"}, {"until": "2020-01-01T00:00:00Z"}], ids=str)
    def test_a_delay_without_a_moment_in_the_future_is_skipped_with_an_error(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        runs: Callable[..., Any],
        api: httpx.Client,
        data: Any,
    ) -> None:
        commit("later", until(), in_app())

        trigger("later", data=data)

        assert len(messages()) == 1
        assert runs()[0]["error_count"] == 1
        events = api.get(f"/v1/workflow_recipient_runs/{runs()[0]['id']}").json()["events"]
        assert ("delay", "error") in [(each["step_ref"], each["status"]) for each in events]

    @pytest.mark.promise("TRIGGER-SETTINGS-SKIP-DELAY")
    def test_a_trigger_may_skip_all_delays(
        self, trigger: Callable[..., str], messages: Callable[..., Any], runs: Callable[..., Any]
    ) -> None:
        trigger("delayed-message", settings={"skip_delay": True})

        assert (len(messages()), runs()[0]["status"]) == (1, "completed")

    def test_a_delay_may_have_conditions(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
    ) -> None:
        condition = {"variable": "data.wait", "operator": "equal_to", "argument": "true"}
        delay = {"ref": "delay", "type": "delay", "settings": {"delay_for": {"unit": "hours", "value": 1}}}
        commit("later", {**delay, "conditions": {"all": [condition]}}, in_app())

        trigger("later", data={"wait": False})

        assert len(messages()) == 1

    def test_a_delayed_run_goes_on_with_the_version_it_began_with(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        wait: Callable[[timedelta], None],
        api: httpx.Client,
    ) -> None:
        commit("later", until(), in_app(body="Old"))
        trigger("later", data={"until": {"unit": "hours", "value": 1}})
        commit("later", until(), in_app(body="New"))

        wait(HOUR)

        content = api.get(f"/v1/messages/{messages()[0]['id']}/content").json()
        assert content["data"]["blocks"][0]["rendered"] == "<p>Old</p>\n"

    @pytest.mark.promise("ENGINE-CONDITION-AT-STEP")
    def test_what_a_run_knows_of_the_recipient_is_read_afresh_after_a_pause(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        wait: Callable[[timedelta], None],
        api: httpx.Client,
    ) -> None:
        condition = {"variable": "recipient.plan", "operator": "equal_to", "argument": "pro"}
        commit("later", until(), in_app(conditions={"all": [condition]}))
        trigger("later", {"id": "ada", "plan": "free"}, data={"until": {"unit": "hours", "value": 1}})
        api.put("/v1/users/ada", json={"plan": "pro"})

        wait(HOUR)

        assert len(messages()) == 1

    @pytest.mark.promise("COND-MESSAGE-ENGAGEMENT")
    @pytest.mark.parametrize(
        ("mark", "aspect", "operator", "status", "expected"),
        [
            (None, "status", "less_than", "seen", 2),
            ("seen", "status", "less_than", "seen", 1),
            ("seen", "engagement_status", "equal_to", "seen_not_read", 2),
            ("read", "engagement_status", "equal_to", "seen_not_read", 1),
            ("archived", "engagement_status", "equal_to", "archived", 2),
            (None, "delivery_status", "greater_than_or_equal_to", "sent", 2),
        ],
    )
    def test_a_step_may_depend_on_what_became_of_an_earlier_message(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        wait: Callable[[timedelta], None],
        api: httpx.Client,
        mark: str | None,
        aspect: str,
        operator: str,
        status: str,
        expected: int,
    ) -> None:
        condition = {"variable": f"refs.first.{aspect}", "operator": operator, "argument": f"$message.{status}"}
        commit("later", in_app("first"), until(), in_app("second", conditions={"all": [condition]}))
        trigger("later", data={"until": {"unit": "hours", "value": 1}})
        if mark is not None:
            api.put(f"/v1/messages/{messages()[0]['id']}/{mark}").raise_for_status()

        wait(HOUR)

        assert len(messages()) == expected

    @pytest.mark.promise("WORKFLOW-INACTIVE-PAUSED-TERMINATES")
    def test_a_pause_that_ends_while_the_workflow_is_inactive_ends_the_run(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        runs: Callable[..., Any],
        wait: Callable[[timedelta], None],
    ) -> None:
        commit("later", until(), in_app())
        trigger("later", data={"until": {"unit": "hours", "value": 1}})
        commit("later", until(), in_app(), active=False)
        wait(HOUR)
        commit("later", until(), in_app())

        wait(HOUR)

        assert (runs()[0]["status"], messages()) == ("cancelled", [])

    @pytest.mark.promise("WORKFLOW-INACTIVE-RESUMES")
    def test_a_pause_during_which_the_workflow_was_inactive_goes_on(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        wait: Callable[[timedelta], None],
    ) -> None:
        commit("later", until(), in_app())
        trigger("later", data={"until": {"unit": "hours", "value": 2}})
        commit("later", until(), in_app(), active=False)
        wait(HOUR)
        commit("later", until(), in_app())

        wait(HOUR)

        assert len(messages()) == 1


class TestCancel:
    @pytest.mark.promise("CANCEL-204", "CANCEL-PAUSED-DELAY")
    def test_a_run_that_waits_ends_and_sends_nothing(
        self,
        trigger: Callable[..., str],
        cancel: Callable[..., int],
        runs: Callable[..., Any],
        messages: Callable[..., Any],
        wait: Callable[[timedelta], None],
    ) -> None:
        trigger("delayed-message", cancellation_key="k")

        status = cancel()

        wait(2 * HOUR)
        assert (status, runs()[0]["status"], messages()) == (204, "cancelled", [])

    def test_a_cancellation_right_behind_its_trigger_finds_it(
        self, api: httpx.Client, cancel: Callable[..., int], runs: Callable[..., Any]
    ) -> None:
        named = [f"user-{number}" for number in range(100)]
        api.post("/v1/workflows/delayed-message/trigger", json={"recipients": named, "cancellation_key": "k"})

        cancel()

        assert {each["status"] for each in runs(page_size=50)} == {"cancelled"}

    @pytest.mark.promise("CANCEL-KEY-UNKNOWN", "CANCEL-WITHOUT-KEY-IMPOSSIBLE", "CANCEL-SCOPE-WORKFLOW")
    @pytest.mark.parametrize(
        ("workflow", "key"), [("delayed-message", "other"), ("delayed-message", ""), ("in-app-message", "k")]
    )
    def test_other_keys_and_other_workflows_are_left_alone(
        self, trigger: Callable[..., str], cancel: Callable[..., int], runs: Callable[..., Any], workflow: str, key: str
    ) -> None:
        trigger("delayed-message", cancellation_key="k")
        trigger("delayed-message")

        status = cancel(workflow, key)

        assert status == 204
        assert {each["status"] for each in runs()} == {"paused"}

    @pytest.mark.promise("CANCEL-ALL-TRIGGERS-OF-KEY", "CANCEL-ALL-RECIPIENTS")
    def test_all_triggers_of_a_key_are_cancelled(
        self, trigger: Callable[..., str], cancel: Callable[..., int], runs: Callable[..., Any]
    ) -> None:
        trigger("delayed-message", "ada", "bob", cancellation_key="k")
        trigger("delayed-message", "ada", cancellation_key="k")

        cancel(recipients=None)

        assert [each["status"] for each in runs()] == ["cancelled"] * 3

    @pytest.mark.promise("CANCEL-SUBSET", "CANCEL-SUBSET-OBJECT")
    def test_only_the_named_recipients_are_cancelled(
        self, trigger: Callable[..., str], cancel: Callable[..., int], runs: Callable[..., Any]
    ) -> None:
        team = {"id": "ada", "collection": "teams"}
        trigger("delayed-message", "ada", "bob", team, cancellation_key="k")

        cancel(recipients=["bob", team])

        assert [each["status"] for each in runs()] == ["paused", "cancelled", "cancelled"]

    @pytest.mark.promise("CANCEL-SUBSCRIBER")
    def test_a_subscriber_can_be_cancelled_whom_the_trigger_never_named(
        self, api: httpx.Client, trigger: Callable[..., str], cancel: Callable[..., int], runs: Callable[..., Any]
    ) -> None:
        api.put("/v1/objects/teams/1", json={})
        api.post("/v1/objects/teams/1/subscriptions", json={"recipients": ["ada", "bob"]})
        trigger("delayed-message", {"id": "1", "collection": "teams"}, cancellation_key="k")

        cancel(recipients=["ada"])

        assert [each["status"] for each in runs()] == ["paused", "cancelled", "paused"]

    @pytest.mark.promise("CANCEL-FINISHED-NO-EFFECT")
    def test_a_finished_run_stays_finished(
        self,
        trigger: Callable[..., str],
        cancel: Callable[..., int],
        runs: Callable[..., Any],
        messages: Callable[..., Any],
        api: httpx.Client,
        feed: str,
    ) -> None:
        trigger("in-app-message", cancellation_key="k")
        before = (messages(), api.get(feed).json()["entries"])

        cancel("in-app-message")

        assert runs()[0]["status"] == "completed"
        assert (messages(), api.get(feed).json()["entries"]) == before

    @pytest.mark.promise("CANCEL-KEEPS-EARLIER-MESSAGES")
    def test_messages_from_before_the_pause_stay(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        cancel: Callable[..., int],
        messages: Callable[..., Any],
        wait: Callable[[timedelta], None],
    ) -> None:
        commit("later", in_app("first"), until(), in_app("second"))
        trigger("later", data={"until": {"unit": "hours", "value": 1}}, cancellation_key="k")
        cancel("later")

        wait(HOUR)

        assert [each["source"]["step_ref"] for each in messages()] == ["first"]

    @pytest.mark.promise("CANCEL-KEY-REQUIRED", "LEGACY-CANCEL-REQUIRED")
    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("workflows/delayed-message/cancel", {}),
            ("workflows/delayed-message/cancel", {"recipients": ["ada"]}),
            ("notify/cancel", {"name": "delayed-message"}),
            ("notify/cancel", {"cancellation_key": "k"}),
        ],
    )
    def test_a_cancellation_that_lacks_something_is_refused_and_cancels_nothing(
        self,
        trigger: Callable[..., str],
        api: httpx.Client,
        work: Callable[[], None],
        runs: Callable[..., Any],
        path: str,
        body: Any,
    ) -> None:
        trigger("delayed-message", cancellation_key="k")

        answer = api.post(f"/v1/{path}", json=body)

        work()
        assert (answer.status_code, runs()[0]["status"]) == (422, "paused")

    @pytest.mark.promise("CANCEL-RECIPIENTS-MAX")
    @pytest.mark.parametrize(("number", "status", "left"), [(1000, 204, "cancelled"), (1001, 422, "paused")])
    def test_a_thousand_recipients_can_be_cancelled_at_once(
        self,
        trigger: Callable[..., str],
        cancel: Callable[..., int],
        runs: Callable[..., Any],
        number: int,
        status: int,
        left: str,
    ) -> None:
        trigger("delayed-message", "user-0", cancellation_key="k")

        answered = cancel(recipients=[f"user-{each}" for each in range(number)])

        assert (answered, runs()[0]["status"]) == (status, left)


class TestReading:
    @pytest.mark.promise("RUN-GET-EVENTS", "RUN-TRIGGER-SOURCE-API")
    def test_one_run_equals_its_entry_in_the_list_but_for_its_events(
        self, trigger: Callable[..., str], runs: Callable[..., Any], api: httpx.Client
    ) -> None:
        trigger("in-app-message", actor={"id": "bob"}, tenant="acme", cancellation_key="k")

        run = api.get(f"/v1/workflow_recipient_runs/{runs()[0]['id']}").json()

        assert run.pop("events")
        assert run == runs()[0]
        assert run["trigger_source"] == {
            "type": "api",
            "cancellation_key": "k",
            "schedule_id": None,
            "audience_key": None,
        }

    @pytest.mark.promise("RUN-GET-404")
    def test_the_id_that_runs_share_names_no_run(self, trigger: Callable[..., str], api: httpx.Client) -> None:
        run_id = trigger("in-app-message")

        assert api.get(f"/v1/workflow_recipient_runs/{run_id}").status_code == 404

    @pytest.mark.promise(
        "RUN-FILTER-WORKFLOW-TENANT",
        "RUN-FILTER-STATUS",
        "RUN-FILTER-HAS-ERRORS",
        "RUN-FILTER-RECIPIENT",
        "RUN-FILTER-TIME",
    )
    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({}, ["ada", "bob", {"id": "1", "collection": "teams"}, "cy"]),
            ({"workflow": "slow"}, ["bob"]),
            ({"tenant": "acme"}, ["ada"]),
            ({"status[]": "paused"}, ["bob"]),
            ({"status[]": ["paused", "completed"]}, ["ada", "bob", {"id": "1", "collection": "teams"}, "cy"]),
            ({"has_errors": "true"}, ["cy"]),
            ({"has_errors": "false", "workflow": "failing"}, []),
            ({"recipient": "ada"}, ["ada"]),
            ({"recipient[id]": "1", "recipient[collection]": "teams"}, [{"id": "1", "collection": "teams"}]),
            ({"starting_at": "2026-03-01T13:00:00Z"}, ["cy"]),
            ({"ending_at": "2026-03-01T13:00:00Z"}, ["ada", "bob", {"id": "1", "collection": "teams"}]),
        ],
        ids=str,
    )
    def test_a_filter_keeps_the_runs_that_fit(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        runs: Callable[..., Any],
        clock: VirtualClock,
        filters: Any,
        expected: Any,
    ) -> None:
        commit("failing", in_app(body="{{ 1 | divided_by: 0 }}"))
        commit("slow", until(), in_app())
        trigger("in-app-message", "ada", tenant="acme")
        trigger("slow", "bob", data={"until": {"unit": "hours", "value": 5}})
        trigger("in-app-message", {"id": "1", "collection": "teams"})
        clock.advance(2 * HOUR)
        trigger("failing", "cy")

        found = [each["recipient"] for each in runs(**filters)]

        assert found == expected

    def test_a_time_that_is_none_is_refused(self, api: httpx.Client) -> None:
        answer = api.get("/v1/workflow_recipient_runs?starting_at=soon")

        assert answer.status_code == 422

    def test_the_newest_run_comes_first(self, trigger: Callable[..., str], api: httpx.Client) -> None:
        trigger("in-app-message", "ada", "bob", "cy")

        page = api.get("/v1/workflow_recipient_runs?page_size=2").json()
        rest = api.get(f"/v1/workflow_recipient_runs?page_size=2&after={page['page_info']['after']}").json()

        assert [each["recipient"] for each in page["items"] + rest["items"]] == ["cy", "bob", "ada"]
