"""A request held against the contract: its path, its query and its body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness import contract

from .refusals import FieldError, InvalidParams, NotFound, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from knock_harness.contract import Operation, Violation

    from .exchange import Request

__all__ = ["LARGEST_BODY", "parse_body", "validate"]

#: Bytes of a body that are read: the data of a trigger (TRIGGER-DATA-SIZE) and what stands around it.
LARGEST_BODY: Final = 10 * 2**20 + 2**18
#: Levels of maps and lists in a body. The validator tells what is wrong down to level 255, and what is stored comes
#: back within other maps, which must not be too deep to write.
DEEPEST: Final = 250


def parse_body(operation: Operation, request: Request) -> Any:
    """Return the JSON value of a body; None where the operation takes none or none was sent.

    Raises:
        Refusal: 413, the body is too large for any operation; 415, it is declared as something else than JSON; 400, it
            is no JSON (ERR-MALFORMED-JSON).
        InvalidParams: the body is required (HTTP-DELETE-BODY).
    """
    if operation.body is None:  # HTTP-EMPTY-BODY-WRITES
        return None
    if not request.body:
        if operation.body_required:
            raise InvalidParams.at("body", "is required", kind="required")
        return None
    if len(request.body) > LARGEST_BODY:
        raise Refusal(413, "content_too_large", "The body is larger than 10 MB")
    content_type = request.header(b"content-type")
    if content_type is not None and not _is_json(content_type):
        raise Refusal(415, "unsupported_media_type", "The body of a request is JSON")
    try:
        body = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Refusal(400, "malformed_json", "The body is not valid JSON") from None
    if request.body.count(b"{") + request.body.count(b"[") > DEEPEST and not _fits(body):
        raise Refusal(400, "malformed_json", f"The body is nested deeper than {DEEPEST} levels")
    if body is None:  # a body of null is sent, and is no object
        raise InvalidParams.at("body", "is null", kind="type")
    return body


def validate(operation: Operation, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> None:
    """Let a valid request pass.

    Raises:
        NotFound: an identifier in the path has a form that none has (BULK-GET-UNKNOWN-404).
        InvalidParams: anything else that the contract does not allow (ERR-422-FIELD-LIST).
    """
    if path and (broken := contract.parameter_errors(operation, "path", path)):
        if all(each.keyword == "format" for each in broken):
            raise NotFound("What this path names")
        raise InvalidParams(_field_errors(broken))
    if broken := contract.parameter_errors(operation, "query", query):
        raise InvalidParams(_field_errors(broken))
    if body is not None and (broken := contract.body_errors(operation, body)):
        raise InvalidParams(_field_errors(broken))


def _fits(value: Any) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return True
    return False


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type in {"application/json", ""} or media_type.endswith("+json")


def _field_errors(violations: Iterable[Violation]) -> list[FieldError]:
    return [FieldError(each.field or "body", each.message, kind=each.keyword) for each in violations]
