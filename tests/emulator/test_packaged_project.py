"""The workflows of the packaged project do what they are there for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

HOUR = timedelta(hours=1)


@pytest.fixture
def steps(messages: Callable[..., list[dict[str, Any]]]) -> Callable[[], list[str]]:
    """Return the steps that made messages, in order."""
    return lambda: [each["source"]["step_ref"] for each in messages()]


def test_triggers_of_an_hour_about_a_page_are_one_message(
    api: httpx.Client,
    feed: str,
    trigger: Callable[..., str],
    wait: Callable[[timedelta], None],
) -> None:
    for page in ("a", "a", "b"):
        trigger("batched-message", data={"page": page})
    before = api.get(feed).json()["entries"]

    wait(HOUR)

    assert before == []
    shown = [each["blocks"][0]["rendered"] for each in api.get(feed).json()["entries"]]
    assert sorted(shown) == ["<p>1 update</p>\n", "<p>2 updates</p>\n"]


def test_one_message_an_hour_passes_the_throttle(
    trigger: Callable[..., str], wait: Callable[[timedelta], None], steps: Callable[[], list[str]]
) -> None:
    for _ in range(2):
        trigger("throttled-message")
    wait(HOUR)
    trigger("throttled-message")

    assert len(steps()) == 2


@pytest.mark.parametrize(("plan", "taken"), [("pro", "pro"), ("free", "other")])
def test_a_branch_is_taken_and_left_again(
    trigger: Callable[..., str], steps: Callable[[], list[str]], plan: str, taken: str
) -> None:
    trigger("branching-message", data={"plan": plan})

    assert steps() == [taken, "last"]


def test_four_of_five_are_reached(trigger: Callable[..., str], runs: Callable[..., Any], api: httpx.Client) -> None:
    trigger("cohort-message", *(f"user-{number}" for number in range(200)))

    reached = sum(len(api.get(f"/v1/users/user-{number}/messages").json()["items"]) for number in range(200))
    assert 140 <= reached <= 180


def test_a_workflow_starts_another(trigger: Callable[..., str], messages: Callable[..., list[dict[str, Any]]]) -> None:
    trigger("nested-message", data={"message": "Hi"})

    (message,) = messages()
    assert (message["source"]["key"], message["data"]) == ("in-app-message", {"message": "Hi"})


@pytest.mark.parametrize(("reads", "made"), [(True, ["first"]), (False, ["first", "reminder"])])
def test_whoever_does_not_read_is_reminded(
    api: httpx.Client,
    trigger: Callable[..., str],
    wait: Callable[[timedelta], None],
    work: Callable[[], None],
    messages: Callable[..., list[dict[str, Any]]],
    steps: Callable[[], list[str]],
    reads: bool,
    made: list[str],
) -> None:
    trigger("awaited-message")
    (message,) = messages()
    api.put(f"/v1/messages/{message['id']}/{'read' if reads else 'seen'}").raise_for_status()
    work()

    wait(HOUR)

    assert steps() == made
