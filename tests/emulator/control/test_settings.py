from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx


def test_only_what_is_given_changes(control: httpx.Client) -> None:
    before = control.get("/settings").json()

    after = control.patch("/settings", json={"journal_entries": 7}).json()

    assert after == {**before, "journal_entries": 7}


@pytest.mark.parametrize(
    "body",
    [{"journal_entries": -1}, {"journal_entries": "many"}, {"enhanced_security": 1}, {"colour": "red"}, []],
    ids=str,
)
def test_a_setting_without_a_meaning_is_refused_and_changes_nothing(body: Any, control: httpx.Client) -> None:
    before = control.get("/settings").json()

    assert control.patch("/settings", json=body).status_code == 422
    assert control.get("/settings").json() == before


def test_enhanced_security_asks_public_keys_for_user_tokens(api: httpx.Client, control: httpx.Client) -> None:
    headers = {"authorization": "Bearer pk_test_tests"}
    before = api.get("/v1/users/ada/preferences/default", headers=headers).status_code
    control.patch("/settings", json={"enhanced_security": True}).raise_for_status()

    assert (before, api.get("/v1/users/ada/preferences/default", headers=headers).status_code) == (200, 403)


def test_limits_are_set_and_kept(api: httpx.Client, control: httpx.Client) -> None:
    limits = control.put("/limits", json={"limits": "2x"}).json()
    statuses = [api.post("/v1/users/bulk/delete", json={"user_ids": ["ada"]}).status_code for _ in range(3)]

    assert (limits["limits"], limits["per_second"]["1"]) == ("2x", 2.0)
    assert statuses == [200, 200, 429]


def test_without_limits_any_number_is_admitted(control: httpx.Client) -> None:
    assert set(control.get("/limits").json()["per_second"].values()) == {None}


@pytest.mark.parametrize("limits", ["", "5", "-1x", "0x", "x", "of", None, 5])
def test_limits_without_a_meaning_are_refused(limits: Any, control: httpx.Client) -> None:
    assert control.put("/limits", json={"limits": limits}).status_code == 422
