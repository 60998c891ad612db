"""What is promised of every operation: asked one by one, each about entities that a world makes for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness import contract
from knock_harness.contract import requirements
from knock_harness.emulator.exchange import Request
from knock_harness.verify.account_tree import breakable
from knock_harness.verify.documented import undocumented
from knock_harness.verify.examination import Examiner
from knock_harness.verify.generation import draw_each, invalid_requests, valid_requests
from knock_harness.verify.judgements import Judges
from knock_harness.verify.observations import Judge
from knock_harness.verify.plain import plain_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from knock_harness.contract import Operation
    from knock_harness.emulator import Emulator
    from knock_harness.target import World
    from knock_harness.verify.answers import Answer

    Ask = Callable[..., Answer]

KEY = "sk_test_tests"
OPERATIONS = contract.load().operations

each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)

#: What the official clients send along, whatever the operation.
CLIENT_HEADERS = {
    "X-Stainless-Lang": "python",
    "X-Stainless-Runtime": "CPython",
    "x-stainless-retry-count": "0",
    "x-stainless-read-timeout": "60",
    "User-Agent": "Knock/Python 1.29.0",
    "X-Knock-Client": "Knock/ClientJS 0.22.1",
    "Idempotency-Key": "stainless-python-retry-1",
    "Accept": "*/*",
}

#: Values that no field is made for.
ODD: Sequence[Any] = (
    None,
    True,
    -1,
    10**400,
    1e308,
    "",
    "\0",
    "\ud800",
    "x" * 100_000,
    "2026-99-99T99:99:99Z",
    [],
    {},
    [[None]],
    {"": {"\0": [{}]}},
)
#: Parameters of paths that name what has to exist already, and where they do.
UNKNOWN = {
    "message_id": ("/v1/messages/",),
    "channel_id": ("/v1/users/{user_id}/channel_data", "/v1/objects/", "/v1/providers/"),
    "id": ("/v1/bulk_operations/", "/v1/workflow_recipient_runs/"),
}
ODD_PATHS = (
    "%00",
    "%ED%A0%80",
    "%FF",
    "%",
    "%2F",
    "%23",
    "%F0%9F%92%A9",
    "..",
    "",
    "x" * 100_000,
    "'; DROP TABLE users",
)
ODD_QUERIES = ("=", "&&", "%", "a[b", "[]=1", "x[0][b][c][]=1&x[0]=2", "%00=%00", "%ED%A0%80=%ED%A0%80", "x" * 100_000)
ODD_BODIES = (
    b"",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"1e999",
    b"\xff\xfe",
    b'{"a": "\\ud800"}',
    b'{"a": NaN}',
    b"[" * 100_000,
    *(b'{"a":' * depth + b"1" + b"}" * depth for depth in (250, 251, 260, 900)),
    b'{"\\u0000": "\\u0000"}',
)


def of(requirement: str) -> Sequence[Operation]:
    """Return the operations that a requirement names."""
    return [OPERATIONS[each] for each in requirements.load()[requirement].operations]


def bound_by(requirement: str) -> pytest.MarkDecorator:
    """Run a test for each operation that a requirement names."""
    operations = of(requirement)
    return pytest.mark.parametrize("operation", operations, ids=[each.id for each in operations])


def without(operation: Operation, field: str) -> dict[str, Any]:
    """Return the body of the plain request of an operation, but for one field."""
    return {name: value for name, value in plain_request(operation).body.items() if name != field}


def required(operation: Operation) -> list[str]:
    """Return the fields of the body that an operation cannot be asked without."""
    body = plain_request(operation).body
    return [
        field
        for field in (body if isinstance(body, dict) else ())
        if any(each.keyword == "required" for each in contract.body_errors(operation, without(operation, field)))
    ]


@pytest.mark.promise("CONTRACT-RESPONSE", "CONTRACT-VALID-ACCEPTED", "REQID-PRESENT", "HTTP-UNKNOWN-RESPONSE-FIELDS")
@each_operation
def test_a_plain_request_has_the_documented_answer(ask: Ask, operation: Operation) -> None:
    answer = ask(operation)

    assert answer.status == operation.success, answer.exchange.response_body
    assert undocumented(answer) is True
    assert answer.headers["x-request-id"]


@pytest.mark.promise("CONTRACT-RESPONSE", "CONTRACT-VALID-ACCEPTED", "CONTRACT-INVALID-REFUSED")
@each_operation
def test_requests_that_keep_or_break_the_contract_are_judged_by_it(world: World, operation: Operation) -> None:
    examiner = Examiner(world, Judge(requirements.load()), Judges())
    kinds = [valid_requests(operation), *([invalid_requests(operation)] if breakable(operation) else [])]

    for requests in kinds:
        draw_each(requests, examiner.examine, count=2, seed=1)

    assert examiner.sent
    examiner.conclude()


@pytest.mark.promise("HTTP-JSON-CONTENT-TYPE")
@each_operation
def test_a_body_is_declared_as_json(ask: Ask, operation: Operation) -> None:
    answers = [ask(operation), ask(operation, credential=None)]

    types = [each.headers.get("content-type") for each in answers if each.exchange.response_body]
    assert set(types) == {"application/json; charset=utf-8"}


@pytest.mark.promise("HTTP-EXTRA-HEADERS")
@each_operation
def test_headers_of_the_official_clients_change_nothing(ask: Ask, operation: Operation) -> None:
    answer = ask(operation, headers=CLIENT_HEADERS)

    assert answer.status == operation.success, answer.exchange.response_body
    assert undocumented(answer) is True


@pytest.mark.promise("HTTP-204-EMPTY")
@bound_by("HTTP-204-EMPTY")
def test_success_without_a_record_has_no_body(ask: Ask, operation: Operation) -> None:
    answer = ask(operation)

    assert (answer.status, answer.exchange.response_body) == (204, b"")


@pytest.mark.promise("HTTP-200-HAS-BODY")
@bound_by("HTTP-200-HAS-BODY")
def test_success_with_records_has_them_in_its_body(ask: Ask, operation: Operation) -> None:
    answer = ask(operation)

    records = answer.json if isinstance(answer.json, list) else [answer.json]
    assert answer.status == 200
    assert {each["__typename"] for each in records} <= {"Message", "Subscription", "Schedule"}
    assert records


@pytest.mark.promise("HTTP-EMPTY-BODY-WRITES")
@pytest.mark.parametrize("content", [b"", b"{}"], ids=["nothing", "an empty map"])
@bound_by("HTTP-EMPTY-BODY-WRITES")
def test_a_write_without_a_body_may_announce_json(ask: Ask, operation: Operation, content: bytes) -> None:
    headers = {"content-type": "application/json", "content-length": str(len(content))}

    assert ask(operation, content=content, headers=headers).status == 200


@pytest.mark.promise("HTTP-DELETE-BODY")
@bound_by("HTTP-DELETE-BODY")
def test_the_body_of_a_deletion_is_required(ask: Ask, operation: Operation) -> None:
    assert ask(operation, content=b"").status == 422


@pytest.mark.promise("CONTRACT-DEPRECATED-TWIN", "HTTP-GUIDE-ALIASES")
@pytest.mark.parametrize(
    ("twin", "successor"),
    [(each, OPERATIONS[each.successor]) for each in OPERATIONS.values() if each.successor and each.body is None]
    + [(each, OPERATIONS[each.successor or ""]) for each in of("HTTP-GUIDE-ALIASES") if each.successor],
    ids=lambda operation: operation.id,
)
def test_a_deprecated_operation_answers_as_the_one_that_took_its_place(
    ask: Ask, twin: Operation, successor: Operation
) -> None:
    old, new = ask(twin), ask(successor)

    assert (old.status, old.json.keys()) == (new.status, new.json.keys())
    assert old.json.get("engagement_statuses") == new.json.get("engagement_statuses")


@pytest.mark.promise("CONTRACT-INVALID-REFUSED")
@pytest.mark.parametrize(
    ("operation", "field"),
    [pytest.param(each, field, id=f"{each.id}-{field}") for each in OPERATIONS.values() for field in required(each)],
)
def test_a_body_without_a_required_field_is_refused(ask: Ask, operation: Operation, field: str) -> None:
    answer = ask(operation, body=without(operation, field))

    assert (answer.status, answer.error["code"]) == (422, "invalid_params")
    assert field in str(answer.error["errors"])


@pytest.mark.promise("CONTRACT-UNKNOWN-ID-404")
@pytest.mark.parametrize(
    ("operation", "name"),
    [
        pytest.param(each, name, id=each.id)
        for each in OPERATIONS.values()
        for name in UNKNOWN
        if f"/{{{name}}}" in each.path and each.path.startswith(UNKNOWN[name])
    ],
)
def test_what_does_not_exist_is_not_found(ask: Ask, operation: Operation, name: str) -> None:
    answer = ask(operation, path={**plain_request(operation).path, name: "@unknown_uuid"})

    assert (answer.status, answer.error["status"]) == (404, 404)


@pytest.mark.promise("ERR-ENVELOPE-ALL", "ERR-STATUS-FIELD", "ERR-TYPE-VALUES")
@pytest.mark.parametrize(
    ("change", "status", "kind"),
    [
        pytest.param({"credential": None}, 401, "authentication_error", id="no key"),
        pytest.param({"method": "PATCH"}, 405, "invalid_request_error", id="method"),
    ],
)
@each_operation
def test_every_refusal_has_the_same_form(
    ask: Ask, operation: Operation, change: dict[str, Any], status: int, kind: str
) -> None:
    answer = ask(operation, **change)

    assert answer.status == status
    assert {name: type(value) for name, value in answer.error.items()} == {
        "code": str,
        "message": str,
        "status": int,
        "type": str,
    }
    assert (answer.error["status"], answer.error["type"]) == (status, kind)


@pytest.mark.promise("ERR-ENVELOPE-ALL", "ERR-STATUS-FIELD", "ERR-TYPE-VALUES")
@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS.values() if each.secret_only], ids=lambda each: each.id
)
def test_a_lack_of_permission_is_told_in_the_same_form(emulator: Emulator, operation: Operation) -> None:
    headers = [(b"authorization", b"Bearer pk_test_tests")]

    answer = emulator.handle(Request(operation.method, replace_segments(operation.path, "x"), "", headers))

    error = json.loads(answer.content)
    assert error | {"code": ..., "message": ...} == {
        "code": ...,
        "message": ...,
        "status": 403,
        "type": "authentication_error",
    }


@pytest.mark.promise("ERR-ENVELOPE-ALL", "ERR-STATUS-FIELD", "ERR-TYPE-VALUES", "ERR-422-CODE", "ERR-MALFORMED-JSON")
@pytest.mark.parametrize(("content", "statuses"), [(b'{"a": ', {400}), (b'["a"]', {422})], ids=["no JSON", "a list"])
@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS.values() if each.body is not None], ids=lambda each: each.id
)
def test_a_body_that_does_not_fit_is_refused_in_the_same_form(
    ask: Ask, operation: Operation, content: bytes, statuses: set[int]
) -> None:
    answer = ask(operation, content=content, headers={"content-type": "application/json"})

    assert {answer.status, answer.error["status"]} == statuses
    assert answer.error["type"] == "invalid_request_error"
    assert isinstance(answer.error["message"], str)
    assert answer.error["code"] == {400: "malformed_json", 422: "invalid_params"}[answer.status]


@pytest.mark.promise("REQID-UNIQUE")
def test_no_two_answers_have_the_same_id(ask: Ask) -> None:
    ids = [ask(each).headers["x-request-id"] for each in OPERATIONS.values()]

    assert len(set(ids)) == len(ids)


@pytest.mark.promise("ERR-NO-5XX-ON-INPUT", "HTTP-409-RETRIED")
@each_operation
def test_no_value_of_a_body_makes_the_emulator_fail(ask: Ask, operation: Operation) -> None:
    answers = [ask(operation, body=body) for body in odd_bodies(plain_request(operation).body)]

    assert {each.status for each in answers} <= {200, 204, 400, 403, 404, 422}


def odd_bodies(body: Any) -> Iterator[Any]:
    """Yield a body with each of its values replaced by each odd value, and with an odd one added."""
    if not isinstance(body, dict):
        return
    for odd in ODD:
        for name, value in body.items():
            yield {**body, name: odd}
            yield {**body, name: [odd] if isinstance(value, list) else {"a": odd}}
        yield {**body, "\0odd": odd}


@pytest.mark.promise("ERR-NO-5XX-ON-INPUT", "HTTP-409-RETRIED", "REQID-PRESENT")
@each_operation
def test_nothing_on_the_wire_makes_the_emulator_fail(emulator: Emulator, operation: Operation) -> None:
    path = operation.path.replace("{", "").replace("}", "")
    headers = [(b"authorization", f"Bearer {KEY}".encode()), (b"content-type", b"application/json")]
    paths = [replace_segments(operation.path, odd) for odd in ODD_PATHS]
    requests = [
        *(Request(operation.method, each, "", headers, b"{}") for each in paths),
        *(Request(operation.method, path, each, headers, b"{}") for each in ODD_QUERIES),
        *(Request(operation.method, path, "", headers, each) for each in ODD_BODIES),
        *(
            Request(operation.method, path, f"{each.name}={odd}&{each.name}[]={odd}&{each.name}[x]={odd}", headers)
            for each in operation.parameters
            if each.location == "query"
            for odd in (*ODD_PATHS, "{", "[]", "-1", "9" * 400)
        ),
    ]

    answers = [emulator.handle(each) for each in requests]

    assert {each.status for each in answers} <= {200, 204, 400, 403, 404, 405, 415, 422}
    assert all(json.loads(each.content)["code"] for each in answers if each.status >= 400)
    assert all(dict(each.headers)[b"x-request-id"] for each in answers)


def replace_segments(template: str, odd: str) -> str:
    """Return a path with an odd text in place of each of its parameters."""
    return "/".join(odd if segment.startswith("{") else segment for segment in template.split("/"))
