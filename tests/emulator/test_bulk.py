from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    Watch = Callable[[dict[str, Any]], list[dict[str, Any]]]
    Finish = Callable[[str, Any], dict[str, Any]]

#: Each bulk call of recipients: path, body, and the name of the work.
CALLS = [
    pytest.param("users/bulk/identify", {"users": [{"id": "x"}]}, "users.identify", id="identify"),
    pytest.param("users/bulk/delete", {"user_ids": ["x"]}, "users.delete", id="delete users"),
    pytest.param(
        "users/bulk/preferences", {"user_ids": ["x"], "preferences": {}}, "users.set_preferences", id="preferences"
    ),
    pytest.param("objects/projects/bulk/set", {"objects": [{"id": "x"}]}, "objects.projects.set", id="set objects"),
    pytest.param("objects/projects/bulk/delete", {"object_ids": ["x"]}, "objects.projects.delete", id="delete objects"),
    pytest.param(
        "objects/projects/bulk/subscriptions/add",
        {"subscriptions": [{"id": "1", "recipients": ["x"]}]},
        "objects.projects.upsert_subscriptions",
        id="subscribe",
    ),
    pytest.param(
        "objects/projects/bulk/subscriptions/delete",
        {"subscriptions": [{"id": "1", "recipients": ["x"]}]},
        "objects.projects.delete_subscriptions",
        id="unsubscribe",
    ),
    pytest.param("tenants/bulk/set", {"tenants": ["x"]}, "tenants.set", id="set tenants"),
    pytest.param("tenants/bulk/delete?tenant_ids[]=x", None, "tenants.delete", id="delete tenants"),
]


def start(api: httpx.Client, path: str, body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.post(f"/v1/{path}", json=body).raise_for_status().json()
    return answer


@pytest.fixture
def finish(api: httpx.Client, watch: Watch) -> Finish:
    """Makes a bulk call and returns the operation when it is done."""
    return lambda path, body: watch(start(api, path, body))[-1]


@pytest.mark.promise(
    "BULK-RETURNS-OPERATION", "BULK-SHAPE", "BULK-NAMES", "BULK-TERMINATES", "BULK-ESTIMATE", "BULK-COUNTS"
)
@pytest.mark.parametrize(("path", "body", "name"), CALLS)
def test_every_bulk_call_answers_with_an_operation_that_completes(
    api: httpx.Client, path: str, body: Any, name: str, watch: Watch
) -> None:
    api.put("/v1/objects/projects/1", json={})

    seen = watch(start(api, path, body))

    assert {each["name"] for each in seen} == {name}
    assert (seen[0]["status"], seen[-1]["status"]) == ("queued", "completed")
    counts = ("estimated_total_rows", "processed_rows", "success_count", "error_count")
    assert [seen[-1][count] for count in counts] == [1, 1, 1, 0]


@pytest.mark.promise("BULK-STATUS-FORWARD")
def test_progress_is_seen_and_only_moves_forward(api: httpx.Client, watch: Watch) -> None:
    users = [{"id": f"u{number}"} for number in range(250)]

    seen = watch(start(api, "users/bulk/identify", {"users": users}))

    statuses = list(dict.fromkeys(each["status"] for each in seen))
    processed = [each["processed_rows"] for each in seen]
    assert statuses == ["queued", "processing", "completed"]
    assert processed == sorted(processed)
    assert len(set(processed)) > 2
    assert api.get(f"/v1/bulk_operations/{seen[0]['id']}").json() == seen[-1]


@pytest.mark.promise("BULK-TIMESTAMPS")
def test_each_moment_is_known_when_the_status_says_so(api: httpx.Client, watch: Watch) -> None:
    for each in watch(start(api, "users/bulk/identify", {"users": [{"id": "x"}]})):
        assert (each["started_at"] is not None) == (each["status"] != "queued")
        assert (each["completed_at"] is not None) == (each["status"] == "completed")
        assert each["failed_at"] is None


@pytest.mark.promise("BULK-PROGRESS-PATH")
def test_the_progress_path_leads_to_the_operation(api: httpx.Client) -> None:
    operation = start(api, "users/bulk/identify", {"users": [{"id": "x"}]})

    assert operation["progress_path"] == f"http://emulator.test/v1/bulk_operations/{operation['id']}"
    assert api.get(operation["progress_path"]).json()["id"] == operation["id"]


@pytest.mark.promise("BULK-GET-UNKNOWN-404")
@pytest.mark.parametrize("name", ["11111111-1111-4111-8111-111111111111", "none"])
def test_an_unknown_operation_is_404(api: httpx.Client, name: str) -> None:
    assert api.get(f"/v1/bulk_operations/{name}").status_code == 404


@pytest.mark.promise("BULK-ERROR-ITEMS", "BULK-COUNTS")
def test_rows_that_fail_are_named_and_the_others_are_done(api: httpx.Client, finish: Finish) -> None:
    objects = [{"id": "a", "x": 1}, {"id": "b", "x": "x" * 300_000}, {"id": "c", "x": 3}]

    operation = finish("objects/projects/bulk/set", {"objects": objects})

    assert operation["error_items"] == [{"id": "b", "collection": "projects"}]
    assert [operation[each] for each in ("processed_rows", "success_count", "error_count")] == [3, 2, 1]
    assert {each["id"] for each in api.get("/v1/objects/projects").json()["entries"]} == {"a", "c"}


def test_a_row_that_fails_leaves_nothing_behind(api: httpx.Client, finish: Finish) -> None:
    unknown = {"11111111-1111-4111-8111-111111111111": {"tokens": ["t"]}}

    operation = finish("users/bulk/identify", {"users": [{"id": "ada", "channel_data": unknown}]})

    assert operation["error_count"] == 1
    assert api.get("/v1/users/ada").status_code == 404


@pytest.mark.promise("BULK-EQUALS-SINGLES")
def test_a_bulk_identify_leaves_what_single_ones_would(
    api: httpx.Client, channel: Callable[[str], str], finish: Finish
) -> None:
    push = channel("push-fcm")
    new = {
        "meta": {"b": 2},
        "created_at": "2020-01-01T00:00:00Z",
        "channel_data": {push: {"tokens": ["t"]}},
        "preferences": {"default": {"channel_types": {"email": False}}},
    }
    for name in ("one", "many"):
        api.put(f"/v1/users/{name}", json={"meta": {"a": 1}})
        api.put(f"/v1/users/{name}/preferences/default", json={"channel_types": {"sms": False}})

    api.put("/v1/users/one", json=new)
    finish("users/bulk/identify", {"users": [{"id": "many", **new}]})

    def read(part: str, **own: str) -> Any:
        one, many = api.get(f"/v1/users/one{part}").json(), api.get(f"/v1/users/many{part}").json()
        return ({**one, **own}, {**many, **own}) if own else (one, many)

    for one, many in (read(f"/channel_data/{push}"), read("/preferences"), read("", id="", updated_at="")):
        assert many == one


@pytest.mark.promise("BULK-USERS-DELETE")
def test_a_bulk_delete_of_users_passes_over_strangers(api: httpx.Client, finish: Finish) -> None:
    for name in ("a", "b", "c"):
        api.put(f"/v1/users/{name}", json={})

    finish("users/bulk/delete", {"user_ids": ["a", "stranger", "b"]})

    assert [each["id"] for each in api.get("/v1/users").json()["entries"]] == ["c"]


@pytest.mark.promise("BULK-OBJECTS-COLLECTION")
def test_bulk_work_on_objects_stays_in_its_collection(api: httpx.Client, finish: Finish) -> None:
    api.put("/v1/objects/teams/1", json={"me": "team"})

    finish("objects/projects/bulk/set", {"objects": [{"id": "1", "me": "project"}]})
    finish("objects/projects/bulk/delete", {"object_ids": ["1"]})

    assert api.get("/v1/objects/projects/1").status_code == 404
    assert api.get("/v1/objects/teams/1").json()["properties"] == {"me": "team"}


@pytest.mark.promise("BULK-TENANTS-SET")
def test_tenants_are_set_from_maps_and_plain_ids(api: httpx.Client, finish: Finish) -> None:
    for name in ("map", "known"):
        api.put(f"/v1/tenants/{name}", json={"name": "Old", "x": 1})

    finish("tenants/bulk/set", {"tenants": [{"id": "map", "name": "New"}, "known", "fresh"]})

    shown = {each["id"]: each for each in api.get("/v1/tenants").json()["entries"]}
    assert (shown["map"]["name"], shown["map"]["x"], shown["known"]["name"]) == ("New", 1, "Old")
    assert shown["fresh"] == {"__typename": "Tenant", "id": "fresh"}


@pytest.mark.promise("BULK-TENANTS-DELETE-QUERY")
def test_exactly_the_tenants_of_the_query_are_deleted(api: httpx.Client, finish: Finish) -> None:
    for name in ("a", "b", "c"):
        api.put(f"/v1/tenants/{name}", json={})

    finish("tenants/bulk/delete?tenant_ids[]=a&tenant_ids[]=b", None)

    assert [each["id"] for each in api.get("/v1/tenants").json()["entries"]] == ["c"]


@pytest.mark.promise("BULK-PREFERENCES-REPLACE", "BULK-PREFERENCES-SET-ID")
@pytest.mark.parametrize(("given", "written"), [({"id": "acme"}, "acme"), ({}, "default")], ids=["tenant", "default"])
def test_bulk_preferences_replace_the_set_they_name(
    api: httpx.Client, given: dict[str, str], written: str, finish: Finish
) -> None:
    for name in ("default", "acme"):
        api.put(f"/v1/users/ada/preferences/{name}", json={"categories": {name: False}})

    preferences = {**given, "channel_types": {"email": False}}
    finish("users/bulk/preferences", {"user_ids": ["ada", "new"], "preferences": preferences})

    for name in ("default", "acme"):
        shown = api.get(f"/v1/users/ada/preferences/{name}").json()
        assert shown["categories"] == (None if name == written else {name: False})
    assert api.get(f"/v1/users/new/preferences/{written}").json()["channel_types"] == {"email": False}
    assert api.get("/v1/users/new").status_code == 200


@pytest.mark.promise("SUB-BULK-ADD")
def test_bulk_subscriptions_have_the_properties_of_their_entry(api: httpx.Client, finish: Finish) -> None:
    for name in ("1", "2"):
        api.put(f"/v1/objects/projects/{name}", json={})
    entries = [
        {"id": "1", "recipients": ["ada", {"id": "bea", "name": "Bea"}], "properties": {"n": 1}},
        {"id": "2", "recipients": [{"id": "t", "collection": "teams"}]},
        {"id": "missing", "recipients": ["ada"]},
    ]

    operation = finish("objects/projects/bulk/subscriptions/add", {"subscriptions": entries})

    first = api.get("/v1/objects/projects/1/subscriptions").json()["entries"]
    second = api.get("/v1/objects/projects/2/subscriptions").json()["entries"]
    assert [(each["recipient"]["id"], each["properties"]) for each in first] == [("bea", {"n": 1}), ("ada", {"n": 1})]
    assert [(each["recipient"]["id"], each["properties"]) for each in second] == [("t", None)]
    assert operation["error_items"] == [{"id": "missing", "collection": "projects"}]


@pytest.mark.promise("SUB-BULK-DELETE-SKIPS")
def test_a_bulk_unsubscribe_skips_what_is_not_there(api: httpx.Client, finish: Finish) -> None:
    api.put("/v1/objects/projects/1", json={})
    api.post("/v1/objects/projects/1/subscriptions", json={"recipients": ["ada", "bea"]})
    entries = [{"id": "1", "recipients": ["ada", "stranger"]}, {"id": "missing", "recipients": ["ada"]}]

    operation = finish("objects/projects/bulk/subscriptions/delete", {"subscriptions": entries})

    left = api.get("/v1/objects/projects/1/subscriptions").json()["entries"]
    assert [each["recipient"]["id"] for each in left] == ["bea"]
    assert operation["error_count"] == 0


@pytest.mark.promise("BULK-LIMIT-1000", "CROSS-LIMIT-EXCEEDED")
@pytest.mark.parametrize(
    ("path", "field", "entry"),
    [
        ("users/bulk/identify", "users", {"id": "x"}),
        ("users/bulk/delete", "user_ids", "x"),
        ("users/bulk/preferences", "user_ids", "x"),
        ("objects/projects/bulk/set", "objects", {"id": "x"}),
        ("objects/projects/bulk/delete", "object_ids", "x"),
        ("tenants/bulk/set", "tenants", "x"),
    ],
)
def test_a_thousand_entities_are_taken_and_not_one_more(api: httpx.Client, path: str, field: str, entry: Any) -> None:
    more = {"preferences": {}} if path.endswith("preferences") else {}

    assert api.post(f"/v1/{path}", json={field: [entry] * 1000, **more}).status_code == 200
    assert api.post(f"/v1/{path}", json={field: [entry] * 1001, **more}).status_code == 422


@pytest.mark.promise("BULK-LIST-REQUIRED", "BULK-USERS-ID-REQUIRED")
@pytest.mark.parametrize("body", [{}, {"users": {}}, {"users": [{"name": "Ada"}]}], ids=["none", "map", "no id"])
def test_a_body_without_its_entities_is_refused(api: httpx.Client, body: dict[str, Any]) -> None:
    assert api.post("/v1/users/bulk/identify", json=body).status_code == 422
    assert api.get("/v1/users").json()["entries"] == []


@pytest.mark.promise("SUB-BULK-ADD-LIMITS", "CROSS-LIMIT-EXCEEDED")
def test_a_hundred_objects_are_subscribed_to_at_once_and_not_one_more(api: httpx.Client, finish: Finish) -> None:
    names = [f"o{number}" for number in range(100)]
    finish("objects/projects/bulk/set", {"objects": [{"id": name} for name in names]})
    recipients = [f"u{number}" for number in range(50)]
    entries = [{"id": name, "recipients": recipients} for name in names]

    operation = finish("objects/projects/bulk/subscriptions/add", {"subscriptions": entries})

    assert operation["error_count"] == 0
    for name in ("o0", "o99"):
        assert len(api.get(f"/v1/objects/projects/{name}/subscriptions").json()["entries"]) == 50
    more = {"subscriptions": [*entries, {"id": "more", "recipients": ["ada"]}]}
    assert api.post("/v1/objects/projects/bulk/subscriptions/add", json=more).status_code == 422


@pytest.mark.promise("BULK-TERMINATES")
def test_an_operation_completes_while_the_clock_stands_still(api: httpx.Client, finish: Finish) -> None:
    operation = finish("users/bulk/identify", {"users": [{"id": f"u{number}"} for number in range(250)]})

    assert operation["completed_at"] == operation["inserted_at"]
