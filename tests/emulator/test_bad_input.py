"""What no client should send: refused in the form of all refusals, and nothing is left of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest

from knock_harness import contract
from knock_harness.emulator.exchange import Request
from knock_harness.emulator.validation import DEEPEST, LARGEST_BODY

if TYPE_CHECKING:
    from knock_harness.contract import Operation
    from knock_harness.emulator import Emulator
    from knock_harness.emulator.answer import Answer
    from knock_harness.emulator.environment import Environment

Draw = Callable[..., Request]

OPERATIONS = contract.load().operations
LONG: Final = "x" * 100_000

each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
with_a_body = pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS.values() if each.body is not None], ids=lambda each: each.id
)

#: Bodies that are no JSON, or none that can be worked on.
NO_JSON: Final = {
    "cut short": b'{"a": ',
    "a word": b"nothing",
    "more than one value": b"{} {}",
    "a form": b"a=1&b=2",
    "single quotes": b"{'a': 1}",
    "no number": b'{"a": NaN}',
    "infinity": b'{"a": Infinity}',
    "a number above all floats": b'{"a": 1e999}',
    "a number below all floats": b'{"a": -1e999}',
    "millions of digits": b'{"a": ' + b"9" * 5_000_000 + b"}",
    "deep lists": b"[" * 1_000_000,
    "deep lists that end": b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep maps": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "one level too deep": b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1),
    "half a surrogate pair": b'{"a": "\\ud800"}',
    "the other half": b'{"a": "\\udc00\\ud800"}',
    "half a surrogate pair as a key": b'{"\\ud800": 1}',
    "half a surrogate pair in bytes": b'{"a": "\xed\xa0\x80"}',
    "no UTF-8": b'{"a": "\xff"}',
    "overlong UTF-8": b'{"a": "\xc0\xaf"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a raw NUL": b'{"a": "\x00"}',
    "a raw line break": b'{"a": "\n"}',
    "compressed": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00",
}
#: Ids that nothing has, as segments of a path.
SEGMENTS: Final = (
    LONG,
    "%00",
    "%ED%A0%80",
    "%FF",
    "%",
    "%zz",
    "%2e%2e",
    "..",
    "%2F",
    "%5C",
    "'",
    "%F0%9F%92%A9" * 1000,
)
#: Values of parameters that are none of theirs.
VALUES: Final = (
    LONG,
    "%00",
    "%ED%A0%80",
    "%FF",
    "%",
    "%zz",
    "-1",
    "0x10",
    "9" * 400,
    "1e999",
    "{",
    "[" * 100_000,
    "null",
)
DATES: Final = (
    "yesterday",
    "2026-13-01",
    "2026-02-30T00:00:00Z",
    "0",
    "99999999999999",
    "2026-01-01T25:00:00Z",
    "-",
    LONG,
)
CURSORS: Final = ("nonsense", "czE", "c", "%00", "%FF", "e30=", "czk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "cy0x", LONG)


@pytest.fixture
def refused(emulator: Emulator, environment: Environment) -> Callable[[Request], Answer]:
    """Send a request that may be refused: then in the form of all refusals, and without a trace."""

    def refused(request: Request) -> Answer:
        before = environment.store.connection.serialize()
        answer = emulator.handle(request)
        assert answer.status < 500, answer.content
        if answer.status < 400:
            return answer
        error = json.loads(answer.content)
        assert {name: type(error[name]) for name in ("code", "message", "status", "type")} == {
            "code": str,
            "message": str,
            "status": int,
            "type": str,
        }
        assert error["status"] == answer.status
        assert len(answer.content) < 5_000, "what was sent is not to come back"
        assert environment.store.connection.serialize() == before
        return answer

    return refused


Send = Callable[[Request], Any]


def other(request: Request, **changes: Any) -> Request:
    """Return a request that is the same but for some parts."""
    return msgspec.structs.replace(request, **changes)


@pytest.mark.promise("ERR-MALFORMED-JSON", "ERR-NO-5XX-ON-INPUT", "ERR-4XX-NO-EFFECT")
@with_a_body
def test_what_is_no_json_is_refused(draw: Draw, refused: Send, operation: Operation) -> None:
    request = draw(operation)

    statuses = {name: refused(other(request, body=body)).status for name, body in NO_JSON.items()}

    assert statuses == dict.fromkeys(NO_JSON, 400)


@pytest.mark.promise("ERR-NO-5XX-ON-INPUT", "ERR-4XX-NO-EFFECT")
@with_a_body
def test_a_body_that_is_too_large_is_refused(draw: Draw, refused: Send, operation: Operation) -> None:
    request = draw(operation)
    bodies = [b'{"a": "' + b"x" * LARGEST_BODY + b'"}', b"[" + b"0," * (LARGEST_BODY // 2) + b"0]", b" " * 11_000_000]

    assert {refused(other(request, body=body)).status for body in bodies} == {413}


@pytest.mark.promise("ERR-NO-5XX-ON-INPUT", "ERR-4XX-NO-EFFECT")
@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", "x" * 9000],
)
@with_a_body
def test_a_body_that_is_said_to_be_something_else_is_refused(
    draw: Draw, refused: Send, operation: Operation, content_type: str
) -> None:
    request = draw(operation)
    headers = [pair for pair in request.headers if pair[0] != b"content-type"]

    answer = refused(other(request, headers=[*headers, (b"content-type", content_type.encode())], body=b"{}"))

    assert answer.status == 415


@pytest.mark.promise("ERR-NO-5XX-ON-INPUT", "ERR-4XX-NO-EFFECT")
@with_a_body
def test_odd_values_in_a_body_are_refused_without_a_trace(draw: Draw, refused: Send, operation: Operation) -> None:
    request = draw(operation)

    for body in odd_bodies(json.loads(request.body or b"{}")):
        refused(other(request, body=body))


def odd_bodies(body: Any) -> Iterator[bytes]:
    """Yield a body, as bytes, with each of its values replaced by each odd one; a key twice; and an odd key."""
    odd = ["\0", LONG, 10**400, 1e308, -1, True, None, [], {}, [LONG], {"id": LONG}, {"id": ""}, {"": {"\0": 1}}]
    for value in odd:
        yield json.dumps(value).encode()
        for name, now in body.items() if isinstance(body, dict) else ():
            yield json.dumps({**body, name: value}).encode()
            yield json.dumps({**body, name: [value] if isinstance(now, list) else {name: value}}).encode()
    if isinstance(body, dict):
        text = json.dumps(body)[1:-1]
        for name in body:
            yield f"{{{text}, {json.dumps(name)}: null}}".encode()
        for name in ("\0", LONG, "", "__proto__", "$", "$trigger_data", "__typename"):
            yield json.dumps({**body, name: 1}).encode()


@pytest.mark.promise("ERR-NO-5XX-ON-INPUT", "ERR-4XX-NO-EFFECT")
@each_operation
def test_odd_ids_in_a_path_are_refused_without_a_trace(draw: Draw, refused: Send, operation: Operation) -> None:
    request = draw(operation)

    for path in paths(operation, request.path, SEGMENTS):
        answer = refused(other(request, path=path))
        if LONG in path:
            assert answer.status in {404, 422}


def paths(operation: Operation, path: str, segments: Sequence[str]) -> Iterator[str]:
    """Yield a path with each of its parameters replaced by each segment, and one with all of them replaced."""
    template, parts = operation.path.split("/"), path.split("/")
    places = [place for place, part in enumerate(template) if part.startswith("{")]
    for segment in segments:
        for place in places:
            yield "/".join([*parts[:place], segment, *parts[place + 1 :]])
        yield "/".join(segment if place in places else part for place, part in enumerate(parts))


@pytest.mark.promise("ERR-NO-5XX-ON-INPUT", "ERR-4XX-NO-EFFECT")
@each_operation
def test_odd_parameters_are_refused_without_a_trace(draw: Draw, refused: Send, operation: Operation) -> None:
    request = draw(operation)
    names = [each.name for each in operation.parameters if each.location == "query"]

    for name in [*names, "unknown"]:
        for value in VALUES:
            for form in (f"{name}={value}", f"{name}[]={value}", f"{name}[0][id]={value}", f"{name}[x][y][z]={value}"):
                refused(other(request, query=f"{request.query}&{form}"))
    for query in ("&&&", "=", "%", "[]=1", "a[b", "]=[", "%00=1", LONG, "a=" + LONG, "&" * 100_000, "a[0]=1&" * 10_000):
        refused(other(request, query=query))


@pytest.mark.promise("PAGE-CURSOR-INVALID", "ERR-NO-5XX-ON-INPUT")
@pytest.mark.parametrize("cursor", CURSORS, ids=lambda text: text[:20])
@pytest.mark.parametrize("name", ["after", "before"])
@pytest.mark.parametrize("operation", [each for each in OPERATIONS.values() if each.page], ids=lambda each: each.id)
def test_what_is_no_cursor_is_refused(draw: Draw, refused: Send, operation: Operation, name: str, cursor: str) -> None:
    request = draw(operation)

    answer = refused(other(request, query=f"{request.query}&{name}={cursor}"))

    assert answer.status in {400, 422} or cursor == "czE"


def dated() -> Iterator[Any]:
    """Yield each parameter that holds a moment, with the operation that has it."""
    for operation in OPERATIONS.values():
        for each in operation.parameters:
            if each.location == "query" and re.search(r"inserted_at\.|_at$", each.name):
                yield pytest.param(operation, each.name, id=f"{operation.id}-{each.name}")


@pytest.mark.promise("QUERY-DATETIME-FORMS", "ERR-NO-5XX-ON-INPUT")
@pytest.mark.parametrize("date", DATES, ids=lambda text: text[:20])
@pytest.mark.parametrize(("operation", "name"), list(dated()))
def test_what_is_no_date_is_refused(draw: Draw, refused: Send, operation: Operation, name: str, date: str) -> None:
    request = draw(operation)

    assert refused(other(request, query=f"{request.query}&{name}={date}")).status in {400, 422}


@pytest.mark.promise("ERR-NO-5XX-ON-INPUT")
@pytest.mark.parametrize(
    "header", [b"authorization", b"idempotency-key", b"x-knock-branch", b"x-knock-user-token", b"content-type", b"host"]
)
@pytest.mark.parametrize("value", [b"", b"\x00", b"\xff\xfe", b"x" * 100_000, b"Bearer \xed\xa0\x80", b"{}"], ids=repr)
@pytest.mark.parametrize("operation", [OPERATIONS["triggerWorkflow"], OPERATIONS["getUser"]], ids=lambda each: each.id)
def test_odd_headers_are_refused_without_a_trace(
    draw: Draw, refused: Send, operation: Operation, header: bytes, value: bytes
) -> None:
    request = draw(operation)
    headers = [pair for pair in request.headers if pair[0] != header]

    refused(other(request, headers=[*headers, (header, value)]))
