"""Requests that break the contract are refused with a 4xx in the form of an error, and never cause a 5xx."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from knock_harness import contract
from knock_harness.target import ABSENT
from knock_harness.verify.account_tree import breakable
from knock_harness.verify.documented import Broken
from knock_harness.verify.generation import draw_each, invalid_requests
from knock_harness.verify.plain import plain_request

from .expectations import all_of, status
from .operations import each_operation, operations

if TYPE_CHECKING:
    from knock_harness.contract import Operation
    from knock_harness.target import Client
    from knock_harness.verify.answers import Answer
    from knock_harness.verify.documented import Finding
    from knock_harness.verify.examination import Examiner
    from knock_harness.verify.profiles import Profile

WITH_BODY = [each for each in operations() if each.body is not None]
BREAKABLE = [each for each in operations() if breakable(each)]
#: One operation for each path: unknown methods are a matter of the path.
PATHS = list({each.path: each for each in operations()}.values())

NO_JSON = (b"{", b"[}", b'{"a":}', b"\xff\xfe", b"undefined")
NO_OBJECT = (b"null", b"[]", b"0", b'""', b"true")
OTHER_TYPES = ("text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")


@each_operation(among=BREAKABLE, judged=True)
def test_random_invalid_requests_are_refused(
    operation: Operation, examiner: Examiner, profile: Profile, seed: int
) -> None:
    draw_each(invalid_requests(operation), examiner.examine, count=profile.invalid_examples, seed=seed)

    examiner.conclude()


@each_operation(among=WITH_BODY, judged=True)
def test_a_body_that_is_no_json_object_is_refused(operation: Operation, examiner: Examiner) -> None:
    plain = replace(plain_request(operation), existing=False)

    examiner.examine_all(replace(plain, content=content) for content in (*NO_JSON, *NO_OBJECT))
    examiner.examine(replace(plain, body=ABSENT))

    examiner.conclude()


@each_operation(among=WITH_BODY, judged=True)
def test_a_body_that_does_not_claim_to_be_json_is_refused(operation: Operation, examiner: Examiner) -> None:
    plain = replace(plain_request(operation), existing=False)

    examiner.examine_all(replace(plain, headers={"content-type": other}) for other in OTHER_TYPES)

    examiner.conclude()


@each_operation("ERR-UNKNOWN-ROUTE", among=PATHS)
def test_a_method_that_the_path_does_not_have_is_refused(operation: Operation, examiner: Examiner) -> None:
    unknown = {"GET", "PUT", "POST", "DELETE", "PATCH"} - contract.methods(operation.path)
    plain = replace(plain_request(operation), body=ABSENT, existing=False)

    for method in sorted(unknown):
        examiner.examine(replace(plain, method=method), {"ERR-UNKNOWN-ROUTE": all_of(status(404, 405), _has_json_body)})

    examiner.conclude()


@pytest.mark.requirement("ERR-UNKNOWN-ROUTE")
@pytest.mark.parametrize("path", ["/v1/no-such-thing", "/v1/users/ada/no-such-thing", "/v1"])
def test_a_path_that_the_api_does_not_have_is_refused(path: str, client: Client) -> None:
    response = client.send("GET", path)

    assert response.status_code == 404
    assert response.headers["content-type"].partition(";")[0].endswith("json")


def _has_json_body(answer: Answer) -> Finding:
    found = answer.headers.get("content-type", "")
    return found.partition(";")[0].endswith("json") or Broken("a JSON body", f"content type {found!r}")
