from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from knock_harness.emulator import Emulator, EmulatorTransport, VirtualClock, definitions

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sk_test_batches"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW_S = 60
STEPS = [
    {"ref": "batch", "type": "batch", "settings": {"batch_window": {"unit": "seconds", "value": WINDOW_S}}},
    {
        "ref": "in_app",
        "type": "channel",
        "channel_type": "in_app_feed",
        "channel_key": "in-app-feed",
        "template": {"markdown_body": "{{ total_activities }}"},
    },
]


def opened(data: Path | None = None) -> tuple[Emulator, httpx.Client]:
    """Return an emulator with a workflow that batches, and a client of it."""
    emulator = Emulator(new_clock=lambda: VirtualClock(NOW), keys=[KEY], data=data)
    if "batched" not in emulator.environments[KEY].project.workflows:
        definitions.commit_workflow(emulator.environments[KEY], "batched", {"name": "Batched", "steps": STEPS})
    headers = {"authorization": f"Bearer {KEY}"}
    return emulator, httpx.Client(
        transport=EmulatorTransport(emulator), base_url="http://emulator.test", headers=headers
    )


def work(emulator: Emulator) -> None:
    while emulator.run_due(budget_s=1):
        pass


def move(emulator: Emulator, seconds: int) -> None:
    for _ in emulator.advance(KEY, to=emulator.environments[KEY].clock.now() + timedelta(seconds=seconds)):
        pass


def trigger(api: httpx.Client, user: str, number: int) -> None:
    body = {"recipients": [user], "data": {"n": number}, "cancellation_key": str(number)}
    api.post("/v1/workflows/batched/trigger", json=body).raise_for_status()


def told(api: httpx.Client, user: str) -> list[list[int]]:
    """Return what each message of a user tells of, oldest first."""
    messages = api.get(f"/v1/users/{user}/messages").raise_for_status().json()["items"][::-1]
    pages = [api.get(f"/v1/messages/{each['id']}/activities").json()["items"] for each in messages]
    return [[each["data"]["n"] for each in page] for page in pages]


class Batches(RuleBasedStateMachine):
    """Triggers come and are cancelled while time passes; a model keeps the windows."""

    def __init__(self) -> None:
        super().__init__()
        self.emulator, self.api = opened()
        self.now = self.number = 0
        self.open: dict[str, tuple[int, list[int]]] = {}  # when each batch was opened, and what is in it
        self.sent: dict[str, list[list[int]]] = {user: [] for user in "ab"}

    @rule(user=st.sampled_from("ab"))
    def a_trigger_comes(self, user: str) -> None:
        self.number += 1
        trigger(self.api, user, self.number)
        self.open.setdefault(user, (self.now, []))[1].append(self.number)

    @rule(back=st.integers(0, 3))
    def a_trigger_is_cancelled(self, back: int) -> None:
        number = self.number - back
        body = {"cancellation_key": str(number)}
        self.api.post("/v1/workflows/batched/cancel", json=body).raise_for_status()
        for _, collected in self.open.values():
            if number in collected:
                collected.remove(number)

    @rule(seconds=st.sampled_from([1, 20, 30, 59, 60, 61, 200]))
    def time_passes(self, seconds: int) -> None:
        work(self.emulator)
        move(self.emulator, seconds)
        self.now += seconds
        for user, (since, collected) in list(self.open.items()):
            if since + WINDOW_S <= self.now:
                del self.open[user]
                self.sent[user] += [collected] if collected else []

    @invariant()
    def what_was_triggered_is_told_once(self) -> None:
        work(self.emulator)
        assert {user: told(self.api, user) for user in "ab"} == self.sent

    def teardown(self) -> None:
        self.api.close()
        self.emulator.close()


@pytest.mark.promise("BATCHSTEP-CONSERVATION", "BATCHSTEP-FIXED-FROM-FIRST", "BATCHSTEP-CANCEL-ITEM")
def test_nothing_is_lost_or_told_twice() -> None:
    run_state_machine_as_test(Batches, settings=settings(max_examples=40, stateful_step_count=25, deadline=None))


@pytest.mark.promise("BATCHSTEP-CONSERVATION")
def test_an_open_batch_outlives_a_kill(tmp_path: Path) -> None:
    emulator, api = opened(tmp_path / "first")
    trigger(api, "ada", 1)
    work(emulator)
    api.close()
    emulator.environments[KEY].store.connection.execute("PRAGMA wal_checkpoint(FULL)")
    shutil.copytree(tmp_path / "first", tmp_path / "second")  # what is on the disk when a process is killed
    emulator.close()
    emulator, api = opened(tmp_path / "second")
    trigger(api, "ada", 2)
    work(emulator)

    move(emulator, WINDOW_S)

    assert told(api, "ada") == [[1, 2]]
    api.close()
    emulator.close()


def test_the_work_for_a_batch_grows_with_what_is_in_it_and_no_faster() -> None:
    steps = {}
    for number in (200, 800):
        emulator, api = opened()
        for each in range(number):
            trigger(api, "ada", each)
        work(emulator)
        steps[number] = machine_steps(emulator)
        assert api.get("/v1/users/ada/messages").json()["items"] != []
        api.close()
        emulator.close()

    assert steps[800] < 5 * steps[200]


def machine_steps(emulator: Emulator) -> int:
    """Return how many hundreds of steps the database takes to close what is open."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    connection: Any = emulator.environments[KEY].store.connection
    connection.set_progress_handler(count, 100)
    move(emulator, WINDOW_S)
    connection.set_progress_handler(None, 0)
    return counted


@pytest.mark.promise("BATCHSTEP-TOTALS")
def test_a_batch_may_hold_thousands() -> None:
    emulator, api = opened()
    for each in range(3000):
        trigger(api, "ada", each)
    work(emulator)

    move(emulator, WINDOW_S)

    feed = emulator.environments[KEY].project.channels["in-app-feed"].id
    (item,) = api.get(f"/v1/users/ada/feeds/{feed}").json()["entries"]
    assert (item["total_activities"], len(item["activities"])) == (3000, 10)
    api.close()
    emulator.close()
