"""Users, objects and tenants under any sequence of writes, next to a model of them in memory (CROSS-STATE-MACHINE)."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from knock_harness.emulator import Emulator, EmulatorTransport, VirtualClock

# Few of each, so that deletes, new beginnings and merges meet.
names = st.sampled_from(["a", "b"])
owners = st.sampled_from(["users/a", "users/b", "objects/p/a", "objects/$tenants/a"])
nested = st.dictionaries(names, st.integers(0, 3), max_size=2)
properties = st.fixed_dictionaries({}, optional={"x": nested, "y": nested | st.none() | st.integers(0, 3)})
choices = st.dictionaries(st.sampled_from(["v", "w"]), st.booleans(), max_size=2)
EMPTY: dict[str, Any] = {"properties": {}, "channels": {}, "sets": {}}


def laid_over(old: Any, new: Any) -> Any:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return {key: laid_over(old.get(key), new[key]) if key in new else old[key] for key in {**old, **new}}


class Writes(RuleBasedStateMachine):
    """Writes recipients and all that belongs to them, and compares every read with the model."""

    def __init__(self) -> None:
        super().__init__()
        self.emulator = Emulator(
            new_clock=lambda: VirtualClock(datetime(2026, 3, 1, tzinfo=UTC)), keys=["sk_test_x"], seed=1
        )
        self.api = httpx.Client(
            transport=EmulatorTransport(self.emulator),
            base_url="http://emulator.test/v1/",
            headers={"authorization": "Bearer sk_test_x"},
        )
        self.push = self.emulator.project.channels["push-fcm"].id
        self.model: dict[str, dict[str, Any]] = {}
        self.follows: dict[tuple[str, str], dict[str, Any] | None] = {}

    def known(self, owner: str) -> dict[str, Any]:
        return self.model.setdefault(owner, copy.deepcopy(EMPTY))

    @rule(owner=owners, given=properties)
    def is_set(self, owner: str, given: dict[str, Any]) -> None:
        assert self.api.put(owner, json=given).status_code == 200
        self.known(owner)["properties"] = laid_over(self.known(owner)["properties"], given)

    @rule(given=properties)
    def tenant_is_set(self, given: dict[str, Any]) -> None:
        assert self.api.put("tenants/a", json=given).status_code == 200
        tenant = self.known("objects/$tenants/a")
        tenant["properties"] = laid_over(tenant["properties"], given)

    @rule(owner=owners, token=st.sampled_from(["s", "t"]))
    def channel_data_is_set(self, owner: str, token: str) -> None:
        assert self.api.put(f"{owner}/channel_data/{self.push}", json={"data": {"tokens": [token]}}).status_code == 200
        self.known(owner)["channels"] = {self.push: [token]}

    @rule(owner=owners, set_id=st.sampled_from(["default", "z"]), chosen=choices, merge=st.booleans())
    def preferences_are_set(self, owner: str, set_id: str, chosen: dict[str, bool], merge: bool) -> None:
        body = {"workflows": chosen, "__persistence_strategy__": "merge" if merge else "replace"}
        assert self.api.put(f"{owner}/preferences/{set_id}", json=body).status_code == 200
        sets = self.known(owner)["sets"]
        sets[set_id] = {**sets.get(set_id, {}), **chosen} if merge else chosen

    @rule(owner=owners, set_id=st.sampled_from(["default", "z"]))
    def preferences_are_deleted(self, owner: str, set_id: str) -> None:
        assert self.api.delete(f"{owner}/preferences/{set_id}").status_code == 204
        self.model.get(owner, {"sets": {}})["sets"].pop(set_id, None)

    @rule(owner=owners, follower=owners, role=st.integers(0, 2))
    def is_followed(self, owner: str, follower: str, role: int) -> None:
        kind, *rest = follower.split("/")
        who = rest[0] if kind == "users" else {"collection": rest[0], "id": rest[1]}
        body = {"recipients": [who], "properties": {"role": role}}
        added = self.api.post(f"{owner}/subscriptions", json=body)
        if owner.startswith("users/") or owner not in self.model:
            assert added.status_code in {404, 405}
            return
        assert added.status_code == 200
        self.known(follower)
        self.follows[owner, follower] = {"role": role}

    @rule(owner=owners)
    def is_deleted(self, owner: str) -> None:
        assert self.api.delete(owner).status_code == (204 if owner in self.model else 404)
        self.forget(owner)

    @rule(primary=names, secondary=names)
    def are_merged(self, primary: str, secondary: str) -> None:
        merged = self.api.post(f"users/{primary}/merge", json={"from_user_id": secondary})
        new, old = f"users/{primary}", f"users/{secondary}"
        if new not in self.model or old not in self.model or new == old:
            assert merged.status_code in {404, 422}
            return
        assert merged.status_code == 200
        mine, other = self.model[new], self.model[old]
        mine["properties"] = laid_over(other["properties"], mine["properties"])
        mine["channels"] = {**other["channels"], **mine["channels"]}
        mine["sets"] = {**other["sets"], **mine["sets"]}
        for (followed, follower), said in list(self.follows.items()):
            if follower == old:
                self.follows.setdefault((followed, new), said)
        self.forget(old)

    def forget(self, owner: str) -> None:
        self.model.pop(owner, None)
        self.follows = {pair: said for pair, said in self.follows.items() if owner not in pair}

    @invariant()
    def every_list_holds_what_exists_as_it_was_written(self) -> None:
        listed = [
            each
            for place in ("users", "objects/p", "objects/$tenants")
            for each in self.api.get(f"{place}?include[]=preferences").json()["entries"]
        ]
        assert len(listed) == len(self.model)
        for each in listed:
            expected, own = self.model[path_of(each)], each if each["__typename"] == "User" else each["properties"]
            assert {key: own[key] for key in ("x", "y") if key in own} == expected["properties"]
            stored = each["preferences"].items()
            assert {set_id: preferences["workflows"] for set_id, preferences in stored} == expected["sets"]

    @invariant()
    def channel_data_is_that_of_the_last_write(self) -> None:
        for owner, expected in self.model.items():
            data = self.api.get(f"{owner}/channel_data/{self.push}").json().get("data") or {}
            assert data.get("tokens") == expected["channels"].get(self.push)

    @invariant()
    def both_directions_of_the_subscriptions_agree(self) -> None:
        for owner in self.model:
            if not owner.startswith("users/"):
                entries = self.api.get(f"{owner}/subscriptions").json()["entries"]
                followers = {path_of(each["recipient"]): each["properties"] for each in entries}
                assert followers == {who: said for (what, who), said in self.follows.items() if what == owner}
            entries = self.api.get(f"{owner}/subscriptions?mode=recipient").json()["entries"]
            followed = {path_of(each["object"]): each["properties"] for each in entries}
            assert followed == {what: said for (what, who), said in self.follows.items() if who == owner}


def path_of(record: dict[str, Any]) -> str:
    if record["__typename"] == "User":
        return f"users/{record['id']}"
    return f"objects/{record['collection']}/{record['id']}"


@pytest.mark.promise(
    "CROSS-STATE-MACHINE",
    "USER-LIST-EXACT",
    "TENANT-LIST-EXACT",
    "OBJECT-LIST-EXACT",
    "SUB-LIST-EXACT",
    "SUB-LIST-SYMMETRY",
)
def test_every_read_agrees_with_a_model_after_any_writes() -> None:
    run_state_machine_as_test(Writes, settings=settings(max_examples=30, stateful_step_count=30, deadline=None))
