from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from knock_harness.emulator import Emulator, EmulatorTransport, VirtualClock, definitions
from knock_harness.emulator.outbox import Question, page
from knock_harness.emulator.refusals import InvalidParams, NotFound
from knock_harness.emulator.snapshots import LONGEST_NAME, MOST, Snapshot, exported, imported, taken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from knock_harness.emulator.environment import Environment

KEY = "sk_test_tests"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["in memory", "in a file"])
def emulator(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Emulator]:
    data = tmp_path if request.param == "in a file" else None
    emulator = Emulator(new_clock=lambda: VirtualClock(NOON), keys=[KEY], seed=1, data=data)
    yield emulator
    emulator.close()


@pytest.fixture
def knock(emulator: Emulator) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {KEY}"}
    with httpx.Client(
        transport=EmulatorTransport(emulator), base_url="http://emulator.test", headers=headers
    ) as client:
        yield client


def advance(emulator: Emulator, hours: float) -> None:
    to = emulator.environments[KEY].clock.now() + timedelta(hours=hours)
    for _ in emulator.advance(KEY, to=to):
        pass


def lived_in(emulator: Emulator, knock: httpx.Client) -> None:
    """Give an environment users, messages, a paused run, a schedule, and a bulk operation that is under way."""
    for user in ("ada", "bob"):
        knock.put(f"/v1/users/{user}", json={"email": f"{user}@example.com"}).raise_for_status()
    knock.post("/v1/users/bulk/identify", json={"users": [{"id": f"u{n}"} for n in range(5)]}).raise_for_status()
    for workflow in ("in-app-message", "all-channels", "delayed-message"):
        trigger = {"recipients": ["ada", "bob"], "cancellation_key": "c"}
        headers = {"idempotency-key": f"k-{workflow}"}
        knock.post(f"/v1/workflows/{workflow}/trigger", json=trigger, headers=headers).raise_for_status()
    advance(emulator, 0.01)


def many_changes(emulator: Emulator, knock: httpx.Client) -> list[tuple[int, bytes]]:
    """Send requests of all kinds, with time in between, and return the answers."""
    answers = [
        knock.get("/v1/messages"),
        knock.get("/v1/users"),
        knock.post("/v1/workflows/delayed-message/trigger", json={"recipients": ["ada"]}),
        knock.post(
            "/v1/workflows/in-app-message/trigger",
            json={"recipients": ["ada", "bob"], "cancellation_key": "c"},
            headers={"idempotency-key": "k-in-app-message"},
        ),
        knock.put("/v1/users/cyd", json={"name": "Cyd"}),
        knock.delete("/v1/users/bob"),
        knock.put("/v1/users/ada/preferences/default", json={"channel_types": {"sms": False}}),
        knock.post("/v1/workflows/delayed-message/cancel", json={"cancellation_key": "c", "recipients": ["bob"]}),
    ]
    emulator.environments[KEY].configure(journal_entries=77)
    for _ in range(3):
        advance(emulator, 24)
        answers += [knock.get(path) for path in ("/v1/messages", "/v1/workflow_recipient_runs", "/v1/users")]
    answers += [knock.post("/v1/workflows/all-channels/trigger", json={"recipients": ["ada"]})]
    advance(emulator, 1)
    answers += [knock.get("/v1/messages"), knock.get("/v1/schedules?workflow=in-app-message")]
    return [(each.status_code, each.content) for each in answers]


def test_after_a_restore_the_same_requests_get_the_same_answers(
    emulator: Emulator, environment: Environment, knock: httpx.Client
) -> None:
    lived_in(emulator, knock)
    snapshot = taken(environment)
    first = many_changes(emulator, knock)
    boxed = page(environment, Question())

    emulator.restore(KEY, snapshot)
    second = many_changes(emulator, knock)

    assert second == first
    assert page(environment, Question()) == boxed


def test_a_snapshot_can_be_restored_more_than_once(
    emulator: Emulator, environment: Environment, knock: httpx.Client
) -> None:
    lived_in(emulator, knock)
    snapshot = taken(environment)

    answers = []
    for _ in range(3):
        emulator.restore(KEY, snapshot)
        answers.append(many_changes(emulator, knock))

    assert answers[0] == answers[1] == answers[2]


def test_a_restore_takes_settings_and_clock_back(
    emulator: Emulator, environment: Environment, knock: httpx.Client
) -> None:
    snapshot = taken(environment)
    environment.configure(journal_entries=5)
    advance(emulator, 5)

    emulator.restore(KEY, snapshot)

    assert (environment.settings.journal_entries, environment.clock.now()) == (10_000, NOON)


def test_work_that_waited_at_the_snapshot_is_done_after_the_restore(
    emulator: Emulator, environment: Environment, knock: httpx.Client
) -> None:
    lived_in(emulator, knock)
    snapshot = taken(environment)
    advance(emulator, 48)
    late = knock.get("/v1/messages").json()

    emulator.restore(KEY, snapshot)
    advance(emulator, 48)

    assert knock.get("/v1/messages").json() == late


def digest(body: str) -> dict[str, Any]:
    """Return a workflow that batches for an hour, then tells in the feed."""
    batch = {"ref": "wait", "type": "batch", "settings": {"batch_window": {"unit": "hours", "value": 1}}}
    told = {"ref": "tell", "type": "channel", "channel_key": "in-app-feed", "template": {"markdown_body": body}}
    return {"name": "Digest", "steps": [batch, told]}


def test_a_batch_that_was_open_at_the_snapshot_is_open_after_the_restore(
    emulator: Emulator, environment: Environment, knock: httpx.Client
) -> None:
    definitions.commit_workflow(environment, "digest", digest("{{ total_activities }} news"))
    knock.post("/v1/workflows/digest/trigger", json={"recipients": ["ada"]}).raise_for_status()
    advance(emulator, 0.5)
    snapshot = taken(environment)

    bodies = []
    for _ in range(2):
        emulator.restore(KEY, snapshot)
        knock.post("/v1/workflows/digest/trigger", json={"recipients": ["ada"]}).raise_for_status()
        advance(emulator, 1)
        bodies.append([each["content"]["blocks"][0]["rendered"] for each in page(environment, Question())["messages"]])

    assert bodies == [["<p>2 news</p>\n"]] * 2


def test_a_restore_takes_definitions_back(emulator: Emulator, environment: Environment, knock: httpx.Client) -> None:
    definitions.commit_workflow(environment, "digest", digest("old"))
    snapshot = taken(environment)
    definitions.commit_workflow(environment, "digest", digest("new"))

    emulator.restore(KEY, snapshot)
    knock.post("/v1/workflows/digest/trigger", json={"recipients": ["ada"]}).raise_for_status()
    advance(emulator, 2)

    (message,) = page(environment, Question())["messages"]
    assert message["content"]["blocks"][0]["content"] == "old"


def test_a_restore_leaves_other_environments_alone(
    emulator: Emulator, environment: Environment, knock: httpx.Client
) -> None:
    snapshot = taken(environment)
    other = {"authorization": "Bearer sk_test_other"}
    knock.put("/v1/users/ada", json={}, headers=other)

    emulator.restore(KEY, snapshot)

    assert knock.get("/v1/users/ada", headers=other).status_code == 200


def test_journal_and_faults_are_no_part_of_a_snapshot(
    emulator: Emulator, environment: Environment, knock: httpx.Client
) -> None:
    snapshot = taken(environment)
    knock.get("/v1/users")

    emulator.restore(KEY, snapshot)

    assert len(environment.journal) == 1


def test_a_snapshot_outlives_the_reset_of_its_environment(
    emulator: Emulator, environment: Environment, knock: httpx.Client
) -> None:
    knock.put("/v1/users/ada", json={})
    environment.snapshots.put("with ada", taken(environment))
    emulator.reset(KEY)

    emulator.restore(KEY, environment.snapshots.get("with ada"))

    assert knock.get("/v1/users/ada").status_code == 200


def test_a_snapshot_can_be_carried_to_another_emulator(
    emulator: Emulator, environment: Environment, knock: httpx.Client
) -> None:
    lived_in(emulator, knock)
    content = exported(taken(environment))
    first = many_changes(emulator, knock)
    another = Emulator(new_clock=lambda: VirtualClock(NOON), keys=[KEY], seed=2)

    another.restore(KEY, imported(content, into=another.environments[KEY]))

    with httpx.Client(
        transport=EmulatorTransport(another), base_url="http://emulator.test", headers=dict(knock.headers)
    ) as client:
        assert many_changes(another, client) == first
    another.close()


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"\x95\xa1a\x01\xa1b\xc0\xc0"])
def test_bytes_that_are_no_snapshot_are_refused(content: bytes, environment: Environment) -> None:
    with pytest.raises(InvalidParams):
        imported(content, into=environment)


def test_a_damaged_snapshot_is_refused(environment: Environment) -> None:
    content = bytearray(exported(taken(environment)))
    content[-9000:-3000] = b"\xff" * 6000

    with pytest.raises(InvalidParams, match="invalid"):
        imported(bytes(content), into=environment)


def test_a_restore_takes_keys_back(emulator: Emulator, environment: Environment, knock: httpx.Client) -> None:
    snapshot = taken(environment)
    emulator.revoke_key(KEY, KEY)

    emulator.restore(KEY, snapshot)

    assert knock.get("/v1/users").status_code == 200


def test_an_environment_keeps_its_keys_when_it_returns_to_the_snapshot_of_another(
    emulator: Emulator, environment: Environment, knock: httpx.Client
) -> None:
    knock.put("/v1/users/ada", json={})
    content = exported(taken(environment))
    other = emulator.open_environment("sk_test_other")

    emulator.restore(other.name, imported(content, into=other))
    knock.delete("/v1/users/ada")

    found = [knock.get("/v1/users/ada", headers={"authorization": f"Bearer {key}"}) for key in (KEY, other.name)]
    assert [each.status_code for each in found] == [404, 200]


def test_a_restored_file_holds_the_snapshot_after_a_restart(tmp_path: Path) -> None:
    emulator = Emulator(new_clock=lambda: VirtualClock(NOON), keys=[KEY], data=tmp_path)
    snapshot = taken(emulator.environments[KEY])
    emulator.environments[KEY].configure(journal_entries=5)
    emulator.restore(KEY, snapshot)
    emulator.close()

    again = Emulator(new_clock=lambda: VirtualClock(NOON), data=tmp_path)

    assert again.environments[KEY].settings.journal_entries == 10_000
    again.close()


@pytest.fixture
def snapshot(environment: Environment) -> Snapshot:
    return taken(environment)


def test_snapshots_are_listed_with_their_moment_and_size(environment: Environment, snapshot: Snapshot) -> None:
    environment.snapshots.put("start", snapshot)

    assert environment.snapshots.listed() == [
        {"name": "start", "at": "2026-03-01T12:00:00.000000Z", "bytes": snapshot.size}
    ]
    assert snapshot.size > 10_000


def test_a_snapshot_of_the_same_name_takes_the_place_of_the_older(environment: Environment, snapshot: Snapshot) -> None:
    environment.snapshots.put("start", snapshot)
    newer = taken(environment)
    environment.snapshots.put("start", newer)

    assert environment.snapshots.get("start") is newer


def test_there_are_so_many_snapshots_and_no_more(environment: Environment, snapshot: Snapshot) -> None:
    for number in range(MOST):
        environment.snapshots.put(str(number), snapshot)

    with pytest.raises(InvalidParams):
        environment.snapshots.put("one more", snapshot)


@pytest.mark.parametrize("name", ["", "x" * (LONGEST_NAME + 1)], ids=["empty", "too long"])
def test_a_snapshot_needs_a_name(name: str, environment: Environment, snapshot: Snapshot) -> None:
    with pytest.raises(InvalidParams):
        environment.snapshots.put(name, snapshot)


def test_a_snapshot_that_was_deleted_cannot_be_restored(environment: Environment, snapshot: Snapshot) -> None:
    environment.snapshots.put("start", snapshot)

    environment.snapshots.delete("start")

    with pytest.raises(NotFound):
        environment.snapshots.get("start")
