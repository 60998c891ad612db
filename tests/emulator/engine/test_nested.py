from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.emulator.conftest import HandClock

HOUR = timedelta(hours=1)
DELAY = {"ref": "pause", "type": "delay", "settings": {"delay_for": {"unit": "hours", "value": 1}}}


def start(key: str = "child", **settings: str) -> dict[str, Any]:
    return {"ref": "start", "type": "trigger_workflow", "settings": {"workflow_key": key, **settings}}


def events(api: httpx.Client, run: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/v1/workflow_recipient_runs/{run['id']}").json()["events"]
    return found


@pytest.mark.promise("NESTED-TRIGGER")
class TestWhatIsStarted:
    def test_what_the_step_leaves_open_is_as_in_the_run(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        runs: Callable[..., Any],
        messages: Callable[..., Any],
    ) -> None:
        commit("child", in_app())
        commit("parent", start())

        trigger("parent", "ada", actor={"id": "bob"}, tenant="acme", data={"n": 1}, cancellation_key="k")

        run, message = runs(workflow="child")[0], messages()[0]
        assert (run["recipient"], run["actor"], run["tenant"]) == ("ada", "bob", "acme")
        assert message["data"] == {"n": 1}
        assert run["trigger_source"] == {
            "type": "workflow_step",
            "cancellation_key": "k",
            "schedule_id": None,
            "audience_key": None,
        }
        assert run["workflow_run_id"] != runs(workflow="parent")[0]["workflow_run_id"]

    def test_what_the_step_says_is_rendered(
        self,
        api: httpx.Client,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        runs: Callable[..., Any],
        messages: Callable[..., Any],
    ) -> None:
        api.put("/v1/users/cy", json={"name": "Cy"})
        commit("child-b", in_app())
        commit(
            "parent",
            start(
                "child-{{ data.which }}",
                recipients='["{{ data.to }}", {"id": "dee", "name": "Dee"}, {"id": "1", "collection": "teams"}]',
                data='{"was": {{ data.n }}}',
                actor="cy",
                tenant="{{ data.which }}-tenant",
                cancellation_key="{{ data.which }}-key",
            ),
        )

        trigger("parent", data={"which": "b", "to": "ed", "n": 7})

        started = runs(workflow="child-b")
        assert [each["recipient"] for each in started] == ["ed", "dee", {"id": "1", "collection": "teams"}]
        assert {(each["actor"], each["tenant"]) for each in started} == {("cy", "b-tenant")}
        assert {each["trigger_source"]["cancellation_key"] for each in started} == {"b-key"}
        assert messages()[0]["data"] == {"was": 7}
        assert api.get("/v1/users/dee").json()["name"] == "Dee"

    def test_a_recipient_may_be_rendered_as_a_whole(
        self,
        api: httpx.Client,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        runs: Callable[..., Any],
    ) -> None:
        api.put("/v1/users/ada", json={"name": "Ada"})
        commit("child", in_app())
        commit("parent", start(recipients="{{ recipient | json }}"))

        trigger("parent", "ada")

        assert runs(workflow="child")[0]["recipient"] == "ada"

    @pytest.mark.parametrize(
        ("step", "reason"),
        [
            (start("nobody"), "there is no workflow"),
            (start(recipients="[]"), "recipients"),
            (start(recipients='[{"name": "nameless"}]'), "refused"),
            (start(actor="stranger"), "refused"),
            (start(data="[1]"), "no JSON object"),
            (start(data="{{ 1 | divided_by: 0 }}"), ""),
        ],
    )
    def test_what_cannot_be_started_ends_the_run_and_says_why(
        self,
        api: httpx.Client,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        runs: Callable[..., Any],
        messages: Callable[..., Any],
        step: dict[str, Any],
        reason: str,
    ) -> None:
        commit("child", in_app())
        commit("parent", step, in_app("after"))

        trigger("parent")

        run = runs(workflow="parent")[0]
        failed = next(each for each in events(api, run) if each["status"] == "error")
        assert (failed["step_ref"], run["error_count"], messages()) == ("start", 1, [])
        assert reason in failed["data"]["reason"]

    def test_the_conditions_of_the_step_decide(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        runs: Callable[..., Any],
    ) -> None:
        commit("child", in_app())
        go = {"all": [{"variable": "data.go", "operator": "equal_to", "argument": "true"}]}
        commit("parent", {**start(), "conditions": go}, in_app("after"))

        trigger("parent", data={"go": False})

        assert [each["workflow"] for each in runs()] == ["parent"]


class TestBounds:
    def test_a_workflow_that_starts_itself_for_ever_is_stopped_and_says_so(
        self,
        api: httpx.Client,
        commit: Callable[..., None],
        trigger: Callable[..., str],
        runs: Callable[..., Any],
    ) -> None:
        commit("loop", start("loop"))

        trigger("loop")

        found = runs()
        last = events(api, found[-1])
        assert len(found) == 11
        assert [each["event"] for each in last][-2:] == ["step_failed", "run_completed"]
        assert "more than 10 deep" in last[-2]["data"]["reason"]

    def test_workflows_that_start_ever_more_are_stopped_in_number(
        self,
        commit: Callable[..., None],
        trigger: Callable[..., str],
        environment: Any,
    ) -> None:
        many = "[" + ",".join(f'"user-{number}"' for number in range(200)) + "]"
        commit("flood", start("flood", recipients=many))

        trigger("flood")

        number = environment.store.connection.execute("SELECT count(*) FROM runs").fetchone()[0]
        assert number == 1 + 200

    def test_a_workflow_that_lets_its_recipient_join_again_and_again_is_stopped_too(
        self,
        api: httpx.Client,
        commit: Callable[..., None],
        work: Callable[[], None],
        runs: Callable[..., Any],
    ) -> None:
        def change(action: str) -> dict[str, Any]:
            return {"ref": action, "type": "update_audience", "settings": {"audience_key": "beta", "action": action}}

        commit("again", change("remove"), change("add"), trigger_audience_key="beta")
        body = {"members": [{"user": {"id": "ada"}}]}
        api.post("/v1/audiences/beta/members?create_audience=true", json=body).raise_for_status()
        work()

        last = events(api, runs()[-1])
        assert len(runs()) == 11
        assert "more than 10 deep" in last[-2]["data"]["reason"]


@pytest.mark.promise("NESTED-CANCEL-SEPARATE")
@pytest.mark.parametrize(("cancelled", "expected"), [("parent", ["child"]), ("child", ["parent"])])
def test_who_started_a_run_and_the_run_are_cancelled_apart(
    api: httpx.Client,
    commit: Callable[..., None],
    in_app: Callable[..., Any],
    trigger: Callable[..., str],
    messages: Callable[..., Any],
    clock: HandClock,
    work: Callable[[], None],
    cancelled: str,
    expected: list[str],
) -> None:
    commit("child", DELAY, in_app("child"))
    commit("parent", start(), DELAY, in_app("parent"))
    trigger("parent", cancellation_key="k")

    api.post(f"/v1/workflows/{cancelled}/cancel", json={"cancellation_key": "k"}).raise_for_status()
    work()
    clock.advance(HOUR)
    work()

    assert [each["source"]["step_ref"] for each in messages()] == expected
