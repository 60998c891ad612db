from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knock_harness.emulator import Emulator, EmulatorTransport, VirtualClock, definitions
from knock_harness.emulator.engine.deliveries import WAITS
from knock_harness.emulator.outbound import OutboundAnswer
from knock_harness.emulator.provider_rules import ProviderRule

if TYPE_CHECKING:
    from collections.abc import Callable

    from knock_harness.emulator.environment import Environment


def channel_step(kind: str, template: dict[str, Any]) -> dict[str, Any]:
    keys = {"email": "email", "sms": "sms", "push": "push-fcm", "chat": "slack", "http": "webhook"}
    return {"ref": kind, "type": "channel", "channel_type": kind, "channel_key": keys[kind], "template": template}


EMAIL = channel_step("email", {"subject": "News", "text_body": "Read this"})
SMS = channel_step("sms", {"text_body": "Read this"})
PUSH = channel_step("push", {"title": "News", "text_body": "Read this"})
CHAT = channel_step("chat", {"markdown_body": "Read this"})
ADA = {
    "id": "ada",
    "email": "ada@example.com",
    "phone_number": "+15550100",
    "channel_data": {
        "5add7344-bcbb-4d9f-b11e-564ffad35513": {"tokens": ["token"]},
        "f47adb6f-caac-4d01-bdad-d73146a6bb76": {"connections": [{"access_token": "x", "channel_id": "C1"}]},
    },
}


@pytest.fixture
def sent(
    environment: Environment, commit: Callable[..., None], trigger: Callable[..., str], messages: Callable[..., Any]
) -> Callable[..., str]:
    """Send a message of one step, by providers that answer by rules, and return its id."""

    def sent(step: dict[str, Any] = EMAIL, *rules: ProviderRule, to: dict[str, Any] = ADA) -> str:
        commit("news", step)
        environment.configure(provider_rules=rules)
        trigger("news", to)
        message_id: str = messages()[0]["id"]
        return message_id

    return sent


def status(api: httpx.Client, message_id: str) -> str:
    found: str = api.get(f"/v1/messages/{message_id}").json()["status"]
    return found


def events(api: httpx.Client, message_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/v1/messages/{message_id}/events").json()["items"]
    return found


def logs(api: httpx.Client, message_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/v1/messages/{message_id}/delivery_logs").json()["items"]
    return found


@pytest.mark.promise("MSG-EMAIL-SMS-LIFECYCLE", "EVENTS-EACH-CHANGE")
@pytest.mark.parametrize("step", [EMAIL, SMS], ids=["email", "sms"])
def test_an_email_or_sms_is_queued_sent_and_then_delivered(
    api: httpx.Client, sent: Callable[..., str], clock: VirtualClock, work: Callable[[], None], step: dict[str, Any]
) -> None:
    message = sent(step, ProviderRule(report_after_s=60))
    before = status(api, message)
    clock.advance(timedelta(seconds=60))
    work()

    assert (before, status(api, message)) == ("sent", "delivered")
    assert [each["type"] for each in events(api, message)] == [
        "message.created",
        "message.queued",
        "message.sent",
        "message.delivered",
    ]


@pytest.mark.promise("MSG-PUSH-CHAT-NEVER-DELIVERED")
@pytest.mark.parametrize("step", [PUSH, CHAT], ids=["push", "chat"])
def test_push_and_chat_are_sent_for_good(
    api: httpx.Client, sent: Callable[..., str], clock: VirtualClock, work: Callable[[], None], step: dict[str, Any]
) -> None:
    message = sent(step)
    clock.advance(timedelta(days=1))
    work()

    assert status(api, message) == "sent"


def test_nobody_has_to_confirm(api: httpx.Client, sent: Callable[..., str], work: Callable[[], None]) -> None:
    message = sent(EMAIL, ProviderRule(report="nothing"))
    work()

    assert status(api, message) == "sent"


@pytest.mark.promise("MSG-RETRY-LIFECYCLE", "DELIVERY-LOGS-ATTEMPTS")
@pytest.mark.parametrize("failures", [1, 2, 7])
def test_a_failure_that_may_pass_is_tried_again(
    api: httpx.Client, sent: Callable[..., str], clock: VirtualClock, work: Callable[[], None], failures: int
) -> None:
    message = sent(EMAIL, ProviderRule(answer="fail", status=503, times=failures))
    seen = [status(api, message)]
    for wait in WAITS[:failures]:
        clock.advance(wait)
        work()
        seen.append(status(api, message))

    assert seen == [*["delivery_attempted"] * failures, "delivered"]
    assert [each["response"]["status"] for each in logs(api, message)] == [*[503] * failures, 202]


@pytest.mark.promise("MSG-RETRY-LIFECYCLE", "MSG-STATUS-MACHINE")
def test_after_eight_tries_within_half_an_hour_a_message_is_given_up(
    api: httpx.Client, sent: Callable[..., str], clock: VirtualClock, work: Callable[[], None]
) -> None:
    message = sent(EMAIL, ProviderRule(answer="fail", status=429))
    clock.advance(timedelta(minutes=30))
    work()
    given_up = status(api, message)
    clock.advance(timedelta(days=1))
    work()

    assert (given_up, status(api, message)) == ("undelivered", "undelivered")
    assert len(logs(api, message)) == 8


@pytest.mark.promise("MSG-FATAL-AND-BOUNCE")
@pytest.mark.parametrize(
    ("rule", "expected"),
    [(ProviderRule(answer="fail", status=400), "undelivered"), (ProviderRule(answer="bounce"), "bounced")],
    ids=["refused", "bounced"],
)
@pytest.mark.parametrize("step", [EMAIL, SMS, PUSH, CHAT], ids=["email", "sms", "push", "chat"])
def test_what_no_further_try_mends_is_tried_once(
    api: httpx.Client,
    sent: Callable[..., str],
    clock: VirtualClock,
    work: Callable[[], None],
    step: dict[str, Any],
    rule: ProviderRule,
    expected: str,
) -> None:
    message = sent(step, rule)
    clock.advance(timedelta(days=1))
    work()

    assert status(api, message) == expected
    assert len(logs(api, message)) == 1


@pytest.mark.promise("EVENTS-DELIVERY-DATA")
def test_the_event_of_a_try_tells_how_many_there_are(api: httpx.Client, sent: Callable[..., str]) -> None:
    message = sent(EMAIL, ProviderRule(answer="fail"))

    event = events(api, message)[-1]

    assert event["type"] == "message.delivery_attempted"
    assert event["data"] == {"attempt": 1, "max_attempts": 8, "retryable": True}


@pytest.mark.promise("EVENTS-DELIVERY-DATA")
def test_the_event_of_a_failure_tells_why(api: httpx.Client, sent: Callable[..., str]) -> None:
    event = events(api, sent(EMAIL, ProviderRule(answer="fail", status=400)))[-1]

    assert event["type"] == "message.undelivered"
    assert event["data"] == {"failure_reason": "fatal_error", "failure_details": "The provider answered 400"}


@pytest.mark.promise("EVENTS-DELIVERY-DATA")
def test_the_event_of_a_push_that_bounced_names_the_token(api: httpx.Client, sent: Callable[..., str]) -> None:
    event = events(api, sent(PUSH, ProviderRule(answer="bounce")))[-1]

    assert event["type"] == "message.bounced"
    assert event["data"]["token"] == "token"


@pytest.mark.promise("DELIVERY-LOGS-ATTEMPTS")
def test_a_log_holds_what_was_sent_and_answered(api: httpx.Client, sent: Callable[..., str]) -> None:
    (log,) = logs(api, sent(EMAIL, ProviderRule(answer="fail", status=400)))

    assert (log["service_name"], log["request"]["method"]) == ("email_sendgrid", "POST")
    assert (log["request"]["host"], log["request"]["path"]) == ("api.sendgrid.com", "/v3/mail/send")
    assert log["request"]["body"]["to"] == "ada@example.com"
    assert (log["response"]["status"], log["response"]["body"]) == (400, {"error": "The provider was told to fail"})


@pytest.mark.promise("MSG-STATUS-MACHINE")
def test_a_bounce_that_comes_late_ends_what_was_sent(
    api: httpx.Client, sent: Callable[..., str], clock: VirtualClock, work: Callable[[], None]
) -> None:
    message = sent(EMAIL, ProviderRule(report="bounced", report_after_s=5))
    before = status(api, message)
    clock.advance(timedelta(seconds=5))
    work()

    assert (before, status(api, message)) == ("sent", "bounced")


#: Each delivery status, and those that may follow it.
NEXT = {
    "created": {"queued"},
    "queued": {"sent", "delivery_attempted", "undelivered", "bounced"},
    "delivery_attempted": {"sent", "delivery_attempted", "undelivered", "bounced"},
    "sent": {"delivered", "undelivered", "bounced"},
    "delivered": set(),
    "undelivered": set(),
    "bounced": set(),
}
RULES = st.builds(
    ProviderRule,
    answer=st.sampled_from(["accept", "bounce", "fail"]),
    status=st.sampled_from([302, 400, 404, 408, 429, 500, 503]),
    times=st.none() | st.integers(1, 9),
    report=st.sampled_from(["delivered", "bounced", "undelivered", "nothing"]),
    report_after_s=st.sampled_from([0.0, 1.0, 3600.0]),
)


@pytest.mark.promise("MSG-STATUS-MACHINE", "MSG-RETRY-LIFECYCLE")
@settings(max_examples=30, deadline=None)
@given(rules=st.lists(RULES, min_size=1, max_size=4), step=st.sampled_from([EMAIL, SMS, PUSH, CHAT]))
def test_statuses_follow_one_another_whatever_providers_answer(rules: list[ProviderRule], step: dict[str, Any]) -> None:
    clock = VirtualClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    emulator = Emulator(new_clock=lambda: clock, keys=["sk_test_rules"], seed=1)
    environment = emulator.environments["sk_test_rules"]
    definitions.commit_workflow(environment, "news", {"name": "News", "steps": [step]})
    with httpx.Client(
        transport=EmulatorTransport(emulator),
        base_url="http://emulator.test",
        headers={"authorization": "Bearer sk_test_rules"},
    ) as api:
        api.post("/v1/workflows/news/trigger", json={"recipients": [ADA]}).raise_for_status()
        for rule in rules:  # the provider changes its mind while the message is under way
            environment.configure(provider_rules=(rule,))
            for _ in emulator.advance("sk_test_rules", to=clock.now() + timedelta(minutes=10)):
                pass
        for _ in emulator.advance("sk_test_rules", to=clock.now() + timedelta(hours=2)):
            pass
        message = api.get("/v1/messages").json()["items"][0]
        seen = [each["type"].removeprefix("message.") for each in events(api, message["id"])]
        tries = len(logs(api, message["id"]))

    assert all(after in NEXT[before] for before, after in pairwise(seen)), seen
    assert seen[-1] == message["status"] != "delivery_attempted"
    assert tries <= 8


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("bounced@example.com", "bounced"),
        ("bounced+1@example.com", "bounced"),
        ("undelivered@example.com", "undelivered"),
        ("retry@example.com", "delivery_attempted"),
        ("failing@example.com", "delivery_attempted"),
        ("unconfirmed@example.com", "sent"),
        ("late-bounce@example.com", "bounced"),
        ("bouncedcheck@example.com", "delivered"),
        ("ada@bounced.example.com", "delivered"),
    ],
)
def test_some_addresses_say_what_becomes_of_an_email(
    api: httpx.Client, sent: Callable[..., str], email: str, expected: str
) -> None:
    assert status(api, sent(to={**ADA, "email": email})) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [("+15550000001", "bounced"), ("+15550000002", "undelivered"), ("+15550000009", "delivered")],
)
def test_some_numbers_say_what_becomes_of_an_sms(
    api: httpx.Client, sent: Callable[..., str], number: str, expected: str
) -> None:
    assert status(api, sent(SMS, to={**ADA, "phone_number": number})) == expected


def test_some_connections_say_what_becomes_of_a_chat_message(api: httpx.Client, sent: Callable[..., str]) -> None:
    slack = "f47adb6f-caac-4d01-bdad-d73146a6bb76"
    to = {"id": "ada", "channel_data": {slack: {"connections": [{"access_token": "x", "channel_id": "bounced-1"}]}}}

    assert status(api, sent(CHAT, to=to)) == "bounced"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (ProviderRule(channel="email", answer="bounce"), "bounced"),
        (ProviderRule(channel="sms", answer="bounce"), "delivered"),
        (ProviderRule(channel_type="sms", answer="bounce"), "delivered"),
        (ProviderRule(workflow="news", answer="bounce"), "bounced"),
        (ProviderRule(workflow="other", answer="bounce"), "delivered"),
        (ProviderRule(address="*@example.com", answer="bounce"), "bounced"),
        (ProviderRule(address="bob@*", answer="bounce"), "delivered"),
    ],
)
def test_a_rule_covers_what_fits_all_it_names(
    api: httpx.Client, sent: Callable[..., str], rule: ProviderRule, expected: str
) -> None:
    assert status(api, sent(EMAIL, rule)) == expected


def test_a_rule_goes_before_what_the_address_says(api: httpx.Client, sent: Callable[..., str]) -> None:
    assert status(api, sent(EMAIL, ProviderRule(), to={**ADA, "email": "bounced@example.com"})) == "delivered"


@pytest.mark.promise("CHANNEL-SANDBOX")
def test_a_channel_in_sandbox_mode_renders_and_hands_nothing_over(
    api: httpx.Client, sent: Callable[..., str], configure: Callable[..., None]
) -> None:
    configure("email", sandbox_mode=True)
    message = sent(EMAIL)

    assert status(api, message) == "not_sent"
    assert api.get(f"/v1/messages/{message}/content").json()["data"]["subject_line"] == "News"
    assert logs(api, message) == []


def webhook(**more: Any) -> dict[str, Any]:
    return channel_step("http", {"method": "put", "url": "http://127.0.0.1:4000/hook", "body": "{}", **more})


@pytest.fixture
def hooked(
    outside: Any, commit: Callable[..., None], trigger: Callable[..., str], messages: Callable[..., Any]
) -> Callable[..., str]:
    """Send a webhook to a server of this machine that answers as told, and return the id of the message."""

    def hooked(*answers: Any, **template: Any) -> str:
        commit("hook", webhook(**template))
        outside.answer(*answers)
        trigger("hook", data={"text": "Hi"})
        outside.work()
        message_id: str = messages()[-1]["id"]
        return message_id

    return hooked


@pytest.mark.promise("CHANNEL-WEBHOOK-NO-DATA")
def test_a_webhook_asks_what_its_template_says(hooked: Callable[..., str], outside: Any) -> None:
    hooked(
        200,
        url="http://127.0.0.1:4000/a?b=1",
        query_params=[{"key": "user", "value": "{{ recipient.id }}"}],
        headers=[{"key": "x-key", "value": "{{ vars.app_name }}"}],
        body='{"text": "{{ data.text }}"}',
    )

    (request,) = outside.requests
    assert (request.method, request.url) == ("PUT", "http://127.0.0.1:4000/a?b=1&user=ada")
    assert (dict(request.headers)["x-key"], request.body) == ("Example", b'{"text": "Hi"}')


@pytest.mark.promise("WEBHOOK-CHANNEL-STATUS")
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        *[(status, "delivered") for status in (200, 204)],
        *[(status, "undelivered") for status in (401, 403, 404, 405)],
        *[(status, "delivery_attempted") for status in (302, 400, 422, 429, 500)],
        (OutboundAnswer(0, failure="refused"), "delivery_attempted"),
    ],
)
def test_what_becomes_of_a_webhook_depends_on_its_answer(
    api: httpx.Client, hooked: Callable[..., str], answer: Any, expected: str
) -> None:
    assert status(api, hooked(answer)) == expected


@pytest.mark.promise("WEBHOOK-CHANNEL-STATUS")
@pytest.mark.parametrize(("answer", "tries"), [(404, 1), (302, 8), (500, 8), (200, 1)])
def test_a_webhook_is_tried_eight_times_at_the_most(
    hooked: Callable[..., str], outside: Any, clock: VirtualClock, answer: int, tries: int
) -> None:
    hooked(answer)
    for wait in (*WAITS, timedelta(days=1)):
        clock.advance(wait)
        outside.work()

    assert len(outside.requests) == tries


@pytest.mark.promise("WEBHOOK-CHANNEL-STATUS", "DELIVERY-LOGS-ATTEMPTS")
def test_a_webhook_that_gets_through_later_is_delivered(
    api: httpx.Client, hooked: Callable[..., str], outside: Any, clock: VirtualClock
) -> None:
    ok = OutboundAnswer(200, [("content-type", "application/json")], b'{"ok":true}')
    message = hooked(OutboundAnswer(503, body=b"down"), ok)
    clock.advance(WAITS[0])
    outside.work()

    assert status(api, message) == "delivered"
    assert [each["response"] for each in logs(api, message)] == [
        {"status": 503, "headers": {}, "body": "down"},
        {"status": 200, "headers": {"content-type": "application/json"}, "body": {"ok": True}},
    ]


def test_servers_elsewhere_are_not_called_but_stood_in_for(
    api: httpx.Client, hooked: Callable[..., str], outside: Any
) -> None:
    message = hooked(500, url="https://hooks.example.com/a")

    assert outside.requests == []
    assert status(api, message) == "delivered"
    assert logs(api, message)[0]["request"]["host"] == "hooks.example.com"


def test_no_server_is_called_where_that_is_off(
    api: httpx.Client, hooked: Callable[..., str], outside: Any, environment: Environment
) -> None:
    environment.configure(outbound="off")

    assert status(api, hooked(500)) == "delivered"
    assert outside.requests == []


def test_a_webhook_whose_url_is_none_is_undelivered(api: httpx.Client, hooked: Callable[..., str]) -> None:
    message = hooked(200, url="http://[::1")

    assert status(api, message) == "undelivered"
    assert events(api, message)[-1]["data"]["failure_reason"] == "fatal_error"


def test_the_packaged_project_has_a_message_that_is_a_webhook(
    trigger: Callable[..., str], outside: Any, messages: Callable[..., Any]
) -> None:
    trigger("webhook-message", data={"hook_url": "http://127.0.0.1:4000/hook", "message": "Hi"})
    outside.work()

    assert [each.body for each in outside.requests] == [b'{"recipient": "ada", "message": "Hi"}\n']
    assert messages()[0]["status"] == "delivered"
