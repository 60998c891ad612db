from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx


HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def cancel(api: httpx.Client, work: Callable[[], None]) -> Callable[..., int]:
    """Cancel runs of a workflow, let it happen, and return the status of the answer."""

    def cancel(workflow: str = "delayed-message", key: str = "k", **more: Any) -> int:
        answer = api.post(f"/v1/workflows/{workflow}/cancel", json={"cancellation_key": key, **more})
        work()
        return answer.status_code

    return cancel


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
        delay = {"ref": "delay", "type": "delay", "settings": {"delay_until_field_path": "data.until"}}
        commit("later", in_app("first"), delay, in_app("second"))
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
