from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator.environment import Environment

PRO = {"all": [{"variable": "recipient.plan", "operator": "equal_to", "argument": "pro"}]}


def member(user: str, **more: Any) -> dict[str, Any]:
    return {"members": [{"user": {"id": user}, **more}]}


@pytest.mark.promise("RUN-TRIGGER-SOURCE-AUDIENCE")
class TestRunsOfNewMembers:
    @pytest.fixture(autouse=True)
    def welcome(self, commit: Callable[..., None], in_app: Callable[..., Any]) -> None:
        commit("welcome", in_app(), trigger_audience_key="beta")

    def test_a_run_begins_for_whoever_joins_and_for_nobody_twice(
        self, api: httpx.Client, work: Callable[[], None], runs: Callable[..., Any]
    ) -> None:
        api.post("/v1/audiences/beta/members?create_audience=true", json=member("ada"))
        api.post("/v1/audiences/beta/members", json=member("ada"))
        api.request("DELETE", "/v1/audiences/beta/members", json=member("ada"))
        work()

        assert [each["trigger_source"] for each in runs()] == [
            {"type": "audience", "cancellation_key": None, "schedule_id": None, "audience_key": "beta"}
        ]
        assert (runs()[0]["recipient"], runs()[0]["tenant"]) == ("ada", None)

    def test_the_tenant_of_the_membership_is_that_of_the_run(
        self, api: httpx.Client, work: Callable[[], None], runs: Callable[..., Any]
    ) -> None:
        api.post("/v1/audiences/beta/members?create_audience=true", json=member("ada", tenant="acme"))
        work()

        assert runs()[0]["tenant"] == "acme"

    def test_other_audiences_start_nothing(
        self, api: httpx.Client, work: Callable[[], None], runs: Callable[..., Any]
    ) -> None:
        api.post("/v1/audiences/other/members?create_audience=true", json=member("ada"))
        work()

        assert runs() == []

    def test_an_inactive_workflow_is_not_started(
        self,
        api: httpx.Client,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        work: Callable[[], None],
        runs: Callable[..., Any],
    ) -> None:
        commit("welcome", in_app(), trigger_audience_key="beta", active=False)
        api.post("/v1/audiences/beta/members?create_audience=true", json=member("ada"))
        work()

        assert runs() == []


@pytest.mark.promise("AUDIENCE-DYNAMIC-READ-ONLY")
class TestDynamicAudiences:
    @pytest.fixture(autouse=True)
    def define(self, environment: Environment) -> None:
        environment.project = replace(environment.project, audience_conditions={"pros": PRO})

    def members(self, api: httpx.Client) -> list[str]:
        return [each["user_id"] for each in api.get("/v1/audiences/pros/members").raise_for_status().json()["entries"]]

    def test_whoever_the_conditions_hold_for_is_a_member(self, api: httpx.Client) -> None:
        api.put("/v1/users/ada", json={"plan": "pro"})
        api.put("/v1/users/bob", json={"plan": "free"})

        assert self.members(api) == ["ada"]

    def test_whoever_they_hold_for_no_more_is_none_any_more(self, api: httpx.Client) -> None:
        api.put("/v1/users/ada", json={"plan": "pro"})
        api.put("/v1/users/ada", json={"plan": "free"})

        assert self.members(api) == []

    @pytest.mark.parametrize("method", ["POST", "DELETE"])
    def test_nobody_is_added_or_removed_by_hand(self, api: httpx.Client, method: str) -> None:
        api.put("/v1/users/ada", json={"plan": "pro"})

        answer = api.request(method, "/v1/audiences/pros/members", json=member("ada"))

        assert answer.status_code == 422
        assert self.members(api) == ["ada"]

    def test_joining_starts_the_workflows_of_the_audience(
        self,
        api: httpx.Client,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        environment: Environment,
        work: Callable[[], None],
        runs: Callable[..., Any],
    ) -> None:
        commit("welcome", in_app(), trigger_audience_key="pros")
        environment.project = replace(environment.project, audience_conditions={"pros": PRO})
        for _ in range(2):
            api.put("/v1/users/ada", json={"plan": "pro"})
        work()

        assert [each["trigger_source"]["audience_key"] for each in runs()] == ["pros"]
