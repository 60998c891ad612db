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
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        runs: Callable[..., Any],
    ) -> None:
        hour = {"delay_for": {"unit": "hours", "value": 1}}
        delays = [{"ref": ref, "type": "delay", "settings": hour} for ref in ("first", "second")]
        commit("later", *delays, in_app())

        trigger("later", settings={"skip_delay": True})

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
