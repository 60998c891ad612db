"""Whether an answer is one that the contract documents for its operation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from knock_harness import contract

from .answers import NO_JSON

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .answers import Answer

__all__ = ["Broken", "Finding", "brief", "undocumented"]

#: Violations told of one body; a wrong shape of a record is wrong in every record.
_TOLD = 3
_LONGEST_VALUE = 120


class Broken(NamedTuple):
    """A promise that was not kept: what should have been, and what was."""

    expected: str
    got: str


#: What comes of judging one answer by one promise: broken, kept (True), or not a matter of this answer (None).
Finding = Broken | bool | None


def undocumented(answer: Answer) -> Finding:
    """Hold status, content type, headers and body of an answer against the contract.

    A 4xx that the contract does not name is let pass: the public documents deny no other refusals. The body of a
    refusal has requirements of its own, and so has the id of the answer.
    """
    operation = answer.operation
    documented = operation.responses.get(str(answer.status))
    if documented is None:
        if 400 <= answer.status < 500:
            return True
        return Broken(f"one of the documented statuses {', '.join(operation.responses)}", f"status {answer.status}")
    if not answer.accepted or "exclude" in answer.query:  # `exclude` may take required fields away
        return True
    problems = [*_wrong_headers(answer, documented.get("headers", {})), *_wrong_body(answer, documented)]
    if problems:
        return Broken(f"the documented {answer.status}", "; ".join(problems[:_TOLD]))
    return True


def brief(value: Any) -> str:
    """Return a value as JSON, cut at a length that fits into a sentence."""
    if value is NO_JSON:
        return "no JSON"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _wrong_headers(answer: Answer, documented: Mapping[str, Any]) -> Iterator[str]:
    for name, header in documented.items():
        if name == "x-request-id":
            continue  # REQID-PRESENT, judged by itself: without it every answer would fail here too
        value = answer.headers.get(name.lower())
        spec = _resolved(header)
        if value is None:
            if spec.get("required"):
                yield f"no header {name}"
        elif not contract.validator(spec.get("schema", {})).is_valid(value):
            yield f"header {name}: {value!r}"


def _wrong_body(answer: Answer, documented: Mapping[str, Any]) -> Iterator[str]:
    media = documented.get("content", {}).get("application/json")
    if media is None:
        return  # HTTP-204-EMPTY
    content_type = answer.headers.get("content-type", "")
    if not content_type.partition(";")[0].strip().lower().endswith("json"):
        yield f"content type {content_type!r}"
    if answer.json is NO_JSON:
        yield "a body that is no JSON" if answer.exchange.response_body else "no body"
        return
    for error in contract.violations(media["schema"], answer.json):
        if not error.lenient:  # what a target may take, it may also show
            yield f"{error.field or 'body'}: {error.message[:_LONGEST_VALUE]}"


def _resolved(value: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in value:
        found: Any = contract.load().document
        for key in value["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        value = found
    return value
