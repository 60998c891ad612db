"""Queries as clients write them: every form of a parameter has the same effect on what is found."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from knock_harness.emulator.references import Ref

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import VirtualClock

    Ids = Callable[[str], list[str]]
    Messages = Callable[..., list[dict[str, Any]]]

HOLDER = {"object_id": "acme", "collection": "$tenants"}
#: Listings of messages that can be filtered by time.
MESSAGES = ["/v1/messages", "/v1/users/ada/messages", "/v1/objects/houses/h/messages", "{feed}"]
NOON = "2026-03-01T12:00:00"


@pytest.fixture
def ids(api: httpx.Client, channel: Callable[[str], str]) -> Ids:
    """Return the ids of what a listing shows."""

    def ids(path: str) -> list[str]:
        page = api.get(path.replace("{feed}", feed_path(channel))).raise_for_status().json()
        return [each["id"] for each in page.get("items") or page.get("entries") or []]

    return ids


def feed_path(channel: Callable[[str], str]) -> str:
    return f"/v1/users/ada/feeds/{channel('in-app-feed')}"


@pytest.fixture
def kinds(api: httpx.Client, send: Callable[..., str], trigger: Callable[..., str]) -> None:
    """Records that differ in what lists can filter by."""
    api.put("/v1/users/ada", json={"preferences": {"default": {"categories": {"x": False}}}}).raise_for_status()
    api.put("/v1/objects/houses/h", json={"preferences": {"default": {"categories": {"x": False}}}}).raise_for_status()
    for status, category in (("sent", "a"), ("queued", "b"), ("delivered", "c")):
        send("ada", status=status, categories=[category])
        send(Ref("houses", "h"), status=status)
    for name in ("ada", "bea", "cy"):
        body = {"recipients": [name], "workflow": "in-app-message", "repeats": [{"frequency": "daily"}]}
        api.post("/v1/schedules", json=body).raise_for_status()
        api.put(f"/v1/objects/flats/{name}", json={}).raise_for_status()
        api.post(f"/v1/objects/flats/{name}/subscriptions", json={"recipients": ["ada"]}).raise_for_status()
        api.post("/v1/objects/houses/h/subscriptions", json={"recipients": [name]}).raise_for_status()
    trigger("in-app-message", "ada")


#: Lists of words in a query, each with its value twice and how many of three records these leave.
WORDS = {
    "listMessages": ("/v1/messages?", "status", ["sent", "queued"], 4),
    "listMessagesForUser": ("/v1/users/ada/messages?", "status", ["sent", "queued"], 2),
    "listMessagesForObject": ("/v1/objects/houses/h/messages?", "status", ["sent", "queued"], 2),
    "listUserInAppFeedItems": ("{feed}?", "workflow_categories", ["a", "b"], 2),
    "listWorkflowRecipientRuns": ("/v1/workflow_recipient_runs?", "status", ["queued", "cancelled"], 0),
    "listSubscriptionsForObject": ("/v1/objects/houses/h/subscriptions?", "recipients", ["bea", "cy"], 2),
    "listSchedules": ("/v1/schedules?workflow=in-app-message&", "recipients", ["bea", "cy"], 2),
}


@pytest.mark.promise("QUERY-ARRAY-BRACKETS", "QUERY-ARRAY-REPEAT")
@pytest.mark.parametrize("form", ["{name}[]", "{name}%5B%5D", "{name}"], ids=["brackets", "escaped", "repeated"])
@pytest.mark.parametrize("operation", WORDS)
@pytest.mark.usefixtures("kinds")
def test_all_words_of_a_list_count(api: httpx.Client, channel: Callable[[str], str], operation: str, form: str) -> None:
    path, name, values, count = WORDS[operation]
    query = "&".join(f"{form.format(name=name)}={value}" for value in values)

    page = api.get(path.replace("{feed}", feed_path(channel)) + query).json()

    assert len(page.get("items", page.get("entries"))) == count


@pytest.mark.promise("QUERY-ARRAY-BRACKETS", "QUERY-ARRAY-REPEAT")
@pytest.mark.parametrize("form", ["include[]", "include"], ids=["brackets", "plain"])
@pytest.mark.parametrize(
    ("path", "way"),
    [
        ("/v1/users", []),
        ("/v1/objects/houses", []),
        ("/v1/users/ada/subscriptions", ["recipient"]),
        ("/v1/objects/houses/h/subscriptions", ["recipient"]),
    ],
    ids=["listUsers", "listObjects", "listSubscriptionsForUser", "listSubscriptionsForObject"],
)
@pytest.mark.usefixtures("kinds")
def test_what_is_to_be_included_is_a_list(api: httpx.Client, path: str, way: list[str], form: str) -> None:
    with_them, without = (api.get(f"{path}{query}").json()["entries"] for query in (f"?{form}=preferences", ""))

    assert any(preferences_of(each, way) for each in with_them)
    assert not any(preferences_of(each, way) for each in without)


def preferences_of(record: dict[str, Any], way: list[str]) -> Any:
    for name in way:
        record = record[name]
    return record.get("preferences")


@pytest.mark.promise("QUERY-ARRAY-BRACKETS", "QUERY-ARRAY-REPEAT")
@pytest.mark.parametrize("name", ["message_ids[]", "message_ids"])
def test_contents_of_all_named_messages_are_told(api: httpx.Client, send: Callable[..., str], name: str) -> None:
    answer = api.get(f"/v1/messages/batch/content?{name}={send()}&{name}={send()}")

    assert len(answer.json()) == 2


@pytest.mark.promise("QUERY-ARRAY-BRACKETS", "QUERY-ARRAY-REPEAT")
@pytest.mark.parametrize("name", ["tenant_ids[]", "tenant_ids"])
def test_all_named_tenants_are_deleted(
    api: httpx.Client, watch: Callable[..., list[dict[str, Any]]], name: str
) -> None:
    for tenant in "abc":
        api.put(f"/v1/tenants/{tenant}", json={}).raise_for_status()

    watch(api.post(f"/v1/tenants/bulk/delete?{name}=a&{name}=b").json())

    assert [each["id"] for each in api.get("/v1/tenants").json()["entries"]] == ["c"]


#: References in each form that a client writes, to the objects flats/ada and flats/bea.
FORMS = {
    "indexed": "objects[0][id]=ada&objects[0][collection]=flats&objects[1][id]=bea&objects[1][collection]=flats",
    "grouped": "objects[][id]=ada&objects[][id]=bea&objects[][collection]=flats&objects[][collection]=flats",
    "paired": "objects[][id]=ada&objects[][collection]=flats&objects[][id]=bea&objects[][collection]=flats",
}


@pytest.mark.promise("QUERY-OBJECT-ARRAY-INDICES", "QUERY-OBJECT-ARRAY-BRACKETS")
@pytest.mark.parametrize("escape", [lambda text: text, lambda text: quote(text, safe="=&")], ids=["raw", "escaped"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.usefixtures("kinds")
def test_references_are_read_in_every_form(api: httpx.Client, form: str, escape: Callable[[str], str]) -> None:
    page = api.get(f"/v1/users/ada/subscriptions?{escape(FORMS[form])}").json()

    assert {each["object"]["id"] for each in page["entries"]} == {"ada", "bea"}


@pytest.mark.promise("QUERY-OBJECT-ARRAY-INDICES", "QUERY-OBJECT-ARRAY-BRACKETS", "QUERY-MIXED-RECIPIENTS")
@pytest.mark.parametrize(
    "query",
    [
        "recipients[0][id]=r&recipients[0][collection]=rooms&recipients[1]=bea",
        "recipients[]=bea&recipients[][id]=r&recipients[][collection]=rooms",
    ],
    ids=["indexed", "brackets"],
)
@pytest.mark.parametrize(
    "path", ["/v1/objects/houses/h/subscriptions?", "/v1/schedules?workflow=in-app-message&"], ids=["subs", "schedules"]
)
@pytest.mark.usefixtures("kinds")
def test_users_and_objects_may_be_mixed(api: httpx.Client, path: str, query: str) -> None:
    room = {"id": "r", "collection": "rooms"}
    api.put("/v1/objects/rooms/r", json={}).raise_for_status()
    api.post("/v1/objects/houses/h/subscriptions", json={"recipients": [room]}).raise_for_status()
    body = {"recipients": [room], "workflow": "in-app-message", "repeats": [{"frequency": "daily"}]}
    api.post("/v1/schedules", json=body).raise_for_status()

    page = api.get(path + query).json()

    assert {each["recipient"]["id"] for each in page["entries"]} == {"bea", "r"}


@pytest.mark.promise("QUERY-DOTTED", "QUERY-NESTED-BRACKETS")
@pytest.mark.parametrize("form", ["inserted_at.{0}", "inserted_at[{0}]"], ids=["dotted", "brackets"])
@pytest.mark.parametrize(
    ("word", "kept"), [("gt", [2]), ("gte", [1, 2]), ("lt", [0]), ("lte", [0, 1])], ids=["gt", "gte", "lt", "lte"]
)
@pytest.mark.parametrize("path", MESSAGES)
def test_bounds_of_time_are_exact(
    api: httpx.Client,
    clock: VirtualClock,
    send: Callable[..., str],
    ids: Ids,
    path: str,
    word: str,
    kept: list[int],
    form: str,
) -> None:
    api.put("/v1/objects/houses/h", json={}).raise_for_status()
    made = []
    for _ in range(3):
        made.append(send(Ref("houses", "h") if "houses" in path else "ada"))
        clock.advance(timedelta(microseconds=1))

    found = ids(f"{path}?{form.format(word)}={NOON}.000001Z")

    assert found[::-1] == [made[number] for number in kept]


@pytest.mark.promise("QUERY-DATETIME-FORMS")
@pytest.mark.parametrize(
    "text",
    [
        f"{NOON}Z",
        f"{NOON}.000000Z",
        f"{NOON}%2B00:00",
        "2026-03-01T14:00:00%2B02:00",
        "2026-03-01T07:00:00.000-05:00",
        "2026-03-01T12:00:00.000000%2B00:00",
    ],
)
@pytest.mark.parametrize("path", MESSAGES)
def test_a_moment_is_the_same_however_it_is_written(
    api: httpx.Client, clock: VirtualClock, send: Callable[..., str], ids: Ids, path: str, text: str
) -> None:
    api.put("/v1/objects/houses/h", json={}).raise_for_status()
    recipient = Ref("houses", "h") if "houses" in path else "ada"
    at_noon = send(recipient)
    clock.advance(timedelta(microseconds=1))
    send(recipient)

    assert ids(f"{path}?inserted_at.lte={text}") == [at_noon]


@pytest.mark.promise("QUERY-DATETIME-FORMS", "QUERY-NESTED-BRACKETS")
@pytest.mark.parametrize("text", ["2026-03-01T12:30:00Z", "2026-03-01T14:30:00.000%2B02:00"])
def test_runs_are_bounded_by_moments_in_every_form(
    clock: VirtualClock, trigger: Callable[..., str], ids: Ids, text: str
) -> None:
    trigger("in-app-message", "ada")
    clock.advance(timedelta(hours=1))
    trigger("in-app-message", {"id": "h", "collection": "houses"})
    path = "/v1/workflow_recipient_runs"
    late, early = ids(f"{path}?starting_at={text}"), ids(f"{path}?ending_at={text}")

    assert (len(late), len(early)) == (1, 1)
    assert ids(f"{path}?recipient[id]=h&recipient[collection]=houses") == late
    assert ids(f"{path}?recipient=ada") == early


@pytest.mark.promise("QUERY-NESTED-BRACKETS")
@pytest.mark.parametrize("form", ["query_options.{0}", "query_options[{0}]"], ids=["dotted", "brackets"])
@pytest.mark.parametrize(
    ("provider", "path", "option", "key"),
    [
        ("slack", "channels", "limit=1", "slack_channels"),
        ("ms-teams", "teams", "$top=1", "ms_teams_teams"),
        ("ms-teams", "channels", "$filter=displayName%20eq%20'General'", "ms_teams_channels"),
    ],
    ids=["slack channels", "teams", "channels of a team"],
)
def test_options_of_a_provider_may_be_written_in_brackets(
    api: httpx.Client,
    channel: Callable[[str], str],
    provider: str,
    path: str,
    option: str,
    key: str,
    form: str,
) -> None:
    connect(api, channel)
    name, _, value = option.partition("=")
    query = f"{holder(provider)}&{form.format(name)}={value}"
    teams = api.get(f"/v1/providers/ms-teams/{channel('ms-teams')}/teams?{holder('ms-teams')}").json()["ms_teams_teams"]

    answer = api.get(f"/v1/providers/{provider}/{channel(provider)}/{path}?{query}&team_id={teams[0]['id']}")

    assert len(answer.json()[key]) == 1


def connect(api: httpx.Client, channel: Callable[[str], str]) -> None:
    """Give the tenant that holds credentials one of Slack and one of Microsoft Teams."""
    for provider, data in (
        ("slack", {"token": {"access_token": "xoxb-1"}}),
        ("ms-teams", {"ms_teams_tenant_id": "0a9d6d3d-6f12-4b4c-9a2c-6f1f6f0b2d11"}),
    ):
        path = f"/v1/objects/$tenants/acme/channel_data/{channel(provider)}"
        api.put(path, json={"data": data}).raise_for_status()


def holder(provider: str) -> str:
    name = {"slack": "access_token_object", "ms-teams": "ms_teams_tenant_object"}[provider]
    return f"{name}={quote(json.dumps(HOLDER))}"


#: Every operation of a provider: method, provider and path.
PROVIDERS = [
    ("GET", "slack", "auth_check"),
    ("GET", "slack", "channels"),
    ("PUT", "slack", "revoke_access"),
    ("GET", "ms-teams", "auth_check"),
    ("GET", "ms-teams", "teams"),
    ("GET", "ms-teams", "channels"),
    ("PUT", "ms-teams", "revoke_access"),
]


@pytest.mark.promise("QUERY-PROVIDER-OBJECT-FORMS", "QUERY-UNKNOWN-IGNORED")
@pytest.mark.parametrize(("method", "provider", "path"), PROVIDERS)
def test_the_holder_of_a_credential_may_be_json_or_in_brackets(
    api: httpx.Client, channel: Callable[[str], str], method: str, provider: str, path: str
) -> None:
    as_json = holder(provider)
    name = as_json.partition("=")[0]
    in_brackets = f"{name}[object_id]=acme&{name}[collection]=$tenants&channel_id={channel(provider)}"
    team = "0a9d6d3d-6f12-4b4c-9a2c-6f1f6f0b2d11"
    answers = []
    for query in (as_json, in_brackets):
        connect(api, channel)
        where = f"/v1/providers/{provider}/{channel(provider)}/{path}"
        answers.append(api.request(method, f"{where}?{query}&team_id={team}"))

    assert answers[0].status_code == answers[1].status_code != 422
    assert answers[0].content == answers[1].content


@pytest.mark.promise("QUERY-UNKNOWN-IGNORED")
def test_a_parameter_that_nobody_knows_changes_no_guide(api: httpx.Client, channel: Callable[[str], str]) -> None:
    path = f"/v1/users/ada/guides/{channel('in-app-guide')}"

    assert api.get(f"{path}?force_all_guides=true&color=red").json() == api.get(path).json()


@pytest.mark.promise("QUERY-BOOLEAN")
@pytest.mark.parametrize(("word", "tenants"), [("true", ["acme"]), ("false", [None])])
def test_a_feed_is_asked_for_a_tenant_by_true_and_false(
    api: httpx.Client, send: Callable[..., str], feed: str, word: str, tenants: list[str | None]
) -> None:
    send("ada", tenant="acme")
    send("ada")

    assert [each["tenant"] for each in api.get(f"{feed}?has_tenant={word}").json()["entries"]] == tenants


@pytest.mark.promise("QUERY-BOOLEAN")
def test_runs_are_asked_for_errors_by_true_and_false(api: httpx.Client, trigger: Callable[..., str], ids: Ids) -> None:
    trigger("in-app-message", "ada")
    path = "/v1/workflow_recipient_runs"

    assert sorted(ids(f"{path}?has_errors=true") + ids(f"{path}?has_errors=false")) == sorted(ids(path))
    assert len(ids(f"{path}?has_errors=false")) == 1


@pytest.mark.promise("QUERY-BOOLEAN")
def test_audiences_are_made_by_true_and_not_by_false(api: httpx.Client) -> None:
    body = {"members": [{"user": {"id": "ada"}}]}

    made = [api.post(f"/v1/audiences/beta/members?create_audience={word}", json=body) for word in ("false", "true")]

    assert [each.status_code for each in made] == [404, 204]


@pytest.mark.promise("QUERY-BOOLEAN")
@pytest.mark.parametrize("word", ["yes", "1", "TRUE"])
def test_any_other_word_is_no_boolean(api: httpx.Client, feed: str, word: str) -> None:
    assert api.get(f"{feed}?has_tenant={word}").status_code == 422


@pytest.mark.promise("QUERY-EMPTY-VALUE")
@pytest.mark.parametrize(
    "path",
    [
        "/v1/messages?tenant=&inserted_at.gte=",
        "{feed}?tenant=&status=",
        "/v1/schedules?workflow=in-app-message&tenant=",
    ],
)
def test_an_empty_value_is_none(api: httpx.Client, channel: Callable[[str], str], path: str) -> None:
    answer = api.get(path.replace("{feed}", feed_path(channel)))

    assert answer.status_code == 200
