"""One request and its answer, as evidence: redacted, and ready to be repeated."""

from __future__ import annotations

import re
import shlex
from datetime import datetime

import msgspec

__all__ = ["Exchange"]

#: What stands for a secret in evidence. A shell puts the value in when the `curl` line is run.
_VARIABLE = re.compile(r"(\$KNOCK_API_KEY|\$KNOCK_PUBLIC_API_KEY|\$KNOCK_USER_TOKEN)")
#: Headers that curl makes itself, better than we could.
_LEFT_TO_CURL = frozenset({"host", "content-length", "connection", "user-agent", "accept-encoding"})
_WRITES = frozenset({"POST", "PUT", "PATCH"})


class Exchange(msgspec.Struct, frozen=True):
    """A request as it went over the wire and the answer it got.

    Secrets are replaced: the keys by `$KNOCK_API_KEY` and `$KNOCK_PUBLIC_API_KEY`, a user token by
    `$KNOCK_USER_TOKEN`, access tokens in bodies by `***`.

    Attributes:
        method: in capitals.
        url: absolute, percent-encoded, with its query.
        request_headers: name in lower case and value, in the order sent.
        request_body: the bytes sent.
        status: of the answer.
        response_headers: name in lower case and value, in the order received.
        response_body: the bytes received, any content coding undone.
        elapsed_s: from the first byte sent to the last byte received.
        operation: the operationId of the contract; None: the contract has no such method and path.
        at: when the request was sent, in UTC.
    """

    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: bytes
    status: int
    response_headers: tuple[tuple[str, str], ...]
    response_body: bytes
    elapsed_s: float
    operation: str | None
    at: datetime

    @property
    def request_id(self) -> str | None:
        """The `x-request-id` of the answer, by which the operator of the target finds it again."""
        return next((value for name, value in self.response_headers if name == "x-request-id"), None)

    def curl(self) -> str:
        """Return a command line for bash that repeats the request; the keys come from its environment."""
        # --globoff and --path-as-is: brackets and dots are part of what was sent, not curl's to interpret
        words = ["curl", "-sS", "--globoff", "--path-as-is", "-i"]
        words += ["--head"] if self.method == "HEAD" else ["-X", shlex.quote(self.method)]
        words.append(_quote(self.url))
        for name, value in self.request_headers:
            if name not in _LEFT_TO_CURL:
                # a header with an empty value is written with ";", as curl takes "name:" for "leave it out"
                words += ["-H", _quote(f"{name}: {value}" if value else f"{name};")]
        before, data = self._data()
        return before + " ".join(words + data)

    def _data(self) -> tuple[str, list[str]]:
        """Return what stands before curl, and curl's arguments for the body."""
        if not self.request_body and self.method not in _WRITES:
            return "", []
        typed = any(name == "content-type" for name, _ in self.request_headers)
        untyped = [] if typed else ["-H", "'Content-Type:'"]  # else curl would claim a form
        try:
            text = self.request_body.decode()
        except UnicodeDecodeError:
            text = "\0"
        if "\0" not in text:
            return "", [*untyped, "--data-raw", _quote(text)]  # raw: a leading @ names no file
        octal = "".join(f"\\{byte:03o}" for byte in self.request_body)
        return f"printf '{octal}' | ", [*untyped, "--data-binary", "@-"]


def _quote(text: str) -> str:
    """Return one shell word: everything literal, except that the variables of secrets are put in."""
    pieces = [piece for piece in _VARIABLE.split(text) if piece]
    return "".join(f'"{piece}"' if _VARIABLE.fullmatch(piece) else shlex.quote(piece) for piece in pieces) or "''"
