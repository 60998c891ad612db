from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator.clock import stamp

if TYPE_CHECKING:
    import httpx

    from knock_harness.emulator.environment import Environment


def status(api: httpx.Client, key: str) -> int:
    return api.get("/v1/users", headers={"authorization": f"Bearer {key}"}).status_code


def test_a_created_key_lets_in(api: httpx.Client, control: httpx.Client) -> None:
    key = control.post("/keys", json={"kind": "secret"}).json()

    assert (key["status"], status(api, key["key"])) == ("valid", 200)


def test_a_public_key_is_created_where_one_is_asked_for(api: httpx.Client, control: httpx.Client) -> None:
    key = control.post("/keys", json={"kind": "public", "key": "pk_live_mine"}).json()

    assert (key["key"], status(api, "pk_live_mine")) == ("pk_live_mine", 403)


@pytest.mark.parametrize("key", ["mine", "pk_test_mine", "sk_test_tests", "sk_ x", "sk_é"])
def test_a_key_that_cannot_be_is_refused(key: str, control: httpx.Client) -> None:
    assert control.post("/keys", json={"kind": "secret", "key": key}).status_code == 422


def test_a_revoked_key_lets_nobody_in(api: httpx.Client, control: httpx.Client) -> None:
    key = control.post("/keys", json={"kind": "secret"}).json()["key"]

    revoked = control.post("/keys/revoke", json={"key": key}).json()

    assert (revoked["status"], status(api, key)) == ("revoked", 401)


def test_a_key_expires_by_the_clock_of_the_environment(
    api: httpx.Client, control: httpx.Client, environment: Environment
) -> None:
    at = stamp(environment.clock.now() + timedelta(hours=1))
    control.post("/keys", json={"kind": "secret", "key": "sk_test_more", "expires_at": at}).raise_for_status()
    before = status(api, "sk_test_more")
    control.post("/clock/advance", json={"by": "PT1H"}).raise_for_status()

    assert (before, status(api, "sk_test_more")) == (200, 401)
    assert [each["status"] for each in control.get("/keys").json()["keys"]] == ["valid", "valid", "expired"]


def test_a_key_may_expire_at_once_and_be_renewed(
    api: httpx.Client, control: httpx.Client, environment: Environment
) -> None:
    control.post("/keys", json={"kind": "secret", "key": "sk_test_more"})
    now = stamp(environment.clock.now())
    control.post("/keys/expire", json={"key": "sk_test_more", "expires_at": now}).raise_for_status()
    expired = status(api, "sk_test_more")
    control.post("/keys/expire", json={"key": "sk_test_more", "expires_at": None}).raise_for_status()

    assert (expired, status(api, "sk_test_more")) == (401, 200)


@pytest.mark.parametrize("path", ["/keys/revoke", "/keys/expire"])
def test_a_key_that_is_none_is_not_found(path: str, control: httpx.Client) -> None:
    body = {"key": "sk_test_nobody", **({"expires_at": None} if "expire" in path else {})}

    assert control.post(path, json=body).status_code == 404


@pytest.mark.parametrize("body", [{"kind": "secret", "expires_at": "soon"}, {"kind": "other"}, {}], ids=str)
def test_a_key_that_is_not_described_is_refused(body: dict[str, Any], control: httpx.Client) -> None:
    assert control.post("/keys", json=body).status_code == 422


def test_the_key_of_user_tokens_is_kept_by_its_public_half(control: httpx.Client) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()

    kept = control.put("/signing_key", json={"key": pem}).json()["public_key"]

    assert kept.startswith("-----BEGIN PUBLIC KEY-----")
    assert control.get("/signing_key").json()["public_key"] == kept


@pytest.mark.parametrize("key", ["", "no key", "-----BEGIN PUBLIC KEY-----\nno\n-----END PUBLIC KEY-----"])
def test_what_is_no_signing_key_is_refused_and_the_old_one_stays(key: str, control: httpx.Client) -> None:
    assert control.put("/signing_key", json={"key": key}).status_code == 422
    assert control.get("/signing_key").json()["public_key"] is None
