"""Requests that the emulator makes of others: asked for here, made by whoever carries the emulator.

The emulator itself does no I/O. Work that wants an answer from outside leaves a request in the store; the shell makes
it and hands the answer back, which becomes due work like any other.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

__all__ = [
    "LOOPBACK",
    "OFF",
    "OutboundAnswer",
    "OutboundCall",
    "OutboundRequest",
    "decode_answered",
    "decode_request",
    "encode",
    "is_loopback",
]

#: What `Settings.outbound` says: no calls are made, or those to servers on this machine.
OFF, LOOPBACK = "off", "loopback"


class OutboundRequest(msgspec.Struct, array_like=True, frozen=True):
    """A request to make.

    Attributes:
        method: in capitals.
        url: absolute.
        headers: pairs of name and value.
        body: empty if there is none.
        timeout_s: how long to wait for the answer.
        line: requests of one line are made one after the other, in order; empty: it stands in none.
    """

    method: str
    url: str
    headers: list[tuple[str, str]] = []
    body: bytes = b""
    timeout_s: float = 15.0
    line: str = ""


class OutboundAnswer(msgspec.Struct, array_like=True, frozen=True):
    """What came of a request.

    Attributes:
        status: of HTTP; 0: there was no answer.
        headers: pairs of lower-case name and value.
        body: of the answer.
        failure: why there was no answer; empty if there was one.
    """

    status: int
    headers: list[tuple[str, str]] = []
    body: bytes = b""
    failure: str = ""


class OutboundCall(NamedTuple):
    """A request that waits to be made: its place, the request, the kind of work that takes the answer, what about."""

    seq: int
    request: OutboundRequest
    answered_by: str
    about: bytes


encode = msgspec.msgpack.Encoder().encode
decode_request = msgspec.msgpack.Decoder(OutboundRequest).decode
#: What the work that takes an answer is given: about what it asked, and the answer.
decode_answered = msgspec.msgpack.Decoder(tuple[bytes, OutboundAnswer]).decode


def is_loopback(url: str) -> bool:
    """Say whether a URL is one of HTTP and leads to this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"}:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
