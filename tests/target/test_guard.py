"""The guard refuses before the first byte."""

from __future__ import annotations

import httpx
import pytest

from knock_harness.errors import InvalidConfiguration, Refused
from knock_harness.target import Client, guard

from .conftest import client_of, target_at


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "api.localhost", "::1"])
def test_this_machine_needs_no_name(host: str) -> None:
    guard.check_host(host, named=())


@pytest.mark.parametrize("host", ["api.knock.app", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com"])
def test_another_host_is_refused_unless_it_is_named(host: str) -> None:
    guard.check_host(host, named={host})

    with pytest.raises(Refused, match=host):
        guard.check_host(host, named=())


@pytest.mark.parametrize("key", ["sk_live_1", "sk_1", "pk_live_1", "sk_prod_test_1"])
def test_a_key_that_may_be_live_is_refused_without_the_flag(key: str) -> None:
    guard.check_key(key, live_allowed=True)

    with pytest.raises(Refused, match="--i-understand-this-is-live"):
        guard.check_key(key, live_allowed=False)


def test_the_message_about_a_live_key_does_not_show_it() -> None:
    with pytest.raises(Refused) as refused:
        guard.check_key("sk_live_abcdef", live_allowed=False)

    assert "abcdef" not in str(refused.value)


@pytest.mark.parametrize("key", ["sk_test_1", "pk_test_1", "anything", ""])
def test_other_keys_pass(key: str) -> None:
    guard.check_key(key, live_allowed=False)


@pytest.mark.parametrize(
    "url", ["foo", "ftp://a", "http://", "http://a:b", "http://[::1", "http://a b", "http://a?x=1", "http://u:p@a", ""]
)
def test_what_is_no_base_url_is_said_so(url: str) -> None:
    with pytest.raises(InvalidConfiguration, match="flag --target"):
        guard.host_of(url, where="flag --target")


def test_a_client_for_a_foreign_host_is_not_made() -> None:
    with pytest.raises(Refused):
        Client(target_at("https://api.knock.app"))


def test_a_wrong_key_never_leaves_this_machine() -> None:
    seen: list[httpx.Request] = []
    client = client_of(lambda request: seen.append(request) or httpx.Response(200))

    with pytest.raises(Refused):
        client.send("GET", "/v1/users", credential="sk_live_1")

    assert not seen


def test_a_live_key_in_a_header_is_refused_too() -> None:
    client = client_of(lambda _request: httpx.Response(200))

    with pytest.raises(Refused):
        client.send("GET", "/v1/users", headers={"Authorization": "Bearer sk_live_1"})


@pytest.mark.parametrize("path", ["@evil.example.com/v1", ".evil.example.com/v1", ":1/v1", "v1/users"])
def test_a_path_cannot_lead_to_another_host(path: str) -> None:
    client = client_of(lambda _request: httpx.Response(200))

    with pytest.raises(Refused):
        client.send("GET", path)


def test_a_redirect_is_an_answer_like_any_other() -> None:
    client = client_of(lambda _request: httpx.Response(302, headers={"location": "https://api.knock.app/v1/users"}))

    response = client.send("GET", "/v1/users")

    assert response.status_code == 302
