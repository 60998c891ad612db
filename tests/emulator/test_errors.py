"""Refusals of what a request asks for, by code and status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

NOBODY = "0a9d6d3d-6f12-4b4c-9a2c-6f1f6f0b2d11"
TRIGGER = "/v1/workflows/in-app-message/trigger"

#: For each operation a body with one field of the wrong type, and what the answer has to name.
ILL_TYPED = {
    "triggerWorkflow": ("POST", TRIGGER, {"recipients": 1}, "recipients"),
    "identifyUser": ("PUT", "/v1/users/ada", {"channel_data": 1}, "channel_data"),
    "setObject": ("PUT", "/v1/objects/houses/h", {"preferences": []}, "preferences"),
    "setUserChannelData": ("PUT", "/v1/users/ada/channel_data/{channel}", {"data": 5}, "data"),
    "setObjectChannelData": ("PUT", "/v1/objects/houses/h/channel_data/{channel}", {"data": 5}, "data"),
    "createSchedules": ("POST", "/v1/schedules", {"workflow": 1, "recipients": ["ada"]}, "workflow"),
}

#: For each operation that writes a request which is refused, and where one sees whether it left a trace.
REFUSED = {
    "identifyUser": ("PUT", "/v1/users/ada", {"name": "B", "channel_data": 1}, "/v1/users/ada"),
    "setObject": ("PUT", "/v1/objects/houses/h", {"name": "B", "preferences": 1}, "/v1/objects/houses/h"),
    "setTenant": ("PUT", "/v1/tenants/acme", {"name": "B", "settings": 1}, "/v1/tenants/acme"),
    "triggerWorkflow": ("POST", TRIGGER, {"recipients": [{"id": "new", "name": "N"}], "actor": "ghost"}, "/v1/users"),
    "createSchedules": ("POST", "/v1/schedules", {"workflow": "none", "recipients": [{"id": "new"}]}, "/v1/users"),
    "addSubscriptionsForObject": (
        "POST",
        "/v1/objects/houses/h/subscriptions",
        {"recipients": [{"id": "new", "name": "N"}, {"id": 1}]},
        "/v1/users",
    ),
    "updateUserPreferenceSet": (
        "PUT",
        "/v1/users/ada/preferences/default",
        {"channel_types": {"email": False, "sms": "no"}},
        "/v1/users/ada/preferences/default",
    ),
}


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.promise("ERR-422-FIELD-LIST", "ERR-422-CODE")
@pytest.mark.parametrize("operation", ILL_TYPED)
def test_a_422_names_the_field_that_is_wrong(api: httpx.Client, channel: Callable[[str], str], operation: str) -> None:
    method, path, body, field = ILL_TYPED[operation]

    answer = api.request(method, path.format(channel=channel("slack")), json=body)

    assert told(answer) == (422, "invalid_params")
    assert [each.keys() for each in answer.json()["errors"]] == [{"field", "message", "type"}]
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.promise("ERR-422-CODE")
def test_a_query_that_does_not_fit_has_the_same_code(api: httpx.Client, feed: str) -> None:
    assert told(api.get(feed, params={"status": "lost"})) == (422, "invalid_params")


@pytest.mark.promise("ERR-WORKFLOW-MISSING")
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/workflows/none/trigger", {"recipients": ["ada"]}),
        ("/v1/notify", {"name": "none", "recipients": ["ada"], "actor": "ada"}),
    ],
    ids=["trigger", "legacy"],
)
def test_a_workflow_that_nobody_committed_is_missing(
    api: httpx.Client, runs: Callable[..., list[dict[str, Any]]], path: str, body: dict[str, Any]
) -> None:
    api.put("/v1/users/ada", json={})

    assert told(api.post(path, json=body)) == (404, "workflow_missing")
    assert runs() == []


@pytest.mark.promise("ERR-WORKFLOW-INACTIVE")
def test_a_workflow_that_is_switched_off_is_inactive(
    api: httpx.Client,
    commit: Callable[..., None],
    in_app: Callable[..., dict[str, Any]],
    work: Callable[[], None],
    runs: Callable[..., list[dict[str, Any]]],
) -> None:
    commit("off", in_app(), active=False)

    answer = api.post("/v1/workflows/off/trigger", json={"recipients": ["ada"]})
    work()

    assert told(answer) == (422, "workflow_inactive")
    assert runs() == []


@pytest.mark.promise("ERR-ACTOR-MISSING")
def test_an_actor_that_nobody_identified_is_missing(api: httpx.Client) -> None:
    body = {"recipients": ["ada"], "actor": "ghost"}

    before = api.post(TRIGGER, json=body)
    api.put("/v1/users/ghost", json={})
    after = api.post(TRIGGER, json=body)

    assert told(before) == (422, "actor_missing")
    assert after.status_code == 200


@pytest.mark.promise("ERR-CHANNEL-INVALID")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", f"/v1/users/ada/channel_data/{NOBODY}"),
        ("PUT", f"/v1/objects/houses/h/channel_data/{NOBODY}"),
        ("GET", f"/v1/users/ada/feeds/{NOBODY}"),
    ],
    ids=["user", "object", "feed"],
)
def test_a_channel_that_nobody_configured_is_invalid(api: httpx.Client, method: str, path: str) -> None:
    answer = api.request(method, path, json={"data": {"tokens": ["t"]}})

    assert told(answer) == (404, "channel_invalid")


@pytest.mark.promise("ERR-PROVIDER-ENVELOPE")
@pytest.mark.parametrize(
    ("method", "provider", "path", "holder"),
    [
        ("GET", "slack", "channels", "access_token_object"),
        ("PUT", "slack", "revoke_access", "access_token_object"),
        ("PUT", "ms-teams", "revoke_access", "ms_teams_tenant_object"),
    ],
    ids=["channels", "revoke", "teams"],
)
def test_the_403_of_a_provider_has_the_form_of_all_errors(
    api: httpx.Client, channel: Callable[[str], str], method: str, provider: str, path: str, holder: str
) -> None:
    params = {f"{holder}[object_id]": "acme", f"{holder}[collection]": "$tenants"}

    answer = api.request(method, f"/v1/providers/{provider}/{channel(provider)}/{path}", params=params)

    error = answer.json()
    assert answer.status_code == error["status"] == 403
    assert [type(error[name]) for name in ("code", "message", "type")] == [str, str, str]


@pytest.mark.promise("ERR-MALFORMED-JSON")
@pytest.mark.parametrize("length", range(1, 22))
def test_a_body_that_was_cut_is_refused_wherever_it_was_cut(api: httpx.Client, length: int) -> None:
    body = b'{"name": "Ada", "n":1}'

    answer = api.put("/v1/users/ada", content=body[:length], headers={"content-type": "application/json"})

    assert told(answer) == (400, "malformed_json")
    assert api.get("/v1/users/ada").status_code == 404


@pytest.mark.promise("ERR-4XX-NO-EFFECT")
@pytest.mark.parametrize("operation", REFUSED)
def test_what_is_refused_leaves_no_trace(api: httpx.Client, operation: str) -> None:
    method, path, body, look = REFUSED[operation]
    for place in ("/v1/users/ada", "/v1/objects/houses/h", "/v1/tenants/acme"):
        api.put(place, json={"name": "A"}).raise_for_status()
    before = api.get(look).json()

    assert 400 <= api.request(method, path, json=body).status_code < 500
    assert api.get(look).json() == before
