"""The same seed and the same requests make the same records, whatever the machine does meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from knock_harness.emulator import Emulator, EmulatorTransport, VirtualClock, definitions

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "sk_test_determined"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def channel_step(ref: str, channel: str = "in-app-feed", **more: Any) -> dict[str, Any]:
    kinds = {"in-app-feed": "in_app_feed", "email": "email"}
    template = {"markdown_body": "{{ total_activities }} {{ data.n }}"}
    if channel == "email":
        template = {"subject": "{{ data.n }}", "html_body": "{{ recipient.id }}", "text_body": ""}
    step = {"ref": ref, "type": "channel", "channel_type": kinds[channel], "channel_key": channel}
    return {**step, "template": template, **more}


def step(kind: str, **settings: Any) -> dict[str, Any]:
    return {"ref": kind, "type": kind, "settings": settings}


WORKFLOWS = {
    "batched": [
        step("batch", batch_window={"unit": "hours", "value": 2}, batch_key="page"),
        channel_step("in_app"),
        channel_step(
            "email", "email", send_windows=[{"day": "monday", "type": "send", "from": "06:00", "until": "09:00"}]
        ),
    ],
    "throttled": [step("throttle", throttle_window={"unit": "hours", "value": 3}), channel_step("in_app")],
    "delayed": [channel_step("first"), step("delay", delay_until_field_path="data.until"), channel_step("second")],
}


def a_day(seed: int, *, slice_hours: float) -> Emulator:
    """Return an emulator after a day of requests of all kinds, between which the clock was moved."""
    emulator = Emulator(new_clock=lambda: VirtualClock(NOW), keys=[KEY], seed=seed)
    environment, random = emulator.environments[KEY], Random(7)  # noqa: S311 - no secrets come of it
    for key, steps in WORKFLOWS.items():
        definitions.commit_workflow(environment, key, {"name": key, "steps": steps})
    headers = {"authorization": f"Bearer {KEY}"}
    with httpx.Client(transport=EmulatorTransport(emulator), base_url="http://emulator.test", headers=headers) as api:
        users = [{"id": f"user-{number}", "email": f"{number}@example.com"} for number in range(20)]
        api.post("/v1/users/bulk/identify", json={"users": users}).raise_for_status()
        api.put("/v1/objects/teams/red", json={}).raise_for_status()
        named = {"recipients": [each["id"] for each in users[:8]]}
        api.post("/v1/objects/teams/red/subscriptions", json=named).raise_for_status()
        daily = [{"frequency": "hourly", "minutes": 30}]
        schedule = {"workflow": "batched", "recipients": ["user-1", "user-2"], "repeats": daily}
        api.post("/v1/schedules", json=schedule).raise_for_status()
        for hour in range(24):
            for _ in range(6):
                some_request(api, random)
            while emulator.run_due(budget_s=60):
                pass
            advance(emulator, NOW + (hour + 1) * HOUR, slice_hours=slice_hours)
    return emulator


def some_request(api: httpx.Client, random: Random) -> None:
    key, user = random.choice([*WORKFLOWS]), f"user-{random.randrange(20)}"
    body: dict[str, Any] = {
        "recipients": [user, {"id": "red", "collection": "teams"}],
        "actor": f"user-{random.randrange(20)}",
        "data": {"n": random.random(), "page": random.randrange(3), "until": {"unit": "minutes", "value": 90}},
        "cancellation_key": str(random.randrange(5)),
    }
    api.post(f"/v1/workflows/{key}/trigger", json=body, headers={"idempotency-key": str(random.random())})
    if random.random() < 0.3:
        cancelled = {"cancellation_key": str(random.randrange(5))}
        api.post(f"/v1/workflows/{key}/cancel", json=cancelled).raise_for_status()
    if random.random() < 0.3:
        preferences = {"channel_types": {"email": random.random() < 0.5}}
        api.put(f"/v1/users/{user}/preferences/default", json=preferences).raise_for_status()


def advance(emulator: Emulator, to: datetime, *, slice_hours: float) -> None:
    """Move the clock in several goes."""
    clock = emulator.environments[KEY].clock
    while clock.now() < to:
        for _ in emulator.advance(KEY, to=min(to, clock.now() + slice_hours * HOUR)):
            pass


def dump(emulator: Emulator) -> list[str]:
    return list(emulator.environments[KEY].store.connection.iterdump())


@pytest.fixture(scope="module")
def first() -> list[str]:
    """What a day left."""
    return dump(a_day(3, slice_hours=1))


def test_two_runs_of_a_day_leave_equal_records(first: list[str]) -> None:
    assert len(first) > 1000
    assert dump(a_day(3, slice_hours=1)) == first


def test_it_makes_no_difference_in_how_many_goes_the_clock_is_moved(first: list[str]) -> None:
    assert dump(a_day(3, slice_hours=0.01)) == first


def test_another_seed_makes_other_identifiers(first: list[str]) -> None:
    assert dump(a_day(4, slice_hours=1)) != first


def test_work_of_one_moment_is_done_in_the_order_it_was_put(
    commit: Callable[..., None], in_app: Callable[..., Any], trigger: Any, wait: Any, messages: Any
) -> None:
    commit("delayed", step("delay", delay_until_field_path="data.until"), in_app())
    for number in range(30):
        trigger("delayed", data={"n": number, "until": "2026-03-02T00:00:00Z"})

    wait(24 * HOUR)

    assert [each["data"]["n"] for each in messages()] == list(range(30))


def test_delays_batches_and_schedules_come_in_the_order_of_their_moments(
    commit: Callable[..., None], in_app: Callable[..., Any], api: httpx.Client, trigger: Any, wait: Any, messages: Any
) -> None:
    commit("delayed", step("delay", delay_for={"unit": "hours", "value": 5}), in_app())
    commit("batched", step("batch", batch_window={"unit": "hours", "value": 3}), in_app())
    commit("scheduled", in_app())
    trigger("delayed")
    trigger("batched")
    hourly = [{"frequency": "hourly", "interval": 2, "minutes": 30}]
    api.post("/v1/schedules", json={"workflow": "scheduled", "recipients": ["ada"], "repeats": hourly})

    wait(7 * HOUR)

    found = [(each["inserted_at"][11:16], each["source"]["key"]) for each in messages()]
    assert found == [
        ("12:30", "scheduled"),
        ("14:30", "scheduled"),
        ("15:00", "batched"),
        ("16:30", "scheduled"),
        ("17:00", "delayed"),
        ("18:30", "scheduled"),
    ]
