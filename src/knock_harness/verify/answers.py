"""One exchange as a judge looks at it: the answer decoded, and the request held against the contract again.

Whether a request was valid is decided here, by the bytes that were sent, and not by what the generator meant to send.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from knock_harness import contract
from knock_harness.contract import wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from knock_harness.contract import Operation, Violation
    from knock_harness.target import Exchange

__all__ = ["NO_JSON", "Answer", "Flaw"]


class _NoJson:
    """The type of `NO_JSON`."""

    def __repr__(self) -> str:
        return "NO_JSON"


#: What stands in the place of a body that is empty or no JSON.
NO_JSON: Final = _NoJson()


class Flaw(NamedTuple):
    """Something in a request that breaks the contract.

    Attributes:
        location: `path`, `query`, `header` or `body`.
        field: where in that location, list positions as `*`; empty: the location as a whole.
        keyword: the constraint that is broken, such as `required` or `maxItems`; `json`: no JSON at all;
            `content-type`: a body that does not claim to be JSON.
        lenient: a server may accept it all the same.
    """

    location: str
    field: str
    keyword: str
    lenient: bool = False

    def __str__(self) -> str:
        return f"{self.location} {self.field or '(whole)'}: {self.keyword}"


class Answer:
    """An exchange with one operation, read once however many judges ask.

    Attributes:
        exchange: what went over the wire.
        operation: the operation that the request was, by its method and path.
        path: its path parameters.
        meant_to_succeed: everything that the request names exists, and no rule outside the contract forbids it.
    """

    def __init__(
        self,
        exchange: Exchange,
        *,
        operation: Operation,
        path: Mapping[str, str],
        meant_to_succeed: bool = False,
    ) -> None:
        self.exchange = exchange
        self.operation = operation
        self.path = path
        self.meant_to_succeed = meant_to_succeed
        self.status = exchange.status
        self.accepted = 200 <= exchange.status < 300

    @classmethod
    def of(cls, exchange: Exchange, *, meant_to_succeed: bool = False) -> Answer | None:
        """Return the answer to a request of the contract; None: the contract has no such method and path."""
        raw_path = urlsplit(exchange.url).path
        match = contract.match(exchange.method, raw_path[max(raw_path.find("/v1/"), 0) :])
        if match is None:
            return None
        return cls(exchange, operation=match.operation, path=match.path, meant_to_succeed=meant_to_succeed)

    @cached_property
    def headers(self) -> dict[str, str]:
        """The headers of the answer; of several with one name the last."""
        return dict(self.exchange.response_headers)

    @cached_property
    def json(self) -> Any:
        """The decoded body of the answer, or `NO_JSON`."""
        return _decoded(self.exchange.response_body)

    @cached_property
    def error(self) -> dict[str, Any]:
        """The body of a refusal; empty if it is no JSON object."""
        return self.json if isinstance(self.json, dict) else {}

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """The records of a paged answer; empty if there are none."""
        listed = self.error.get(self.operation.page) if self.operation.page else None
        return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []

    @cached_property
    def page_info(self) -> dict[str, Any]:
        """The metadata of a paged answer; empty if there is none."""
        found = self.error.get("page_info")
        return found if isinstance(found, dict) else {}

    @cached_property
    def query(self) -> dict[str, Any]:
        """The query that was sent, by the names of the contract."""
        return wire.decode_query(self.operation, urlsplit(self.exchange.url).query)

    @cached_property
    def sent_headers(self) -> dict[str, str]:
        """The headers that were sent, names in lower case."""
        return {name: value.strip() for name, value in self.exchange.request_headers}

    @cached_property
    def body(self) -> Any:
        """The decoded body that was sent, or `NO_JSON`."""
        return _decoded(self.exchange.request_body)

    @cached_property
    def credential(self) -> str:
        """Which credential the request bore: `secret`, `public`, `other` or `none`."""
        sent = self.sent_headers.get("authorization")
        if sent is None:
            return "none"
        return {"Bearer $KNOCK_API_KEY": "secret", "Bearer $KNOCK_PUBLIC_API_KEY": "public"}.get(sent, "other")

    @cached_property
    def flaws(self) -> tuple[Flaw, ...]:
        """What in the request breaks the contract; empty: it was valid."""
        return tuple(self._each_flaw())

    @property
    def refused_by_provider(self) -> bool:
        """Whether Slack or Teams may have refused: they do not know the credentials that the world makes up."""
        third_party = self.operation.resource == "providers"
        return third_party and 400 <= self.status < 500 and self.error.get("code") != "invalid_params"

    @property
    def lenient(self) -> bool:
        """Whether the request is invalid only in ways that a server may let pass."""
        return bool(self.flaws) and all(flaw.lenient for flaw in self.flaws)

    def _each_flaw(self) -> Iterator[Flaw]:
        operation = self.operation
        yield from _flaws("path", contract.parameter_errors(operation, "path", self.path))
        yield from _flaws("query", contract.parameter_errors(operation, "query", self.query))
        headers = {each.name for each in operation.parameters if each.location == "header"}
        if headers:
            sent = self.sent_headers
            given = {name: sent[name.lower()] for name in headers if name.lower() in sent}
            yield from _flaws("header", contract.parameter_errors(operation, "header", given))
        if operation.body is not None:
            yield from self._body_flaws()

    def _body_flaws(self) -> Iterator[Flaw]:
        if not self.exchange.request_body:
            if self.operation.body_required:
                yield Flaw("body", "", "required")
        elif not self.sent_headers.get("content-type", "").partition(";")[0].strip().lower().endswith("json"):
            # with nothing required in it, a body that is passed over for its type is as good as an empty one
            yield Flaw("body", "", "content-type", lenient=not contract.body_errors(self.operation, {}))
        elif self.body is NO_JSON:
            yield Flaw("body", "", "json")
        else:
            yield from _flaws("body", contract.body_errors(self.operation, self.body))


def _flaws(location: str, violations: Iterable[Violation]) -> Iterator[Flaw]:
    for each in violations:
        steps = ["*" if isinstance(step, int) else step for step in each.path]
        yield Flaw(location, ".".join(steps), each.keyword, each.lenient)


def _decoded(body: bytes) -> Any:
    if not body:
        return NO_JSON
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return NO_JSON
