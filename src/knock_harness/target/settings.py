"""Every key of the configuration: what it means, what it takes, and where else it can be set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import guard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CAPABILITIES", "SETTINGS", "Setting", "WrongValue"]

#: What a target may be able to do beyond the public API. A check that needs one is skipped where it is missing.
CAPABILITIES = frozenset(
    {
        "branches",
        "channels",
        "clock",
        "defaults",
        "guides",
        "http-target",
        "keys",
        "providers",
        "rate-limits",
        "retention",
        "signing-key",
        "webhooks",
        "workflows",
    }
)


class WrongValue(ValueError):
    """A value that a key does not take; the text says what it takes instead."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A key of the configuration.

    Attributes:
        says: what it means.
        read: returns the value as it is used, or raises `WrongValue`.
        variable: the environment variable that overrides the file.
        flag: the option of the command line that overrides both.
        secret: never shown whole.
    """

    says: str
    read: Callable[[Any], Any]
    variable: str = ""
    flag: str = ""
    secret: bool = False


def _text(value: Any) -> str:
    if isinstance(value, str) and value.strip():
        return value
    raise WrongValue("a text")


def _url(value: Any) -> str:
    text = _text(value)
    guard.host_of(text, where="")
    return text.rstrip("/")


def _key(value: Any) -> str:
    text = _text(value)
    if not text.isascii() or not text.isprintable() or " " in text:
        raise WrongValue("a key without blanks or other characters that a header cannot hold")
    return text


def _texts(value: Any) -> frozenset[str]:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return frozenset(value)
    raise WrongValue("a list of texts")


def _hosts(value: Any) -> frozenset[str]:
    hosts = frozenset(host.lower() for host in _texts(value))
    if any("/" in host or "*" in host or not host for host in hosts):
        raise WrongValue('a list of host names, such as ["api.example.com"]')
    return hosts


def _capabilities(value: Any) -> frozenset[str]:
    named = _texts(value)
    if unknown := named - CAPABILITIES:
        raise WrongValue(f"capabilities out of {', '.join(sorted(CAPABILITIES))}; not {', '.join(sorted(unknown))}")
    return named


def _yes_or_no(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise WrongValue("true or false")


def _seconds(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 600:
        return float(value)
    raise WrongValue("a number of seconds above 0, up to 600")


def _names(value: Any) -> dict[str, str]:
    if isinstance(value, dict) and all(isinstance(each, str) and each for each in value.values()):
        return dict(value)
    raise WrongValue("a table of texts")


#: Keys with a dot stand in a table, such as `[fixtures.channels]`.
SETTINGS: Mapping[str, Setting] = {
    "base_url": Setting("where the API is, without /v1", _url, variable="KNOCK_BASE_URL", flag="--target"),
    "api_key": Setting("a secret key of the environment", _key, variable="KNOCK_API_KEY", flag="--key", secret=True),
    "public_key": Setting(
        "a public key of it", _key, variable="KNOCK_PUBLIC_API_KEY", flag="--public-key", secret=True
    ),
    "hosts": Setting("hosts besides this machine where a run may create and delete data", _hosts),
    "capabilities": Setting("what the target can do beyond the public API", _capabilities),
    "pace": Setting("keep below the rate limits of the tiers", _yes_or_no, flag="--pace"),
    "timeout_s": Setting("how long one request may take", _seconds),
    "fixtures.channels": Setting("the ids of the channels, by channel key", _names),
    "fixtures.workflows": Setting("the keys of the workflows, by their key in the packaged project", _names),
    "fixtures.guides": Setting("the ids of the guides, by guide key", _names),
}
