"""Retention: what lies outside the window is not seen, and goes; what feeds show stays."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator.references import Ref
from knock_harness.emulator.retention import Purge

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import httpx

    from knock_harness.emulator import VirtualClock
    from knock_harness.emulator.environment import Environment

PARTS = ["", "/content", "/events", "/activities", "/delivery_logs"]
LISTS = ["/v1/messages", "/v1/users/ada/messages"]
MONTH = timedelta(days=31)


def listed(api: httpx.Client, path: str = "/v1/messages", **query: Any) -> list[str]:
    return [each["id"] for each in api.get(path, params=query).raise_for_status().json()["items"]]


@pytest.mark.promise("RETENTION-WINDOW")
@pytest.mark.parametrize(
    ("plan_days", "age_days", "seen"), [(30, 29, True), (30, 31, False), (90, 89, True), (90, 91, False)]
)
def test_a_message_is_seen_for_as_long_as_the_plan_says(
    api: httpx.Client,
    send: Callable[..., str],
    clock: VirtualClock,
    environment: Environment,
    plan_days: int,
    age_days: int,
    seen: bool,
) -> None:
    if plan_days != 30:
        environment.configure(retention_s=plan_days * 86400.0)
    message = send()
    clock.advance(timedelta(days=age_days))

    assert listed(api) == ([message] if seen else [])


@pytest.mark.promise("RETENTION-WINDOW")
def test_age_counts_from_when_a_message_was_made(
    api: httpx.Client, send: Callable[..., str], clock: VirtualClock
) -> None:
    message = send()
    clock.advance(timedelta(days=29))
    api.put(f"/v1/messages/{message}/read")
    clock.advance(timedelta(days=2))

    assert listed(api) == []


@pytest.mark.promise("RETENTION-LISTS")
@pytest.mark.parametrize("path", [*LISTS, "/v1/objects/c/o/messages"])
def test_lists_leave_out_what_is_too_old(
    api: httpx.Client, send: Callable[..., str], clock: VirtualClock, path: str
) -> None:
    to = Ref("c", "o") if "objects" in path else "ada"
    send(to, channel="sms")
    clock.advance(MONTH)
    young = send(to, channel="sms")

    assert listed(api, path) == [young]


@pytest.mark.promise("RETENTION-LISTS", "RETENTION-RUN-404")
def test_a_run_that_is_too_old_is_not_found_and_not_listed(
    api: httpx.Client, trigger: Callable[..., str], runs: Callable[..., Any], clock: VirtualClock
) -> None:
    trigger("in-app-message")
    (run,) = runs()
    path = f"/v1/workflow_recipient_runs/{run['id']}"
    before = api.get(path).status_code
    clock.advance(MONTH)

    assert (before, api.get(path).status_code) == (200, 404)
    assert runs() == []


@pytest.mark.promise("RETENTION-GET-404")
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("channel", ["in_app_feed", "sms"])
def test_a_message_that_is_too_old_is_not_found_nor_its_parts(
    api: httpx.Client, send: Callable[..., str], clock: VirtualClock, channel: str, part: str
) -> None:
    path = f"/v1/messages/{send(channel=channel)}{part}"
    before = api.get(path).status_code
    clock.advance(MONTH)

    assert (before, api.get(path).status_code) == (200, 404)


@pytest.mark.promise("RETENTION-BATCH-CONTENT")
@pytest.mark.parametrize("purged", [False, True], ids=["kept", "purged"])
def test_contents_with_one_that_is_too_old_are_not_found(
    api: httpx.Client, send: Callable[..., str], trigger: Callable[..., str], clock: VirtualClock, purged: bool
) -> None:
    old = send(channel="sms")
    clock.advance(MONTH)
    young = send(channel="sms")
    for _ in range(purged):
        trigger("in-app-message")

    answers = [
        api.get("/v1/messages/batch/content", params={"message_ids[]": ids}).status_code
        for ids in ([old, young], [young])
    ]

    assert answers == [404, 200]


@pytest.mark.promise("RETENTION-FEED-KEEPS")
def test_a_feed_shows_its_items_for_ever(
    api: httpx.Client, trigger: Callable[..., str], send: Callable[..., str], clock: VirtualClock, feed: str
) -> None:
    message = send()
    clock.advance(timedelta(days=365))
    trigger("in-app-message", "bob")

    assert [each["id"] for each in api.get(feed).json()["entries"]] == [message]
    assert api.get(feed).json()["meta"]["total_count"] == 1
    assert message not in listed(api)


WORDS = ["seen", "read", "interacted", "archived"]


@pytest.mark.promise("RETENTION-STATUS-UPDATES")
@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("batch", [False, True], ids=["single", "batch"])
def test_the_status_of_an_old_item_can_be_set_and_undone(
    api: httpx.Client, send: Callable[..., str], clock: VirtualClock, feed: str, word: str, batch: bool
) -> None:
    message = send()
    clock.advance(MONTH)

    def change(word: str) -> httpx.Response:
        if batch:
            return api.post(f"/v1/messages/batch/{word}", json={"message_ids": [message]})
        return api.request("DELETE" if word.startswith("un") else "PUT", f"/v1/messages/{message}/{word}")

    def shown() -> Any:
        entries = api.get(feed, params={"archived": "include"}).json()["entries"]
        return entries[0][f"{word}_at"]

    answers = [change(word).status_code]
    after_set = shown()
    if word != "interacted":
        answers.append(change(f"un{word}").status_code)

    assert set(answers) == {200}
    assert after_set is not None
    assert word == "interacted" or shown() is None


def test_the_status_of_another_old_message_can_not_be_set(
    api: httpx.Client, send: Callable[..., str], clock: VirtualClock
) -> None:
    message = send(channel="sms")
    clock.advance(MONTH)

    assert api.put(f"/v1/messages/{message}/read").status_code == 404


@pytest.mark.promise("RETENTION-BULK-CHANNEL")
@pytest.mark.parametrize(("channel", "changed"), [("in_app_feed", 2), ("sms", 1)])
def test_a_bulk_update_reaches_old_messages_of_feeds_alone(
    api: httpx.Client,
    send: Callable[..., str],
    clock: VirtualClock,
    watch: Callable[..., Any],
    environment: Environment,
    channel: str,
    changed: int,
) -> None:
    send(channel=channel)
    clock.advance(MONTH)
    send(channel=channel)
    through = next(each.id for each in environment.project.channels.values() if each.type == channel)

    seen = watch(api.post(f"/v1/channels/{through}/messages/bulk/read", json={}).json())

    assert seen[-1]["success_count"] == changed
    read = environment.store.connection.execute("SELECT count(*) FROM messages WHERE read_at IS NOT NULL")
    assert read.fetchone()[0] == changed


def sizes(environment: Environment, *tables: str) -> list[int]:
    connection = environment.store.connection
    return [connection.execute(f"SELECT count(*) FROM {each}").fetchone()[0] for each in tables]  # noqa: S608


def test_what_is_too_old_goes_when_something_new_comes(
    send: Callable[..., str], trigger: Callable[..., str], clock: VirtualClock, environment: Environment
) -> None:
    for _ in range(600):
        send(channel="sms")
    for _ in range(3):
        trigger("in-app-message")
    clock.advance(MONTH)
    before = sizes(environment, "messages", "runs")
    trigger("in-app-message")

    assert before == [603, 3]
    assert sizes(environment, "messages", "runs", "message_events") == [4, 1, 8]


def test_no_purge_is_made_while_nothing_can_be_old(
    trigger: Callable[..., str], clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[datetime] = []
    monkeypatch.setattr(Purge, "go", lambda _, at: made.append(at))
    trigger("in-app-message")
    for _ in range(30):
        clock.advance(timedelta(days=1))
        trigger("in-app-message")

    assert made == [clock.now()]


def test_a_run_that_waits_outlives_the_window(
    commit: Callable[..., None],
    trigger: Callable[..., str],
    work: Callable[[], None],
    clock: VirtualClock,
    messages: Callable[..., Any],
    in_app: Callable[..., dict[str, Any]],
) -> None:
    wait = {"ref": "wait", "type": "delay", "settings": {"delay_for": {"unit": "days", "value": 60}}}
    commit("patient", wait, in_app())
    trigger("patient")
    clock.advance(timedelta(days=40))
    trigger("in-app-message", "bob")
    clock.advance(timedelta(days=20))
    work()

    assert [each["recipient"] for each in messages()] == ["ada", "bob"][::-1]


def test_once_per_recipient_holds_beyond_the_window(
    commit: Callable[..., None],
    trigger: Callable[..., str],
    clock: VirtualClock,
    messages: Callable[..., Any],
    in_app: Callable[..., dict[str, Any]],
) -> None:
    commit("once", in_app(), trigger_frequency="once_per_recipient")
    trigger("once")
    clock.advance(MONTH)
    for _ in range(2):
        trigger("once")

    assert messages() == []


def test_answers_under_idempotency_keys_go_after_their_day(
    api: httpx.Client, work: Callable[[], None], clock: VirtualClock, environment: Environment
) -> None:
    for number in range(3):
        path = "/v1/workflows/in-app-message/trigger"
        api.post(path, json={"recipients": ["ada"]}, headers={"idempotency-key": str(number)}).raise_for_status()
        clock.advance(timedelta(hours=20))
        work()

    assert sizes(environment, "replies") == [2]


def test_a_store_with_a_short_window_does_not_grow(
    trigger: Callable[..., str], clock: VirtualClock, environment: Environment
) -> None:
    environment.configure(retention_s=60.0, keeps_feeds=False)
    seen = []
    for _ in range(12):
        for _ in range(20):
            trigger("in-app-message")
            clock.advance(timedelta(seconds=3))
        seen.append(environment.store.connection.execute("PRAGMA page_count").fetchone()[0])

    assert max(seen[4:]) <= seen[3] + 1  # pages are used again; one more may be split
    assert sizes(environment, "messages", "runs") == [pytest.approx(20, abs=3)] * 2


def test_an_environment_that_is_opened_again_goes_on_taking_out(
    send: Callable[..., str], trigger: Callable[..., str], clock: VirtualClock, environment: Environment
) -> None:
    send(channel="sms")
    clock.advance(MONTH)
    environment._reload()
    trigger("in-app-message")

    assert sizes(environment, "messages") == [1]
