"""Says in one line why a target could not be reached, by what the connection did."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, TypeVar

import httpx

from knock_harness.errors import TargetUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["diagnose"]

E = TypeVar("E", bound=BaseException)

_NOT_STARTED = "Is it running, and is the port right?"


def diagnose(error: httpx.TransportError, *, base_url: str) -> TargetUnreachable:
    """Return the error that a command ends with when the connection to a target failed."""
    what, hint = _reason(error)
    return TargetUnreachable(what, where=base_url, hint=hint)


def _reason(error: httpx.TransportError) -> tuple[str, str]:
    causes = list(_causes(error))
    if found := _first(causes, socket.gaierror):
        return f"no address is known for the host ({found.strerror or found})", "Check the spelling and the network."
    if tls := _first(causes, ssl.SSLError):
        return (
            f"no TLS connection ({tls.reason or tls})",
            "Is it http rather than https, or a certificate unknown here?",
        )
    if _first(causes, ConnectionRefusedError):
        return "connection refused: nothing listens there", _NOT_STARTED
    if isinstance(error, httpx.ConnectTimeout):
        return "no connection within the time allowed", "Is the host up, and does a firewall let this through?"
    if isinstance(error, httpx.TimeoutException):
        return (
            "connected, but no complete answer within the time allowed",
            "Raise timeout_s if the target is that slow.",
        )
    if _first(causes, ConnectionResetError) or _first(causes, BrokenPipeError):
        return "the connection was reset instead of answered", "Look into the target's log."
    if isinstance(error, httpx.RemoteProtocolError) and "without" in str(error):
        return (
            "the connection was closed without an answer",
            "Look into the target's log, or is it https rather than http?",
        )
    if isinstance(error, httpx.RemoteProtocolError):
        return (
            f"what answers does not speak HTTP ({error})",
            "Is the port that of another service, or https rather than http?",
        )
    return f"no connection ({error})", _NOT_STARTED


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _first(causes: list[BaseException], kind: type[E]) -> E | None:
    return next((cause for cause in causes if isinstance(cause, kind)), None)
