from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx


DAILY = [{"frequency": "daily", "hours": 9}]
DAY = timedelta(days=1)


@pytest.fixture
def listed(api: httpx.Client) -> Callable[..., list[dict[str, Any]]]:
    """List schedules, by default those of the workflow that these tests use."""

    def listed(path: str = "/v1/schedules?workflow=scheduled-message") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = api.get(path).raise_for_status().json()["entries"]
        return found

    return listed


def change(api: httpx.Client, *ids: str, **values: Any) -> list[dict[str, Any]]:
    body = {"schedule_ids": list(ids), **values}
    changed: list[dict[str, Any]] = api.put("/v1/schedules", json=body).raise_for_status().json()
    return changed


def remove(api: httpx.Client, *ids: str) -> list[dict[str, Any]]:
    answer = api.request("DELETE", "/v1/schedules", json={"schedule_ids": list(ids)})
    removed: list[dict[str, Any]] = answer.raise_for_status().json()
    return removed


class TestCreate:
    @pytest.mark.promise("SCHED-CREATE-PER-RECIPIENT")
    def test_each_recipient_gets_a_schedule(
        self, create_schedules: Callable[..., Any], listed: Callable[..., Any]
    ) -> None:
        made = create_schedules("ada", {"id": "bob", "name": "Bob"}, {"id": "1", "collection": "teams"}, repeats=DAILY)

        assert [each["recipient"]["id"] for each in made] == ["ada", "bob", "1"]
        assert made[1]["recipient"]["name"] == "Bob"
        assert listed() == made[::-1]

    @pytest.mark.promise("SCHED-NO-DEDUP")
    def test_creating_again_makes_another(
        self, create_schedules: Callable[..., Any], listed: Callable[..., Any]
    ) -> None:
        create_schedules(repeats=DAILY)
        create_schedules(repeats=DAILY)

        assert len(listed()) == 2

    @pytest.mark.promise("SCHED-REPEATS-ECHO")
    def test_rules_come_back_with_all_fields(self, create_schedules: Callable[..., Any]) -> None:
        (schedule,) = create_schedules(repeats=[{"frequency": "weekly", "days": ["mon"]}])

        assert schedule["repeats"] == [
            {
                "__typename": "ScheduleRepeat",
                "frequency": "weekly",
                "interval": 1,
                "days": ["mon"],
                "day_of_month": None,
                "hours": None,
                "minutes": None,
            }
        ]

    @pytest.mark.promise("INLINE-ACTOR-TENANT")
    def test_actor_and_tenant_may_be_maps(self, create_schedules: Callable[..., Any], api: httpx.Client) -> None:
        actor, tenant = {"id": "bob", "name": "Bob"}, {"id": "acme", "name": "Acme"}

        (schedule,) = create_schedules(repeats=DAILY, actor=actor, tenant=tenant, data={"a": [1]})

        assert (schedule["actor"]["name"], schedule["tenant"], schedule["data"]) == ("Bob", "acme", {"a": [1]})
        assert api.get("/v1/tenants/acme").json()["name"] == "Acme"

    @pytest.mark.promise("SCHED-REQUIRED", "SCHED-WORKFLOW-COMMITTED")
    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"recipients": ["ada"]}, 422),
            ({"workflow": "scheduled-message"}, 422),
            ({"workflow": "nothing", "recipients": ["ada"]}, 404),
            ({"workflow": "scheduled-message", "recipients": [f"user-{number}" for number in range(101)]}, 422),
            ({"workflow": "scheduled-message", "recipients": [{"name": "Ada"}]}, 422),
            ({"workflow": "scheduled-message", "recipients": ["ada"], "scheduled_at": "soon"}, 422),
            ({"workflow": "scheduled-message", "recipients": ["ada"], "repeats": [{"hours": 9}]}, 422),
            ({"workflow": "scheduled-message", "recipients": ["ada"], "repeats": [{"frequency": "yearly"}]}, 422),
            (
                {
                    "workflow": "scheduled-message",
                    "recipients": ["ada"],
                    "repeats": [{"frequency": "daily", "minutes": 7}],
                },
                422,
            ),
        ],
    )
    def test_what_is_refused_makes_no_schedule(
        self, api: httpx.Client, listed: Callable[..., Any], body: Any, status: int
    ) -> None:
        answer = api.post("/v1/schedules", json=body)

        assert answer.status_code == status
        assert listed() == []

    @pytest.mark.promise("SCHED-TIMEZONE", "SCHED-TIME-DEFAULTS")
    @pytest.mark.parametrize(
        ("timezone", "expected"),
        [("Asia/Tokyo", "2026-03-02T00:00:00.000000Z"), (None, "2026-03-02T09:00:00.000000Z")],
    )
    def test_rules_mean_the_time_of_the_recipient(
        self, create_schedules: Callable[..., Any], timezone: str | None, expected: str
    ) -> None:
        (schedule,) = create_schedules({"id": "1", "collection": "teams", "timezone": timezone}, repeats=DAILY)

        assert schedule["next_occurrence_at"] == expected

    @pytest.mark.promise("SCHED-ONE-OFF-NEXT")
    def test_once_means_that_instant(self, create_schedules: Callable[..., Any]) -> None:
        (schedule,) = create_schedules(
            {"id": "ada", "timezone": "Asia/Tokyo"}, scheduled_at="2026-03-05T10:00:00+02:00"
        )

        assert schedule["next_occurrence_at"] == "2026-03-05T08:00:00.000000Z"
        assert (schedule["repeats"], schedule["last_occurrence_at"]) == ([], None)

    @pytest.mark.promise("SCHED-START-AT")
    def test_nothing_happens_before_the_start(self, create_schedules: Callable[..., Any]) -> None:
        (schedule,) = create_schedules(repeats=DAILY, scheduled_at="2026-04-01T12:00:00Z")

        assert schedule["next_occurrence_at"] == "2026-04-02T09:00:00.000000Z"

    @pytest.mark.promise("SCHED-TIMING-REQUIRED")
    @pytest.mark.parametrize(
        "timing",
        [
            {},
            {"scheduled_at": "2026-03-05T08:00:00Z", "ending_at": "2026-03-04T08:00:00Z"},
            {"repeats": DAILY, "ending_at": "2026-03-02T08:00:00Z"},
            {"scheduled_at": "2020-01-01T00:00:00Z"},
        ],
        ids=["no timing", "once after the end", "repeats after the end", "once in the past"],
    )
    def test_what_never_happens_has_no_next_occurrence(self, create_schedules: Callable[..., Any], timing: Any) -> None:
        assert create_schedules(**timing)[0]["next_occurrence_at"] is None


class TestFire:
    @pytest.mark.promise("SCHED-FIRES", "SCHED-LAST-OCCURRENCE")
    def test_a_repeating_schedule_runs_at_each_of_its_moments(
        self,
        create_schedules: Callable[..., Any],
        runs: Callable[..., Any],
        wait: Callable[..., None],
        listed: Callable[..., Any],
    ) -> None:
        (schedule,) = create_schedules(repeats=DAILY, data={"title": "Hi"}, tenant="acme", actor={"id": "bob"})

        wait(3 * DAY)

        found = runs()
        assert [each["inserted_at"][:13] for each in found] == ["2026-03-02T09", "2026-03-03T09", "2026-03-04T09"]
        assert {each["trigger_source"]["schedule_id"] for each in found} == {schedule["id"]}
        assert {(each["trigger_source"]["type"], each["tenant"], each["actor"]) for each in found} == {
            ("schedule", "acme", "bob")
        }
        (now,) = listed()
        assert (now["last_occurrence_at"][:13], now["next_occurrence_at"][:13]) == ("2026-03-04T09", "2026-03-05T09")

    @pytest.mark.promise("SCHED-ONE-OFF-DONE")
    def test_a_schedule_for_once_runs_once(
        self,
        create_schedules: Callable[..., Any],
        messages: Callable[..., Any],
        wait: Callable[..., None],
        listed: Callable[..., Any],
    ) -> None:
        create_schedules(scheduled_at="2026-03-02T08:00:00Z", data={"title": "Hi"})

        wait(3 * DAY)

        assert [each["data"] for each in messages()] == [{"title": "Hi"}]
        assert listed()[0]["last_occurrence_at"] == "2026-03-02T08:00:00.000000Z"
        assert listed()[0]["next_occurrence_at"] is None

    def test_after_its_end_it_runs_no_more(
        self, create_schedules: Callable[..., Any], runs: Callable[..., Any], wait: Callable[..., None]
    ) -> None:
        create_schedules(repeats=DAILY, ending_at="2026-03-03T12:00:00Z")

        wait(10 * DAY)

        assert len(runs()) == 2

    @pytest.mark.promise("SCHED-OBJECT-NO-FANOUT")
    def test_an_object_is_run_alone(
        self,
        api: httpx.Client,
        create_schedules: Callable[..., Any],
        runs: Callable[..., Any],
        wait: Callable[..., None],
    ) -> None:
        api.put("/v1/objects/teams/1", json={})
        api.post("/v1/objects/teams/1/subscriptions", json={"recipients": ["ada"]})
        create_schedules({"id": "1", "collection": "teams"}, scheduled_at="2026-03-02T08:00:00Z")

        wait(DAY)

        assert [each["recipient"] for each in runs()] == [{"id": "1", "collection": "teams"}]

    def test_templates_see_the_schedule(
        self,
        api: httpx.Client,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        create_schedules: Callable[..., Any],
        messages: Callable[..., Any],
        wait: Callable[..., None],
    ) -> None:
        commit("scheduled-message", in_app(body="{{ recipient.schedule.id }}{{ data | json }}"))
        (schedule,) = create_schedules(scheduled_at="2026-03-02T08:00:00Z")

        wait(DAY)

        content = api.get(f"/v1/messages/{messages()[0]['id']}/content").json()["data"]
        assert content["blocks"][0]["rendered"] == f"<p>{schedule['id']}{{}}</p>\n"

    @pytest.mark.promise("SCHEDRUN-LATEST-VERSION")
    def test_the_version_counts_that_is_current_when_it_fires(
        self,
        api: httpx.Client,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        create_schedules: Callable[..., Any],
        messages: Callable[..., Any],
        wait: Callable[..., None],
    ) -> None:
        create_schedules(scheduled_at="2026-03-02T08:00:00Z")
        commit("scheduled-message", in_app(body="New"))

        wait(DAY)

        content = api.get(f"/v1/messages/{messages()[0]['id']}/content").json()["data"]
        assert content["blocks"][0]["rendered"] == "<p>New</p>\n"

    def test_an_inactive_workflow_is_not_run(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        create_schedules: Callable[..., Any],
        runs: Callable[..., Any],
        wait: Callable[..., None],
    ) -> None:
        create_schedules(repeats=DAILY)
        commit("scheduled-message", in_app(), active=False)
        wait(DAY)
        commit("scheduled-message", in_app())

        wait(DAY)

        assert len(runs()) == 1


class TestChange:
    @pytest.mark.promise("SCHED-UPDATE-ALL")
    def test_all_named_schedules_get_the_same_values_and_no_other(
        self, api: httpx.Client, create_schedules: Callable[..., Any], listed: Callable[..., Any]
    ) -> None:
        first, second, third = create_schedules("ada", "bob", "cy", repeats=DAILY)

        changed = change(api, first["id"], second["id"], data={"new": True})

        assert [each["data"] for each in changed] == [{"new": True}] * 2
        assert [each["data"] for each in listed()] == [None, {"new": True}, {"new": True}]
        assert listed()[0] == third

    @pytest.mark.promise("SCHED-UPDATE-KEEPS")
    def test_what_is_left_out_stays(self, api: httpx.Client, create_schedules: Callable[..., Any]) -> None:
        (before,) = create_schedules(repeats=DAILY, data={"a": 1}, tenant="acme", actor={"id": "bob"})

        (after,) = change(api, before["id"], data={"b": 2})

        kept = {key: value for key, value in before.items() if key not in {"data", "updated_at"}}
        assert {key: after[key] for key in kept} == kept

    def test_null_takes_away(self, api: httpx.Client, create_schedules: Callable[..., Any]) -> None:
        (before,) = create_schedules(repeats=DAILY, data={"a": 1}, tenant="acme", actor={"id": "bob"})

        (after,) = change(api, before["id"], data=None, tenant=None, actor=None)

        assert (after["data"], after["tenant"], after["actor"]) == (None, None, None)

    @pytest.mark.promise("SCHED-UPDATE-RECOMPUTES")
    def test_other_rules_move_the_next_occurrence(
        self,
        api: httpx.Client,
        create_schedules: Callable[..., Any],
        runs: Callable[..., Any],
        wait: Callable[..., None],
    ) -> None:
        (schedule,) = create_schedules(repeats=DAILY)

        (changed,) = change(api, schedule["id"], repeats=[{"frequency": "daily", "hours": 15}])
        wait(DAY)

        assert changed["next_occurrence_at"] == "2026-03-01T15:00:00.000000Z"
        assert [each["inserted_at"][:13] for each in runs()] == ["2026-03-01T15"]

    def test_a_repeating_schedule_can_become_one_for_once(
        self,
        api: httpx.Client,
        create_schedules: Callable[..., Any],
        runs: Callable[..., Any],
        wait: Callable[..., None],
    ) -> None:
        (schedule,) = create_schedules(repeats=DAILY)

        change(api, schedule["id"], repeats=[], scheduled_at="2026-03-02T10:00:00Z")
        wait(5 * DAY)

        assert [each["inserted_at"][:13] for each in runs()] == ["2026-03-02T10"]

    @pytest.mark.promise("SCHED-UNKNOWN-IDS")
    def test_ids_of_no_schedule_are_passed_over(self, api: httpx.Client) -> None:
        unknown = "5a2a3b9c-0f64-4c6e-8a67-0a4b0d8f7e11"

        assert change(api, unknown, data={}) == []
        assert remove(api, unknown) == []


class TestDelete:
    @pytest.mark.promise("SCHED-DELETE")
    def test_a_deleted_schedule_is_returned_and_in_no_list(
        self, api: httpx.Client, create_schedules: Callable[..., Any], listed: Callable[..., Any]
    ) -> None:
        first, second = create_schedules("ada", "bob", repeats=DAILY)

        removed = remove(api, first["id"], first["id"])

        assert removed == [first]
        assert listed() == [second]

    def test_a_deleted_schedule_does_not_fire(
        self,
        api: httpx.Client,
        create_schedules: Callable[..., Any],
        runs: Callable[..., Any],
        wait: Callable[..., None],
    ) -> None:
        (schedule,) = create_schedules(repeats=DAILY)
        remove(api, schedule["id"])

        wait(DAY)

        assert runs() == []

    def test_the_schedules_of_a_deleted_user_do_not_fire(
        self,
        api: httpx.Client,
        create_schedules: Callable[..., Any],
        runs: Callable[..., Any],
        wait: Callable[..., None],
    ) -> None:
        create_schedules({"id": "ada"}, repeats=DAILY)
        api.delete("/v1/users/ada").raise_for_status()

        wait(DAY)

        assert runs() == []


class TestList:
    @pytest.fixture(autouse=True)
    def schedules(self, create_schedules: Callable[..., Any]) -> None:
        create_schedules("ada", {"id": "1", "collection": "teams"}, repeats=DAILY, tenant="acme")
        create_schedules("ada", "bob", repeats=DAILY)
        create_schedules("ada", repeats=DAILY, workflow="in-app-message")

    @pytest.mark.promise("SCHED-LIST-FILTERS", "SCHED-OWNER-LISTS", "SCHED-OWNER-FILTERS")
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("/schedules?workflow=scheduled-message", ["bob", "ada", "1", "ada"]),
            ("/schedules?workflow=scheduled-message&tenant=acme", ["1", "ada"]),
            ("/schedules?workflow=scheduled-message&recipients[]=ada", ["ada", "ada"]),
            ("/schedules?workflow=scheduled-message&recipients[]=ada&tenant=acme", ["ada"]),
            ("/schedules?workflow=scheduled-message&recipients[0][id]=1&recipients[0][collection]=teams", ["1"]),
            ("/schedules?workflow=nothing", []),
            ("/users/ada/schedules", ["ada", "ada", "ada"]),
            ("/users/ada/schedules?workflow=in-app-message", ["ada"]),
            ("/users/ada/schedules?tenant=acme", ["ada"]),
            ("/users/nobody/schedules", []),
            ("/objects/teams/1/schedules", ["1"]),
            ("/objects/teams/1/schedules?workflow=in-app-message", []),
        ],
    )
    def test_a_list_holds_what_it_is_asked_for(
        self, listed: Callable[..., Any], query: str, expected: list[str]
    ) -> None:
        assert [each["recipient"]["id"] for each in listed(f"/v1{query}")] == expected

    @pytest.mark.promise("SCHED-LIST-WORKFLOW-REQUIRED")
    def test_the_list_needs_a_workflow(self, api: httpx.Client) -> None:
        assert api.get("/v1/schedules").status_code == 422


@pytest.mark.promise("SCHED-BULK-CREATE", "SCHED-WORKFLOW-COMMITTED")
def test_schedules_are_made_in_bulk(
    api: httpx.Client, watch: Callable[[dict[str, Any]], list[dict[str, Any]]], listed: Callable[..., Any]
) -> None:
    rows = [
        {"workflow": "scheduled-message", "recipient": {"id": "ada", "name": "Ada"}, "repeats": DAILY},
        {"workflow": "scheduled-message", "recipient": "ada", "scheduled_at": "2026-04-01T00:00:00Z"},
        {"workflow": "in-app-message", "recipient": "bob", "repeats": DAILY},
        {"workflow": "nothing", "recipient": "cy"},
    ]

    operation = api.post("/v1/schedules/bulk/create", json={"schedules": rows}).raise_for_status().json()

    done = watch(operation)[-1]
    assert (done["name"], done["success_count"], done["error_count"]) == ("schedules.create_schedules", 3, 1)
    assert done["error_items"] == [{"id": "cy", "collection": None}]
    assert [each["recipient"]["id"] for each in listed()] == ["ada", "ada"]
    assert len(listed("/v1/users/bob/schedules")) == 1
