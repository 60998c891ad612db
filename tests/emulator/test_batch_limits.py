from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness import contract

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator.environment import Environment

    from .conftest import HandClock

HEADER = "x-ratelimited-message_ids"
BATCHES = [each for each in contract.load().operations.values() if each.batch_tier]
#: The field that tells of each status, and what it holds after it was set or cleared.
FIELDS = {
    "seen": ("seen_at", True),
    "unseen": ("seen_at", False),
    "read": ("read_at", True),
    "unread": ("read_at", False),
    "interacted": ("interacted_at", True),
    "archived": ("archived_at", True),
    "unarchived": ("archived_at", False),
}

each_batch = pytest.mark.parametrize("status", FIELDS)


@pytest.fixture(autouse=True)
def limited(environment: Environment) -> None:
    environment.configure(limits="on")


@pytest.fixture
def change(api: httpx.Client) -> Callable[..., httpx.Response]:
    """Give messages a status."""
    return lambda status, *ids: api.post(f"/v1/messages/batch/{status}", json={"message_ids": list(ids)})


@pytest.fixture
def shown(api: httpx.Client) -> Callable[[str], Any]:
    """Return a message as it is."""
    return lambda id: api.get(f"/v1/messages/{id}").json()  # noqa: A006


@pytest.fixture
def message(send: Callable[..., str], api: httpx.Client, clock: HandClock) -> str:
    """A message that was read, archived and so on a while ago, so that each status can be changed both ways."""
    message = send()
    for status in ("seen", "read", "archived"):
        api.put(f"/v1/messages/{message}/{status}")
    clock.advance(timedelta(minutes=1))
    return message


def test_the_statuses_here_are_those_of_the_contract() -> None:
    assert {each.path.rpartition("/")[2] for each in BATCHES} == FIELDS.keys()


@pytest.mark.promise("BATCH-DEDUP-APPLIED", "BATCH-DEDUP-2XX", "BATCH-DEDUP-CURRENT-STATE", "BATCH-DEDUP-HEADER")
@each_batch
def test_a_status_is_applied_once_within_a_second(
    change: Callable[..., httpx.Response],
    shown: Callable[[str], Any],
    api: httpx.Client,
    clock: HandClock,
    message: str,
    status: str,
) -> None:
    change(status, message)
    before, events = shown(message), api.get(f"/v1/messages/{message}/events").json()["items"]
    clock.advance(timedelta(milliseconds=999))

    again = change(status, message)

    assert (again.status_code, again.headers[HEADER], again.json()) == (200, message, [before])
    assert shown(message) == before
    assert api.get(f"/v1/messages/{message}/events").json()["items"] == events


@pytest.mark.promise("BATCH-DEDUP-RECOVERY", "BATCH-DEDUP-HEADER-ABSENT")
@each_batch
def test_after_the_second_it_is_applied_again(
    change: Callable[..., httpx.Response], clock: HandClock, message: str, status: str
) -> None:
    first = change(status, message)
    clock.advance(timedelta(seconds=1))

    again = change(status, message)

    assert {HEADER} & {*first.headers, *again.headers} == set()
    if FIELDS[status][1]:
        assert again.json()[0][FIELDS[status][0]] > first.json()[0][FIELDS[status][0]]


@pytest.mark.promise("BATCH-DEDUP-PARTIAL", "BATCH-DEDUP-FULL-BODY", "BATCH-DEDUP-HEADER", "BATCH-DEDUP-2XX")
@each_batch
def test_the_rest_of_a_batch_is_applied(
    change: Callable[..., httpx.Response], send: Callable[..., str], status: str
) -> None:
    ids = [send(), send(), send(), send()]
    first = change(status, *ids[:2])

    second = change(status, *ids[1:])

    field, is_set = FIELDS[status]
    assert HEADER not in first.headers
    assert (second.status_code, second.headers[HEADER]) == (200, ids[1])
    assert [each["id"] for each in second.json()] == ids[1:]
    assert [each[field] is not None for each in second.json()] == [is_set] * 3


@pytest.mark.promise("BATCH-DEDUP-HEADER")
def test_the_header_names_exactly_those_that_were_left(
    change: Callable[..., httpx.Response], send: Callable[..., str]
) -> None:
    ids = [send() for _ in range(4)]
    change("seen", ids[0], ids[2])

    assert change("seen", *ids).headers[HEADER].split(",") == [ids[0], ids[2]]


@pytest.mark.promise("BATCH-DEDUP-PER-STATUS", "BATCH-DEDUP-INVERSE")
@pytest.mark.parametrize("second", FIELDS)
@pytest.mark.parametrize("first", FIELDS)
def test_each_status_counts_for_itself(
    change: Callable[..., httpx.Response], message: str, first: str, second: str
) -> None:
    change(first, message)

    answer = change(second, message)

    assert (HEADER in answer.headers) is (first == second)
    assert (answer.json()[0][FIELDS[second][0]] is not None) is FIELDS[second][1]


@pytest.mark.promise("BATCH-DUPLICATE-IDS")
@each_batch
def test_an_id_named_twice_is_applied_once(
    change: Callable[..., httpx.Response], api: httpx.Client, message: str, status: str
) -> None:
    before = len(api.get(f"/v1/messages/{message}/events").json()["items"])

    answer = change(status, message, message)

    assert answer.status_code == 200
    assert HEADER not in answer.headers
    assert len(api.get(f"/v1/messages/{message}/events").json()["items"]) == before + 1


def test_single_changes_are_not_limited_so(api: httpx.Client, message: str) -> None:
    answers = [api.put(f"/v1/messages/{message}/seen") for _ in range(2)]

    assert [each.status_code for each in answers] == [200, 200]


def test_without_limits_batches_are_not_limited(
    environment: Environment, change: Callable[..., httpx.Response], message: str
) -> None:
    environment.configure(limits="off")

    assert not {HEADER} & {*change("seen", message).headers, *change("seen", message).headers}


def test_the_second_shrinks_with_the_factor(
    environment: Environment, change: Callable[..., httpx.Response], clock: HandClock, message: str
) -> None:
    environment.configure(limits="10x")
    answers = []
    for _ in range(3):
        answers.append(change("seen", message))
        clock.advance(timedelta(milliseconds=60))

    assert [HEADER in each.headers for each in answers] == [False, True, False]


def test_what_was_changed_is_forgotten_when_it_matters_no_more(
    environment: Environment, change: Callable[..., httpx.Response], send: Callable[..., str], clock: HandClock
) -> None:
    for _ in range(20):
        change("seen", *(send() for _ in range(10)))
        clock.advance(timedelta(seconds=1))
    change("seen", send())

    assert len(environment.batch_limits._changed) == 1
