"""What a caller gets when a fault hits its request."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import msgspec

from .answer import Answer
from .exchange import JSON
from .faults import Cut, ErrorAnswer, Garbage
from .refusals import Refusal

if TYPE_CHECKING:
    from .faults import Trouble

__all__ = ["NOTHING_SENT", "part_sent", "troubled"]

#: The status of what is never answered.
NOTHING_SENT: Final = 0
#: No JSON, but as one may begin.
_NONSENSE: Final = b'{"__typename":"'
_HTML: Final = "text/html; charset=utf-8"


def troubled(answer: Answer, trouble: Trouble) -> Answer:
    """Return what a caller gets in place of an answer.

    Of an answer without effect (`Trouble.has_no_effect`) nothing is used but the headers that every answer has.
    """
    failure = trouble.failure
    if failure is None or trouble.is_under_way:
        return msgspec.structs.replace(answer, trouble=trouble)
    if isinstance(failure, ErrorAnswer):
        status, content_type, content = failure.status, *_error(failure)
        more = () if failure.retry_after_s is None else ((b"retry-after", b"%d" % failure.retry_after_s),)
        return Answer(status, [*_headers(answer, content_type), *more], content, trouble)
    if isinstance(failure, Garbage):
        half = answer.content[: len(answer.content) // 2]
        return Answer(200, _headers(answer, JSON), half or _NONSENSE, trouble)
    if failure.at == "answer" or answer.status == HTTPStatus.NO_CONTENT:
        return Answer(NOTHING_SENT, answer.headers, b"", trouble)
    return Answer(answer.status, _headers(answer, JSON), answer.content or _NONSENSE, trouble)


def part_sent(answer: Answer) -> bytes | None:
    """Return how much of the body is sent before the connection is cut; None: it is not cut."""
    failure = answer.trouble.failure if answer.trouble is not None else None
    return answer.content[: len(answer.content) // 2] if isinstance(failure, Cut) else None


def _headers(answer: Answer, content_type: str) -> list[tuple[bytes, bytes]]:
    kept = [each for each in answer.headers if each[0] != b"content-type"]
    return [*kept, (b"content-type", content_type.encode())]


def _error(failure: ErrorAnswer) -> tuple[str, bytes]:
    phrase = HTTPStatus(failure.status).phrase if failure.status in set(HTTPStatus) else "Error"
    if failure.body == "html":
        title = f"{failure.status} {phrase}"
        return _HTML, f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>".encode()
    code = "rate_limit_exceeded" if failure.status == HTTPStatus.TOO_MANY_REQUESTS else "fault_injected"
    return JSON, Refusal(failure.status, code, f"{phrase}: a fault that was asked for").reply().content()
