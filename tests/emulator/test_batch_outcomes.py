from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator import definitions

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator.environment import Environment

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

#: What is committed on a branch.
STEPS = [
    {
        "ref": "batch",
        "type": "batch",
        "settings": {"batch_window": {"unit": "seconds", "value": 60}, "workflow_version_mode": "latest"},
    },
    {
        "ref": "in_app",
        "type": "channel",
        "channel_type": "in_app_feed",
        "channel_key": "in-app-feed",
        "template": {"markdown_body": "of the branch"},
    },
]


class TestWhatIsKnown:
    @pytest.mark.promise("BATCHSTEP-TOTALS")
    def test_actors_are_counted_once_and_ten_of_them_named(
        self, batched: Any, trigger: Any, api: httpx.Client, wait: Any, rendered: Any, messages: Any, feed: str
    ) -> None:
        batched(body="{{ total_activities }} {{ total_actors }} {{ actors | size }}")
        for number in range(12):
            api.put(f"/v1/users/actor-{number}", json={})
        for number in (*range(12), 3, 3, None):
            trigger("batched", actor=None if number is None else f"actor-{number}")

        wait(MINUTE)

        (message,), (item,) = messages(), api.get(feed).json()["entries"]
        assert rendered() == ["15 12 10"]
        assert message["actors"] == [f"actor-{number}" for number in range(10)]
        assert (item["total_activities"], item["total_actors"], len(item["activities"])) == (15, 12, 10)
        assert len(item["actors"]) == 10

    @pytest.mark.promise("BATCHSTEP-DATA-COMBINED")
    def test_templates_see_the_scalars_of_all_triggers_later_ones_winning(
        self, batched: Any, trigger: Any, wait: Any, rendered: Any
    ) -> None:
        batched(body="{{ data | json }}")
        trigger("batched", data={"a": 1, "b": 1, "long": "x" * 300, "deep": {"a": 1}})
        trigger("batched", data={"b": 2.5, "list": [1], "yes": True, "no": None})

        wait(MINUTE)

        (text,) = rendered()
        shown = json.loads(text.replace("&quot;", '"'))
        assert shown == {"a": 1, "b": 2.5, "long": "x" * 256, "yes": True, "no": None}

    @pytest.mark.promise("BATCHSTEP-MESSAGE-DATA")
    def test_a_message_has_the_data_of_the_latest_trigger(
        self, batched: Any, trigger: Any, wait: Any, messages: Any, api: httpx.Client, feed: str
    ) -> None:
        latest = {"b": 2, "deep": {"c": [1]}, "long": "y" * 300}
        batched()
        trigger("batched", data={"a": 1, "b": 1})
        trigger("batched", data=latest)

        wait(MINUTE)

        assert messages()[0]["data"] == {"a": 1, **latest}
        assert api.get(feed).json()["entries"][0]["data"]["b"] == 2

    @pytest.mark.promise("TRIGGER-DATA-BATCHED")
    @pytest.mark.parametrize(("wanted", "number"), [({"a": 1}, 1), ({"b": 2}, 1), ({"b": 1}, 0)])
    def test_filters_see_the_data_of_all_triggers(
        self, batched: Any, trigger: Any, wait: Any, messages: Any, wanted: Any, number: int
    ) -> None:
        batched()
        trigger("batched", data={"a": 1, "b": 1})
        trigger("batched", data={"b": 2})

        wait(MINUTE)

        assert len(messages(trigger_data=json.dumps(wanted))) == number

    @pytest.mark.promise("ACTIVITIES-BATCH-ALL", "FEED-ACTIVITIES")
    def test_all_activities_can_be_listed(
        self, batched: Any, trigger: Any, wait: Any, messages: Any, api: httpx.Client
    ) -> None:
        batched()
        for number in range(25):
            trigger("batched", data={"n": number})
        wait(MINUTE)
        path, after, found = f"/v1/messages/{messages()[0]['id']}/activities", None, []

        for _ in range(3):
            page = api.get(path, params={"page_size": 10, **({"after": after} if after else {})}).json()
            after = page["page_info"]["after"]
            found += [each["data"]["n"] for each in page["items"]]

        assert found == list(range(25))

    @pytest.mark.promise("COND-RUN-TOTALS")
    @pytest.mark.parametrize(("times", "sent"), [(1, ["few"]), (3, ["many"])])
    def test_conditions_see_the_totals(
        self, commit: Any, in_app: Any, trigger: Any, wait: Any, rendered: Any, times: int, sent: Any
    ) -> None:
        window = {"batch_window": {"unit": "seconds", "value": 60}}
        many = {"variable": "run.total_activities", "operator": "greater_than", "argument": "2"}
        few = {"variable": "run.total_activities", "operator": "less_than_or_equal_to", "argument": "2"}
        commit(
            "batched",
            {"ref": "batch", "type": "batch", "settings": window},
            in_app("many", "many", conditions={"all": [many]}),
            in_app("few", "few", conditions={"all": [few]}),
        )
        for _ in range(times):
            trigger("batched")

        wait(MINUTE)

        assert rendered() == sent

    @pytest.mark.promise("RUNPREF-CONDITIONS-BATCH")
    @pytest.mark.parametrize(("levels", "number"), [(["high", "low"], 1), (["low", "high"], 0)])
    def test_preference_conditions_are_judged_on_the_first_activity(
        self, batched: Any, trigger: Any, api: httpx.Client, wait: Any, messages: Any, levels: Any, number: int
    ) -> None:
        batched()
        condition = {"variable": "data.level", "operator": "equal_to", "argument": "high"}
        preferences = {"workflows": {"batched": {"conditions": [condition]}}}
        api.put("/v1/users/ada/preferences/default", json=preferences).raise_for_status()
        for level in levels:
            trigger("batched", data={"level": level})

        wait(MINUTE)

        assert len(messages()) == number

    def test_what_a_later_step_fetches_is_in_the_data_of_the_message(
        self, commit: Any, in_app: Any, trigger: Any, wait: Any, messages: Any
    ) -> None:
        commit(
            "batched",
            {"ref": "batch", "type": "batch", "settings": {"batch_window": {"unit": "seconds", "value": 60}}},
            {"ref": "more", "type": "update_data", "settings": {"data": '{"more": true, "a": 2}'}},
            in_app(),
        )
        trigger("batched", data={"a": 1, "deep": [1]})

        wait(MINUTE)

        assert messages()[0]["data"] == {"a": 2, "deep": [1], "more": True}


class TestCancel:
    @pytest.fixture
    def cancel(self, api: httpx.Client, work: Any) -> Callable[..., None]:
        def cancel(key: str, **more: Any) -> None:
            body = {"cancellation_key": key, **more}
            api.post("/v1/workflows/batched/cancel", json=body).raise_for_status()
            work()

        return cancel

    @pytest.mark.promise("BATCHSTEP-CANCEL-ITEM", "BATCHSTEP-CONSERVATION")
    def test_a_cancelled_trigger_is_taken_out_and_the_rest_stays(
        self, batched: Any, trigger: Any, cancel: Any, wait: Any, told: Any
    ) -> None:
        batched()
        for number in (1, 2, 3):
            trigger("batched", "ada", "bob", data={"n": number}, cancellation_key=f"key-{number}")
        wait(10 * SECOND)
        cancel("key-2", recipients=["ada"])
        wait(49 * SECOND)
        before = told()

        wait(SECOND)

        assert (before, told()) == ([], [[1, 3], [1, 2, 3]])

    @pytest.mark.promise("BATCHSTEP-CANCEL-OPENER")
    def test_a_batch_outlives_the_trigger_that_opened_it(
        self, batched: Any, trigger: Any, cancel: Any, wait: Any, told: Any
    ) -> None:
        batched()
        trigger("batched", data={"n": 1}, cancellation_key="first")
        cancel("first")
        wait(10 * SECOND)
        trigger("batched", data={"n": 2})

        wait(50 * SECOND)

        assert told() == [[2]]

    @pytest.mark.promise("BATCHSTEP-CANCEL-ALL-EMPTY")
    def test_a_batch_with_nothing_left_sends_nothing(
        self, batched: Any, trigger: Any, cancel: Any, wait: Any, messages: Any, runs: Any
    ) -> None:
        batched()
        for number in (1, 2):
            trigger("batched", cancellation_key=f"key-{number}")
            cancel(f"key-{number}")

        wait(HOUR)

        assert messages() == []
        assert [each["status"] for each in runs()] == ["cancelled", "completed"]

    @pytest.mark.promise("BATCHSTEP-CANCEL-AFTER-CLOSE")
    @pytest.mark.parametrize(("key", "number"), [("first", 0), ("second", 1)])
    def test_after_closing_only_the_key_of_the_opener_cancels(
        self, batched: Any, trigger: Any, cancel: Any, wait: Any, messages: Any, key: str, number: int
    ) -> None:
        delay = {"ref": "delay", "type": "delay", "settings": {"delay_for": {"unit": "hours", "value": 1}}}
        batched(delay)
        for each in ("first", "second"):
            trigger("batched", cancellation_key=each)
        wait(MINUTE)

        cancel(key)
        wait(2 * HOUR)

        assert len(messages()) == number

    def test_an_item_of_another_workflow_stays(
        self, batched: Any, trigger: Any, cancel: Any, wait: Any, messages: Any
    ) -> None:
        batched(key="other")
        batched()
        for each in ("batched", "other"):
            trigger(each, cancellation_key="one")

        cancel("one")
        wait(HOUR)

        assert [each["source"]["key"] for each in messages()] == ["other"]

    def test_the_batch_of_a_deleted_user_goes_with_the_user(
        self, batched: Any, trigger: Any, api: httpx.Client, wait: Any, told: Any
    ) -> None:
        batched()
        trigger("batched", {"id": "ada"}, data={"n": 1})
        api.delete("/v1/users/ada").raise_for_status()
        wait(30 * SECOND)
        trigger("batched", {"id": "ada"}, data={"n": 2})

        wait(MINUTE)

        assert told() == [[2]]


class TestVersions:
    @pytest.mark.promise("BATCHSTEP-VERSION-MODE")
    def test_the_latest_mode_keeps_the_batch_over_a_commit(
        self, batched: Any, trigger: Any, wait: Any, rendered: Any, messages: Any, environment: Environment
    ) -> None:
        batched(workflow_version_mode="latest", body="old")
        trigger("batched")
        batched(workflow_version_mode="latest", body="new {{ total_activities }}")
        trigger("batched")

        wait(MINUTE)

        assert rendered() == ["new 2"]
        assert messages()[0]["source"]["version_id"] == environment.project.workflows["batched"].version_id

    @pytest.mark.promise("BATCHSTEP-VERSION-MODE")
    @pytest.mark.parametrize("settings", [{}, {"workflow_version_mode": "pinned"}], ids=["left out", "pinned"])
    def test_a_commit_opens_another_batch_in_the_pinned_mode(
        self, batched: Any, trigger: Any, wait: Any, rendered: Any, settings: Any
    ) -> None:
        batched(body="old {{ total_activities }}", **settings)
        trigger("batched")
        batched(body="new {{ total_activities }}", **settings)
        trigger("batched")

        wait(MINUTE)

        assert rendered() == ["old 1", "new 1"]

    def test_the_latest_version_is_that_of_the_branch(
        self, batched: Any, api: httpx.Client, work: Any, wait: Any, rendered: Any, environment: Environment
    ) -> None:
        batched(workflow_version_mode="latest", body="first")
        definitions.create_branch(environment, "mine")
        headers = {"x-knock-branch": "mine"}
        api.post("/v1/workflows/batched/trigger", json={"recipients": ["ada"]}, headers=headers).raise_for_status()
        work()
        batched(workflow_version_mode="latest", body="second")
        current = environment.project.workflows["batched"]
        other = {"name": "Batched", "steps": STEPS}
        definitions.commit_workflow(environment, "batched", other, branch="mine")

        wait(MINUTE)

        assert rendered() == ["of the branch"]
        assert environment.project.workflows["batched"] is current

    def test_a_step_that_the_latest_version_has_not_goes_on_as_it_was(
        self, batched: Any, commit: Any, in_app: Any, trigger: Any, wait: Any, rendered: Any
    ) -> None:
        batched(workflow_version_mode="latest", body="old")
        trigger("batched")
        commit("batched", in_app(body="new"))

        wait(MINUTE)

        assert rendered() == ["old"]

    @pytest.mark.promise("WORKFLOW-INACTIVE-PAUSED-TERMINATES")
    def test_a_window_that_closes_while_the_workflow_is_inactive_sends_nothing(
        self, batched: Any, at: Any, wait: Any, messages: Any, runs: Any, environment: Environment
    ) -> None:
        batched()
        at(0, 1)
        definitions.set_workflow_active(environment, "batched", active=False)
        wait(MINUTE)
        definitions.set_workflow_active(environment, "batched", active=True)

        wait(HOUR)

        assert messages() == []
        assert [each["status"] for each in runs()] == ["cancelled", "completed"]


def test_a_run_may_come_to_two_batches(
    commit: Any, in_app: Any, trigger: Any, wait: Any, told: Any, rendered: Any
) -> None:
    window = {"batch_window": {"unit": "seconds", "value": 60}}
    later = {"batch_window": {"unit": "minutes", "value": 10}}
    commit(
        "batched",
        {"ref": "one", "type": "batch", "settings": {**window, "batch_key": "page"}},
        {"ref": "two", "type": "batch", "settings": later},
        in_app(body="{{ total_activities }}"),
    )
    for number in range(5):
        trigger("batched", data={"n": number, "page": number % 2})

    wait(HOUR)

    assert told() == [[0, 2, 4, 1, 3]]
    assert rendered() == ["5"]
