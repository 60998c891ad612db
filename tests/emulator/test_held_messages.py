from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator import definitions

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import VirtualClock

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: Nine to five, Monday to Friday.
OFFICE = [
    {"day": day, "type": "send", "from": "09:00", "until": "17:00"}
    if number < 5
    else {"day": day, "type": "do_not_send"}
    for number, day in enumerate(DAYS)
]
MONDAY = "2026-03-02"


@pytest.fixture
def now(clock: VirtualClock, wait: Callable[..., None]) -> Callable[[str], None]:
    """Let it be a moment, and do on the way what falls due."""

    def now(text: str) -> None:
        wait(datetime.fromisoformat(text).replace(tzinfo=UTC) - clock.now())

    return now


@pytest.fixture
def email() -> Callable[..., dict[str, Any]]:
    """Return a step that sends an email, by its send windows."""

    def email(windows: Any = OFFICE) -> dict[str, Any]:
        return {
            "ref": "email",
            "type": "channel",
            "channel_type": "email",
            "channel_key": "email",
            "template": {"subject": "Hello", "html_body": "Hello", "text_body": "Hello"},
            "send_windows": windows,
        }

    return email


ADA = {"id": "ada", "email": "ada@example.com"}


@pytest.mark.promise("WINDOW-INSIDE-SENDS")
def test_within_a_window_a_message_goes_out_at_once(
    commit: Any, email: Any, trigger: Any, now: Any, messages: Any
) -> None:
    commit("news", email())
    now(f"{MONDAY}T10:00")

    trigger("news", ADA)

    (message,) = messages()
    assert (message["status"], message["scheduled_at"]) == ("delivered", None)


@pytest.mark.promise("WINDOW-OUTSIDE-QUEUES")
def test_outside_a_message_is_queued_until_the_next_window_opens(
    commit: Any, email: Any, trigger: Any, now: Any, messages: Any
) -> None:
    commit("news", email())
    now(f"{MONDAY}T20:00")
    trigger("news", ADA)
    now("2026-03-03T08:59:59")
    (before,) = messages()

    now("2026-03-03T09:00:00")

    (after,) = messages()
    assert (before["status"], before["scheduled_at"]) == ("queued", "2026-03-03T09:00:00.000000Z")
    assert (after["status"], after["scheduled_at"]) == ("delivered", "2026-03-03T09:00:00.000000Z")


@pytest.mark.promise("WINDOW-DO-NOT-SEND")
def test_days_without_sending_are_passed_over(commit: Any, email: Any, trigger: Any, now: Any, messages: Any) -> None:
    commit("news", email())
    now("2026-03-06T18:00")  # a Friday

    trigger("news", ADA)

    assert messages()[0]["scheduled_at"] == "2026-03-09T09:00:00.000000Z"


@pytest.mark.promise("WINDOW-DO-NOT-SEND")
@pytest.mark.parametrize("time", ["00:00", "23:59"])
def test_a_day_without_bounds_sends_all_day(
    commit: Any, email: Any, trigger: Any, now: Any, messages: Any, time: str
) -> None:
    commit("news", email([{"day": day, "type": "send"} for day in DAYS]))
    now(f"{MONDAY}T{time}")

    trigger("news", ADA)

    assert messages()[0]["status"] == "delivered"


@pytest.mark.promise("WINDOW-TIMEZONE")
@pytest.mark.parametrize(
    ("zone", "account", "status"),
    [
        (None, None, "queued"),
        ("Asia/Tokyo", None, "delivered"),
        (None, "Asia/Tokyo", "delivered"),
        ("Etc/UTC", "Asia/Tokyo", "queued"),
    ],
)
def test_the_wall_clock_is_that_of_the_recipient(
    commit: Any,
    email: Any,
    trigger: Any,
    now: Any,
    messages: Any,
    environment: Any,
    zone: Any,
    account: Any,
    status: str,
) -> None:
    commit("news", email())
    if account is not None:
        definitions.commit_section(environment, "account", {"timezone": account})
    now(f"{MONDAY}T07:30")

    trigger("news", {**ADA, "timezone": zone})

    assert messages()[0]["status"] == status


@pytest.mark.promise("WINDOW-RUN-CONTINUES")
def test_a_closed_window_holds_the_message_and_not_the_run(
    commit: Any, email: Any, in_app: Any, trigger: Any, now: Any, messages: Any, runs: Any, api: httpx.Client, feed: str
) -> None:
    commit("news", email(), in_app())
    now(f"{MONDAY}T20:00")

    trigger("news", ADA)

    assert runs()[0]["status"] == "completed"
    assert {each["channel"]["type"]: each["status"] for each in messages()} == {
        "email": "queued",
        "in_app_feed": "delivered",
    }
    assert len(api.get(feed).json()["entries"]) == 1


@pytest.mark.promise("WINDOW-OUTSIDE-QUEUES")
def test_a_message_of_a_feed_stands_in_it_from_the_opening_on(
    commit: Any, in_app: Any, trigger: Any, now: Any, messages: Any, api: httpx.Client, feed: str
) -> None:
    commit("news", in_app(send_windows=OFFICE))
    now(f"{MONDAY}T20:00")
    trigger("news", ADA)
    before = (messages()[0]["status"], api.get(feed).json())

    now("2026-03-03T09:00:00")

    after = (messages()[0]["status"], api.get(feed).json())
    assert [(status, len(page["entries"]), page["meta"]["total_count"]) for status, page in (before, after)] == [
        ("queued", 0, 0),
        ("delivered", 1, 1),
    ]


def test_a_message_that_is_gone_when_the_window_opens_is_passed_over(
    commit: Any, in_app: Any, trigger: Any, now: Any, messages: Any, api: httpx.Client
) -> None:
    commit("news", in_app(send_windows=OFFICE))
    now(f"{MONDAY}T20:00")
    trigger("news", ADA)
    api.delete("/v1/users/ada").raise_for_status()

    now("2026-03-03T09:00:00")

    assert messages() == []


def test_where_no_window_ever_opens_a_message_stays_queued(
    commit: Any, email: Any, trigger: Any, now: Any, messages: Any
) -> None:
    commit("news", email([{"day": day, "type": "do_not_send"} for day in DAYS]))
    trigger("news", ADA)

    now("2026-03-20T12:00")

    assert (messages()[0]["status"], messages()[0]["scheduled_at"]) == ("queued", None)
