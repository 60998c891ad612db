"""A target that fails the probe gets a diagnosis."""

from __future__ import annotations

import httpx
import pytest

from knock_harness.errors import HarnessError, InvalidConfiguration, NoVerdict, TargetUnreachable
from knock_harness.target import probe

from .conftest import client_of

HTML = {"content-type": "text/html"}


def test_one_good_answer_is_enough() -> None:
    replies = iter([httpx.Response(404, json={})] * 9 + [httpx.Response(200, json={})])

    assert probe(client_of(lambda _request: next(replies))).succeeded == 1


@pytest.mark.parametrize(
    ("reply", "base_url", "kind", "message"),
    [
        (httpx.Response(401, json={}), "http://127.0.0.1:1", InvalidConfiguration, "does not know this key"),
        (httpx.Response(403, json={}), "http://127.0.0.1:1", InvalidConfiguration, "this key may do nothing here"),
        (httpx.Response(429, json={}), "http://127.0.0.1:1", NoVerdict, "over its rate limit"),
        (httpx.Response(500, json={}), "http://127.0.0.1:1", NoVerdict, "the target fails: 500"),
        (
            httpx.Response(301, headers={"location": "https://x"}),
            "http://127.0.0.1:1",
            InvalidConfiguration,
            "https://x",
        ),
        (
            httpx.Response(404, json={}),
            "http://127.0.0.1:1/v1",
            InvalidConfiguration,
            "below /v1: 404. The paths carry",
        ),
        (httpx.Response(404, json={}), "http://127.0.0.1:1", NoVerdict, "is not the Knock API: 404 and JSON"),
        (httpx.Response(200, text="<html>", headers=HTML), "http://127.0.0.1:1", NoVerdict, "200 and no JSON"),
    ],
    ids=["401", "403", "429", "500", "redirect", "base-path", "404", "html"],
)
def test_what_is_wrong_everywhere_is_named(
    reply: httpx.Response, base_url: str, kind: type[HarnessError], message: str
) -> None:
    with pytest.raises(kind) as diagnosis:
        probe(client_of(lambda _request: reply, base_url=base_url))

    assert message in str(diagnosis.value)


def test_a_target_that_cannot_be_reached_is_asked_only_once() -> None:
    asked: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise httpx.ConnectError("refused")

    with pytest.raises(TargetUnreachable):
        probe(client_of(refuse))
    assert len(asked) == 1
