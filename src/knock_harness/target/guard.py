"""Refuses, before anything is sent, what a run must not touch."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from knock_harness.errors import InvalidConfiguration, Refused

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["LIVE_FLAG", "check_host", "check_key", "check_path", "host_of", "is_loopback"]

LIVE_FLAG = "--i-understand-this-is-live"

#: A key of a kind that says it is for tests. Any other `sk_` or `pk_` may be a production key.
_TEST_KEY = re.compile(r"(?:sk|pk)_test_")
_KNOCK_KEY = re.compile(r"(?:sk|pk)_")


def host_of(url: str, *, where: str) -> str:
    """Return the host of a base URL, in lower case.

    Args:
        url: what should be a base URL.
        where: who gave it, for the message.

    Raises:
        InvalidConfiguration: it is no URL that requests can be sent to.
    """
    hint = "Give something like http://127.0.0.1:4010 or https://api.example.com."
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidConfiguration(f"{url!r} is no URL: {error}", where=where, hint=hint) from None
    if parts.scheme not in {"http", "https"} or not host or re.search(r"\s", url):
        raise InvalidConfiguration(f"{url!r} is no URL", where=where, hint=hint)
    if parts.query or parts.fragment or parts.username or parts.password:
        raise InvalidConfiguration("a base URL has no user, query or fragment", where=where, hint=hint)
    return host.lower()


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_host(host: str, *, named: Collection[str]) -> None:
    """Refuse a host that is neither this machine nor named in `hosts` of the configuration."""
    if not is_loopback(host) and host not in named:
        raise Refused(
            f"{host} is neither this machine nor named in the configuration",
            hint=f'Add hosts = ["{host}"] to knock-harness.toml if a run may create and delete data there.',
        )


def check_key(key: str, *, live_allowed: bool) -> None:
    """Refuse a key that does not say it is for tests, unless the user said that live is meant."""
    if not live_allowed and _KNOCK_KEY.match(key) and not _TEST_KEY.match(key):
        kind = "secret" if key.startswith("sk_") else "public"
        raise Refused(
            f"the {kind} key does not look like one of a test environment ({key[:3]}test_...)",
            hint=f"Use such a key, or add {LIVE_FLAG}.",
        )


def check_path(path: str) -> None:
    """Refuse a path that would lead to another host once it is put behind the base URL."""
    if not path.startswith("/"):
        raise Refused(f"{path!r} is no path of the target")
