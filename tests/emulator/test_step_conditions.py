from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx


def refs(messages: list[dict[str, Any]]) -> list[str]:
    return [each["source"]["step_ref"] for each in messages]


class TestConditions:
    @pytest.mark.promise("ENGINE-TRIGGER-CONDITION-HALT")
    @pytest.mark.parametrize(("send", "expected"), [(True, 1), (False, 0)])
    def test_false_conditions_of_the_trigger_keep_all_steps_back(
        self,
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        runs: Callable[..., Any],
        send: bool,
        expected: int,
    ) -> None:
        trigger("conditional-message", data={"send": send})

        assert len(messages()) == expected
        assert runs()[0]["status"] == "completed"

    @pytest.mark.promise("ENGINE-TRIGGER-CONDITION-HALT")
    def test_recipients_are_judged_by_themselves(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
    ) -> None:
        condition = {"variable": "recipient.plan", "operator": "equal_to", "argument": "pro"}
        commit("news", in_app(), conditions={"all": [condition]})

        trigger("news", {"id": "ada", "plan": "pro"}, {"id": "bob", "plan": "free"})

        assert [each["recipient"] for each in messages()] == ["ada"]

    @pytest.mark.promise("ENGINE-STEP-CONDITION-SKIP")
    @pytest.mark.parametrize(
        ("data", "plan", "expected"),
        [
            ({"first": True}, "free", ["first", "last"]),
            ({"first": True}, "pro", ["first", "second", "last"]),
            ({"first": False}, "free", ["second", "last"]),
            ({}, "free", ["second", "last"]),
        ],
    )
    def test_a_step_runs_only_if_its_conditions_hold(
        self, trigger: Callable[..., str], messages: Callable[..., Any], data: Any, plan: str, expected: list[str]
    ) -> None:
        trigger("step-conditions", {"id": "ada", "plan": plan}, data=data)

        assert refs(messages()) == expected

    @pytest.mark.promise("COND-SCOPE", "COND-DYNAMIC-ARGUMENT", "COND-RUN-TOTALS")
    @pytest.mark.parametrize(
        ("variable", "argument"),
        [
            ("data.answer", "42"),
            ("recipient.plan", "pro"),
            ("actor.name", "Bob"),
            ("tenant.name", "Acme"),
            ("tenant.id", "acme"),
            ("vars.app_name", "Example"),
            ("workflow.key", "news"),
            ("run.total_activities", "1"),
            ("run.total_actors", "1"),
            ("recipient.id", "data.owner"),
        ],
    )
    def test_every_prefix_reads_the_property_behind_it(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        variable: str,
        argument: str,
    ) -> None:
        holds, fails = (
            {"all": [{"variable": variable, "operator": operator, "argument": argument}]}
            for operator in ("equal_to", "not_equal_to")
        )
        commit("news", in_app("yes", conditions=holds), in_app("no", conditions=fails))

        trigger(
            "news",
            {"id": "ada", "plan": "pro"},
            actor={"id": "bob", "name": "Bob"},
            tenant={"id": "acme", "name": "Acme"},
            data={"answer": 42, "owner": "ada"},
        )

        assert refs(messages()) == ["yes"]

    @pytest.mark.promise("COND-AUDIENCE")
    def test_membership_is_judged_when_the_step_is_reached(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        api: httpx.Client,
    ) -> None:
        condition = {"variable": "recipient", "operator": "is_audience_member", "argument": "testers"}
        commit("news", in_app(conditions={"all": [condition]}))
        trigger("news")
        api.post("/v1/audiences/testers/members?create_audience=true", json={"members": [{"user": {"id": "ada"}}]})

        trigger("news")

        assert len(messages()) == 1

    @pytest.mark.promise("CHANNEL-CONDITIONS-AND")
    @pytest.mark.parametrize(("channel", "step", "expected"), [(1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 0)])
    def test_conditions_of_channel_and_step_must_both_hold(
        self,
        commit: Callable[..., None],
        configure: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        channel: int,
        step: int,
        expected: int,
    ) -> None:
        commit("news", in_app(conditions={"all": [{"variable": "data.step", "operator": "equal_to", "argument": "1"}]}))
        configure(
            "in-app-feed", conditions={"all": [{"variable": "data.channel", "operator": "equal_to", "argument": "1"}]}
        )

        trigger("news", data={"channel": channel, "step": step})

        assert len(messages()) == expected
