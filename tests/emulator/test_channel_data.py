from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator.environment import Environment

UNKNOWN = "11111111-1111-4111-8111-111111111111"
PLAYER = "22222222-2222-4222-8222-222222222222"
TEAM = "33333333-3333-4333-8333-333333333333"

DEVICE = {"token": "a", "locale": "en", "timezone": "Etc/UTC"}
BARE = {"token": "b", "locale": None, "timezone": None}

#: Channel, what is set, and what is read.
FORMS = [
    pytest.param("push-fcm", {"tokens": ["b"]}, {"tokens": ["b"], "devices": [BARE]}, id="tokens"),
    pytest.param(
        "push-apns",
        {"devices": [DEVICE, {"token": "b"}]},
        {"tokens": ["a", "b"], "devices": [DEVICE, BARE]},
        id="devices",
    ),
    pytest.param(
        "push-expo",
        {"tokens": ["a", "b"], "devices": [DEVICE]},
        {"tokens": ["a", "b"], "devices": [DEVICE, BARE]},
        id="both",
    ),
    pytest.param("push-fcm", {"tokens": []}, {"tokens": [], "devices": []}, id="no tokens"),
    pytest.param(
        "push-sns",
        {"target_arns": ["arn"]},
        {"target_arns": ["arn"], "devices": [{"target_arn": "arn", "locale": None, "timezone": None}]},
        id="sns",
    ),
    pytest.param("push-one-signal", {"player_ids": [PLAYER]}, {"player_ids": [PLAYER]}, id="one signal"),
    pytest.param(
        "slack",
        {"connections": [{"access_token": "x", "user_id": "U"}, {"incoming_webhook": {"url": "https://x.test"}}]},
        {"connections": [{"access_token": "x", "user_id": "U"}, {"incoming_webhook": {"url": "https://x.test"}}]},
        id="slack",
    ),
    pytest.param(
        "ms-teams",
        {
            "connections": [
                {"ms_teams_team_id": TEAM, "ms_teams_channel_id": "19:x"},
                {"incoming_webhook": {"url": "https://x.test"}},
            ]
        },
        {
            "connections": [
                {"ms_teams_team_id": TEAM, "ms_teams_channel_id": "19:x"},
                {"incoming_webhook": {"url": "https://x.test"}},
            ]
        },
        id="teams",
    ),
    pytest.param(
        "discord",
        {"connections": [{"channel_id": "D"}, {"incoming_webhook": {"url": "https://x.test"}}]},
        {"connections": [{"channel_id": "D"}, {"incoming_webhook": {"url": "https://x.test"}}]},
        id="discord",
    ),
]

WRONG = [
    pytest.param("slack", {"tokens": ["t"]}, id="tokens for slack"),
    pytest.param("push-fcm", {"connections": []}, id="connections for push"),
    pytest.param("push-fcm", {"target_arns": ["a"]}, id="arns for fcm"),
    pytest.param("push-sns", {"tokens": ["a"]}, id="tokens for sns"),
    pytest.param("push-one-signal", {"tokens": ["a"]}, id="tokens for one signal"),
    pytest.param("push-fcm", {"tokens": "t"}, id="tokens as text"),
    pytest.param("push-fcm", {"tokens": [7]}, id="number as token"),
    pytest.param("push-fcm", {"devices": [{"locale": "en"}]}, id="device without token"),
    pytest.param("push-sns", {"devices": [{"token": "t"}]}, id="device without arn"),
    pytest.param("slack", {"connections": {}}, id="connections as map"),
    pytest.param("slack", {"connections": [{"incoming_webhook": {}}]}, id="webhook without url"),
    pytest.param("discord", {"connections": [{}]}, id="discord with neither"),
    pytest.param("slack", {}, id="nothing for slack"),
    pytest.param("push-fcm", {}, id="nothing for push"),
    pytest.param("email", {"tokens": ["t"]}, id="a channel without data"),
    pytest.param("push-fcm", None, id="null"),
]


@pytest.mark.promise(
    "CHDATA-PUSH-BOTH-FORMS",
    "CHDATA-SNS",
    "CHDATA-ONESIGNAL",
    "CHDATA-SLACK-CONNECTIONS",
    "CHDATA-MSTEAMS",
    "CHDATA-DISCORD",
    "CHDATA-PUSH-DEVICE-METADATA",
)
@pytest.mark.parametrize(("key", "sent", "full"), FORMS)
@pytest.mark.parametrize("recipient", ["users/ada", "objects/projects/1"])
def test_data_is_returned_in_its_full_form(
    api: httpx.Client, channel: Callable[[str], str], recipient: str, key: str, sent: dict[str, Any], full: Any
) -> None:
    path = f"/v1/{recipient}/channel_data/{channel(key)}"

    answer = api.put(path, json={"data": sent})

    assert answer.status_code == 200, answer.text
    assert answer.json()["data"] == full
    assert api.get(path).json() == answer.json()


@pytest.mark.promise("CHDATA-WRONG-SHAPE-422", "CHDATA-DEVICE-TOKEN-REQUIRED")
@pytest.mark.parametrize(("key", "data"), WRONG)
def test_data_of_another_shape_is_refused_and_the_old_data_stays(
    api: httpx.Client, channel: Callable[[str], str], key: str, data: Any
) -> None:
    fcm = f"/v1/users/ada/channel_data/{channel('push-fcm')}"
    before = api.put(fcm, json={"data": {"tokens": ["old"]}}).json()

    refused = api.put(f"/v1/users/ada/channel_data/{channel(key)}", json={"data": data})

    assert refused.status_code == 422
    assert refused.json()["errors"]
    assert api.get(fcm).json() == before


@pytest.mark.promise("CHDATA-SHAPE", "CHDATA-PROVIDER")
def test_the_answer_names_channel_and_provider(api: httpx.Client, channel: Callable[[str], str]) -> None:
    answer = api.put(f"/v1/users/ada/channel_data/{channel('slack')}", json={"data": {"connections": []}}).json()

    assert (answer["__typename"], answer["channel_id"]) == ("ChannelData", channel("slack"))
    assert answer["provider"] == "chat_slack"


@pytest.mark.promise("CHDATA-SLACK-TENANT-TOKEN", "CHDATA-MSTEAMS-TENANT-ID")
@pytest.mark.parametrize(
    ("key", "data"),
    [("slack", {"token": {"access_token": "x"}}), ("ms-teams", {"ms_teams_tenant_id": TEAM})],
    ids=["slack", "teams"],
)
def test_a_tenant_needs_no_connections(
    api: httpx.Client, channel: Callable[[str], str], key: str, data: dict[str, Any]
) -> None:
    path = f"/v1/objects/$tenants/acme/channel_data/{channel(key)}"

    api.put(path, json={"data": data}).raise_for_status()

    assert data.items() <= api.get(path).json()["data"].items()


@pytest.mark.promise("CHDATA-SET-OVERWRITES")
def test_setting_data_replaces_all_of_it(api: httpx.Client, channel: Callable[[str], str]) -> None:
    path = f"/v1/users/ada/channel_data/{channel('push-fcm')}"
    api.put(path, json={"data": {"tokens": ["a", "b"]}})

    api.put(path, json={"data": {"tokens": ["c"]}})

    assert api.get(path).json()["data"]["tokens"] == ["c"]


@pytest.mark.promise("CHDATA-TOKENS-NOT-JUDGED")
@pytest.mark.parametrize("token", ["t", " ", "ünïcode", "a/b?c#d", "\t\n", "x" * 5000, "null"])
def test_any_text_is_a_token(api: httpx.Client, channel: Callable[[str], str], token: str) -> None:
    path = f"/v1/users/ada/channel_data/{channel('push-fcm')}"

    api.put(path, json={"data": {"tokens": [token]}}).raise_for_status()

    assert api.get(path).json()["data"]["tokens"] == [token]


@pytest.mark.promise("CHDATA-DATA-REQUIRED")
@pytest.mark.parametrize("body", [{"tokens": ["t"]}, {"data": None}, {}])
def test_a_body_without_data_is_refused(api: httpx.Client, channel: Callable[[str], str], body: Any) -> None:
    path = f"/v1/users/ada/channel_data/{channel('push-fcm')}"

    assert api.put(path, json=body).status_code == 422
    assert api.get("/v1/users/ada").status_code == 404


@pytest.mark.promise("CHDATA-UNKNOWN-CHANNEL-404")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("recipient", ["users/ada", "objects/projects/1"])
@pytest.mark.parametrize("channel_id", [UNKNOWN, "no-uuid"])
def test_an_unknown_channel_is_404(api: httpx.Client, method: str, recipient: str, channel_id: str) -> None:
    api.put(f"/v1/{recipient}", json={})
    body = {"data": {"tokens": ["t"]}} if method == "PUT" else None

    answer = api.request(method, f"/v1/{recipient}/channel_data/{channel_id}", json=body)

    assert answer.status_code == 404


@pytest.mark.promise("CHDATA-GET-UNSET-404")
def test_data_that_was_never_set_is_404(api: httpx.Client, channel: Callable[[str], str]) -> None:
    api.put("/v1/users/ada", json={})

    assert api.get(f"/v1/users/ada/channel_data/{channel('push-fcm')}").status_code == 404


@pytest.mark.promise("CHDATA-CREATES-USER", "CHDATA-CREATES-OBJECT")
@pytest.mark.parametrize("recipient", ["users/ada", "objects/projects/1"])
def test_setting_data_makes_the_recipient(api: httpx.Client, channel: Callable[[str], str], recipient: str) -> None:
    api.put(f"/v1/{recipient}/channel_data/{channel('push-fcm')}", json={"data": {"tokens": []}})

    assert api.get(f"/v1/{recipient}").status_code == 200


@pytest.mark.promise("CHDATA-UNSET")
def test_unsetting_takes_one_channel_away_and_nothing_else(api: httpx.Client, channel: Callable[[str], str]) -> None:
    fcm, apns = (f"/v1/users/ada/channel_data/{channel(key)}" for key in ("push-fcm", "push-apns"))
    for path in (fcm, apns):
        api.put(path, json={"data": {"tokens": ["t"]}})

    assert api.delete(fcm).status_code == 204

    assert api.get(fcm).status_code == 404
    assert api.get(apns).json()["data"]["tokens"] == ["t"]
    assert api.get("/v1/users/ada").status_code == 200


def test_unsetting_for_nobody_is_404_and_makes_nobody(api: httpx.Client, channel: Callable[[str], str]) -> None:
    assert api.delete(f"/v1/users/ada/channel_data/{channel('push-fcm')}").status_code == 404
    assert api.get("/v1/users/ada").status_code == 404


@pytest.mark.promise("CHDATA-SURVIVES-IDENTIFY")
def test_identifying_leaves_channel_data_alone(api: httpx.Client, channel: Callable[[str], str]) -> None:
    path = f"/v1/users/ada/channel_data/{channel('push-fcm')}"
    api.put(path, json={"data": {"tokens": ["t"]}})

    api.put("/v1/users/ada", json={"name": "Ada", "channel_data": None})

    assert api.get(path).json()["data"]["tokens"] == ["t"]


@pytest.mark.promise("CHDATA-CHANNELS-INDEPENDENT")
def test_a_user_and_an_object_of_one_id_have_their_own_data(api: httpx.Client, channel: Callable[[str], str]) -> None:
    push = channel("push-fcm")
    api.put(f"/v1/users/1/channel_data/{push}", json={"data": {"tokens": ["user"]}})

    api.put(f"/v1/objects/users/1/channel_data/{push}", json={"data": {"tokens": ["object"]}})

    assert api.get(f"/v1/users/1/channel_data/{push}").json()["data"]["tokens"] == ["user"]


@pytest.mark.promise("CHDATA-TOKEN-DEREGISTRATION")
@pytest.mark.parametrize(("switched_on", "left"), [(True, ["known"]), (False, ["known", "bounced-1"])])
def test_a_token_that_bounced_is_forgotten_where_that_is_wanted(
    api: httpx.Client, environment: Environment, switched_on: bool, left: list[str]
) -> None:
    push = environment.project.channels["push-fcm"]
    push = dataclasses.replace(push, settings={"token_deregistration": switched_on})
    channels = {**environment.project.channels, "push-fcm": push}
    environment.project = dataclasses.replace(environment.project, channels=channels)
    devices = [{"token": "known", "locale": "bounced-1"}, {"token": "bounced-1"}]
    api.put(f"/v1/users/ada/channel_data/{push.id}", json={"data": {"devices": devices}})

    api.post("/v1/workflows/all-channels/trigger", json={"recipients": ["ada"]}).raise_for_status()

    data = api.get(f"/v1/users/ada/channel_data/{push.id}").json()["data"]
    assert data["tokens"] == left
    assert [each["token"] for each in data["devices"]] == left
