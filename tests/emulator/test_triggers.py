from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knock_harness.emulator.engine import triggers

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import Emulator
    from knock_harness.emulator.environment import Environment
    from tests.emulator.conftest import HandClock

TRIGGER = "/v1/workflows/in-app-message/trigger"
TEAM = {"id": "1", "collection": "teams"}

one_after_another = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def json_objects() -> st.SearchStrategy[dict[str, Any]]:
    scalars = (
        st.none()
        | st.booleans()
        | st.integers(-(2**70), 2**70)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
        | st.just("ä" * 2000)
    )
    names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8).filter(
        lambda name: name != "attachments"
    )
    values = st.recursive(scalars, lambda each: st.lists(each, max_size=3) | st.dictionaries(names, each, max_size=3))
    return st.dictionaries(names, values, max_size=4)


@pytest.mark.promise("TRIGGER-RUN-ID")
def test_a_trigger_answers_with_a_uuid(trigger: Callable[..., str]) -> None:
    run_id = trigger("in-app-message")

    assert str(UUID(run_id)) == run_id


@pytest.mark.promise("TRIGGER-SHARED-RUN-ID")
def test_all_runs_and_messages_of_a_trigger_carry_its_id_and_no_others(
    commit: Callable[..., None],
    in_app: Callable[..., Any],
    trigger: Callable[..., str],
    runs: Callable[..., Any],
    messages: Callable[..., Any],
) -> None:
    commit("twice", in_app("first"), in_app("second"))
    trigger("twice", "dee")

    run_id = trigger("twice", "ada", "bob", "cy")

    assert [each["workflow_run_id"] for each in runs()].count(run_id) == 3
    assert [each["source"]["workflow_run_id"] for each in messages()].count(run_id) == 6
    assert {each["recipient"] for each in messages(workflow_run_id=run_id)} == {"ada", "bob", "cy"}


@pytest.mark.promise("TRIGGER-EVENTUALLY-COMPLETE", "RUN-STATUS-MACHINE")
def test_a_run_that_does_not_pause_completes_and_stays_so(
    api: httpx.Client, trigger: Callable[..., str], runs: Callable[..., Any], clock: HandClock, work: Callable[[], None]
) -> None:
    trigger("in-app-message")
    path = f"/v1/workflow_recipient_runs/{runs()[0]['id']}"
    before = api.get(path).json()

    clock.advance(timedelta(days=3))
    work()

    assert before["status"] == "completed"
    assert api.get(path).json() == before


@pytest.mark.promise("TRIGGER-ASYNC")
def test_what_a_trigger_starts_appears_after_its_answer(
    api: httpx.Client, runs: Callable[..., Any], environment: Environment, work: Callable[[], None]
) -> None:
    api.post(TRIGGER, json={"recipients": ["ada"]}).raise_for_status()
    before = environment.store.connection.execute("SELECT count(*) FROM messages").fetchone()[0]

    work()

    assert (before, [each["status"] for each in runs()]) == (0, ["completed"])


@pytest.mark.promise("TRIGGER-RECIPIENTS-MAX")
def test_a_thousand_recipients_are_taken(trigger: Callable[..., str], environment: Environment) -> None:
    run_id = trigger("in-app-message", *[f"user-{number}" for number in range(1000)])

    counted = environment.store.connection.execute(
        "SELECT count(DISTINCT recipient_id) FROM runs WHERE workflow_run_id = ?", (run_id,)
    )
    assert counted.fetchone() == (1000,)


@pytest.mark.promise("TRIGGER-DATA-OBJECT")
@pytest.mark.parametrize("data", [[1], 7, "x"], ids=repr)
def test_data_that_is_no_object_is_refused(api: httpx.Client, runs: Callable[..., Any], data: Any) -> None:
    answer = api.post(TRIGGER, json={"recipients": ["ada"], "data": data})

    assert (answer.status_code, runs()) == (422, [])


@pytest.mark.promise("TRIGGER-DATA-VERBATIM")
@one_after_another
@given(data=json_objects())
def test_data_comes_back_as_it_was_given(
    api: httpx.Client, trigger: Callable[..., str], messages: Callable[..., Any], feed: str, data: dict[str, Any]
) -> None:
    run_id = trigger("in-app-message", data=data)

    (message,) = messages(workflow_run_id=run_id)
    (activity,) = api.get(f"/v1/messages/{message['id']}/activities").json()["items"]
    item = next(each for each in api.get(feed).json()["entries"] if each["id"] == message["id"])
    assert (message["data"], activity["data"], item["activities"][0]["data"]) == (data, data, data)


@pytest.mark.promise("RECIPIENT-ONE-RUN-EACH", "RECIPIENT-DUPLICATE-ONCE")
@one_after_another
@given(named=st.lists(st.sampled_from(["ada", "bob", "cy", "dee"]), min_size=1, max_size=8))
def test_each_recipient_has_one_run_of_its_own(
    trigger: Callable[..., str], runs: Callable[..., Any], messages: Callable[..., Any], named: list[str]
) -> None:
    run_id = trigger("in-app-message", *named)

    found = [each for each in runs(page_size=50) if each["workflow_run_id"] == run_id]
    assert sorted(each["recipient"] for each in found) == sorted(set(named))
    assert len({each["id"] for each in found} | {run_id}) == len(set(named)) + 1
    assert len(messages(workflow_run_id=run_id)) == len(set(named))


@pytest.mark.promise("RECIPIENT-ONE-RUN-EACH")
def test_recipients_beyond_a_page_have_runs_as_well(api: httpx.Client, trigger: Callable[..., str]) -> None:
    named = [f"user-{number}" for number in range(130)]

    run_id = trigger("in-app-message", *named)

    found: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        query = {"page_size": 50, "workflow_run_id": run_id, **({"after": after} if after else {})}
        page = api.get("/v1/messages", params=query).json()
        found, after = found + page["items"], page["page_info"]["after"]
    assert sorted(each["recipient"] for each in found) == sorted(named)
    assert len({each["source"]["workflow_recipient_run_id"] for each in found}) == len(named)


@pytest.mark.promise("RECIPIENT-DUPLICATE-MIXED-FORMS")
def test_an_object_named_by_reference_and_inline_is_one_recipient(
    api: httpx.Client, trigger: Callable[..., str], runs: Callable[..., Any]
) -> None:
    trigger("in-app-message", TEAM, {**TEAM, "name": "Red"})

    assert [each["recipient"] for each in runs()] == [TEAM]
    assert api.get("/v1/objects/teams/1").json()["properties"]["name"] == "Red"


@pytest.mark.promise("RECIPIENT-REF-FORMS")
def test_runs_and_messages_show_a_recipient_as_it_was_named(
    api: httpx.Client, trigger: Callable[..., str], runs: Callable[..., Any], messages: Callable[..., Any]
) -> None:
    trigger("in-app-message", {"id": "ada"}, TEAM)

    assert [each["recipient"] for each in runs()] == ["ada", TEAM]
    assert [each["recipient"] for each in messages()] == ["ada", TEAM]
    of_object = api.get("/v1/objects/teams/1/messages").json()["items"]
    of_user = api.get("/v1/users/ada/messages").json()["items"]
    assert ([each["recipient"] for each in of_object], [each["recipient"] for each in of_user]) == ([TEAM], ["ada"])


@pytest.mark.promise("RECIPIENT-INLINE-BEFORE-RUN")
def test_a_run_works_with_everything_its_inline_recipient_brought(
    api: httpx.Client, trigger: Callable[..., str], messages: Callable[..., Any], channel: Callable[[str], str]
) -> None:
    api.put("/v1/users/ada", json={"email": "old@example.com", "phone_number": "+1"})
    brought = {
        "id": "ada",
        "email": "new@example.com",
        "channel_data": {channel("push-fcm"): {"tokens": ["phone"]}},
        "preferences": {"default": {"channel_types": {"sms": False}}},
    }

    trigger("all-channels", brought)

    sent = {each["source"]["step_ref"]: each["id"] for each in messages()}
    content = {ref: api.get(f"/v1/messages/{id_}/content").json()["data"] for ref, id_ in sent.items()}
    assert "sms" not in sent
    assert (content["email"]["to"], content["push"]["token"]) == ("new@example.com", "phone")


@pytest.mark.promise("RECIPIENT-UNKNOWN-NO-MESSAGE")
def test_somebody_unknown_gets_nothing_outside_the_app_and_the_others_are_served(
    trigger: Callable[..., str], messages: Callable[..., Any]
) -> None:
    trigger("all-channels", {"id": "ada", "email": "ada@example.com"}, "stranger")

    emails = [each["recipient"] for each in messages() if each["source"]["step_ref"] == "email"]
    assert emails == ["ada"]


class TestActorAndTenant:
    @pytest.mark.promise("TRIGGER-ACTOR-ON-MESSAGE")
    def test_messages_and_feed_items_name_the_actor(
        self, api: httpx.Client, trigger: Callable[..., str], messages: Callable[..., Any], feed: str
    ) -> None:
        trigger("in-app-message", actor={"id": "bob", "name": "Bob"})

        (item,) = api.get(feed).json()["entries"]
        assert messages()[0]["actors"] == ["bob"]
        assert [(each["id"], each["name"]) for each in item["actors"]] == [("bob", "Bob")]
        assert item["total_actors"] == 1

    @pytest.mark.promise("TRIGGER-ACTOR-NONE")
    def test_without_an_actor_nobody_is_named(
        self, api: httpx.Client, trigger: Callable[..., str], messages: Callable[..., Any], feed: str
    ) -> None:
        trigger("in-app-message")

        (message,), (item,) = messages(), api.get(feed).json()["entries"]
        (activity,) = api.get(f"/v1/messages/{message['id']}/activities").json()["items"]
        assert (message["actors"], item["actors"], item["total_actors"], activity["actor"]) == ([], [], 0, None)

    @pytest.mark.promise("TRIGGER-ACTOR-INLINE")
    def test_templates_see_what_an_inline_actor_brought(
        self,
        api: httpx.Client,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
    ) -> None:
        commit("news", in_app(body="{{ actor.name }} of {{ tenant.name }}"))

        trigger("news", actor={"id": "bob", "name": "Bob"}, tenant={"id": "acme", "name": "Acme"})

        content = api.get(f"/v1/messages/{messages()[0]['id']}/content").json()["data"]
        assert content["blocks"][0]["rendered"] == "<p>Bob of Acme</p>\n"

    @pytest.mark.promise("TRIGGER-TENANT-ON-MESSAGE")
    @pytest.mark.parametrize("tenant", ["acme", None])
    def test_run_message_and_feed_item_name_the_tenant(
        self,
        api: httpx.Client,
        trigger: Callable[..., str],
        runs: Callable[..., Any],
        messages: Callable[..., Any],
        feed: str,
        tenant: str | None,
    ) -> None:
        trigger("all-channels", {"id": "ada", "email": "ada@example.com"}, tenant=tenant)

        (item,) = api.get(feed).json()["entries"]
        assert (runs()[0]["tenant"], item["tenant"]) == (tenant, tenant)
        sent = [each["tenant"] for each in messages()]
        assert len(sent) > 1  # not in-app alone
        assert set(sent) == {tenant}


class TestLargeFanOut:
    @pytest.fixture
    def crowd(self, api: httpx.Client) -> dict[str, str]:
        """An object with 300 subscribers."""
        api.put("/v1/objects/crowds/1", json={})
        for start in range(0, 300, 100):
            named = [f"user-{number}" for number in range(start, start + 100)]
            api.post("/v1/objects/crowds/1/subscriptions", json={"recipients": named}).raise_for_status()
        return {"id": "1", "collection": "crowds"}

    @pytest.mark.promise("RECIPIENT-FANOUT-PAGES", "TRIGGER-ASYNC")
    def test_requests_are_answered_between_its_pieces(
        self, api: httpx.Client, emulator: Emulator, environment: Environment, crowd: dict[str, str]
    ) -> None:
        api.post(TRIGGER, json={"recipients": [crowd]}).raise_for_status()
        counts = []
        while emulator.run_due(budget_s=0.0, at_once=1):
            counts.append(environment.store.connection.execute("SELECT count(*) FROM messages").fetchone()[0])

        assert environment.store.connection.execute("SELECT count(*) FROM messages").fetchone()[0] == 301
        assert len(set(counts)) > 30

    @pytest.mark.promise("CANCEL-SUBSET")
    def test_a_cancellation_reaches_runs_that_have_not_begun(
        self, clock: HandClock, work: Callable[[], None], environment: Environment, crowd: dict[str, str]
    ) -> None:
        at = environment.clock.now()
        with environment.store.transaction():
            triggers.accept(environment, "delayed-message", {"recipients": [crowd], "cancellation_key": "k"}, at=at)
            triggers.cancel(environment, "delayed-message", "k", ["user-299"], at=at)
        clock.advance(timedelta(0))

        work()

        counted = environment.store.connection.execute("SELECT status, count(*) FROM runs GROUP BY status")
        assert dict(counted.fetchall()) == {"paused": 300, "cancelled": 1}
