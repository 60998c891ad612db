"""The one HTTP client: everything that a run sends to a target goes through here."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import quote, urlencode

import httpx
import msgspec

from knock_harness import __version__, contract
from knock_harness.errors import Refused

from . import guard
from .diagnosis import diagnose
from .exchange import Exchange
from .pacing import Pacer, retry_after_s
from .redaction import Redaction
from .transport import PlainTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from .definition import Target

__all__ = ["ABSENT", "Client"]


class _Absent:
    """The type of `ABSENT`."""

    def __repr__(self) -> str:
        return "ABSENT"


#: No body is sent; None would be sent as `null`.
ABSENT: Final = _Absent()

_TRIES_WHEN_LIMITED = 4
_JSON = ("content-type", "application/json")


class Client:
    """Sends requests to one target: with its credentials, within its limits, past the guard, and on record.

    Redirects are not followed and nothing is repeated, except that a paced client waits and repeats on 429.

    Attributes:
        target: whom requests go to.
        last: the latest exchange; None before the first.
    """

    def __init__(
        self,
        target: Target,
        *,
        transport: httpx.BaseTransport | None = None,
        processes: int = 1,
    ) -> None:
        """Check target and keys against the guard; nothing is sent yet.

        Args:
            target: whom to send to.
            transport: what carries requests; None: sockets.
            processes: how many processes share the key and its rate limits.

        Raises:
            Refused: the host or a key is not one that may be used.
        """
        self._base = httpx.URL(target.base_url)
        self._origin = f"{self._base.scheme}://{self._base.netloc.decode('ascii')}"
        self._check_target(target)
        self.target = target
        self.last: Exchange | None = None
        self._transport = transport or _transport_to(self._base, timeout_s=target.timeout_s)
        self._pacer = Pacer(processes=processes) if target.pace else None
        self._redaction = Redaction(target.api_key, target.public_key)
        self._subscribers: list[Callable[[Exchange], None]] = []
        self._secret = _headers_with(target.api_key)
        self._public = _headers_with(target.public_key) if target.public_key else None
        self._anonymous = _headers_with(None)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] | None = None,
        body: Any = ABSENT,
        content: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
        credential: str | None = "secret",
    ) -> httpx.Response:
        """Send one request and return its answer, whatever its status.

        Args:
            method: in capitals.
            path: percent-encoded, from `/v1` on; may carry a query itself.
            query: names and values as they are meant; they are encoded here.
            body: sent as JSON.
            content: sent as it is, instead of a body; said to be JSON unless the headers say otherwise.
            headers: added, or put in place of ours; None takes ours away.
            credential: `secret`, `public`, None for no credential, or any other key to try.

        Raises:
            TargetUnreachable: no answer came, or none in HTTP.
            Refused: the guard forbids it.
        """
        guard.check_path(path)
        data = _encode(body) if content is None else content
        raw_path = f"{path}{'&' if '?' in path else '?'}{urlencode(query, quote_via=quote)}" if query else path
        sent = self._headers(credential, has_body=data is not None, extra=headers)
        match = contract.match(method, path.partition("?")[0])
        operation = match.operation if match else None
        for tries_left in range(_TRIES_WHEN_LIMITED - 1, -1, -1):
            if self._pacer and operation:
                self._pacer.wait(operation.id, tier=operation.tier)
            response = self._send_once(method, raw_path, sent, data or b"", operation.id if operation else None)
            if response.status_code != 429 or not (self._pacer and operation and tries_left):
                break
            self._pacer.hold(operation.id, retry_after_s(response.headers.get("retry-after"), default=1.0))
        return response

    def subscribe(self, callback: Callable[[Exchange], None]) -> None:
        """Have every exchange from now on handed to a function, right after its answer came."""
        self._subscribers.append(callback)

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _check_target(self, target: Target) -> None:
        guard.check_host(guard.host_of(target.base_url, where="base_url"), named=target.hosts)
        for key in (target.api_key, target.public_key):
            if key:
                guard.check_key(key, live_allowed=target.live_allowed)

    def _headers(
        self, credential: str | None, *, has_body: bool, extra: Mapping[str, str | None] | None
    ) -> list[tuple[str, str]]:
        headers = list(self._credential_headers(credential))
        if has_body:
            headers.append(_JSON)
        if not extra:
            return headers
        own = {name.lower(): value for name, value in extra.items()}
        if given := own.get("authorization"):
            guard.check_key(given.rpartition(" ")[2], live_allowed=self.target.live_allowed)
        kept = [pair for pair in headers if pair[0] not in own]
        return kept + [(name, value) for name, value in own.items() if value is not None]

    def _credential_headers(self, credential: str | None) -> tuple[tuple[str, str], ...]:
        if credential == "secret":
            return self._secret
        if credential is None:
            return self._anonymous
        if credential == "public" and self._public:
            return self._public
        guard.check_key(credential, live_allowed=self.target.live_allowed)
        return _headers_with(credential)

    def _send_once(
        self, method: str, raw_path: str, headers: list[tuple[str, str]], data: bytes, operation: str | None
    ) -> httpx.Response:
        encoded = [(name.encode("ascii"), _field_value(value)) for name, value in headers]
        request = httpx.Request(method, self.target.base_url + raw_path, headers=encoded, content=data)
        if request.url.host != self._base.host or request.url.port != self._base.port:
            guard.check_host(request.url.host, named=())  # what a path cannot do, but nothing is sent on trust
        at = datetime.now(UTC)
        started = perf_counter()
        try:
            response = self._transport.handle_request(request)
            response.read()
        except httpx.TransportError as error:
            raise diagnose(error, base_url=self.target.base_url) from error
        elapsed_s = perf_counter() - started
        response.request = request
        response.elapsed = timedelta(seconds=elapsed_s)
        url = self._origin + request.url.raw_path.decode("ascii")  # as sent: httpx takes dot segments out
        self._record(method, url, headers, data, response, operation=operation, at=at)
        return response

    def _record(
        self,
        method: str,
        url: str,
        headers: list[tuple[str, str]],
        data: bytes,
        response: httpx.Response,
        *,
        operation: str | None,
        at: datetime,
    ) -> None:
        redaction = self._redaction
        exchange = Exchange(
            method=method,
            url=redaction.text(url),
            request_headers=redaction.headers(headers),
            request_body=redaction.body(data) if data else b"",
            status=response.status_code,
            response_headers=_decoded(response.headers.raw),
            response_body=redaction.body(response.content),
            elapsed_s=response.elapsed.total_seconds(),
            operation=operation,
            at=at,
        )
        self.last = exchange
        for subscriber in self._subscribers:
            subscriber(exchange)


def _transport_to(base: httpx.URL, *, timeout_s: float) -> httpx.BaseTransport:
    if base.scheme == "http":
        return PlainTransport(timeout_s=timeout_s)
    return _TimedTransport(timeout_s=timeout_s)


class _TimedTransport(httpx.HTTPTransport):
    """httpx's own transport, for TLS, with the time limits that its client would otherwise add."""

    def __init__(self, *, timeout_s: float) -> None:
        super().__init__(trust_env=False)
        self._timeout = httpx.Timeout(timeout_s * 2 / 3, connect=timeout_s / 3).as_dict()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["timeout"] = self._timeout
        return super().handle_request(request)


def _headers_with(key: str | None) -> tuple[tuple[str, str], ...]:
    base = (("accept", "application/json"), ("user-agent", f"knock-harness/{__version__}"))
    return (("authorization", f"Bearer {key}"), *base) if key else base


def _decoded(headers: list[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.lower().decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def _field_value(value: str) -> bytes:
    """Return a header's value as bytes; what could end the header is refused."""
    if "\r" in value or "\n" in value or "\0" in value:
        raise Refused(f"{value!r} cannot be the value of a header")
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()


def _encode(body: Any) -> bytes | None:
    if body is ABSENT:
        return None
    try:
        return msgspec.json.encode(body)
    except (TypeError, ValueError, OverflowError):  # lone surrogates and integers beyond 64 bits
        return json.dumps(body).encode()
