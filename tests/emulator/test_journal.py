from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness import contract
from knock_harness.emulator.answer import Answer
from knock_harness.emulator.exchange import Request
from knock_harness.emulator.expectations import never_called
from knock_harness.emulator.journal import ANSWER_CUT_AT, CUT_AT, Journal
from knock_harness.emulator.visit import Visit

if TYPE_CHECKING:
    import httpx

    from knock_harness.emulator import Emulator, VirtualClock
    from knock_harness.emulator.environment import Environment

KEY = "sk_test_tests"


def add(
    journal: Journal, body: bytes = b"", *, answer: bytes = b"{}", path: str = "/v1/users", entries: int = 99
) -> None:
    visit = Visit(Request("GET", path, "", (), body), "id", match=contract.match("GET", path))
    journal.add(visit, Answer(200, [], answer), entries=entries)


def only(environment: Environment) -> dict[str, Any]:
    """Return the only request in the journal of an environment, as it is shown."""
    (entry,) = environment.journal
    return entry.shown()


def test_a_request_is_noted_with_its_answer(environment: Environment, api: httpx.Client) -> None:
    answer = api.put("/v1/users/a%20b?x=1&x=2", json={"name": "Ada"})

    shown = only(environment)

    assert shown == {
        "id": 1,
        "at": "2026-03-01T12:00:00.000000Z",
        "request_id": answer.headers["x-request-id"],
        "method": "PUT",
        "path": "/v1/users/a b",
        "operation": "identifyUser",
        "path_parameters": {"user_id": "a b"},
        "query": {"x": ["1", "2"]},
        "headers": shown["headers"],
        "body": {"name": "Ada"},
        "body_bytes": 14,
        "status": 200,
        "answer": answer.json(),
        "answer_bytes": len(answer.content),
        "faults": [],
    }
    assert ["content-type", "application/json"] in shown["headers"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/users/nobody", 404), ("PUT", "/v1/users/ada", 422), ("PATCH", "/v1/users/ada", 405)],
    ids=["not found", "invalid", "no such method"],
)
def test_a_request_that_is_refused_is_noted_too(
    method: str, path: str, status: int, environment: Environment, api: httpx.Client
) -> None:
    api.request(method, path, json={"email": 1})

    assert only(environment)["status"] == status


def test_a_request_that_reaches_no_environment_is_noted_apart(
    emulator: Emulator, environment: Environment, api: httpx.Client
) -> None:
    api.get("/v1/users", headers={"authorization": "Bearer sk_unknown"})

    assert len(environment.journal) == 0
    assert [(each.status, each.request.path) for each in emulator.strays] == [(401, "/v1/users")]


def test_a_journal_shows_no_secret(environment: Environment, api: httpx.Client) -> None:
    signed = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmVk"
    secrets = ["sk_test_tests", "xoxb-1234", "eyJhbGciOi", "sk_test_another_secret"]
    api.put(
        "/v1/users/ada",
        headers={"x-knock-user-token": "eyJhbGciOi"},
        json={"note": f"sk_test_another_secret, {signed}", "slack": {"access_token": "xoxb-1234"}},
    )

    shown = repr(only(environment))

    assert not [each for each in secrets if each in shown]


def test_a_journal_tells_long_keys_apart(environment: Environment, api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={"note": "sk_test_0123456789abcdef"})

    assert only(environment)["body"]["note"] == "sk_test_***cdef"


def test_what_is_no_json_is_shown_as_text(environment: Environment, api: httpx.Client) -> None:
    api.put("/v1/users/ada", content=b"{no\xff", headers={"content-type": "application/json"})

    assert only(environment)["body"] == "{no\N{REPLACEMENT CHARACTER}"


def test_a_journal_keeps_the_newest_requests() -> None:
    journal = Journal()

    for number in range(5):
        add(journal, b"%d" % number, entries=3)

    assert [each.request.body for each in journal] == [b"2", b"3", b"4"]
    assert journal.forgotten == 2


def test_a_journal_takes_no_more_memory_than_it_may() -> None:
    journal = Journal(most_bytes=100_000)

    for _ in range(100):
        add(journal, b"x" * 10_000)

    assert sum(each.size for each in journal) <= 100_000
    assert len(journal) == 9


def test_long_bodies_are_cut() -> None:
    journal = Journal()

    add(journal, b"x" * 100_000, answer=b"y" * 200_000)

    (entry,) = journal
    assert (len(entry.request.body), len(entry.answer)) == (CUT_AT, ANSWER_CUT_AT)
    assert (entry.body_bytes, entry.answer_bytes) == (100_000, 200_000)


def test_a_journal_may_keep_nothing_and_count_all_the_same() -> None:
    journal = Journal()

    add(journal, entries=0)

    assert (len(journal), journal.calls) == (0, {"listUsers": 1})


def test_a_journal_knows_which_operations_were_never_called() -> None:
    journal = Journal()
    for _ in range(5):
        add(journal, entries=3)

    never = never_called(journal)

    assert len(never) == len(contract.load().operations) - 1
    assert "listUsers" not in never


def test_a_journal_that_was_cleared_knows_of_no_call() -> None:
    journal = Journal()
    add(journal)

    journal.clear()

    assert (len(journal), journal.forgotten, len(never_called(journal))) == (0, 0, len(contract.load().operations))


def test_the_number_of_requests_can_be_set(environment: Environment, api: httpx.Client) -> None:
    environment.configure(journal_entries=2)

    for user in ("a", "b", "c"):
        api.put(f"/v1/users/{user}", json={})

    assert [each.path_parameters["user_id"] for each in environment.journal] == ["b", "c"]


def test_a_reset_clears_the_journal(emulator: Emulator, environment: Environment, api: httpx.Client) -> None:
    api.get("/v1/users")

    emulator.reset(KEY)

    assert len(environment.journal) == 0


def test_requests_are_noted_on_the_clock_of_the_environment(
    environment: Environment, api: httpx.Client, clock: VirtualClock
) -> None:
    clock.move_to(clock.now() + timedelta(days=1))
    api.get("/v1/users")

    assert [each.at for each in environment.journal] == [datetime(2026, 3, 2, 12, tzinfo=UTC)]
