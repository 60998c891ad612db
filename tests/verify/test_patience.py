from __future__ import annotations

import httpx
import pytest

from knock_harness.errors import TargetUnreachable
from knock_harness.target import packaged_target
from knock_harness.verify.patience import OneTryClient


class Flickering(httpx.BaseTransport):
    """Answers every request but the first."""

    def __init__(self) -> None:
        self.asked = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002 - httpx's signature
        self.asked += 1
        if self.asked == 1:
            raise httpx.ReadTimeout("silence")
        return httpx.Response(200, json={})


@pytest.fixture
def transport() -> Flickering:
    return Flickering()


@pytest.fixture
def client(transport: Flickering) -> OneTryClient:
    client = OneTryClient(packaged_target("http://127.0.0.1:9", api_key="sk_test_toy"), transport=transport)
    with pytest.raises(TargetUnreachable):
        client.send("GET", "/v1/users")
    return client


def test_a_target_that_was_lost_is_not_asked_again(client: OneTryClient, transport: Flickering) -> None:
    with pytest.raises(TargetUnreachable):
        client.send("GET", "/v1/users")

    assert transport.asked == 1


def test_a_target_is_asked_again_when_told_to(client: OneTryClient) -> None:
    client.try_again()

    assert client.send("GET", "/v1/users").status_code == 200
