from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest

from knock_harness.emulator import Emulator, EmulatorTransport, VirtualClock
from knock_harness.emulator.clock import moment
from knock_harness.emulator.outbox import Question, page
from knock_harness.emulator.refusals import InvalidParams
from knock_harness.emulator.seeding import SLICE, Seeds, seed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from knock_harness.emulator.environment import Environment

KEY = "sk_test_tests"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
IN_APP = {"per_user": 2, "workflow": "in-app-message"}


def seeded(environment: Environment, **seeds: Any) -> dict[str, Any]:
    """Fill an environment, and return what was said of it."""
    work = seed(environment, msgspec.convert(seeds, type=Seeds))
    while True:
        try:
            next(work)
        except StopIteration as end:
            told: dict[str, Any] = end.value
            return told


@pytest.fixture
def fill(environment: Environment) -> Callable[..., dict[str, Any]]:
    return lambda **seeds: seeded(environment, **seeds)


def test_seeded_users_can_be_read(api: httpx.Client, fill: Callable[..., dict[str, Any]]) -> None:
    told = fill(users={"count": 3, "properties": {"name": "Nr. {n}", "email": "{id}@example.org", "age": 7}})

    user = api.get("/v1/users/user-000002").json()

    assert (user["name"], user["email"], user["age"]) == ("Nr. 2", "user-000002@example.org", 7)
    assert told["users"] == {"count": 3, "pattern": "user-{n:06d}", "first": "user-000001", "last": "user-000003"}


def test_ids_begin_where_they_are_asked_to(api: httpx.Client, fill: Callable[..., dict[str, Any]]) -> None:
    fill(users={"count": 2, "prefix": "u.", "first": 999_999})

    assert {each["id"] for each in api.get("/v1/users").json()["entries"]} == {"u.999999", "u.1000000"}


def test_a_user_who_exists_stays_as_it_is(api: httpx.Client, fill: Callable[..., dict[str, Any]]) -> None:
    api.put("/v1/users/user-000001", json={"name": "Ada"})

    fill(users={"count": 2})

    assert api.get("/v1/users/user-000001").json()["name"] == "Ada"


def test_seeded_objects_and_tenants_can_be_read(api: httpx.Client, fill: Callable[..., dict[str, Any]]) -> None:
    fill(tenants={"count": 2}, objects=[{"collection": "cars", "count": 2, "properties": {"plate": "KN {n}"}}])

    assert api.get("/v1/tenants/tenant-000002").json()["name"] == "Tenant 2"
    assert api.get("/v1/objects/cars/object-000001").json()["properties"] == {"plate": "KN 1"}


def test_users_follow_objects_in_turn(api: httpx.Client, fill: Callable[..., dict[str, Any]]) -> None:
    fill(users={"count": 4}, objects=[{"collection": "cars", "count": 2, "subscribers": 3}])

    followed = [
        {each["recipient"]["id"] for each in api.get(f"/v1/objects/cars/{car}/subscriptions").json()["entries"]}
        for car in ("object-000001", "object-000002")
    ]

    assert followed == [
        {"user-000001", "user-000002", "user-000003"},
        {"user-000004", "user-000001", "user-000002"},
    ]


def test_seeded_messages_are_rendered_as_their_workflow_renders(
    api: httpx.Client, feed: str, fill: Callable[..., dict[str, Any]]
) -> None:
    fill(users={"count": 2}, messages=[{**IN_APP, "data": {"message": "Order {n} for {id}"}}])

    items = api.get(feed.replace("ada", "user-000002")).json()["entries"]

    assert [each["blocks"][0]["rendered"] for each in items] == [
        "<p>User 2: Order 4 for user-000002</p>\n",
        "<p>User 2: Order 2 for user-000002</p>\n",
    ]
    assert [each["data"] for each in items] == [
        {"message": "Order 4 for user-000002"},
        {"message": "Order 2 for user-000002"},
    ]


@pytest.mark.parametrize(("channel", "to"), [("email", "user-000001@example.com"), ("sms", "+15005550006")])
def test_messages_of_other_channels_have_the_address_of_their_user(
    channel: str, to: str, fill: Callable[..., dict[str, Any]], environment: Environment
) -> None:
    fill(users={"count": 1}, messages=[{"per_user": 1, "workflow": "all-channels", "channel": channel}])

    assert [each["to"] for each in page(environment, Question())["messages"]] == [to]


def test_all_that_is_seeded_reads_as_documented(
    api: httpx.Client, feed: str, fill: Callable[..., dict[str, Any]]
) -> None:
    messages = [
        {**IN_APP, "data": {"order": {"n": 1}}, "seen": 0.6, "read": 0.3, "archived": 0.2, "tenants": 0.5},
        {"per_user": 1, "workflow": "all-channels", "channel": "email"},
        {"per_user": 1, "workflow": "all-channels", "channel": "sms"},
    ]
    fill(
        users={"count": 5},
        tenants={"count": 2},
        objects=[{"collection": "cars", "count": 2, "subscribers": 2}],
        messages=messages,
    )

    listed = api.get("/v1/messages").json()["items"]  # each answer is held against the contract by the client
    paths = ["/v1/users", "/v1/tenants", "/v1/objects/cars", "/v1/users/user-000001/messages"]
    paths += ["/v1/users/user-000001/subscriptions", "/v1/objects/cars/object-000001/subscriptions"]
    paths += [feed.replace("ada", "user-000003"), "/v1/users/user-000001/preferences"]
    for each in listed:
        parts = ("", "/content", "/events", "/activities", "/delivery_logs")
        paths += [f"/v1/messages/{each['id']}{part}" for part in parts]

    assert {api.get(path).status_code for path in paths} == {200}
    assert len(listed) == 20


def test_messages_are_spread_over_the_time_before_now(api: httpx.Client, fill: Callable[..., dict[str, Any]]) -> None:
    fill(users={"count": 5}, messages=[{**IN_APP, "period_s": 10.0}])

    times = [moment(each["inserted_at"]) for each in api.get("/v1/messages").json()["items"]]

    assert times == [NOON - timedelta(seconds=each) for each in range(10)]


def test_the_shares_of_engagement_are_kept(fill: Callable[..., dict[str, Any]], environment: Environment) -> None:
    fill(users={"count": 100}, messages=[{**IN_APP, "per_user": 20, "seen": 0.5, "read": 0.25, "archived": 0.1}])

    counted = environment.store.connection.execute(
        "SELECT count(seen_at), count(read_at), count(archived_at) FROM messages"
    ).fetchone()

    assert [round(each / 2000, 1) for each in counted] == [0.5, pytest.approx(0.25, abs=0.06), 0.1]


def test_what_was_read_was_seen(fill: Callable[..., dict[str, Any]], environment: Environment) -> None:
    fill(users={"count": 50}, messages=[{**IN_APP, "seen": 0.1, "read": 0.4}])

    wrong = "SELECT count(*) FROM messages WHERE read_at IS NOT NULL AND seen_at IS NULL"

    assert environment.store.connection.execute(wrong).fetchone()[0] == 0


def test_the_counts_of_a_feed_fit_its_items(api: httpx.Client, feed: str, fill: Callable[..., dict[str, Any]]) -> None:
    fill(users={"count": 1}, messages=[{**IN_APP, "per_user": 40, "seen": 0.5, "read": 0.3}])

    feed_page = api.get(feed.replace("ada", "user-000001")).json()
    seen = Counter(each["seen_at"] is None for each in feed_page["entries"])

    assert (feed_page["meta"]["total_count"], feed_page["meta"]["unseen_count"]) == (40, seen[True])


def test_an_event_tells_of_each_step_of_a_message(api: httpx.Client, fill: Callable[..., dict[str, Any]]) -> None:
    fill(users={"count": 1}, messages=[{**IN_APP, "per_user": 1, "read": 1.0}])
    (message,) = api.get("/v1/messages").json()["items"]

    events = api.get(f"/v1/messages/{message['id']}/events").json()["items"]

    assert [each["type"] for each in events] == [
        "message.created",
        "message.delivered",
        "message.seen",
        "message.read",
    ]


def test_messages_are_made_for_tenants_in_turn(fill: Callable[..., dict[str, Any]], environment: Environment) -> None:
    fill(users={"count": 2}, tenants={"count": 2}, messages=[{**IN_APP, "tenants": 1.0}])

    tenants = [each["tenant"] for each in page(environment, Question())["messages"]]

    assert tenants == ["tenant-000001", "tenant-000002"] * 2


def test_a_message_id_tells_when_the_message_was_made(api: httpx.Client, fill: Callable[..., dict[str, Any]]) -> None:
    fill(users={"count": 1}, messages=[{**IN_APP, "period_s": 86_400.0}])
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    for message in api.get("/v1/messages").json()["items"]:
        number = 0
        for digit in message["id"]:
            number = number * 62 + digits.index(digit)
        assert (number >> 128) + 1_400_000_000 == int(moment(message["inserted_at"]).timestamp())


def test_seeded_messages_can_be_marked_and_deleted_like_others(
    api: httpx.Client, fill: Callable[..., dict[str, Any]]
) -> None:
    fill(users={"count": 1}, messages=[{**IN_APP, "per_user": 1}])
    (message,) = api.get("/v1/messages").json()["items"]

    marked = api.put(f"/v1/messages/{message['id']}/read").json()
    api.delete("/v1/users/user-000001")

    assert marked["engagement_statuses"] == ["read"]
    assert api.get("/v1/messages").json()["items"] == []


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param({"per_user": 1, "workflow": "none-such"}, id="no such workflow"),
        pytest.param({**IN_APP, "channel": "sms"}, id="no such step"),
        pytest.param({"per_user": 1, "workflow": "all-channels", "channel": "webhook"}, id="a channel without content"),
    ],
)
def test_messages_that_cannot_be_seeded_are_refused_and_nothing_is_written(
    messages: dict[str, Any], api: httpx.Client, fill: Callable[..., dict[str, Any]]
) -> None:
    with pytest.raises(InvalidParams):
        fill(users={"count": 1}, messages=[messages])

    assert api.get("/v1/users").json()["entries"] == []


@pytest.mark.parametrize(
    "seeds",
    [
        {"users": {"count": 100_000}, "messages": [{**IN_APP, "per_user": 1000}]},
        {"users": {"count": 10_000}, "objects": [{"collection": "cars", "count": 100_000, "subscribers": 10_000}]},
    ],
    ids=["messages", "subscriptions"],
)
def test_more_than_fits_into_memory_is_refused(seeds: dict[str, Any], fill: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(InvalidParams):
        fill(**seeds)


def test_seeding_is_done_in_slices(environment: Environment) -> None:
    seeds = msgspec.convert({"users": {"count": SLICE + 1}, "messages": [{**IN_APP, "per_user": 1}]}, type=Seeds)

    assert list(seed(environment, seeds)) == [SLICE, 1, SLICE, 1]


def filled_emulator(number: int, *, before: int = 0) -> list[bytes]:
    """Seed an environment of an emulator with a seed, and return what is in it."""
    emulator = Emulator(new_clock=lambda: VirtualClock(NOON), keys=[KEY], seed=number)
    headers = {"authorization": f"Bearer {KEY}"}
    transport = EmulatorTransport(emulator)
    with httpx.Client(transport=transport, base_url="http://emulator.test", headers=headers) as client:
        for _ in range(before):
            client.post("/v1/workflows/in-app-message/trigger", json={"recipients": ["ada"]})
        seeded(emulator.environments[KEY], users={"count": 20}, messages=[{**IN_APP, "read": 0.5}])
        seeded(emulator.environments[KEY], users={"count": 20}, messages=[IN_APP])
        answers = [client.get(path).content for path in ("/v1/messages?page_size=50", "/v1/users")]
    emulator.close()
    return answers


def test_what_is_refused_after_a_seeding_is_undone(api: httpx.Client, fill: Callable[..., dict[str, Any]]) -> None:
    fill(users={"count": 1}, messages=[IN_APP])
    trigger = {"recipients": ["ada", {"id": "bob", "name": "Bob"}, {"id": ""}]}

    refused = api.post("/v1/workflows/in-app-message/trigger", json=trigger)

    assert (refused.status_code, api.get("/v1/users/bob").status_code) == (422, 404)


def test_an_environment_in_a_file_is_filled_too(tmp_path: Path) -> None:
    emulator = Emulator(new_clock=lambda: VirtualClock(NOON), keys=[KEY], data=tmp_path)
    seeded(emulator.environments[KEY], users={"count": 10}, messages=[IN_APP])
    emulator.close()

    again = Emulator(new_clock=lambda: VirtualClock(NOON), data=tmp_path)

    assert len(page(again.environments[KEY], Question())["messages"]) == 20
    again.close()


def test_the_same_seed_gives_the_same_records() -> None:
    assert filled_emulator(1) == filled_emulator(1)


def test_another_seed_gives_other_ids() -> None:
    assert filled_emulator(1) != filled_emulator(2)


def test_two_fillings_share_no_message(api: httpx.Client, fill: Callable[..., dict[str, Any]]) -> None:
    for _ in range(2):
        fill(users={"count": 5}, messages=[IN_APP])

    assert len({each["id"] for each in api.get("/v1/messages").json()["items"]}) == 20
