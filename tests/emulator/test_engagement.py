"""What readers do with messages: each status by itself, all of them together, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from knock_harness.emulator import Emulator, EmulatorTransport, VirtualClock

if TYPE_CHECKING:
    from collections.abc import Callable

MARKS = ("seen", "read", "interacted", "archived")
UNDOS = {"unseen": "seen", "unread": "read", "unarchived": "archived"}
SINGLE = [
    *[("PUT", word) for word in MARKS],
    *[("DELETE", path) for path in ("seen", "unseen", "read", "unread", "archived", "unarchived")],
]


def shown(api: httpx.Client, message: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/v1/messages/{message}").raise_for_status().json()
    return found


@pytest.mark.promise("ENGAGE-READ-SEEN-SEPARATE")
def test_reading_and_unreading_leave_seen_as_it_was(
    api: httpx.Client, send: Callable[..., str], clock: VirtualClock
) -> None:
    message = send()
    times = [api.put(f"/v1/messages/{message}/seen").json()["seen_at"]]
    for method in ("PUT", "DELETE"):
        clock.advance(timedelta(seconds=2))
        times.append(api.request(method, f"/v1/messages/{message}/read").json()["seen_at"])

    assert times == ["2026-03-01T12:00:00.000000Z"] * 3


@pytest.mark.promise("ENGAGE-INTERACTED", "ENGAGE-INTERACTED-NOT-READ")
@pytest.mark.parametrize("body", [None, {}, {"metadata": {"a": "b"}}], ids=str)
def test_interacting_needs_no_metadata_and_is_not_reading(
    api: httpx.Client, send: Callable[..., str], body: dict[str, Any] | None
) -> None:
    message = send()

    answer = api.put(f"/v1/messages/{message}/interacted", json=body)

    assert answer.status_code == 200
    assert (answer.json()["interacted_at"], answer.json()["read_at"]) == ("2026-03-01T12:00:00.000000Z", None)


@pytest.mark.promise("ENGAGE-INTERACTED-METADATA-LIMIT")
def test_five_flat_pairs_are_not_too_many(api: httpx.Client, send: Callable[..., str]) -> None:
    metadata = {"a": "text", "b": 1, "c": 1.5, "d": True, "e": None}

    assert api.put(f"/v1/messages/{send()}/interacted", json={"metadata": metadata}).status_code == 200


@pytest.mark.promise("ENGAGE-ARCHIVE")
def test_an_archived_item_leaves_the_feed_and_comes_back_to_its_place(
    api: httpx.Client, send: Callable[..., str], feed: str
) -> None:
    first, second, third = send(), send(), send()
    before = [each["id"] for each in api.get(feed).json()["entries"]]

    archived = api.put(f"/v1/messages/{second}/archived").json()
    between = [each["id"] for each in api.get(feed).json()["entries"]]
    undone = api.delete(f"/v1/messages/{second}/archived").json()
    after = [each["id"] for each in api.get(feed).json()["entries"]]

    assert (archived["archived_at"], archived["engagement_statuses"]) == ("2026-03-01T12:00:00.000000Z", ["archived"])
    assert (undone["archived_at"], undone["engagement_statuses"]) == (None, [])
    assert (before, between, after) == ([third, second, first], [third, first], [third, second, first])


@pytest.mark.promise("ENGAGE-REPEAT-LATEST-TIME")
@pytest.mark.parametrize("word", MARKS)
def test_each_mark_can_be_repeated(api: httpx.Client, send: Callable[..., str], clock: VirtualClock, word: str) -> None:
    message = send()
    api.put(f"/v1/messages/{message}/{word}")
    clock.advance(timedelta(seconds=2))

    again = api.put(f"/v1/messages/{message}/{word}")

    assert (again.status_code, again.json()[f"{word}_at"]) == (200, "2026-03-01T12:00:02.000000Z")
    assert again.json()["engagement_statuses"] == [word]


@pytest.mark.promise("ENGAGE-404")
@pytest.mark.parametrize(("method", "path"), SINGLE)
def test_no_status_of_an_unknown_message_can_be_set(api: httpx.Client, method: str, path: str) -> None:
    assert api.request(method, f"/v1/messages/2VhmfRRpQbLoeQRXNIlpSyZrqmY/{path}").status_code == 404


@pytest.mark.promise("ENGAGE-UNKNOWN-STATUS")
@pytest.mark.parametrize("word", ["unseen", "unread", "unarchived", "delivered", "link_clicked", "nonsense"])
def test_what_is_no_status_to_set_is_refused(api: httpx.Client, send: Callable[..., str], word: str) -> None:
    message = send()
    before = shown(api, message)

    answer = api.put(f"/v1/messages/{message}/{word}")

    assert 400 <= answer.status_code < 500
    assert shown(api, message) == before


@pytest.mark.promise("ENGAGE-ANY-CHANNEL")
@pytest.mark.parametrize("channel", ["email", "sms", "push", "chat", "http", "in_app_feed"])
@pytest.mark.parametrize("word", MARKS)
def test_messages_of_every_channel_can_be_marked(
    api: httpx.Client, send: Callable[..., str], channel: str, word: str
) -> None:
    message = send(channel=channel)

    assert api.put(f"/v1/messages/{message}/{word}").json()["engagement_statuses"] == [word]


@pytest.mark.promise("EVENTS-EACH-CHANGE")
def test_events_tell_every_change_in_its_order(api: httpx.Client, send: Callable[..., str]) -> None:
    message = send()
    for method, path in SINGLE[:4] + [("DELETE", each) for each in ("seen", "read", "archived")]:
        api.request(method, f"/v1/messages/{message}/{path}").raise_for_status()

    events = api.get(f"/v1/messages/{message}/events").json()["items"]

    assert [each["type"].removeprefix("message.") for each in events] == [
        *("created", "seen", "read", "interacted", "archived"),
        *("unseen", "unread", "unarchived"),
    ]


BATCHES = [*MARKS, *UNDOS]


@pytest.mark.promise("MSGBATCH-IDS-REQUIRED")
@pytest.mark.parametrize("word", BATCHES)
@pytest.mark.parametrize("body", [{}, {"message_ids": "x"}, {"message_ids": [1]}, {"message_ids": None}], ids=str)
def test_a_batch_needs_a_list_of_ids(
    api: httpx.Client, send: Callable[..., str], word: str, body: dict[str, Any]
) -> None:
    message = send()
    before = shown(api, message)

    answer = api.post(f"/v1/messages/batch/{word}", json=body)

    assert 400 <= answer.status_code < 500
    assert shown(api, message) == before


@pytest.mark.promise("MSGBATCH-INTERACTED-METADATA")
def test_the_metadata_of_a_batch_is_small_and_flat(api: httpx.Client, send: Callable[..., str]) -> None:
    body = {"message_ids": [send()], "metadata": dict.fromkeys("abcdef", 1)}

    assert api.post("/v1/messages/batch/interacted", json=body).status_code == 422
    assert shown(api, body["message_ids"][0])["interacted_at"] is None


@pytest.mark.promise("MSGBATCH-APPLIES")
@pytest.mark.parametrize("word", BATCHES)
def test_a_large_batch_changes_all_that_it_names(api: httpx.Client, send: Callable[..., str], word: str) -> None:
    messages = [send() for _ in range(60)]
    for each in MARKS:
        api.post(f"/v1/messages/batch/{each}", json={"message_ids": messages})

    answer = api.post(f"/v1/messages/batch/{word}", json={"message_ids": messages}).json()

    left = [each for each in MARKS if each != UNDOS.get(word)]
    assert [(each["id"], each["engagement_statuses"]) for each in answer] == [(each, left) for each in messages]


class ManyReaders(RuleBasedStateMachine):
    """Messages are marked and unmarked, one by one and together, while a model keeps what each of them must show."""

    def __init__(self) -> None:
        super().__init__()
        clock = VirtualClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
        emulator = Emulator(new_clock=lambda: clock, keys=["sk_test_model"], seed=1)
        self.api = httpx.Client(
            transport=EmulatorTransport(emulator),
            base_url="http://emulator.test",
            headers={"authorization": "Bearer sk_test_model"},
        )
        trigger = {"recipients": [{"id": "ada", "email": "ada@example.com"}]}
        self.api.post("/v1/workflows/all-channels/trigger", json=trigger).raise_for_status()
        items = self.api.get("/v1/messages").json()["items"]
        self.ids = [each["id"] for each in items]
        self.status = {each["id"]: each["status"] for each in items}
        self.held: dict[str, set[str]] = {each: set() for each in self.ids}

    def teardown(self) -> None:
        self.api.close()

    def _note(self, place: int, word: str) -> None:
        held = self.held[self.ids[place]]
        held.discard(UNDOS.get(word, "")) if word in UNDOS else held.add(word)

    @rule(place=st.integers(0, 2), word=st.sampled_from(BATCHES))
    def one_is_changed(self, place: int, word: str) -> None:
        method = "DELETE" if word in UNDOS else "PUT"
        self.api.request(method, f"/v1/messages/{self.ids[place]}/{word}").raise_for_status()
        self._note(place, word)

    @rule(places=st.sets(st.integers(0, 2), min_size=1), word=st.sampled_from(BATCHES))
    def some_are_changed(self, places: set[int], word: str) -> None:
        ids = [self.ids[each] for each in sorted(places)]
        self.api.post(f"/v1/messages/batch/{word}", json={"message_ids": ids}).raise_for_status()
        for each in places:
            self._note(each, word)

    @invariant()
    def messages_show_what_was_done(self) -> None:
        for message in self.api.get("/v1/messages").json()["items"]:
            held = self.held[message["id"]]
            assert message["engagement_statuses"] == [each for each in MARKS if each in held]
            assert {each for each in MARKS if message[f"{each}_at"]} == held
            assert message["status"] == self.status[message["id"]]


@pytest.mark.promise("ENGAGE-INCLUSIVE", "ENGAGE-STATUSES-MATCH-TIMESTAMPS", "MSG-ENGAGEMENT-KEEPS-DELIVERY")
def test_any_set_of_statuses_can_hold_at_once() -> None:
    run_state_machine_as_test(ManyReaders, settings=settings(max_examples=10, stateful_step_count=12, deadline=None))
