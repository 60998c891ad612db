from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from knock_harness import control as control_api
from knock_harness.emulator import Answer, Emulator
from knock_harness.emulator.control import ControlApi
from knock_harness.emulator.exchange import Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from knock_harness.contract import Operation

OPERATIONS = control_api.load().operations
WITH_BODY = {each: operation for each, operation in OPERATIONS.items() if operation.body is not None}
JUNK = {
    "nothing": b"",
    "no JSON": b"{",
    "bytes": b"\xff\xfe\x00",
    "null": b"null",
    "a number": b"1e400",
    "a huge number": b'{"%s": 1' + b"0" * 4000 + b"}",
    "a text": b'"\\ud800"',
    "a list": b"[]",
    "an empty map": b"{}",
    "another field": b'{"no such field": 1}',
    "NUL": b'{"\\u0000": "\\u0000"}',
    "a lone surrogate": b'{"name": "\\ud800", "steps": [], "key": "\\ud800"}',
    "depth": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "just depth enough": b'{"value":' * 240 + b"1" + b"}" * 240,
    "the wrong types": b'{"name": 1, "steps": {}, "type": [], "rules": {}, "value": 5, "active": "yes", "key": 7}',
    "twice": b'{"by": 1, "by": "P1D", "by": null}',
    "a very long text": b'{"by": "' + b"P" * 200_000 + b'", "limits": "' + b"1" * 200_000 + b'x"}',
}
NAMES = {"empty": "", "NUL": "\0", "long": "x" * 100_000, "dots": "..", "slash": "a/b", "odd": "é 🦉 %00 ' \" \\"}


@pytest.fixture(scope="module")
def junkyard() -> Iterator[Emulator]:
    """An emulator that gets all of it, one after the other."""
    with closing(Emulator(keys=["sk_test_tests"], seed=1)) as emulator:
        yield emulator


def ask(emulator: Emulator, operation: Operation, *, body: bytes = b"", query: str = "", name: str = "x") -> Answer:
    path = re.sub(r"\{\w+\}", lambda _: quote(name, safe=""), operation.path)
    headers = [(b"content-type", b"application/json")]
    *_, answer = ControlApi(emulator).handle(Request(operation.method, path, query, headers, body))
    assert isinstance(answer, Answer)
    return answer


@pytest.mark.parametrize("body", JUNK.values(), ids=JUNK)
@pytest.mark.parametrize("operation", WITH_BODY.values(), ids=WITH_BODY)
def test_no_body_brings_it_down(operation: Operation, body: bytes, junkyard: Emulator) -> None:
    assert ask(junkyard, operation, body=body).status < 500


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_no_name_brings_it_down(operation: Operation, name: str, junkyard: Emulator) -> None:
    assert ask(junkyard, operation, name=name, body=b'{"name": "x"}').status < 500


@pytest.mark.parametrize("value", ["", "-1", "9" * 40, "1e3", "nonsense", "%00", "%ff", "true"])
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_no_query_brings_it_down(operation: Operation, value: str, junkyard: Emulator) -> None:
    names = [each.name for each in operation.parameters if each.location == "query"]
    query = "&".join(f"{each}={value}" for each in [*names, "more", "more[]", "more[a][b]"])

    assert ask(junkyard, operation, query=query, body=b"{}").status < 500


@pytest.mark.parametrize(
    "headers",
    [
        {b"x-knock-environment": b"\xff\xfe"},
        {b"x-knock-environment": b"sk_test_" + b"x" * 100_000},
        {b"x-knock-environment": b"sk_test_\x00"},
        {b"x-knock-environment": b""},
        {b"origin": b"http://[::1"},
        {b"origin": b""},
        {b"content-type": b";;;"},
        {b"authorization": b"\xff"},
    ],
    ids=str,
)
@pytest.mark.parametrize("token", [None, "a-token"])
def test_no_header_brings_it_down(headers: Mapping[bytes, bytes], token: str | None, junkyard: Emulator) -> None:
    request = Request("GET", "/_emulator/state", headers=list(headers.items()))
    *_, answer = ControlApi(junkyard, token=token).handle(request)

    assert answer.status < 500  # type: ignore[union-attr]


def shown(emulator: Emulator) -> Any:
    return ask(emulator, OPERATIONS["getState"]).content


@pytest.mark.parametrize("operation", WITH_BODY.values(), ids=WITH_BODY)
def test_a_refused_request_leaves_no_trace(operation: Operation, emulator: Emulator) -> None:
    before = shown(emulator)
    for body in (JUNK["no JSON"], JUNK["another field"], JUNK["the wrong types"]):
        answer = ask(emulator, operation, body=body)

        assert answer.status < 400 or shown(emulator) == before
