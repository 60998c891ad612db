"""What the examiner finds on servers that are broken on purpose, and that it finds nothing on one that is not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from knock_harness import contract
from knock_harness.verify.examination import BrokenPromises
from knock_harness.verify.generation import draw_each, systematic_requests, valid_requests
from knock_harness.verify.plain import plain_request

from .bench import bench, replaced

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

OPERATIONS = contract.load().operations


def wrong_status(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    created = request.method == "PUT" and request.url.path.startswith("/v1/tenants/")
    return replaced(response, status=201) if created else response


def missing_field(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    if request.method != "GET" or not request.url.path.startswith("/v1/users/") or response.status_code != 200:
        return response
    return replaced(response, body={name: value for name, value in response.json().items() if name != "updated_at"})


def server_error_on_bad_input(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    bad = request.url.path.endswith("/bulk/identify") and response.status_code == 422
    return replaced(response, status=500, body={"message": "oops"}) if bad else response


def no_request_id(_request: httpx.Request, response: httpx.Response) -> httpx.Response:
    del response.headers["x-request-id"]
    return response


def test_a_wrong_status_is_found_and_told_with_the_requirement(tmp_path: Path) -> None:
    with bench(tmp_path, wrong_status) as found:
        found.examiner.examine(plain_request(OPERATIONS["setTenant"]))

        with pytest.raises(BrokenPromises, match="CONTRACT-RESPONSE \\(must\\) is broken by setTenant") as told:
            found.examiner.conclude()

    assert "got:      status 201" in str(told.value)
    assert "$KNOCK_API_KEY" in str(told.value)


def test_a_missing_field_is_found_in_the_shape_of_the_record(tmp_path: Path) -> None:
    with bench(tmp_path, missing_field) as found:
        found.examiner.examine(plain_request(OPERATIONS["getUser"]))

        with pytest.raises(BrokenPromises):
            found.examiner.conclude()

    assert {"CONTRACT-RESPONSE", "USER-SYSTEM-FIELDS"} == found.outcomes("failed").keys()


def test_a_500_on_bad_input_is_reduced_to_the_smallest_request_that_shows_it(tmp_path: Path) -> None:
    operation = OPERATIONS["bulkIdentifyUsers"]
    with bench(tmp_path, server_error_on_bad_input) as found:
        found.examiner.examine_all(systematic_requests(operation, per_kind=1))

        with pytest.raises(BrokenPromises):
            found.examiner.conclude()

    finding = found.outcomes("failed")["ERR-NO-5XX-ON-INPUT"]
    assert finding.shrunk
    assert finding.evidence.request_body == ""  # no body at all is refused too, and nothing is smaller


def test_a_bug_that_needs_two_recipients_is_shown_with_two(tmp_path: Path) -> None:
    def choke_on_two(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        recipients = json.loads(request.content or b"{}").get("recipients", []) if request.method == "POST" else []
        return replaced(response, status=500, body={"message": "oops"}) if len(recipients) > 1 else response

    operation = OPERATIONS["triggerWorkflow"]
    draft = replace(
        plain_request(operation),
        existing=False,
        body={
            "recipients": ["ada", {"id": "bob", "name": "Bob"}, "eve"],
            "data": {"nested": {"deep": [1, 2, 3]}},
            "cancellation_key": "some key",
        },
    )
    with bench(tmp_path, choke_on_two) as found:
        found.examiner.examine(draft)

        with pytest.raises(BrokenPromises):
            found.examiner.conclude()

    shown = json.loads(found.outcomes("failed")["ERR-NO-5XX-ON-INPUT"].evidence.request_body)
    assert shown == {"recipients": [{}, ""]}


def test_a_refusal_of_something_valid_is_shown_beside_what_the_plain_request_holds(tmp_path: Path) -> None:
    def refuse_names(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if (
            request.method != "PUT"
            or not request.url.path.startswith("/v1/tenants/")
            or b'"name"' not in request.content
        ):
            return response
        return replaced(response, status=422, body={"code": "x", "message": "no", "status": 422, "type": "y"})

    body = {"name": "Ada", "settings": {"branding": {"primary_color": "#fff"}}, "custom": 1}
    draft = replace(plain_request(OPERATIONS["setTenant"]), path={"id": "@new_tenant"}, body=body)
    with bench(tmp_path, refuse_names) as found:
        found.examiner.examine(draft)

        with pytest.raises(BrokenPromises):
            found.examiner.conclude()

    shown = found.outcomes("failed")["CONTRACT-VALID-ACCEPTED"].evidence.request_body
    assert json.loads(shown) == {"name": "Ada"}


def test_a_promise_that_is_broken_everywhere_does_not_hide_the_others(tmp_path: Path) -> None:
    def both(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        return no_request_id(request, missing_field(request, response))

    with bench(tmp_path, both) as found:
        found.examiner.examine(plain_request(OPERATIONS["getUser"]))

        with pytest.raises(BrokenPromises):
            found.examiner.conclude()

    assert {"REQID-PRESENT", "CONTRACT-RESPONSE", "USER-SYSTEM-FIELDS"} <= found.outcomes("failed").keys()


def test_what_does_not_come_back_is_unstable_and_no_failure(tmp_path: Path) -> None:
    answered: list[str] = []

    def stumble_once(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if request.method != "GET":
            return response
        answered.append(request.url.path)
        return replaced(response, status=500, body={}) if len(answered) == 1 else response

    with bench(tmp_path, stumble_once) as found:
        found.examiner.examine(plain_request(OPERATIONS["getUser"]))

        found.examiner.conclude()

    assert "CONTRACT-RESPONSE" in found.outcomes("unstable")
    assert not found.outcomes("failed")


def test_a_failure_is_repeated_about_something_nobody_has_touched(tmp_path: Path) -> None:
    asked: list[str] = []

    def note(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if request.method == "GET":
            asked.append(request.url.path)
        return missing_field(request, response)

    with bench(tmp_path, note) as found:
        found.examiner.examine(plain_request(OPERATIONS["getUser"]))

        with pytest.raises(BrokenPromises):
            found.examiner.conclude()

    assert asked[0] != asked[-1]


def test_a_request_that_turns_out_valid_is_not_taken_for_invalid(tmp_path: Path) -> None:
    operation = OPERATIONS["identifyUser"]
    valid_after_all = replace(plain_request(operation), body={"name": "Ada"}, existing=False)
    with bench(tmp_path) as found:
        found.examiner.examine(valid_after_all)

        found.examiner.conclude()

    assert "CONTRACT-INVALID-REFUSED" not in found.outcomes("passed")


def test_what_cannot_be_made_skips_the_test_and_blames_nobody(tmp_path: Path) -> None:
    def refuse_users(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        return replaced(response, status=503, body={}) if request.method == "PUT" else response

    with bench(tmp_path, refuse_users) as found:
        found.examiner.examine(plain_request(OPERATIONS["getUser"]))

        with pytest.raises(pytest.skip.Exception, match="could not be made"):
            found.examiner.conclude()

    assert found.judge.is_empty


@pytest.mark.parametrize("name", ["identifyUser", "triggerWorkflow", "listMessages", "updateUserPreferenceSet"])
def test_a_server_that_keeps_the_contract_is_found_to_keep_it(name: str, tmp_path: Path) -> None:
    operation = OPERATIONS[name]
    with bench(tmp_path) as found:
        found.examiner.examine(plain_request(operation))
        found.examiner.examine_all(systematic_requests(operation, per_kind=1))
        draw_each(valid_requests(operation), found.examiner.examine, count=10, seed=1)

        found.examiner.conclude()

    assert found.examiner.sent > 20
    assert not found.outcomes("failed")
    assert {"CONTRACT-RESPONSE", "CONTRACT-VALID-ACCEPTED", "CONTRACT-INVALID-REFUSED"} <= found.outcomes(
        "passed"
    ).keys()
