from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from knock_harness import contract
from knock_harness.target import ABSENT
from knock_harness.verify.drafts import Draft
from knock_harness.verify.reduction import reduce_draft

if TYPE_CHECKING:
    from collections.abc import Callable

OPERATION = contract.load().operations["identifyUser"]


def reduced(body: Any, fails: Callable[[Any], bool], *, tries: int = 500) -> Any:
    draft = Draft(OPERATION, path={"user_id": "@user"}, body=body, existing=False)
    return reduce_draft(draft, True, fails=lambda each: fails(each.body) or None, tries=tries)


@pytest.mark.parametrize(
    ("body", "fails", "smallest"),
    [
        ({"name": "Ada", "tags": [1, 2, 3]}, lambda body: isinstance(body, dict), {}),
        (
            {"name": "Ada", "tags": [{"a": 1}, "two", 3.5]},
            lambda body: isinstance(body, dict) and len(body.get("tags", ())) > 1,
            {"tags": ["", 0]},
        ),
        (
            {"outer": {"inner": {"number": 4711}}, "other": True},
            lambda body: isinstance(body, dict) and body.get("outer", {}).get("inner", {}).get("number", 0) > 100,
            {"outer": {"inner": {"number": 147}}},
        ),
        ({"name": "a long name"}, lambda body: isinstance(body, dict) and bool(body.get("name")), {"name": "0"}),
        ("@user", lambda body: body is not ABSENT, "@user"),
    ],
    ids=["nothing needed", "two members", "a number in depth", "a text", "a symbol"],
)
def test_a_failing_request_is_reduced_to_the_smallest(body: Any, fails: Callable[[Any], bool], smallest: Any) -> None:
    found = reduced(body, fails)

    assert found.complete
    assert found.draft.body == smallest


def test_reduction_ends_when_the_tries_are_used_up() -> None:
    found = reduced({"name": "Ada"}, lambda _body: False, tries=3)

    assert not found.complete
    assert found.tries == 3
    assert found.draft.body == {"name": "Ada"}


def test_what_is_not_needed_in_query_and_headers_goes_too() -> None:
    draft = Draft(
        contract.load().operations["listMessages"],
        query={"page_size": 7, "tenant": "@tenant", "status": ["sent", "queued"]},
        headers={"x-extra": "1"},
        pairs=(("a", "b"),),
        existing=False,
    )

    found = reduce_draft(draft, True, fails=lambda each: "status" in each.query or None, tries=100)

    assert found.draft.query == {"status": []}
    assert not found.draft.headers
    assert not found.draft.pairs
