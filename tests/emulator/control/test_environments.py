from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import Emulator
    from knock_harness.emulator.environment import Environment


def test_an_environment_says_its_keys(control: httpx.Client) -> None:
    info = control.get("/environment").json()

    assert (info["key"], info["public_key"]) == ("sk_test_tests", "pk_test_tests")


def test_another_secret_key_of_an_environment_names_it_too(control: httpx.Client) -> None:
    control.post("/keys", json={"kind": "secret", "key": "sk_live_more"}).raise_for_status()

    info = control.get("/environment", headers={"x-knock-environment": "sk_live_more"}).json()

    assert info["key"] == "sk_test_tests"


def test_the_state_counts_records_of_each_kind(
    api: httpx.Client, control: httpx.Client, trigger: Callable[..., str]
) -> None:
    api.put("/v1/users/ada", json={})
    api.put("/v1/objects/books/one", json={})
    api.put("/v1/tenants/acme", json={})
    trigger("in-app-message", "ada")

    counts = control.get("/state").json()["counts"]

    assert {name: counts[name] for name in ("users", "objects", "tenants", "messages", "runs")} == {
        "users": 1,
        "objects": 1,
        "tenants": 1,
        "messages": 1,
        "runs": 1,
    }


def test_the_state_says_what_waits_and_what_is_due_next(
    control: httpx.Client, environment: Environment, trigger: Callable[..., str]
) -> None:
    trigger("delayed-message", "ada", "bob")

    state = control.get("/state").json()

    assert (state["runs_waiting"], state["due"]["waiting"]) == (2, 2)
    assert state["due"]["next"] == environment.store.queue.next_due()


def test_the_state_of_an_empty_environment_is_empty(control: httpx.Client) -> None:
    state = control.get("/state").json()

    assert set(state["counts"].values()) == {0}
    assert state["due"] == {"waiting": 0, "next": None}


def test_a_reset_forgets_what_was_written_committed_set_and_moved(
    api: httpx.Client, control: httpx.Client, trigger: Callable[..., str]
) -> None:
    before = control.get("/state").json()
    trigger("delayed-message", "ada")
    control.put("/workflows/mine", json={"name": "Mine", "steps": []})
    control.put("/limits", json={"limits": "on"})
    control.post("/faults", json={"kind": "garbage"})
    workflows = control.get("/workflows").json()

    control.post("/reset").raise_for_status()

    assert control.get("/state").json() == before
    assert control.get("/workflows").json() != workflows


def test_a_reset_leaves_other_environments_alone(control: httpx.Client, emulator: Emulator) -> None:
    other = {"x-knock-environment": "sk_test_other"}
    control.post("/seed", json={"users": {"count": 3}}, headers=other).raise_for_status()

    control.post("/reset").raise_for_status()

    assert control.get("/state", headers=other).json()["counts"]["users"] == 3


def test_after_a_reset_the_keys_still_let_in(api: httpx.Client, control: httpx.Client) -> None:
    control.post("/keys", json={"kind": "secret", "key": "sk_test_more"}).raise_for_status()
    control.post("/reset").raise_for_status()

    response = api.get("/v1/users", headers={"authorization": "Bearer sk_test_more"})

    assert response.status_code == 200
    assert control.get("/environment", headers={"x-knock-environment": "sk_test_more"}).json()["key"] == "sk_test_tests"


@pytest.mark.parametrize("path", ["/environments", "/environment", "/state"])
def test_asking_changes_nothing(path: str, control: httpx.Client) -> None:
    assert control.get(path).content == control.get(path).content
