from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx


def test_an_environment_is_filled(control: httpx.Client, api: httpx.Client) -> None:
    seeds = {
        "users": {"count": 3},
        "tenants": {"count": 1},
        "objects": [{"collection": "cars", "count": 2, "subscribers": 2}],
        "messages": [{"per_user": 2, "workflow": "in-app-message", "data": {"message": "Order {n}"}}],
    }

    told = control.post("/seed", json=seeds).raise_for_status().json()

    assert told["users"]["last"] == "user-000003"
    assert [(each["collection"], each["first"]) for each in told["objects"]] == [("cars", "object-000001")]
    assert [each["count"] for each in told["messages"]] == [6]
    newest = api.get("/v1/messages").json()["items"][0]
    assert (newest["id"], newest["data"]) == (told["messages"][0]["last"], {"message": "Order 6"})


def test_nothing_may_be_asked_for(control: httpx.Client) -> None:
    assert control.post("/seed", json={}).json()["users"]["count"] == 0


@pytest.mark.parametrize(
    "seeds",
    [
        {"users": {}},
        {"users": {"count": -1}},
        {"users": {"count": 1, "prefix": "a/b"}},
        {"users": {"count": 1, "collection": "cars"}},
        {"objects": [{"count": 1}]},
        {"messages": [{"per_user": 1, "workflow": "none-such"}]},
        {"messages": [{"per_user": 1, "workflow": "in-app-message", "read": 1.5}]},
        {"people": {"count": 1}},
    ],
    ids=str,
)
def test_seeds_that_cannot_be_are_refused(seeds: dict[str, Any], control: httpx.Client) -> None:
    assert control.post("/seed", json=seeds).status_code == 422
