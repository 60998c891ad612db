from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from knock_harness.emulator import Emulator, EmulatorTransport, VirtualClock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
DAILY = [{"frequency": "daily", "hours": 9}]
PATH = "/v1/schedules?workflow=scheduled-message"


def change(api: httpx.Client, ids: list[str], **values: Any) -> list[dict[str, Any]]:
    changed: list[dict[str, Any]] = api.put("/v1/schedules", json={"schedule_ids": ids, **values}).json()
    return changed


def remove(api: httpx.Client, *ids: str) -> list[dict[str, Any]]:
    removed: list[dict[str, Any]] = api.request("DELETE", "/v1/schedules", json={"schedule_ids": list(ids)}).json()
    return removed


@pytest.mark.promise("SCHED-SHAPE")
def test_each_operation_shows_a_schedule_in_one_form(create_schedules: Any, api: httpx.Client) -> None:
    api.put("/v1/users/ada", json={"name": "Ada", "plan": "pro"})
    api.put("/v1/users/bob", json={"name": "Bob"})
    (once,) = create_schedules("ada", scheduled_at="2026-04-01T00:00:00Z")
    (made,) = create_schedules("ada", repeats=DAILY, actor="bob", tenant="acme", data={"a": [1]})

    (changed,) = change(api, [made["id"]], data={"b": 1})
    listed = api.get(PATH).json()["entries"][0]
    owned = api.get("/v1/users/ada/schedules").json()["entries"][0]
    (removed,) = remove(api, made["id"])

    assert changed == listed == owned == removed
    assert UUID(made["id"])
    assert (made["__typename"], made["workflow"], made["tenant"]) == ("Schedule", "scheduled-message", "acme")
    assert (made["recipient"], made["actor"]) == tuple(api.get(f"/v1/users/{each}").json() for each in ("ada", "bob"))
    assert (once["repeats"], once["actor"], once["tenant"], once["data"]) == ([], None, None, None)


@pytest.mark.promise("SCHED-LIMIT-100")
def test_a_hundred_are_made_changed_and_removed_in_one_call(create_schedules: Any, api: httpx.Client) -> None:
    made = create_schedules(*[f"user-{number}" for number in range(100)], repeats=DAILY)
    ids = [each["id"] for each in made]

    changed = change(api, ids, data={"new": True})
    removed = remove(api, *ids)

    assert len(set(ids)) == 100
    assert [each["data"] for each in changed] == [{"new": True}] * 100
    assert [each["id"] for each in removed] == ids
    assert api.get(PATH).json()["entries"] == []


def json_values() -> st.SearchStrategy[Any]:
    scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20)
    return st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@pytest.mark.promise("SCHED-DATA-ROUNDTRIP")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.dictionaries(st.text(), json_values()))
def test_any_map_comes_back_as_it_was_given(create_schedules: Any, api: httpx.Client, data: dict[str, Any]) -> None:
    (made,) = create_schedules("ada", repeats=DAILY, data=data)

    assert made["data"] == data
    assert api.get(PATH).json()["entries"][0]["data"] == data


@pytest.mark.promise("SCHED-UPDATE-KIND")
def test_a_schedule_becomes_one_for_once_and_a_repeating_one_again(
    create_schedules: Any, api: httpx.Client, wait: Any, runs: Any
) -> None:
    (made,) = create_schedules("ada", repeats=DAILY)
    (once,) = change(api, [made["id"]], repeats=[], scheduled_at="2026-03-03T10:00:00Z")
    wait(4 * DAY)
    (again,) = change(api, [made["id"]], repeats=DAILY, scheduled_at=None)

    wait(DAY)

    assert (once["repeats"], once["next_occurrence_at"]) == ([], "2026-03-03T10:00:00.000000Z")
    assert again["next_occurrence_at"] == "2026-03-06T09:00:00.000000Z"
    assert [each["inserted_at"][:13] for each in runs()] == ["2026-03-03T10", "2026-03-06T09"]


@pytest.mark.promise("SCHED-DELETE-CANCELS")
def test_a_deleted_schedule_fires_no_more_but_what_it_began_goes_on(
    create_schedules: Any, commit: Any, in_app: Any, api: httpx.Client, wait: Any, messages: Any
) -> None:
    delay = {"ref": "delay", "type": "delay", "settings": {"delay_for": {"unit": "hours", "value": 2}}}
    commit("scheduled-message", delay, in_app())
    begun, due = (create_schedules("ada", scheduled_at=f"2026-03-01T{hour}:00:00Z")[0] for hour in (13, 15))
    wait(timedelta(hours=1))

    remove(api, begun["id"], due["id"])
    wait(DAY)

    assert [each["inserted_at"][:13] for each in messages()] == ["2026-03-01T15"]


class Schedules(RuleBasedStateMachine):
    """Schedules are made, changed and removed in every way there is, and a model keeps count."""

    def __init__(self) -> None:
        super().__init__()
        self.emulator = Emulator(new_clock=lambda: VirtualClock(NOW), keys=["sk_test_schedules"])
        self.api = httpx.Client(
            transport=EmulatorTransport(self.emulator),
            base_url="http://emulator.test",
            headers={"authorization": "Bearer sk_test_schedules"},
        )
        self.model: dict[str, str] = {}  # the recipient of each schedule

    @rule(users=st.lists(st.sampled_from("abc"), min_size=1, max_size=3))
    def some_are_created(self, users: list[str]) -> None:
        body = {"workflow": "scheduled-message", "recipients": [{"id": each} for each in users], "repeats": DAILY}
        for each in self.api.post("/v1/schedules", json=body).raise_for_status().json():
            self.model[each["id"]] = each["recipient"]["id"]

    @rule(users=st.lists(st.sampled_from("abc"), min_size=1, max_size=3))
    def some_are_created_in_bulk(self, users: list[str]) -> None:
        rows = [{"workflow": "scheduled-message", "recipient": {"id": each}, "repeats": DAILY} for each in users]
        self.api.post("/v1/schedules/bulk/create", json={"schedules": rows}).raise_for_status()
        while self.emulator.run_due(budget_s=1):
            pass
        found = {each["id"]: each["recipient"]["id"] for each in self.listed()}
        added = found.keys() - self.model.keys()
        assert sorted(found[each] for each in added) == sorted(users)
        self.model.update((each, found[each]) for each in added)

    @rule(number=st.integers(0, 5))
    def one_is_changed(self, number: int) -> None:
        change(self.api, list(self.model)[number : number + 1], data={"number": number})

    @rule(number=st.integers(0, 5))
    def one_is_removed(self, number: int) -> None:
        for each in list(self.model)[number : number + 1]:
            remove(self.api, each)
            del self.model[each]

    @rule(user=st.sampled_from("abc"))
    def a_user_is_deleted(self, user: str) -> None:
        self.api.delete(f"/v1/users/{user}")
        self.model = {key: each for key, each in self.model.items() if each != user}

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api.get(PATH).raise_for_status().json()["entries"]
        return found

    @invariant()
    def the_list_holds_exactly_those_that_are_there(self) -> None:
        assert sorted(each["id"] for each in self.listed()) == sorted(self.model)

    def teardown(self) -> None:
        self.api.close()
        self.emulator.close()


@pytest.mark.promise("SCHED-LIST-EXACT")
def test_the_list_holds_what_was_made_and_not_removed() -> None:
    run_state_machine_as_test(Schedules, settings=settings(max_examples=15, stateful_step_count=12, deadline=None))
