"""The journal: what requests came and what was answered, within bounds, to be asked afterwards."""

from __future__ import annotations

from collections import Counter, deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote

import msgspec

from knock_harness import contract

from . import redaction
from .clock import stamp
from .exchange import Request
from .faults import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .answer import Answer
    from .visit import Visit

__all__ = ["ANSWER_CUT_AT", "CUT_AT", "ENTRIES", "MOST_BYTES", "Entry", "Journal"]

#: Requests that a journal keeps at the most, unless it is told another number.
ENTRIES: Final = 10_000
#: Bytes that it keeps of them at the most.
MOST_BYTES: Final = 32 * 2**20
#: Bytes that it keeps of the body of a request, and of an answer: what answers are made of is in the store.
CUT_AT: Final = 16 * 2**10
ANSWER_CUT_AT: Final = 2 * 2**10
#: What an entry takes beside the texts in it, roughly.
_OVERHEAD: Final = 600
#: What a header takes beside its value, roughly.
_HEADER: Final = 130

_decode = msgspec.json.Decoder().decode


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A request as it came, and its answer.

    Attributes:
        number: of the request in its journal, from 1 on.
        at: the moment on the clock of the environment; where there is none, on that of the machine.
        request: as it came, its body cut.
        body_bytes: how long its body was.
        operation: the operationId; None: it is none of the API, or came no further than the key.
        status: of the answer; 0: none was sent.
        answer: the body of the answer, cut.
        answer_bytes: how long it was.
        request_id: as the answer names it.
        trouble: the faults that hit it.
        size: what it takes in memory, roughly.
    """

    number: int
    at: datetime
    request: Request
    body_bytes: int
    operation: str | None
    status: int
    answer: bytes
    answer_bytes: int
    request_id: str
    trouble: Trouble | None
    size: int

    @property
    def path_parameters(self) -> dict[str, str]:
        """Return the path parameters of the operation."""
        match = contract.match(self.request.method, self.request.path) if self.operation else None
        return match.path if match else {}

    @property
    def query(self) -> dict[str, list[str]]:
        """Return the values of each name in the query, as they were written."""
        return parse_qs(self.request.query, keep_blank_values=True)

    def json(self) -> Any:
        """Return the value of the body; `UNSET` where there is none, or it was cut."""
        return _value(self.request.body) if len(self.request.body) == self.body_bytes else msgspec.UNSET

    def shown(self) -> dict[str, Any]:
        """Return it as the control API shows it, without secrets."""
        request = self.request
        return {
            "id": self.number,
            "at": stamp(self.at),
            "request_id": self.request_id,
            "method": request.method,
            "path": redaction.masked(unquote(request.path)),
            "operation": self.operation,
            "path_parameters": redaction.shown_value(self.path_parameters),
            "query": redaction.shown_value(self.query),
            "headers": [
                [name.decode("latin-1"), redaction.shown_header(name.decode("latin-1"), value.decode("latin-1"))]
                for name, value in request.headers
            ],
            "body": _shown(request.body),
            "body_bytes": self.body_bytes,
            "status": self.status or None,
            "answer": _shown(self.answer),
            "answer_bytes": self.answer_bytes,
            "faults": list(self.trouble.faults) if self.trouble else [],
        }


class Journal:
    """The last requests, oldest first, and how often each operation was called.

    Args:
        most_bytes: how much memory it takes at the most, roughly.

    Attributes:
        calls: how often each operation was called, whether or not the request is still kept.
    """

    def __init__(self, *, most_bytes: int = MOST_BYTES) -> None:
        self.calls: Counter[str] = Counter()
        self._most_bytes = most_bytes
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._number = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __reversed__(self) -> Iterator[Entry]:
        return reversed(self._entries)

    @property
    def forgotten(self) -> int:
        """Return how many requests since the last `clear` are not kept any more."""
        return self._number - len(self._entries)

    def add(self, visit: Visit, answer: Answer, *, entries: int = ENTRIES) -> None:
        """Note a request and its answer, and forget the oldest ones that go beyond the bounds.

        Args:
            visit: the request, and what became known of it.
            answer: as it is sent.
            entries: how many are kept; 0: none.
        """
        self._number += 1
        request, content = visit.request, answer.content
        operation = visit.match.operation.id if visit.match is not None else None
        if operation is not None:
            self.calls[operation] += 1
        body_bytes, answer_bytes = len(request.body), len(content)
        headers = request.headers
        size = _OVERHEAD + _HEADER * len(headers) + sum([len(value) for _, value in headers])
        size += len(request.path) + len(request.query)
        if body_bytes > CUT_AT:
            request = msgspec.structs.replace(request, body=request.body[:CUT_AT])
        if answer_bytes > ANSWER_CUT_AT:
            content = content[:ANSWER_CUT_AT]
        size += len(request.body) + len(content)
        self._entries.append(
            Entry(
                self._number,
                visit.at or datetime.now(UTC),
                request,
                body_bytes,
                operation,
                answer.status,
                content,
                answer_bytes,
                visit.request_id,
                visit.trouble,
                size,
            )
        )
        self._bytes += size
        while self._bytes > self._most_bytes or len(self._entries) > entries:
            self._bytes -= self._entries.popleft().size

    def clear(self) -> None:
        """Forget everything."""
        self.calls.clear()
        self._entries.clear()
        self._bytes = self._number = 0


def _value(body: bytes) -> Any:
    try:
        return _decode(body)
    except (msgspec.DecodeError, RecursionError):  # no JSON, or not in UTF-8
        return msgspec.UNSET


def _shown(body: bytes) -> Any:
    """Return the value of a body, or its text where it is no JSON; None: there is none."""
    value = _value(body)
    if value is not msgspec.UNSET:
        return redaction.shown_value(value)
    return redaction.shown_text(body.decode("utf-8", "replace")) if body else None
