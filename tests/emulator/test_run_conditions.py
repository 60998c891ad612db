from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.contract.condition_forms import OPERATORS as DOCUMENTED
from knock_harness.contract.environment_file import decoded
from knock_harness.emulator.engine.conditions import OPERATORS
from knock_harness.emulator.provider_rules import ProviderRule

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator.environment import Environment
    from tests.emulator.conftest import HandClock

HOUR = timedelta(hours=1)
DELAY = {"ref": "pause", "type": "delay", "settings": {"delay_for": {"unit": "hours", "value": 1}}}
EMAIL = {
    "ref": "email",
    "type": "channel",
    "channel_type": "email",
    "channel_key": "email",
    "template": {"subject": "Hello", "html_body": "Hello"},
}
PUSH = {
    "ref": "push",
    "type": "channel",
    "channel_type": "push",
    "channel_key": "push-fcm",
    "template": {"title": "Hello", "text_body": "Hello"},
}


def where(variable: str, operator: str, argument: str | None = None) -> dict[str, Any]:
    return {"all": [{"variable": variable, "operator": operator, "argument": argument}]}


@pytest.fixture
def judge(
    commit: Callable[..., None], in_app: Callable[..., Any], trigger: Callable[..., str], messages: Callable[..., Any]
) -> Callable[..., bool]:
    """Say whether a step is carried out that has one condition."""

    def judge(variable: str, operator: str, argument: str | None = None, recipient: Any = "ada", **more: Any) -> bool:
        commit("judge", in_app(conditions=where(variable, operator, argument)))
        return len(messages(workflow_run_id=trigger("judge", recipient, **more))) == 1

    return judge


@pytest.fixture
def later(
    commit: Callable[..., None],
    in_app: Callable[..., Any],
    trigger: Callable[..., str],
    messages: Callable[..., Any],
    clock: HandClock,
    work: Callable[[], None],
) -> Callable[..., bool]:
    """Say whether a step is carried out an hour after another, on a condition on the messages of that."""

    def later(first: dict[str, Any], aspect: str, operator: str, status: str, meanwhile: Any = None) -> bool:
        condition = where(f"refs.{first['ref']}.{aspect}", operator, f"$message.{status}")
        commit("later", first, DELAY, in_app("second", conditions=condition))
        run_id = trigger("later", "ada")
        if meanwhile is not None:
            meanwhile(messages(workflow_run_id=run_id)[0]["id"])
        clock.advance(HOUR)
        work()
        return "second" in [each["source"]["step_ref"] for each in messages(workflow_run_id=run_id)]

    return later


@pytest.fixture
def provider(environment: Environment) -> Callable[..., None]:
    """Tell all providers how to answer."""

    def provider(**rule: Any) -> None:
        environment.configure(provider_rules=[ProviderRule(**rule)])

    return provider


def test_every_operator_that_is_documented_is_judged() -> None:
    assert set(OPERATORS) | {"is_audience_member", "is_not_audience_member"} == DOCUMENTED


@pytest.mark.promise("COND-MISSING-EMPTY")
@pytest.mark.parametrize("operator", sorted(DOCUMENTED))
def test_what_is_not_there_fails_no_run(judge: Callable[..., bool], runs: Callable[..., Any], operator: str) -> None:
    judge("data.none", operator, '"x"')

    assert (runs()[0]["status"], runs()[0]["error_count"]) == ("completed", 0)


@pytest.mark.promise("COND-MISSING-EMPTY")
@pytest.mark.parametrize(
    ("operator", "argument", "expected"),
    [
        ("equal_to", '""', True),
        ("empty", None, True),
        ("not_exists", None, True),
        ("not_empty", None, False),
        ("exists", None, False),
    ],
)
def test_what_is_not_there_is_an_empty_text(
    judge: Callable[..., bool], operator: str, argument: str | None, expected: bool
) -> None:
    assert judge("data.none", operator, argument) is expected


@pytest.mark.promise("COND-SCOPE")
@pytest.mark.parametrize("expected", [True, False])
def test_refs_lead_to_the_messages_of_earlier_steps(
    commit: Callable[..., None],
    in_app: Callable[..., Any],
    trigger: Callable[..., str],
    messages: Callable[..., Any],
    expected: bool,
) -> None:
    operator = "equal_to" if expected else "not_equal_to"
    condition = where("refs.first.delivery_status", operator, "$message.delivered")
    commit("judge", in_app("first"), in_app("second", conditions=condition))

    trigger("judge")

    assert len(messages()) == 1 + expected


@pytest.mark.promise("COND-EQUALITY")
@pytest.mark.parametrize("value", [5, "5"])
def test_text_and_number_are_kept_apart_wherever_they_come_from(
    environment: Environment, judge: Callable[..., bool], value: Any
) -> None:
    environment.project = replace(environment.project, variables={"n": value})
    named = {"id": "ada", "n": value}

    found = [
        judge(f"{prefix}.n", "equal_to", "5", recipient=named, data={"n": value}, actor=named, tenant=named)
        for prefix in ("data", "recipient", "actor", "tenant", "vars")
    ]

    assert set(found) == {value == 5}


@pytest.mark.promise("COND-ARGUMENT-DECODED")
@pytest.mark.parametrize(
    ("value", "argument"), [(True, "true"), (5, "5"), (None, "null"), ("pro", "pro"), ("pro", '"pro"'), ([1], "[1]")]
)
def test_an_argument_is_read_as_json_where_it_is_json(judge: Callable[..., bool], value: Any, argument: str) -> None:
    assert judge("data.value", "equal_to", argument, data={"value": value})


@pytest.mark.promise("COND-AUDIENCE")
@pytest.mark.parametrize(("operator", "expected"), [("is_audience_member", True), ("is_not_audience_member", False)])
def test_membership_is_judged_at_the_step(
    api: httpx.Client, judge: Callable[..., bool], operator: str, expected: bool
) -> None:
    members = {"members": [{"user": {"id": "ada"}}]}
    api.post("/v1/audiences/beta/members?create_audience=true", json=members)
    while_in = judge("recipient", operator, "beta")
    api.request("DELETE", "/v1/audiences/beta/members", json=members)

    assert (while_in, judge("recipient", operator, "beta")) == (expected, not expected)


@pytest.mark.promise("COND-DYNAMIC-ARGUMENT")
@pytest.mark.parametrize(("actor", "expected"), [("ada", False), ("bob", True)])
def test_a_recipient_can_be_told_from_the_actor(
    api: httpx.Client, judge: Callable[..., bool], actor: str, expected: bool
) -> None:
    api.put(f"/v1/users/{actor}", json={})

    assert judge("recipient.id", "not_equal_to", "actor.id", actor=actor) is expected


@pytest.mark.promise("COND-VARS-TYPED")
@pytest.mark.parametrize(
    ("stored", "argument", "expected"),
    [("true", "true", True), ("123", "123", True), ("007", '"007"', True), ("007", "7", False), ("x", "x", True)],
)
def test_variables_have_the_type_that_their_text_says(
    environment: Environment,
    judge: Callable[..., bool],
    stored: str,
    argument: str,
    expected: bool,
) -> None:
    environment.project = replace(environment.project, variables={"flag": decoded(stored)})

    assert judge("vars.flag", "equal_to", argument) is expected


@pytest.mark.promise("COND-TIMESTAMP-NOW")
@pytest.mark.parametrize(("moment", "is_past"), [("2026-03-01T11:59:59Z", True), ("2026-03-01T12:00:01Z", False)])
def test_now_is_the_moment_of_the_step(judge: Callable[..., bool], moment: str, is_past: bool) -> None:
    data = {"when": moment}

    found = [judge("data.when", f"is_timestamp_{each}_now", data=data) for each in ("before", "on_or_after")]

    assert found == [is_past, not is_past]


class TestEarlierMessages:
    @pytest.fixture(autouse=True)
    def ada(self, api: httpx.Client, channel: Callable[[str], str]) -> None:
        data = {channel("push-fcm"): {"tokens": ["good", "gone"]}}
        api.put("/v1/users/ada", json={"email": "ada@example.com", "channel_data": data})

    @pytest.mark.promise("COND-MESSAGE-DELIVERY")
    @pytest.mark.parametrize(
        ("rule", "at_least_sent", "at_least_queued"),
        [
            ({"answer": "accept"}, True, True),
            ({"answer": "bounce"}, False, False),
            ({"answer": "fail", "status": 400}, False, False),
        ],
        ids=["delivered", "bounced", "undelivered"],
    )
    def test_the_order_of_delivery_decides(
        self,
        later: Callable[..., bool],
        provider: Callable[..., None],
        rule: dict[str, Any],
        at_least_sent: bool,
        at_least_queued: bool,
    ) -> None:
        provider(**rule)

        found = [later(EMAIL, "delivery_status", "greater_than_or_equal_to", status) for status in ("sent", "queued")]

        assert found == [at_least_sent, at_least_queued]

    @pytest.mark.promise("COND-MESSAGE-DELIVERY")
    def test_what_was_not_sent_is_less_than_sent(
        self, later: Callable[..., bool], configure: Callable[..., None]
    ) -> None:
        configure("email", sandbox_mode=True)

        found = [later(EMAIL, "delivery_status", each, "sent") for each in ("less_than", "greater_than_or_equal_to")]

        assert found == [True, False]

    @pytest.mark.promise("COND-MESSAGE-SKIPPED")
    @pytest.mark.parametrize(("email", "expected"), [("ada@example.com", False), (None, True)])
    def test_a_step_counts_as_skipped_exactly_when_it_made_no_message(
        self, api: httpx.Client, later: Callable[..., bool], email: str | None, expected: bool
    ) -> None:
        api.put("/v1/users/ada", json={"email": email})

        found = [later(EMAIL, "delivery_status", each, "skipped") for each in ("equal_to", "not_equal_to")]

        assert found == [expected, not expected]

    @pytest.mark.promise("COND-MESSAGE-HIGHEST")
    def test_of_several_messages_the_highest_decides(
        self, later: Callable[..., bool], provider: Callable[..., None], messages: Callable[..., Any]
    ) -> None:
        provider(answer="bounce", address="gone")

        sent = later(PUSH, "delivery_status", "greater_than_or_equal_to", "sent")

        assert sent
        assert {each["status"] for each in messages() if each["source"]["step_ref"] == "push"} == {"sent", "bounced"}

    @pytest.mark.promise("COND-MESSAGE-ENGAGEMENT")
    @pytest.mark.parametrize(
        ("mark", "status", "expected"),
        [
            ("seen", "seen", True),
            ("read", "read", True),
            ("seen", "seen_not_read", True),
            ("read", "seen_not_read", False),
            ("read", "read_not_link_clicked", True),
            ("interacted", "interacted", True),
            ("archived", "archived", True),
            ("seen", "archived", False),
        ],
    )
    def test_engagement_is_seen_as_it_is_at_the_step(
        self,
        api: httpx.Client,
        in_app: Callable[..., Any],
        later: Callable[..., bool],
        mark: str,
        status: str,
        expected: bool,
    ) -> None:
        def engage(message_id: str) -> None:
            body = {"metadata": {}} if mark == "interacted" else None
            api.put(f"/v1/messages/{message_id}/{mark}", json=body).raise_for_status()

        found = [
            later(in_app("first"), "engagement_status", operator, status, engage)
            for operator in ("equal_to", "not_equal_to")
        ]

        assert found == [expected, not expected]
