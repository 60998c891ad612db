"""A transport that keeps some requests to itself, so that a test can send them as and when it likes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from knock_harness.emulator import EmulatorTransport
from knock_harness.emulator.exchange import Request

if TYPE_CHECKING:
    from knock_harness.emulator import Emulator

__all__ = ["Holding"]


class Holding(EmulatorTransport):
    """Keeps the requests with one key instead of having them answered."""

    KEY = "sk_test_held"

    def __init__(self, emulator: Emulator) -> None:
        super().__init__(emulator)
        self.held: list[Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, or keep it."""
        if request.headers.get("authorization") != f"Bearer {self.KEY}":
            return super().handle_request(request)
        path, _, query = request.url.raw_path.decode().partition("?")
        headers = [(name.lower(), value) for name, value in request.headers.raw if name.lower() != b"authorization"]
        self.held.append(Request(request.method, path, query, headers, request.read()))
        return httpx.Response(204, request=request)
