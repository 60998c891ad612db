"""Bounds that no schema says, or that random requests meet too seldom to be sure of: each is gone to on purpose."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from knock_harness.verify.plain import plain_request

from .operations import each_operation, operations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.contract import Operation
    from knock_harness.target import World
    from knock_harness.verify.examination import Examiner

PAGED = [each for each in operations() if each.page]
FILTERED = [each for each in operations() if any(parameter.name == "trigger_data" for parameter in each.parameters)]

PAGE_SIZES = (1, 50, 51, 201, 0, -1, "many")
CURSORS = (("after",), ("before",), ("after", "before"))
RESERVED_FIELDS = ("name", "email", "avatar", "phone_number", "locale", "timezone")
NO_TEXTS = (0, True, [], {})
#: Recipients that are described, and not said which.
NOBODIES = ({"name": "Ada"}, {"collection": "@collection"})
#: Each list that has a limit, the limit, and a member that may stand in it any number of times.
LIMITS: Mapping[str, tuple[str, int, Any]] = {
    "bulkIdentifyUsers": ("users", 1000, {"id": "@new_user"}),
    "bulkDeleteUsers": ("user_ids", 1000, "@unknown"),
    "bulkSetUserPreferences": ("user_ids", 1000, "@unknown"),
    "bulkSetObjects": ("objects", 1000, {"id": "@new_object"}),
    "bulkDeleteObjects": ("object_ids", 1000, "@unknown"),
    "bulkSetTenants": ("tenants", 1000, {"id": "@new_tenant"}),
    "bulkDeleteTenants": ("tenant_ids", 1000, "@unknown"),
    "bulkCreateSchedules": ("schedules", 1000, {"workflow": "@workflow.scheduled-message", "recipient": "@new_user"}),
    "addAudienceMembers": ("members", 1000, {"user": {"id": "@new_user"}}),
    "removeAudienceMembers": ("members", 1000, {"user": {"id": "@new_user"}}),
    "addSubscriptionsForObject": ("recipients", 100, "@new_user"),
    "deleteSubscriptionsForObject": ("recipients", 100, "@new_user"),
    "bulkAddSubscriptions": ("subscriptions", 100, {"id": "@new_object", "recipients": ["@user"]}),
    "createSchedules": ("recipients", 100, "@new_user"),
    "updateSchedules": ("schedule_ids", 100, "@unknown_uuid"),
    "deleteSchedules": ("schedule_ids", 100, "@unknown_uuid"),
}


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
def test_an_id_that_no_user_may_have_is_refused(operation: Operation, examiner: Examiner, world: World) -> None:
    plain = replace(plain_request(operation), existing=False)
    id_ = world.new_id("user")
    too_long_by_one = id_.ljust(257, "u")

    examiner.examine_all(
        replace(plain, path={**plain.path, "user_id": each})
        for each in (too_long_by_one, f"{id_}/lovelace", f"{id_}#lovelace")
    )

    examiner.conclude()


@each_operation("INLINE-ID-REQUIRED", judged=True)
def test_a_recipient_without_an_id_is_refused(operation: Operation, examiner: Examiner) -> None:
    plain = replace(plain_request(operation), existing=False)

    examiner.examine_all(replace(plain, body={**plain.body, "recipients": [nobody]}) for nobody in NOBODIES)

    examiner.conclude()


@each_operation("CROSS-LIMIT-EXCEEDED", judged=True)
def test_a_list_above_the_limit_is_refused(operation: Operation, examiner: Examiner) -> None:
    plain = replace(plain_request(operation), existing=False)
    field, limit, member = LIMITS[operation.id]
    too_long = {field: [member] * (limit + 1)}

    examiner.examine(
        replace(plain, query=too_long) if field in plain.query else replace(plain, body={**plain.body, **too_long})
    )

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
