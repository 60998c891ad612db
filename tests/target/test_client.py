"""The one client: credentials, headers, bodies, queries, limits and what it records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from knock_harness.errors import Refused

from .conftest import PUBLIC, SECRET, client_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knock_harness.target import Client, Exchange


def sent(method: str = "GET", path: str = "/v1/users", **options: object) -> httpx.Request:
    """Return the request that the client makes of these arguments."""
    seen: list[httpx.Request] = []
    client = client_of(lambda request: seen.append(request) or httpx.Response(200))
    client.send(method, path, **options)  # type: ignore[arg-type]
    return seen[0]


@pytest.mark.parametrize(
    ("credential", "header"),
    [("secret", f"Bearer {SECRET}"), ("public", f"Bearer {PUBLIC}"), ("sk_test_x", "Bearer sk_test_x"), (None, None)],
)
def test_a_request_carries_the_credential_asked_for(credential: str | None, header: str | None) -> None:
    assert sent(credential=credential).headers.get("authorization") == header


@pytest.mark.parametrize("body", [None, {}, [], "", 0, False, {"name": "Ada", "tags": [1, None]}])
def test_a_body_is_sent_as_json(body: object) -> None:
    request = sent("PUT", "/v1/users/ada", body=body)

    assert json.loads(request.content) == body
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize("body", ["\ud800", 2**80, {"\udfff": [2**64]}])
def test_what_a_fast_encoder_refuses_is_sent_all_the_same(body: object) -> None:
    assert json.loads(sent("PUT", "/v1/users/ada", body=body).content) == body


def test_without_a_body_no_content_type_is_claimed() -> None:
    request = sent("DELETE", "/v1/users/ada")

    assert "content-type" not in request.headers
    assert request.content == b""


def test_raw_content_goes_out_as_it_is() -> None:
    request = sent("PUT", "/v1/users/ada", content=b'{"name":', headers={"Content-Type": "text/plain"})

    assert request.content == b'{"name":'
    assert request.headers.get_list("content-type") == ["text/plain"]


def test_a_header_of_none_takes_ours_away() -> None:
    assert "content-type" not in sent("PUT", "/v1/users/ada", body={}, headers={"content-type": None}).headers


def test_a_header_outside_ascii_is_sent() -> None:
    assert sent(headers={"Idempotency-Key": "é"}).headers.raw[-1][1] in {"é".encode("latin-1"), b"0"}


def test_a_header_that_would_smuggle_another_is_refused() -> None:
    with pytest.raises(Refused):
        sent(headers={"Idempotency-Key": "a\r\nX: b"})


def test_names_and_values_of_the_query_are_encoded() -> None:
    request = sent(query=[("status[]", "a b"), ("q", "ü&=+"), ("status[]", "c")])

    assert request.url.raw_path == b"/v1/users?status%5B%5D=a%20b&q=%C3%BC%26%3D%2B&status%5B%5D=c"


def test_a_query_is_added_to_one_in_the_path() -> None:
    assert sent("GET", "/v1/users?a=1", query=[("b", "2")]).url.raw_path == b"/v1/users?a=1&b=2"


def test_the_path_keeps_its_percent_encoding() -> None:
    assert sent("GET", "/v1/users/a%2Fb%20c%25").url.raw_path == b"/v1/users/a%2Fb%20c%25"


def test_the_last_exchange_is_kept(echo: Client) -> None:
    response = echo.send("PUT", "/v1/users/ada", body={"name": "Ada"})

    last = echo.last
    assert last is not None
    assert (last.method, last.status, last.operation) == ("PUT", 200, "identifyUser")
    assert last.request_body == b'{"name":"Ada"}'
    assert last.response_body == response.content
    assert last.elapsed_s == response.elapsed.total_seconds()


def test_a_request_that_is_no_operation_is_recorded_without_one(echo: Client) -> None:
    echo.send("PATCH", "/v1/users")

    assert echo.last is not None
    assert echo.last.operation is None


def test_the_record_has_the_address_as_it_was_sent(echo: Client) -> None:
    echo.send("GET", "/v1/users/%2E%2E/a%2Fb/../c", query=[("a[]", "1 2")])

    assert echo.last is not None
    assert echo.last.url == "http://127.0.0.1:4010/v1/users/%2E%2E/c?a%5B%5D=1%202"


def test_every_exchange_is_handed_to_the_subscribers(echo: Client) -> None:
    seen: list[Exchange] = []
    echo.subscribe(seen.append)

    echo.send("GET", "/v1/users")
    echo.send("GET", "/v1/tenants")

    assert [exchange.operation for exchange in seen] == ["listUsers", "listTenants"]


def test_no_secret_is_in_the_record() -> None:
    answer = httpx.Response(200, json={"echo": SECRET, "access_token": "xoxb-secret"})
    client = client_of(lambda _request: answer)

    client.send(
        "PUT",
        f"/v1/users/ada?api_key={SECRET}",
        body={"token": {"access_token": "xoxb-secret"}, "key": PUBLIC},
        headers={"X-Knock-User-Token": "eyJ.secret"},
    )

    record = repr(client.last)
    assert not [secret for secret in (SECRET, PUBLIC, "xoxb-secret", "eyJ.secret") if secret in record]


def test_a_key_in_basic_form_is_not_in_the_record(echo: Client) -> None:
    echo.send("GET", "/v1/users", headers={"Authorization": "Basic c2tfdGVzdA=="}, credential=None)

    assert echo.last is not None
    assert echo.last.request_headers[-1] == ("authorization", "Basic ***")


def answers(*statuses: int) -> Iterator[httpx.Response]:
    return (httpx.Response(status, headers={"retry-after": "0"}) for status in statuses)


def test_a_paced_client_repeats_what_was_over_the_limit() -> None:
    replies = answers(429, 429, 200)
    client = client_of(lambda _request: next(replies), pace=True)

    assert client.send("POST", "/v1/workflows/a/trigger", body={}).status_code == 200


def test_an_unpaced_client_shows_that_it_is_over_the_limit() -> None:
    replies = answers(429, 200)
    client = client_of(lambda _request: next(replies))

    assert client.send("POST", "/v1/workflows/a/trigger", body={}).status_code == 429
