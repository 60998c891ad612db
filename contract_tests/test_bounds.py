"""Bounds that no schema says, or that random requests meet too seldom to be sure of: each is gone to on purpose."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from knock_harness.verify.plain import plain_request

from .operations import each_operation, operations

if TYPE_CHECKING:
    from knock_harness.contract import Operation
    from knock_harness.verify.examination import Examiner

PAGED = [each for each in operations() if each.page]
FILTERED = [each for each in operations() if any(parameter.name == "trigger_data" for parameter in each.parameters)]

PAGE_SIZES = (1, 50, 51, 201, 0, -1, "many")
CURSORS = (("after",), ("before",), ("after", "before"))
#: Too long by one, and with each of the characters that no user id has.
FORBIDDEN_USER_IDS = ("u" * 257, "ada/lovelace", "ada#lovelace")
RESERVED_FIELDS = ("name", "email", "avatar", "phone_number", "locale", "timezone")
NO_TEXTS = (0, True, [], {})


@each_operation(among=PAGED, judged=True)
def test_a_page_size_is_respected_or_refused(operation: Operation, examiner: Examiner) -> None:
    plain = replace(plain_request(operation), existing=False)

    examiner.examine_all(replace(plain, pairs=(("page_size", str(size)),)) for size in PAGE_SIZES)

    examiner.conclude()


@each_operation(among=PAGED, judged=True)
def test_a_cursor_that_nobody_issued_does_no_harm(operation: Operation, examiner: Examiner) -> None:
    plain = replace(plain_request(operation), existing=False)

    examiner.examine_all(replace(plain, pairs=tuple((name, "nobody-issued-me") for name in names)) for names in CURSORS)

    examiner.conclude()


@each_operation("PATH-ID-FORBIDDEN", judged=True)
def test_an_id_that_no_user_may_have_is_refused(operation: Operation, examiner: Examiner) -> None:
    plain = replace(plain_request(operation), existing=False)

    examiner.examine_all(replace(plain, path={**plain.path, "user_id": id_}) for id_ in FORBIDDEN_USER_IDS)

    examiner.conclude()


@each_operation("USER-RESERVED-FIELDS-TYPED", judged=True)
def test_a_reserved_field_that_is_no_text_is_refused(operation: Operation, examiner: Examiner) -> None:
    plain = replace(plain_request(operation), existing=False)

    examiner.examine_all(replace(plain, body={name: value}) for name in RESERVED_FIELDS for value in NO_TEXTS)

    examiner.conclude()


@each_operation(among=FILTERED, judged=True)
def test_a_filter_by_trigger_data_is_flat(operation: Operation, examiner: Examiner) -> None:
    plain = replace(plain_request(operation), existing=False)
    filters = ({"order": {"id": 1}}, {"orders": [1]}, {"order": "a"}, [], "order", 1)

    examiner.examine_all(replace(plain, pairs=(("trigger_data", json.dumps(each)),)) for each in filters)

    examiner.conclude()
