"""The preference center."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx

    from knock_harness.emulator.environment import Environment

CONFIG = "/v1/users/{}/preference_center/config"
LINK = "/v1/users/{}/preference_center/signed_url"


@pytest.fixture(autouse=True)
def users(api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={"email": "ada@example.test"})
    api.put("/v1/users/bob", json={"name": "Bob"})


def claims(token: str) -> dict[str, str]:
    part = token.split(".")[1]
    return dict(json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))))


@pytest.mark.promise("PREFCENTER-USER-LABEL", "PREFCENTER-CONFIG-PER-ENV", "PREFCENTER-CONFIG-SHAPE")
def test_users_of_an_environment_see_the_same_but_their_own_name(api: httpx.Client) -> None:
    ada, bob = (api.get(CONFIG.format(user)).json() for user in ("ada", "bob"))

    assert (ada.pop("user_email"), bob.pop("user_email")) == ("ada@example.test", "bob")
    assert ada == bob
    assert (ada["enabled"], ada["account_name"], ada["config"]["title"]) == (
        True,
        "Example Inc.",
        "Notification settings",
    )


@pytest.mark.promise("PREFCENTER-ROWS")
def test_rows_say_what_they_control(api: httpx.Client, environment: Environment) -> None:
    rows = api.get(CONFIG.format("ada")).json()["config"]["rows"]

    assert rows == environment.project.preference_center["config"]["rows"]


def test_commercial_messages_can_always_be_switched_off(api: httpx.Client, environment: Environment) -> None:
    environment.project = replace(environment.project, preference_center={})

    answer = api.get(CONFIG.format("ada")).json()

    assert answer["enabled"] is False
    assert [row["type"] for row in answer["config"]["rows"]] == ["commercial_subscribed"]


@pytest.mark.promise("PREFCENTER-URL-SHAPE")
def test_a_link_ends_with_its_token(api: httpx.Client) -> None:
    answer = api.post(LINK.format("ada")).json()

    assert answer["url"] == f"http://emulator.test/p/{answer['token']}"


@pytest.mark.promise("PREFCENTER-URL-PER-USER", "PREFCENTER-URL-NO-EXPIRY")
def test_a_link_speaks_for_one_user_and_for_ever(api: httpx.Client) -> None:
    tokens = [api.post(LINK.format(user)).json()["token"] for user in ("ada", "bob")]

    assert [claims(each)["sub"] for each in tokens] == ["ada", "bob"]
    assert "exp" not in claims(tokens[0])


@pytest.mark.parametrize(("method", "path"), [("GET", CONFIG), ("POST", LINK)])
def test_an_unknown_user_is_not_found(api: httpx.Client, method: str, path: str) -> None:
    assert api.request(method, path.format("nobody")).status_code == 404
