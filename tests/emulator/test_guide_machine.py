"""Guides against a model of flags, whatever the order of the calls."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from knock_harness.emulator import Emulator, EmulatorTransport, definitions

KEY = "sk_test_guides"
USERS = ("ada", "bob")
TENANTS = (None, "a", "b")
#: Two guides of one type and scope, and one that is archived for each tenant by itself.
GUIDES = {"one": "global", "two": "global", "three": "per_tenant"}
WORDS = ("seen", "interacted", "archived")

users = st.sampled_from(USERS)
guides = st.sampled_from(sorted(GUIDES))
tenants = st.sampled_from(TENANTS)


class GuideMachine(RuleBasedStateMachine):
    """Users engage with guides, and undo it."""

    def __init__(self) -> None:
        super().__init__()
        emulator = Emulator(keys=[KEY])
        environment = emulator.environments[KEY]
        for key in environment.project.guides:
            definitions.delete(environment, "guide", key)
        definitions.commit_section(environment, "guide_groups", [])
        for key, scope in GUIDES.items():
            steps = [{"ref": "only", "schema_key": "banner"}]
            definitions.commit(
                environment, "guide", key, {"channel_key": "in-app-guide", "scope": scope, "steps": steps}
            )
        self.ids = {key: each.id for key, each in environment.project.guides.items()}
        self.channel = environment.project.channels["in-app-guide"].id
        self.client = httpx.Client(
            transport=EmulatorTransport(emulator),
            base_url="http://emulator.test",
            headers={"authorization": f"Bearer {KEY}"},
        )
        self.model: dict[tuple[str, str, str | None], set[str]] = {}

    def flags(self, user: str, guide: str, tenant: str | None) -> set[str]:
        scope = tenant if GUIDES[guide] == "per_tenant" else None
        return self.model.setdefault((user, guide, scope), set())

    def ask(self, method: str, path: str, user: str, guide: str, tenant: str | None) -> None:
        body: dict[str, Any] = {
            "channel_id": self.channel,
            "guide_id": self.ids[guide],
            "guide_key": guide,
            "guide_step_ref": "only",
            "content": {},
        }
        if tenant is not None:
            body["tenant"] = tenant
        answer = self.client.request(method, f"/v1/users/{user}/guides/{path}", json=body)
        assert answer.json() == {"status": "ok"}

    @rule(user=users, guide=guides, tenant=tenants, word=st.sampled_from(WORDS), alias=st.booleans())
    def engage(self, user: str, guide: str, tenant: str | None, word: str, alias: bool) -> None:
        self.ask("PUT", f"messages/{'x/' if alias else ''}{word}", user, guide, tenant)
        self.flags(user, guide, tenant).update({word, "read"} if word == "interacted" else {word})

    @rule(user=users, guide=guides, tenant=tenants)
    def unarchive(self, user: str, guide: str, tenant: str | None) -> None:
        self.ask("DELETE", "messages/archived", user, guide, tenant)
        self.flags(user, guide, tenant).discard("archived")

    @rule(user=users, guide=guides, tenant=tenants)
    def reset(self, user: str, guide: str, tenant: str | None) -> None:
        self.ask("PUT", "engagements/reset", user, guide, tenant)
        self.flags(user, guide, tenant).clear()

    @invariant()
    def what_is_listed_is_what_the_model_says(self) -> None:
        for user in USERS:
            for tenant in TENANTS:
                params = {} if tenant is None else {"tenant": tenant}
                listed = self.client.get(f"/v1/users/{user}/guides/{self.channel}", params=params).json()
                entries = {each["key"]: each["steps"][0]["message"] for each in listed["entries"]}
                archived = {each["key"]: each["reason"] for each in listed["ineligible_guides"]}
                for guide in GUIDES:
                    flags = self.flags(user, guide, tenant)
                    if "archived" in flags:
                        assert (guide in entries, archived[guide]) == (False, "marked_as_archived")
                        continue
                    assert guide not in archived
                    stamps = {each for each in ("seen", "read", "interacted") if entries[guide][f"{each}_at"]}
                    assert stamps == flags

    def teardown(self) -> None:
        self.client.close()


@pytest.mark.promise("GUIDE-MACHINE", "GUIDE-PARTITION")
def test_the_listed_state_is_that_of_a_model() -> None:
    run_state_machine_as_test(GuideMachine, settings=settings(max_examples=25, stateful_step_count=15, deadline=None))
