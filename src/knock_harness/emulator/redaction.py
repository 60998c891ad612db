"""Secrets are shown to nobody, not even in what the emulator tells of the requests it got."""

from __future__ import annotations

import re
from typing import Any, Final

__all__ = ["masked", "shown_header", "shown_text", "shown_value"]

#: Keys and tokens: of ours wherever they stand, and whatever is called a token.
_KEY: Final = re.compile(r"\b((?:sk|pk)_[a-z]+_)([\w-]+)")
#: User tokens, and whatever else is signed like them.
_SIGNED: Final = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+")
_SECRET_NAMES: Final = frozenset(
    {"access_token", "accessToken", "api_key", "client_secret", "password", "private_key", "secret", "signing_key"}
)
#: A secret in a text that may be JSON, whole or not.
_NAMED: Final = re.compile(rf'("(?:{"|".join(sorted(_SECRET_NAMES))})"\s*:\s*")(?:[^"\\]|\\.)*')
_SECRET_HEADERS: Final = frozenset({"cookie", "proxy-authorization", "x-knock-user-token"})
_HIDDEN: Final = "***"
_LONG: Final = 8


def masked(text: str) -> str:
    """Return a text in which of keys only their kind is left, of long ones their end too: ``sk_test_***x9Qz``.

    Of signed tokens nothing is left.
    """
    text = _SIGNED.sub(_HIDDEN, text)
    return _KEY.sub(lambda found: f"{found[1]}{_HIDDEN}{found[2][-4:] if len(found[2]) > _LONG else ''}", text)


def shown_header(name: str, value: str) -> str:
    """Return the value of a header (lower-case name) without secrets."""
    if name in _SECRET_HEADERS:
        return _HIDDEN
    scheme, blank, _ = value.partition(" ")
    if name == "authorization":
        return masked(value) if scheme.lower() == "bearer" and _KEY.search(value) else f"{scheme}{blank}{_HIDDEN}"
    return masked(value)


def shown_text(text: str) -> str:
    """Return a body that is no JSON, or was cut, without secrets."""
    return masked(_NAMED.sub(rf"\1{_HIDDEN}", text))


def shown_value(value: Any) -> Any:
    """Return a JSON value without secrets."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, list):
        return [shown_value(each) for each in value]
    if isinstance(value, dict):
        return {
            key: _HIDDEN if key in _SECRET_NAMES and isinstance(each, str) and each else shown_value(each)
            for key, each in value.items()
        }
    return value
