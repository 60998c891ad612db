"""Requests as they go over the wire, byte for byte, without a client that would write them in its own way."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Answer", "Wire"]


class Answer(NamedTuple):
    """An answer: status, headers by lower-case name, and the body as JSON (None: empty)."""

    status: int
    headers: dict[str, str]
    json: Any


class Wire:
    """A connection to a server.

    Args:
        url: of the server.
        headers: of every request.
    """

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._address = urlsplit(url).netloc
        self._headers = dict(headers)

    def send(
        self, method: str, target: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request whose target (path and query) is written as it is given, and return the answer."""
        connection = http.client.HTTPConnection(self._address, timeout=20)
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in {**self._headers, **(headers or {})}.items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, json.loads(content) if content else None)
        finally:
            connection.close()

    def ask(self, method: str, target: str, value: Any = None) -> Any:
        """Send a JSON body (None: no body), and return the JSON of an answer that must be a success."""
        body = None if value is None else json.dumps(value).encode()
        answer = self.send(method, target, body=body)
        assert 200 <= answer.status < 300, (method, target, answer)
        return answer.json
