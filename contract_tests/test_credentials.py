"""Who is let in: secret keys everywhere, public keys where clients need them, and nobody without a key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from knock_harness.target import ABSENT
from knock_harness.verify.plain import plain_request

from .expectations import error_field, refused, status, status_is_none_of
from .operations import each_operation, operations

if TYPE_CHECKING:
    from knock_harness.contract import Operation
    from knock_harness.target import Target
    from knock_harness.verify.answers import Answer
    from knock_harness.verify.documented import Finding
    from knock_harness.verify.drafts import Draft
    from knock_harness.verify.examination import Examiner

#: No prefix of a key of this API: some targets open an environment for any test key.
UNKNOWN_KEY = "a-key-that-nobody-has"


@each_operation("AUTH-MISSING-401", "AUTH-401-CODES", "AUTH-BEFORE-VALIDATION")
def test_nobody_gets_in_without_a_key(operation: Operation, examiner: Examiner) -> None:
    anonymous = replace(plain_request(operation), credential=None, existing=False)

    examiner.examine(
        anonymous,
        {"AUTH-MISSING-401": status(401), "AUTH-401-CODES": error_field("code", "authentication_required")},
    )
    examiner.examine(_invalid(anonymous), {"AUTH-BEFORE-VALIDATION": status(401)})

    examiner.conclude()


@each_operation("AUTH-UNKNOWN-KEY-401", "AUTH-401-CODES")
def test_nobody_gets_in_with_a_key_that_is_not_known(operation: Operation, examiner: Examiner) -> None:
    stranger = replace(plain_request(operation), credential=UNKNOWN_KEY, existing=False)

    examiner.examine(
        stranger, {"AUTH-UNKNOWN-KEY-401": status(401), "AUTH-401-CODES": error_field("code", "api_key_missing")}
    )

    examiner.conclude()


@each_operation("AUTH-OTHER-SCHEME-401")
def test_a_key_counts_as_a_bearer_token_only(operation: Operation, examiner: Examiner, target: Target) -> None:
    anonymous = replace(plain_request(operation), credential=None, existing=False)
    key = target.api_key

    for draft in (
        replace(anonymous, headers={"authorization": f"Basic {key}"}),
        replace(anonymous, headers={"authorization": key}),
        replace(anonymous, headers={"cookie": f"api_key={key}"}),
        replace(anonymous, pairs=(("api_key", key),)),
    ):
        examiner.examine(draft, {"AUTH-OTHER-SCHEME-401": status(401)})

    examiner.conclude()


@each_operation("AUTH-SCHEME-CASE")
def test_the_name_of_the_scheme_may_be_written_in_any_case(
    operation: Operation, examiner: Examiner, target: Target
) -> None:
    draft = replace(plain_request(operation), headers={"authorization": f"bearer {target.api_key}"}, existing=False)

    examiner.examine(draft, {"AUTH-SCHEME-CASE": status_is_none_of(401)})

    examiner.conclude()


@each_operation("AUTH-PUBLIC-KEY-ALLOWED", "AUTH-PUBLIC-KEY-UNLISTED-CLIENT-CALLS")
def test_a_public_key_opens_what_clients_need(operation: Operation, examiner: Examiner, target: Target) -> None:
    _needs_public_key(target)

    answer = examiner.examine(
        _public(operation), {"AUTH-PUBLIC-KEY-ALLOWED": _let_in, "AUTH-PUBLIC-KEY-UNLISTED-CLIENT-CALLS": _let_in}
    )

    _needs_no_user_token(answer)
    examiner.conclude()


@each_operation(
    "AUTH-PUBLIC-KEY-DENIED",
    "AUTH-PUBLIC-KEY-DENIED-CODE",
    "AUTH-PERMISSION-403",
    "AUTH-SIGNED-URL-SECRET-ONLY",
    among=[each for each in operations() if each.secret_only],
)
def test_a_public_key_opens_nothing_else(operation: Operation, examiner: Examiner, target: Target) -> None:
    _needs_public_key(target)

    examiner.examine(
        _public(operation),
        {
            "AUTH-PUBLIC-KEY-DENIED": status(403),
            "AUTH-PUBLIC-KEY-DENIED-CODE": error_field("code", "incorrect_token_type"),
            "AUTH-PERMISSION-403": status(403),
            "AUTH-SIGNED-URL-SECRET-ONLY": refused,
        },
    )

    examiner.conclude()


def _public(operation: Operation) -> Draft:
    return replace(plain_request(operation), credential="public", existing=False)


def _invalid(draft: Draft) -> Draft:
    """Return a request that would also be refused with a key, for its body or for what it names."""
    if draft.operation.body is not None:
        return replace(draft, body=ABSENT, content=b"{")
    return replace(draft, path=dict.fromkeys(draft.path, "@unknown"))


def _let_in(answer: Answer) -> Finding:
    return None if _asks_for_user_token(answer) else status_is_none_of(401, 403)(answer)


def _needs_no_user_token(answer: Answer | None) -> None:
    if answer and _asks_for_user_token(answer):
        pytest.skip("the target is in enhanced security mode, where a public key alone opens nothing")


def _asks_for_user_token(answer: Answer) -> bool:
    return answer.error.get("code") == "missing_user_token"


def _needs_public_key(target: Target) -> None:
    if target.public_key is None:
        pytest.skip("no public key is configured for this target")
