from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx


@pytest.fixture
def sent(api: httpx.Client, trigger: Callable[..., str]) -> str:
    """Send ada messages through all channels she has an address for."""
    api.put("/v1/users/ada", json={"email": "ada@example.com", "phone_number": "+15005550006"})
    return trigger("all-channels", "ada")


def test_the_outbox_shows_what_was_sent(control: httpx.Client, sent: str) -> None:
    outbox = control.get("/outbox", params={"run_id": sent}).json()

    assert {(each["channel"]["type"], each["to"]) for each in outbox["messages"]} >= {
        ("in_app_feed", None),
        ("email", "ada@example.com"),
        ("sms", "+15005550006"),
    }
    assert outbox["count"] == len(outbox["messages"])


def test_the_outbox_is_narrowed_and_paged(control: httpx.Client, sent: str) -> None:
    first = control.get("/outbox", params={"recipient": "ada", "collection": "", "limit": 2}).json()
    rest = control.get("/outbox", params={"recipient": "ada", "after": first["after"], "limit": 1000}).json()

    assert len(first["messages"]) == 2
    assert len(first["messages"]) + len(rest["messages"]) == first["count"]
    assert rest["after"] is None


def test_the_outbox_of_a_time_is_shown(control: httpx.Client, sent: str) -> None:
    until = control.get("/outbox", params={"until": "2026-03-01T12:00:00Z"}).json()
    since = control.get("/outbox", params={"since": "2026-03-01T12:00:00Z"}).json()

    assert (until["count"], since["count"] > 0) == (0, True)


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 1001}, {"since": "yesterday"}, {"after": "x"}], ids=str)
def test_a_question_that_cannot_be_is_refused(params: dict[str, Any], control: httpx.Client) -> None:
    assert control.get("/outbox", params=params).status_code == 422
