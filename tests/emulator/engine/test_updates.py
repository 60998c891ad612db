from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

ORG = {"id": "1", "collection": "orgs"}


def update(kind: str, **settings: str) -> dict[str, Any]:
    return {"ref": "update", "type": kind, "settings": settings}


def where(variable: str, argument: str) -> dict[str, Any]:
    return {"all": [{"variable": variable, "operator": "equal_to", "argument": argument}]}


@pytest.fixture
def failures(api: httpx.Client, runs: Callable[..., Any]) -> Callable[[], list[str]]:
    """What went wrong in the first run."""

    def failures() -> list[str]:
        events = api.get(f"/v1/workflow_recipient_runs/{runs()[0]['id']}").json()["events"]
        return [each["data"]["reason"] for each in events if each["status"] == "error"]

    return failures


@pytest.mark.promise("UPDATE-DATA-STEP")
class TestData:
    def test_later_steps_see_what_was_laid_over_the_data(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
    ) -> None:
        new = '{"full_name": "{{ data.first }} {{ data.last }}", "metadata": {"new": 1}}'
        commit("update", update("update_data", data=new), in_app(body="{{ data.full_name }}"))

        trigger("update", data={"first": "Ada", "last": "L", "metadata": {"old": 1}})

        assert messages()[0]["data"] == {"first": "Ada", "last": "L", "metadata": {"new": 1}, "full_name": "Ada L"}

    def test_what_is_no_map_ends_the_run(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        failures: Callable[[], list[str]],
    ) -> None:
        commit("update", update("update_data", data="[1, 2]"), in_app())

        trigger("update")

        assert failures() == ["data is no JSON object once it is rendered"]
        assert messages() == []


@pytest.mark.promise("UPDATE-RECORDS-STEPS")
class TestRecords:
    def test_a_user_has_the_new_properties_in_the_api_and_in_later_steps(
        self,
        api: httpx.Client,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
    ) -> None:
        api.put("/v1/users/ada", json={"plan": "free", "name": "Ada"})
        commit(
            "update",
            update("update_user", update_properties='{"plan": "{{ data.plan }}"}', recipient_mode="current"),
            in_app(body="{{ recipient.plan }}", conditions=where("recipient.plan", "pro")),
        )

        trigger("update", "ada", data={"plan": "pro"})

        user = api.get("/v1/users/ada").json()
        assert (user["plan"], user["name"]) == ("pro", "Ada")
        assert len(messages()) == 1

    def test_an_object_that_is_the_recipient_has_them(
        self, api: httpx.Client, commit: Callable[..., None], trigger: Callable[..., str]
    ) -> None:
        commit("update", update("update_object", update_properties='{"plan": "pro"}'))

        trigger("update", ORG)

        assert api.get("/v1/objects/orgs/1").json()["properties"] == {"plan": "pro"}

    def test_the_tenant_of_the_run_has_them(
        self,
        api: httpx.Client,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
    ) -> None:
        commit(
            "update",
            update("update_tenant", update_properties='{"plan": "pro"}'),
            in_app(conditions=where("tenant.plan", "pro")),
        )

        trigger("update", tenant="acme")

        assert api.get("/v1/tenants/acme").json()["plan"] == "pro"
        assert len(messages()) == 1

    @pytest.mark.parametrize(
        ("kind", "named", "path"),
        [
            ("update_user", "{{ data.who }}", "/v1/users/bob"),
            ("update_user", "gid://knock/User/bob", "/v1/users/bob"),
            ("update_object", '{"id": "1", "collection": "orgs"}', "/v1/objects/orgs/1"),
            ("update_object", "gid://knock/Object/orgs/1", "/v1/objects/orgs/1"),
            ("update_object", "orgs/1", "/v1/objects/orgs/1"),
            ("update_tenant", "acme", "/v1/tenants/acme"),
        ],
    )
    def test_another_record_may_be_named(
        self,
        api: httpx.Client,
        commit: Callable[..., None],
        trigger: Callable[..., str],
        kind: str,
        named: str,
        path: str,
    ) -> None:
        commit("update", update(kind, update_properties='{"n": 1}', recipient_mode="reference", recipient_gid=named))

        trigger("update", "ada", data={"who": "bob"})

        record = api.get(path).raise_for_status().json()
        assert record.get("properties", record)["n"] == 1

    @pytest.mark.parametrize("kind", ["update_object", "update_tenant"])
    def test_a_step_for_what_the_run_has_not_is_skipped(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        failures: Callable[[], list[str]],
        kind: str,
    ) -> None:
        commit("update", update(kind, update_properties='{"n": 1}'), in_app())

        trigger("update", "ada")

        assert (len(messages()), failures()) == (1, [])

    @pytest.mark.parametrize(
        "step",
        [
            update("update_user", update_properties="nonsense"),
            update("update_user", update_properties='{"timezone": "Mars/Olympus"}'),
            update(
                "update_user", update_properties="{}", recipient_mode="reference", recipient_gid="gid://k/Object/a/b"
            ),
            update("update_object", update_properties="{}", recipient_mode="reference", recipient_gid="nowhere"),
            update("update_audience", audience_key="nowhere", action="add"),
        ],
    )
    def test_what_cannot_be_stored_ends_the_run(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        failures: Callable[[], list[str]],
        step: dict[str, Any],
    ) -> None:
        commit("update", step, in_app())

        trigger("update", "ada")

        assert (len(failures()), messages()) == (1, [])

    @pytest.mark.parametrize(("action", "member"), [("add", True), ("remove", False)])
    def test_a_user_joins_or_leaves_an_audience_which_later_steps_see(
        self,
        api: httpx.Client,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        action: str,
        member: bool,
    ) -> None:
        api.post("/v1/audiences/beta/members?create_audience=true", json={"members": [{"user": {"id": "bob"}}]})
        api.post("/v1/audiences/other/members?create_audience=true", json={"members": [{"user": {"id": "ada"}}]})
        key = "beta" if member else "other"
        inside = {"variable": "recipient", "operator": "is_audience_member", "argument": key}
        commit(
            "update",
            update("update_audience", audience_key=key, action=action),
            in_app("inside", conditions={"all": [inside]}),
        )

        trigger("update", "ada")

        members = [each["user_id"] for each in api.get(f"/v1/audiences/{key}/members").json()["entries"]]
        assert ("ada" in members) is member
        assert len(messages()) == member
