from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator.environment import Environment

TRIGGER = "/v1/workflows/in-app-message/trigger"


@pytest.mark.promise("TRIGGER-SHARED-RUN-ID")
def test_a_trigger_answers_with_the_id_that_its_runs_and_messages_carry(
    trigger: Callable[..., str], runs: Callable[..., Any], messages: Callable[..., Any]
) -> None:
    run_id = trigger("in-app-message", "ada", "bob")

    assert [each["workflow_run_id"] for each in runs()] == [run_id, run_id]
    assert [each["source"]["workflow_run_id"] for each in messages()] == [run_id, run_id]
    assert len({each["id"] for each in runs()} | {run_id}) == 3


@pytest.mark.promise("TRIGGER-ASYNC")
def test_a_trigger_does_not_wait_for_its_runs(api: httpx.Client, environment: Environment) -> None:
    api.post(TRIGGER, json={"recipients": ["ada"]}).raise_for_status()

    assert environment.store.connection.execute("SELECT count(*) FROM runs").fetchone() == (0,)


@pytest.mark.promise("TRIGGER-RECIPIENTS-REQUIRED", "TRIGGER-RECIPIENTS-MAX", "TRIGGER-ALL-OR-NOTHING")
@pytest.mark.parametrize(
    ("workflow", "body", "status", "code"),
    [
        ("nothing", {"recipients": ["ada"]}, 404, "workflow_missing"),
        ("inactive-message", {"recipients": ["ada"]}, 422, "workflow_inactive"),
        ("in-app-message", {"recipients": ["ada"], "actor": "nobody"}, 422, "actor_missing"),
        ("schema-message", {"recipients": ["ada"]}, 422, "invalid_params"),
        ("schema-message", {"recipients": ["ada"], "data": {"title": 5}}, 422, "invalid_params"),
        ("in-app-message", {}, 422, "invalid_params"),
        ("in-app-message", {"recipients": "ada"}, 422, "invalid_params"),
        ("in-app-message", {"recipients": ["ada", 5]}, 422, "invalid_params"),
        ("in-app-message", {"recipients": ["ada", {"name": "Ada"}]}, 422, "invalid_params"),
        ("in-app-message", {"recipients": [f"user-{number}" for number in range(1001)]}, 422, "invalid_params"),
    ],
    ids=[
        "unknown workflow",
        "inactive workflow",
        "actor never identified",
        "data missing that the schema requires",
        "data of another type than the schema says",
        "no recipients",
        "recipients are no list",
        "a recipient is a number",
        "an inline recipient without an id",
        "too many recipients",
    ],
)
def test_a_trigger_that_is_refused_starts_nothing(
    api: httpx.Client, runs: Callable[..., Any], workflow: str, body: Any, status: int, code: str
) -> None:
    answer = api.post(f"/v1/workflows/{workflow}/trigger", json=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert runs() == []


@pytest.mark.promise("TRIGGER-DATA-SIZE")
@pytest.mark.parametrize(("size_mb", "status"), [(9, 200), (11, 413)], ids=["nearly as large as may be", "too large"])
@pytest.mark.parametrize("place", ["common", "own"])
def test_data_may_be_ten_megabytes_and_no_more(
    api: httpx.Client, environment: Environment, place: str, size_mb: int, status: int
) -> None:
    data = {"text": "x" * size_mb * 1024 * 1024}
    bodies = {
        "common": {"recipients": ["ada"], "data": data},
        "own": {"recipients": [{"id": "ada", "$trigger_data": data}]},
    }

    answer = api.post(TRIGGER, json=bodies[place])

    assert answer.status_code == status
    assert (environment.store.queue.next_due() is None) is (status == 413)


def test_data_that_fits_the_schema_is_taken(trigger: Callable[..., str], runs: Callable[..., Any]) -> None:
    trigger("schema-message", data={"title": "News", "count": 1})

    assert len(runs()) == 1


@pytest.mark.promise("TRIGGER-NULL-OPTIONALS")
def test_null_means_left_out(trigger: Callable[..., str], runs: Callable[..., Any]) -> None:
    trigger("in-app-message", actor=None, tenant=None, cancellation_key=None, data=None, settings=None)

    (run,) = runs()
    assert (run["actor"], run["tenant"], run["trigger_source"]["cancellation_key"]) == (None, None, None)


def test_the_version_that_was_committed_last_runs(
    commit: Callable[..., None],
    in_app: Callable[..., Any],
    trigger: Callable[..., str],
    messages: Callable[..., Any],
    environment: Environment,
) -> None:
    commit("news", in_app(body="Old"))
    trigger("news")
    commit("news", in_app(body="New"))

    trigger("news")

    versions = [each["source"]["version_id"] for each in messages()]
    assert versions[1] == environment.project.workflows["news"].version_id != versions[0]


@pytest.mark.promise("WORKFLOW-INACTIVE-NO-RUNS")
def test_switched_on_again_a_workflow_runs(
    commit: Callable[..., None], in_app: Callable[..., Any], api: httpx.Client, trigger: Callable[..., str]
) -> None:
    commit("news", in_app(), active=False)
    refused = api.post("/v1/workflows/news/trigger", json={"recipients": ["ada"]})
    commit("news", in_app())

    trigger("news")

    assert refused.status_code == 422


class TestRecipients:
    @pytest.mark.promise("RECIPIENT-DUPLICATE-ONCE", "RECIPIENT-DUPLICATE-MIXED-FORMS")
    def test_somebody_named_twice_is_run_once(self, trigger: Callable[..., str], messages: Callable[..., Any]) -> None:
        trigger("in-app-message", "ada", "ada", {"id": "ada", "name": "Ada"})

        assert [each["recipient"] for each in messages()] == ["ada"]

    @pytest.mark.promise("RECIPIENT-USER-OBJECT-DISTINCT")
    def test_a_user_and_objects_of_one_id_are_different(
        self, trigger: Callable[..., str], runs: Callable[..., Any]
    ) -> None:
        named = ["1", {"id": "1", "collection": "teams"}, {"id": "1", "collection": "projects"}]

        trigger("in-app-message", *named)

        assert [each["recipient"] for each in runs()] == named

    def test_an_inline_recipient_is_known_to_its_run(
        self, trigger: Callable[..., str], messages: Callable[..., Any], api: httpx.Client
    ) -> None:
        trigger("in-app-message", {"id": "ada", "name": "Ada"}, data={"message": "Hi"})

        content = api.get(f"/v1/messages/{messages()[0]['id']}/content").json()
        assert content["data"]["blocks"][0]["rendered"] == "<p>Ada: Hi</p>\n"

    @pytest.mark.promise("RECIPIENT-INLINE-ID-ONLY", "RECIPIENT-STRING-NOT-IDENTIFIED")
    def test_an_id_in_a_map_makes_the_user_and_a_bare_id_does_not(
        self, trigger: Callable[..., str], api: httpx.Client
    ) -> None:
        trigger("in-app-message", {"id": "ada"}, "bob")

        assert [api.get(f"/v1/users/{each}").status_code for each in ("ada", "bob")] == [200, 404]

    def test_a_reference_changes_no_property_of_the_object(
        self, trigger: Callable[..., str], api: httpx.Client
    ) -> None:
        before = api.put("/v1/objects/teams/1", json={"name": "Red"}).json()

        trigger("in-app-message", {"id": "1", "collection": "teams"})

        assert api.get("/v1/objects/teams/1").json() == before

    @pytest.mark.promise("TRIGGER-PER-RECIPIENT-MERGE")
    def test_data_of_one_recipient_is_merged_over_the_common_data(
        self, trigger: Callable[..., str], messages: Callable[..., Any], api: httpx.Client
    ) -> None:
        trigger("in-app-message", {"id": "ada", "$trigger_data": {"b": 3}}, "bob", data={"a": 1, "b": 2})

        assert [each["data"] for each in messages()] == [{"a": 1, "b": 3}, {"a": 1, "b": 2}]
        assert "$trigger_data" not in api.get("/v1/users/ada").json()

    @pytest.mark.promise("TRIGGER-PER-RECIPIENT-MERGE")
    def test_data_of_one_recipient_counts_wherever_else_it_is_named(
        self, trigger: Callable[..., str], messages: Callable[..., Any]
    ) -> None:
        trigger("in-app-message", "ada", {"id": "ada", "$trigger_data": {"b": 3}}, "ada", data={"b": 2})

        assert [each["data"] for each in messages()] == [{"b": 3}]

    def test_numbers_may_be_large(self, trigger: Callable[..., str], messages: Callable[..., Any]) -> None:
        large = 2**100

        trigger("delayed-message", {"id": "ada", "$trigger_data": {"n": large}}, settings={"skip_delay": True})

        assert messages()[0]["data"] == {"n": large}

    def test_data_of_one_recipient_is_no_property(self, trigger: Callable[..., str], api: httpx.Client) -> None:
        trigger("in-app-message", {"id": "ada", "$trigger_data": None})

        assert "$trigger_data" not in api.get("/v1/users/ada").json()

    @pytest.mark.promise("TRIGGER-ALL-OR-NOTHING")
    def test_one_bad_recipient_leaves_nobody_changed(self, api: httpx.Client) -> None:
        named = [{"id": "ada", "name": "Ada"}, {"id": "bob", "timezone": "Nowhere"}]

        answer = api.post(TRIGGER, json={"recipients": named})

        assert answer.status_code == 422
        assert api.get("/v1/users/ada").status_code == 404


class TestActorAndTenant:
    @pytest.mark.promise("TRIGGER-ACTOR-INLINE")
    def test_the_actor_is_on_runs_and_messages(
        self, trigger: Callable[..., str], runs: Callable[..., Any], messages: Callable[..., Any], api: httpx.Client
    ) -> None:
        trigger("in-app-message", actor={"id": "bob", "name": "Bob"})

        assert runs()[0]["actor"] == "bob"
        assert messages()[0]["actors"] == ["bob"]
        assert api.get("/v1/users/bob").json()["name"] == "Bob"

    @pytest.mark.promise("TRIGGER-ACTOR-INLINE")
    def test_an_object_may_act(self, trigger: Callable[..., str], messages: Callable[..., Any]) -> None:
        trigger("in-app-message", actor={"id": "1", "collection": "teams", "name": "Red"})

        assert messages()[0]["actors"] == [{"id": "1", "collection": "teams"}]

    def test_without_an_actor_the_list_is_empty(
        self, trigger: Callable[..., str], messages: Callable[..., Any]
    ) -> None:
        trigger("in-app-message")

        assert messages()[0]["actors"] == []

    @pytest.mark.promise("TRIGGER-TENANT-STRING-UNKNOWN", "TRIGGER-TENANT-INLINE")
    def test_the_tenant_is_on_runs_and_messages(
        self, trigger: Callable[..., str], runs: Callable[..., Any], messages: Callable[..., Any], api: httpx.Client
    ) -> None:
        trigger("in-app-message", tenant={"id": "acme", "name": "Acme"})
        trigger("in-app-message", tenant="unknown")

        assert [each["tenant"] for each in runs()] == ["acme", "unknown"]
        assert [each["tenant"] for each in messages()] == ["acme", "unknown"]
        assert api.get("/v1/tenants/acme").json()["name"] == "Acme"


class TestFrequency:
    @pytest.fixture(autouse=True)
    def project(self, commit: Callable[..., None], in_app: Callable[..., Any]) -> None:
        commit("once", in_app(), trigger_frequency="once_per_recipient")
        commit("once-per-tenant", in_app(), trigger_frequency="once_per_recipient_per_tenant")

    @pytest.mark.promise("FREQUENCY-ONCE")
    def test_once_per_recipient_is_once(self, trigger: Callable[..., str], messages: Callable[..., Any]) -> None:
        trigger("once", "ada")
        trigger("once", "ada", "bob", tenant="acme", data={"again": True})

        assert [each["recipient"] for each in messages()] == ["ada", "bob"]

    @pytest.mark.promise("FREQUENCY-ONCE")
    def test_once_outlives_a_commit(
        self,
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        commit: Callable[..., None],
        in_app: Callable[..., Any],
    ) -> None:
        trigger("once")
        commit("once", in_app(body="Another"), trigger_frequency="once_per_recipient")

        trigger("once")

        assert len(messages()) == 1

    @pytest.mark.promise("FREQUENCY-ONCE-TENANT")
    def test_once_per_recipient_and_tenant_counts_tenants_apart(
        self, trigger: Callable[..., str], messages: Callable[..., Any]
    ) -> None:
        for tenant in ("t1", "t1", "t2", None, None):
            trigger("once-per-tenant", tenant=tenant)

        assert [each["tenant"] for each in messages()] == ["t1", "t2", None]


class TestFanOut:
    @pytest.fixture(autouse=True)
    def graph(self, api: httpx.Client) -> None:
        """An organisation with two teams, each with members, and a deeper level below."""
        for collection, name in (("orgs", "org"), ("teams", "t1"), ("teams", "t2"), ("squads", "deep"), ("lone", "x")):
            api.put(f"/v1/objects/{collection}/{name}", json={"name": name})
        self.subscribe(api, "orgs/org", {"id": "t1", "collection": "teams"}, {"id": "t2", "collection": "teams"}, "ada")
        self.subscribe(api, "teams/t1", "bob", "ada", {"id": "deep", "collection": "squads"}, role="member")
        self.subscribe(api, "teams/t2", "bob", "cy", {"id": "org", "collection": "orgs"})
        self.subscribe(api, "squads/deep", "far")

    @staticmethod
    def subscribe(api: httpx.Client, path: str, *recipients: Any, **properties: Any) -> None:
        body = {"recipients": list(recipients), "properties": properties}
        api.post(f"/v1/objects/{path}/subscriptions", json=body).raise_for_status()

    @pytest.mark.promise(
        "RECIPIENT-FANOUT-SUBSCRIBERS", "RECIPIENT-FANOUT-NESTED", "RECIPIENT-FANOUT-DEDUP", "RECIPIENT-FANOUT-DEPTH"
    )
    def test_a_trigger_for_an_object_reaches_two_levels_each_once(
        self, trigger: Callable[..., str], runs: Callable[..., Any]
    ) -> None:
        trigger("in-app-message", {"id": "org", "collection": "orgs"}, "bob")

        reached = [
            each["recipient"] if isinstance(each["recipient"], str) else each["recipient"]["id"] for each in runs()
        ]
        assert reached == ["org", "bob", "t1", "t2", "ada", "deep", "cy"]

    @pytest.mark.promise("TRIGGER-ACTOR-EXCLUDED-SUBSCRIBER")
    def test_an_actor_is_left_out_who_is_reached_by_subscription(
        self, trigger: Callable[..., str], runs: Callable[..., Any]
    ) -> None:
        trigger("in-app-message", {"id": "t1", "collection": "teams"}, actor="bob")

        assert [each["recipient"] for each in runs()] == [
            {"id": "t1", "collection": "teams"},
            "ada",
            {"id": "deep", "collection": "squads"},
            "far",
        ]

    @pytest.mark.promise("TRIGGER-ACTOR-NOT-EXCLUDED-DIRECT")
    def test_an_actor_is_run_who_is_named(self, trigger: Callable[..., str], runs: Callable[..., Any]) -> None:
        trigger("in-app-message", "bob", {"id": "t1", "collection": "teams"}, actor="bob")

        assert "bob" in [each["recipient"] for each in runs()]

    @pytest.mark.promise("RECIPIENT-FANOUT-PROPERTIES")
    def test_templates_see_the_subscription_that_somebody_was_reached_by(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        api: httpx.Client,
    ) -> None:
        subscription = "{{ recipient.subscription.role }} of {{ recipient.subscription.object.name }}"
        commit("news", in_app(body=subscription))
        trigger("news", {"id": "t1", "collection": "teams"})

        message = next(each for each in messages() if each["recipient"] == "bob")
        content = api.get(f"/v1/messages/{message['id']}/content").json()["data"]
        assert content["blocks"][0]["rendered"] == "<p>member of t1</p>\n"

    @pytest.mark.promise("RECIPIENT-FANOUT-PAGES")
    def test_there_is_no_bound_to_the_subscribers(
        self, api: httpx.Client, trigger: Callable[..., str], environment: Environment
    ) -> None:
        for start in range(0, 1200, 100):
            self.subscribe(api, "lone/x", *[f"user-{number}" for number in range(start, start + 100)])

        run_id = trigger("in-app-message", {"id": "x", "collection": "lone"})

        counted = environment.store.connection.execute(
            "SELECT count(*), count(DISTINCT recipient_id), sum(status = 'completed') FROM runs"
            " WHERE workflow_run_id = ?",
            (run_id,),
        )
        assert counted.fetchone() == (1201, 1201, 1201)


class TestLegacyPaths:
    @pytest.mark.promise("LEGACY-NOTIFY-SAME-ENGINE")
    def test_the_legacy_trigger_starts_the_same_runs(
        self, api: httpx.Client, work: Callable[[], None], messages: Callable[..., Any]
    ) -> None:
        api.put("/v1/users/bob", json={})

        answer = api.post("/v1/notify", json={"name": "in-app-message", "actor": "bob", "recipients": ["ada"]})
        work()

        assert [each["recipient"] for each in messages(workflow_run_id=answer.json()["result_id"])] == ["ada"]

    @pytest.mark.promise("LEGACY-NOTIFY-REQUIRED")
    @pytest.mark.parametrize("missing", ["name", "actor", "recipients"])
    def test_the_legacy_trigger_needs_all_three(self, api: httpx.Client, missing: str) -> None:
        body = {"name": "in-app-message", "actor": "bob", "recipients": ["ada"]}

        answer = api.post("/v1/notify", json={key: value for key, value in body.items() if key != missing})

        assert answer.status_code == 422

    @pytest.mark.promise("LEGACY-CANCEL-SAME-EFFECT")
    def test_the_legacy_cancellation_stops_runs_of_the_current_path(
        self, api: httpx.Client, trigger: Callable[..., str], work: Callable[[], None], runs: Callable[..., Any]
    ) -> None:
        trigger("delayed-message", cancellation_key="k")

        answer = api.post("/v1/notify/cancel", json={"name": "delayed-message", "cancellation_key": "k"})
        work()

        assert (answer.status_code, runs()[0]["status"]) == (204, "cancelled")


def test_a_workflow_that_is_gone_when_it_is_cancelled_is_told_so(api: httpx.Client) -> None:
    answer = api.post("/v1/workflows/nothing/cancel", json={"cancellation_key": "k"})

    assert (answer.status_code, answer.json()["code"]) == (404, "workflow_missing")


def test_environments_have_projects_of_their_own(environment: Environment) -> None:
    before = environment.project

    environment.project = replace(before, workflows={})

    assert before.workflows
