"""Takes secrets out of what is kept as evidence."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Redaction", "mask"]

#: The value of a key `access_token` or `accessToken` in JSON, if it is a string with something in it.
_ACCESS_TOKEN = re.compile(rb'("access_?[tT]oken"\s*:\s*")((?:[^"\\]|\\.)+)(")')
_USER_HEADER = "x-knock-user-token"


@dataclass(frozen=True)
class Redaction:
    """Replaces the keys of one target by the names of the environment variables that hold them.

    Attributes:
        api_key: the secret key.
        public_key: the public key, if there is one.
    """

    api_key: str
    public_key: str | None = None
    _pairs: tuple[tuple[str, str, bytes, bytes], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        pairs = [(self.api_key, "$KNOCK_API_KEY"), (self.public_key or "", "$KNOCK_PUBLIC_API_KEY")]
        known = tuple((key, name, key.encode(), name.encode()) for key, name in pairs if key)
        object.__setattr__(self, "_pairs", known)

    def text(self, text: str) -> str:
        """Return a text without the keys."""
        for key, name, _, _ in self._pairs:
            if key in text:
                text = text.replace(key, name)
        return text

    def body(self, body: bytes) -> bytes:
        """Return a body without the keys and without access tokens."""
        for _, _, key, name in self._pairs:
            if key in body:
                body = body.replace(key, name)
        if b"access" in body:
            body = _ACCESS_TOKEN.sub(rb"\1***\3", body)
        return body

    def headers(self, headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Return headers without the keys, user tokens, or credentials in another form."""
        return tuple((name, self._header(name, value)) for name, value in headers)

    def _header(self, name: str, value: str) -> str:
        if name == _USER_HEADER:
            return "$KNOCK_USER_TOKEN"
        scheme, blank, _ = value.partition(" ")
        if name == "authorization" and blank and scheme.lower() != "bearer":
            return f"{scheme} ***"  # Basic and the like hold the key in another form
        return self.text(value)


def mask(secret: str) -> str:
    """Return a key with only its kind and its last characters left, such as `sk_test_...x9Qz`."""
    kind = re.match(r"[a-z]+_(?:[a-z]+_)?", secret)
    shown = kind.group() if kind else ""
    tail = secret[-4:] if len(secret) - len(shown) > 8 else ""
    return f"{shown}...{tail}"
