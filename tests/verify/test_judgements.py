"""Every judge: it was seen to find its promise broken, and it takes no side where a promise leaves one open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.contract import requirements
from knock_harness.verify.documented import Broken
from knock_harness.verify.judgements import JUDGES, Judges, judged_of

from .bench import answer
from .breaches import BREACHES

if TYPE_CHECKING:
    from knock_harness.verify.answers import Answer
    from knock_harness.verify.documented import Finding

CHANNEL = "5add7344-bcbb-4d9f-b11e-564ffad35513"
PAGE = {"__typename": "PageInfo", "page_size": 50}


def judged(requirement: str, seen: Answer) -> Finding:
    return dict(Judges().findings(seen, only=requirement)).get(requirement)


@pytest.mark.parametrize("requirement", JUDGES)
def test_a_broken_promise_is_found(requirement: str) -> None:
    assert isinstance(judged(requirement, BREACHES[requirement]), Broken)


@pytest.mark.parametrize("requirement", JUDGES)
def test_a_judge_looks_at_the_operations_that_its_requirement_binds(requirement: str) -> None:
    operation = BREACHES[requirement].operation.id

    assert requirements.load()[requirement].binds(operation)
    assert requirement in judged_of(operation)


#: Where the note of a requirement, or its wording, allows two readings: both are right.
OPEN: dict[str, tuple[str, Answer]] = {
    "a 4xx that is not documented": (
        "CONTRACT-RESPONSE",
        answer("getUser", url="/v1/users/u", status=410, body={}),
    ),
    "the idempotency middleware's own error": (
        "ERR-ENVELOPE-ALL",
        answer("triggerWorkflow", url="/v1/workflows/w/trigger", status=400, body={"error": "mismatch"}),
    ),
    "one error object in place of a list": (
        "ERR-422-FIELD-LIST",
        answer(
            "identifyUser",
            url="/v1/users/u",
            status=422,
            sent={"name": 1},
            body={"errors": {"field": "name", "message": "is no text", "type": None}},
        ),
    ),
    "cursors left out for null": (
        "PAGE-INFO-FIELDS",
        answer("listUsers", url="/v1/users", body={"entries": [], "page_info": PAGE}),
    ),
    "a page size that is too large, refused": (
        "PAGE-SIZE-MAX",
        answer("listUsers", url="/v1/users?page_size=51", status=422, body={}),
    ),
    "a page size that is too large, cut": (
        "PAGE-SIZE-MAX",
        answer("listUsers", url="/v1/users?page_size=51", body={"entries": [], "page_info": PAGE}),
    ),
    "a feed that serves up to 200": (
        "PAGE-SIZE-MAX-FEED",
        answer(
            "listUserInAppFeedItems", url=f"/v1/users/u/feeds/{CHANNEL}?page_size=200", body={"entries": [{}] * 200}
        ),
    ),
    "no page is shown of page size 0": (
        "PAGE-SIZE-INVALID",
        answer("listUsers", url="/v1/users?page_size=0", body={"entries": [{}] * 50, "page_info": PAGE}),
    ),
    "a cursor that was never issued, ignored": (
        "PAGE-CURSOR-INVALID",
        answer("listUsers", url="/v1/users?after=x", body={"entries": [], "page_info": PAGE}),
    ),
    "a schedule with an older id": (
        "SCHED-SHAPE",
        answer(
            "deleteSchedules",
            url="/v1/schedules",
            body=[
                {
                    "id": "2ZVkF5n0TzHsQ1tT",
                    "workflow": "w",
                    "recipient": {"__typename": "User", "id": "u"},
                    "inserted_at": "2026-03-01T12:00:00Z",
                    "updated_at": "2026-03-01T12:00:00Z",
                }
            ],
        ),
    ),
    "a member whose user is not known": (
        "AUDIENCE-MEMBER-SHAPE",
        answer(
            "listAudienceMembers",
            url="/v1/audiences/a/members",
            body={
                "entries": [
                    {
                        "__typename": "AudienceMember",
                        "user_id": "u",
                        "added_at": "2026-03-01T12:00:00Z",
                        "user": None,
                    }
                ],
                "page_info": PAGE,
            },
        ),
    ),
    "a provider's own 403": (
        "AUTH-SECRET-KEY-ALL",
        answer("slackProviderAuthCheck", url="/v1/providers/slack/c/auth_check", status=403, body={}),
    ),
    "required fields that exclude took away": (
        "CONTRACT-RESPONSE",
        answer("listUserInAppFeedItems", url=f"/v1/users/u/feeds/{CHANNEL}?exclude=meta", body={"entries": []}),
    ),
    "an empty user id among recipients": (
        "TRIGGER-RECIPIENTS-REQUIRED",
        answer("triggerWorkflow", url="/v1/workflows/w/trigger", sent={"recipients": [""]}, body={}),
    ),
    "a recipient with a number for a name": (
        "TRIGGER-RECIPIENTS-REQUIRED",
        answer(
            "triggerWorkflow", url="/v1/workflows/w/trigger", sent={"recipients": [{"id": "u", "name": 1}]}, body={}
        ),
    ),
    "half a reference to an object without credential": (
        "PROV-OBJECT-REQUIRED",
        answer(
            "slackProviderAuthCheck",
            url=f"/v1/providers/slack/{CHANNEL}/auth_check?access_token_object=%7B%22object_id%22:%22o%22%7D",
            body={"connection": {"ok": False}},
        ),
    ),
    "a fault deep in a union, by its own name": (
        "ERR-422-FIELD-LIST",
        answer(
            "triggerWorkflow",
            url="/v1/workflows/w/trigger",
            status=422,
            sent={"recipients": ["u"], "actor": {"id": "u", "name": 1}},
            body={"errors": [{"field": "name", "message": "is no text", "type": None}]},
        ),
    ),
    "an impossible channel id, reported as the channel": (
        "ERR-422-CODE",
        answer("listUserInAppFeedItems", url="/v1/users/u/feeds/0", status=422, body={"code": "channel_invalid"}),
    ),
    "a credential that Slack does not know": (
        "CONTRACT-VALID-ACCEPTED",
        answer(
            "slackProviderRevokeAccess",
            url=f"/v1/providers/slack/{CHANNEL}/revoke_access?access_token_object=%7B%22object_id%22:%22o%22,%22collection%22:%22c%22%7D",
            status=403,
            body={"code": "authorization"},
            meant_to_succeed=True,
        ),
    ),
    "the rate limit instead of success": (
        "CONTRACT-VALID-ACCEPTED",
        answer("getUser", url="/v1/users/u", status=429, meant_to_succeed=True),
    ),
    "the rate limit instead of a refusal": (
        "HTTP-409-RETRIED",
        answer("identifyUser", url="/v1/users/u", status=429, sent={"name": 1}),
    ),
    "a bound that is marked lenient": (
        "CONTRACT-INVALID-REFUSED",
        answer("listUsers", url="/v1/users?page_size=51", body={"entries": [], "page_info": PAGE}),
    ),
}


@pytest.mark.parametrize("reading", OPEN)
def test_no_server_is_failed_for_taking_the_other_reading(reading: str) -> None:
    requirement, seen = OPEN[reading]

    assert not isinstance(judged(requirement, seen), Broken)


def test_an_id_that_was_given_to_another_answer_is_found() -> None:
    judges = Judges()
    seen: list[Any] = [answer("getUser", url="/v1/users/u", status=404) for _ in range(2)]

    first, second = (dict(judges.findings(each, only="REQID-UNIQUE"))["REQID-UNIQUE"] for each in seen)

    assert first is True
    assert isinstance(second, Broken)


@pytest.mark.parametrize("requirement", ["TRIGGER-RECIPIENTS-REQUIRED", "CONTRACT-INVALID-REFUSED"])
def test_the_rate_limit_is_no_refusal_of_the_request(requirement: str) -> None:
    limited = answer("triggerWorkflow", url="/v1/workflows/w/trigger", status=429, sent={"recipients": [1]})

    assert judged(requirement, limited) is None


def test_a_refusal_for_the_members_says_nothing_about_the_length_of_a_list() -> None:
    sent = {"user_ids": ["u"] * 1000 + [1]}

    seen = answer("bulkDeleteUsers", url="/v1/users/bulk/delete", status=422, sent=sent)

    assert judged("CROSS-LIMIT-EXCEEDED", seen) is None


def test_requests_without_a_secret_key_say_nothing_about_validation() -> None:
    seen = BREACHES["CONTRACT-INVALID-REFUSED"]
    anonymous = answer("identifyUser", url="/v1/users/u", status=401, sent=json.loads(seen.exchange.request_body))
    anonymous.credential = "none"

    assert judged("CONTRACT-INVALID-REFUSED", anonymous) is None
