"""Our judgement of an answer, held against the checks of Schemathesis: two readings of one document."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import schemathesis
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from knock_harness import contract
from knock_harness.verify.documented import Broken, undocumented

from .bench import BASE_URL, answer

if TYPE_CHECKING:
    from schemathesis import Case

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
USER = {"__typename": "User", "id": "ada", "created_at": None, "updated_at": "2026-03-01T12:00:00Z"}
JSON = {"content-type": "application/json", "x-request-id": "r1"}

ANSWERS: dict[str, tuple[dict[str, Any], bool]] = {
    "a whole user": ({"body": USER}, True),
    "a user with a field of its own": ({"body": USER | {"plan": "pro"}}, True),
    "another 2xx": ({"body": USER, "status": 202}, False),
    "a redirection": ({"status": 302}, False),
    "a failure": ({"status": 500, "body": {}}, False),
    "a required field missing": ({"body": {"__typename": "User", "id": "ada"}}, False),
    "a field of another type": ({"body": USER | {"email": 1}}, False),
    "text": ({"body": USER, "headers": JSON | {"content-type": "text/plain"}}, False),
    "no body": ({}, False),
}


@pytest.fixture(scope="module")
def case() -> Case:
    schema = schemathesis.openapi.from_dict(contract.load().document, config=schemathesis.Config.from_dict({}))
    operation = schema["/v1/users/{user_id}"]["GET"]
    return operation.Case(path_parameters={"user_id": "ada"})


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_documented_or_not(name: str) -> None:
    given, documented = ANSWERS[name]

    finding = undocumented(answer("getUser", url="/v1/users/ada", **given))

    assert finding is True if documented else isinstance(finding, Broken)


@pytest.mark.parametrize("name", ANSWERS)
def test_schemathesis_judges_the_same_answers_alike(name: str, case: Case) -> None:
    given, documented = ANSWERS[name]
    seen = answer("getUser", url="/v1/users/ada", **given).exchange
    response = httpx.Response(
        seen.status,
        headers=list(seen.response_headers),
        content=seen.response_body,
        request=httpx.Request("GET", f"{BASE_URL}/v1/users/ada"),
    )
    response.elapsed = timedelta(milliseconds=1)

    assert accepted(case, response) is documented


def test_what_is_wrong_is_told_with_its_place() -> None:
    finding = undocumented(answer("listUsers", url="/v1/users", body={"entries": [{"id": 1}], "page_info": {}}))

    assert isinstance(finding, Broken)
    assert "entries.0" in finding.got


def test_what_may_be_accepted_may_be_shown() -> None:
    data = {"connections": [{"phone": "+49 30 1234"}]}  # of no kind that the contract names

    finding = undocumented(
        answer(
            "getUserChannelData",
            url="/v1/users/ada/channel_data/5add7344-bcbb-4d9f-b11e-564ffad35513",
            body={"__typename": "ChannelData", "channel_id": "5add7344-bcbb-4d9f-b11e-564ffad35513", "data": data},
        )
    )

    assert finding is True


@pytest.mark.parametrize("cursors", [{}, {"after": None, "before": None}, {"after": "a", "before": "b"}])
def test_a_cursor_that_leads_nowhere_may_be_left_out(cursors: dict[str, Any]) -> None:
    page = {"entries": [], "page_info": {"__typename": "PageInfo", "page_size": 50} | cursors}

    assert undocumented(answer("listUsers", url="/v1/users", body=page)) is True


def accepted(case: Case, response: httpx.Response) -> bool:
    try:
        case.validate_response(response, checks=CHECKS)
    except FailureGroup:
        return False
    return True
