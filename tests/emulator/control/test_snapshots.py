from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from knock_harness.emulator.snapshots import MOST

if TYPE_CHECKING:
    import httpx


def take(control: httpx.Client, name: str) -> dict[str, object]:
    answer: dict[str, object] = control.put(f"/snapshots/{name}").raise_for_status().json()
    return answer


def test_an_environment_returns_to_a_snapshot(control: httpx.Client, api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={})
    taken = take(control, "with ada")
    api.delete("/v1/users/ada")

    restored = control.post("/snapshots/with ada/restore").json()

    assert restored == taken
    assert api.get("/v1/users/ada").status_code == 200


def test_snapshots_are_listed_and_deleted(control: httpx.Client) -> None:
    first, second = take(control, "first"), take(control, "second")

    listed = control.get("/snapshots").json()
    control.delete("/snapshots/first").raise_for_status()

    assert listed == {"snapshots": [first, second]}
    assert control.get("/snapshots").json() == {"snapshots": [second]}


@pytest.mark.parametrize(("method", "path"), [("POST", "/restore"), ("GET", "/content"), ("DELETE", "")])
def test_a_snapshot_that_was_never_taken_is_not_found(method: str, path: str, control: httpx.Client) -> None:
    assert control.request(method, f"/snapshots/never{path}").status_code == 404


def test_a_snapshot_is_carried_to_another_environment(control: httpx.Client, api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={})
    taken = take(control, "here")
    other = {"x-knock-environment": "sk_test_other"}

    content = control.get("/snapshots/here/content")
    there = control.put("/snapshots/there/content", content=content.content, headers=other).json()
    control.post("/snapshots/there/restore", headers=other).raise_for_status()

    assert content.headers["content-type"] == "application/octet-stream"
    assert there == {**taken, "name": "there"}
    assert api.get("/v1/users/ada", headers={"authorization": "Bearer sk_test_other"}).status_code == 200


def test_what_is_no_snapshot_is_refused(control: httpx.Client) -> None:
    refused = control.put("/snapshots/broken/content", content=b"nothing of the kind")

    assert refused.status_code == 422
    assert control.get("/snapshots").json() == {"snapshots": []}


def test_too_many_snapshots_are_refused(control: httpx.Client) -> None:
    for number in range(MOST):
        take(control, str(number))

    refused = control.put("/snapshots/more")

    assert refused.status_code == 422
    assert "delete one first" in refused.json()["message"]
