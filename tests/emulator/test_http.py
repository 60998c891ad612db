"""What clients rely on in HTTP: routes and their aliases, escapes in paths, bodies of deletions, browsers elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knock_harness import contract
from knock_harness.contract import requirements
from knock_harness.emulator import EmulatorTransport
from knock_harness.emulator.exchange import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from knock_harness.emulator import Emulator, VirtualClock

KEY = b"sk_test_tests"
#: What a browser asks for before the official browser client may send its headers.
ASKED = "authorization,content-type,x-knock-user-token,x-knock-client,x-knock-branch"
OPERATIONS = contract.load().operations
CLIENT_FACING = [OPERATIONS[each] for each in requirements.load()["HTTP-CORS"].operations]

#: Ids that some client leaves as they are and another escapes.
names = st.text(
    st.characters(codec="utf-8", exclude_characters="/#", exclude_categories=("Cc", "Cs")), min_size=1, max_size=256
).filter(lambda name: name not in {".", ".."})


@pytest.mark.promise("HTTP-STATUS-ALIASES")
@pytest.mark.parametrize(
    ("word", "undo"),
    [
        ("seen", "seen"),
        ("seen", "unseen"),
        ("read", "read"),
        ("read", "unread"),
        ("archived", "archived"),
        ("archived", "unarchived"),
    ],
)
def test_a_status_is_undone_by_either_path(api: httpx.Client, send: Callable[..., str], word: str, undo: str) -> None:
    message = send()
    before = api.get(f"/v1/messages/{message}").json()
    marked = api.put(f"/v1/messages/{message}/{word}").json()

    undone = api.delete(f"/v1/messages/{message}/{undo}").json()

    assert word in marked["engagement_statuses"]
    assert word not in undone["engagement_statuses"]
    assert undone[f"{word}_at"] == before[f"{word}_at"] is None


@pytest.mark.promise("HTTP-LEGACY-NOTIFY")
def test_the_legacy_paths_trigger_and_cancel(
    api: httpx.Client,
    commit: Callable[..., None],
    in_app: Callable[..., dict[str, Any]],
    work: Callable[[], None],
    messages: Callable[..., list[dict[str, Any]]],
    runs: Callable[..., list[dict[str, Any]]],
    clock: VirtualClock,
) -> None:
    delay = {"ref": "delay", "type": "delay", "settings": {"delay_for": {"unit": "hours", "value": 1}}}
    commit("news", in_app(), delay)
    api.put("/v1/users/bea", json={})
    body = {"name": "news", "recipients": ["ada"], "actor": "bea", "cancellation_key": "c"}

    triggered = api.post("/v1/notify", json=body)
    work()
    cancelled = api.post("/v1/notify/cancel", json={"name": "news", "cancellation_key": "c"})
    work()

    assert (triggered.status_code, cancelled.status_code) == (200, 204)
    assert [each["source"]["key"] for each in messages()] == ["news"]
    assert [(each["workflow_run_id"], each["status"]) for each in runs()] == [
        (triggered.json()["result_id"], "cancelled")
    ]


@pytest.mark.promise("HTTP-OPENAPI-PUBLISHED")
def test_the_document_of_the_api_names_every_operation(api: httpx.Client) -> None:
    answer = api.get("/v1/openapi")

    named = {each["operationId"] for path in answer.json()["paths"].values() for each in methods_of(path)}
    assert answer.status_code == 200
    assert named == OPERATIONS.keys()


def methods_of(path: dict[str, Any]) -> list[dict[str, Any]]:
    return [value for name, value in path.items() if name in {"get", "put", "post", "delete"}]


@pytest.mark.promise("HTTP-CORS")
@pytest.mark.parametrize("operation", CLIENT_FACING, ids=lambda each: each.id)
def test_a_browser_may_send_what_the_official_client_sends(emulator: Emulator, operation: contract.Operation) -> None:
    headers = {
        "origin": "https://app.example",
        "access-control-request-method": operation.method,
        "access-control-request-headers": ASKED,
    }
    path = operation.path.replace("{", "").replace("}", "")
    with httpx.Client(transport=EmulatorTransport(emulator), base_url="http://emulator.test") as browser:
        answer = browser.options(path, headers=headers)

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert operation.method in answer.headers["access-control-allow-methods"]
    assert set(ASKED.split(",")) <= set(answer.headers["access-control-allow-headers"].split(", "))


@pytest.mark.promise("HTTP-DELETE-BODY")
def test_a_deletion_removes_what_its_body_names_and_nothing_else(api: httpx.Client) -> None:
    api.put("/v1/objects/houses/h", json={})
    api.post("/v1/objects/houses/h/subscriptions", json={"recipients": ["a", "b", "c"]})
    body = {"workflow": "in-app-message", "recipients": ["a", "b"], "repeats": [{"frequency": "daily"}]}
    first, second = (each["id"] for each in api.post("/v1/schedules", json=body).json())
    members = [{"user": {"id": name}} for name in "abc"]
    api.post("/v1/audiences/beta/members?create_audience=true", json={"members": members})

    api.request("DELETE", "/v1/objects/houses/h/subscriptions", json={"recipients": ["b"]}).raise_for_status()
    api.request("DELETE", "/v1/schedules", json={"schedule_ids": [first]}).raise_for_status()
    api.request("DELETE", "/v1/audiences/beta/members", json={"members": members[:1]}).raise_for_status()

    subscribed = api.get("/v1/objects/houses/h/subscriptions").json()["entries"]
    scheduled = api.get("/v1/schedules?workflow=in-app-message").json()["entries"]
    listed = api.get("/v1/audiences/beta/members").json()["entries"]
    assert {each["recipient"]["id"] for each in subscribed} == {"a", "c"}
    assert [each["id"] for each in scheduled] == [second]
    assert {each["user_id"] for each in listed} == {"b", "c"}


@pytest.mark.promise("PATH-PERCENT-ENCODING")
@pytest.mark.parametrize("place", ["/v1/users/", "/v1/objects/houses/", "/v1/tenants/"])
@given(name=names)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_an_identifier_is_found_again_however_it_was_escaped(emulator: Emulator, place: str, name: str) -> None:
    headers = [(b"authorization", b"Bearer " + KEY), (b"content-type", b"application/json")]
    little, much = quote(name, safe="!$&'()*+,;=:@"), "".join(f"%{byte:02x}" for byte in name.encode())

    written = emulator.handle(Request("PUT", place + little, "", headers, b"{}"))
    read = emulator.handle(Request("GET", place + much, "", headers))

    assert (written.status, read.status) == (200, 200)
    assert read.content == written.content


@pytest.mark.promise("PATH-PERCENT-ENCODING")
@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("a@b.c+d:e%20f", "a@b.c+d:e f"),
        ("%252F", "%2F"),
        ("J%C3%BCrgen", "Jürgen"),
        ("a%0Ab", "a\nb"),
        ("%41da", "Ada"),
    ],
)
def test_an_identifier_is_decoded_once(api: httpx.Client, written: str, name: str) -> None:
    api.put(f"/v1/users/{written}", json={}).raise_for_status()

    assert api.get(f"/v1/users/{written}").json()["id"] == name
    assert [each["id"] for each in api.get("/v1/users").json()["entries"]] == [name]


@pytest.mark.promise("PATH-ID-FORBIDDEN")
@pytest.mark.parametrize("name", ["a%2Fb", "a%23b", "x" * 257], ids=["slash", "hash", "too long"])
def test_an_identifier_that_is_forbidden_makes_no_user(api: httpx.Client, name: str) -> None:
    answer = api.put(f"/v1/users/{name}", json={})

    assert answer.status_code == 422
    assert api.get("/v1/users").json()["entries"] == []


@pytest.mark.promise("ROUTE-LITERAL-FIRST")
def test_a_literal_segment_goes_before_an_identifier(api: httpx.Client) -> None:
    answer = api.get("/v1/messages/batch/content")

    assert answer.status_code == 422
    assert "message_ids" in str(answer.json()["errors"])


@pytest.mark.promise("ROUTE-BULK-USER")
def test_a_user_may_be_called_bulk(api: httpx.Client) -> None:
    api.put("/v1/users/bulk", json={}).raise_for_status()

    assert api.get("/v1/users/bulk/preferences").status_code == 200


@pytest.mark.promise("ERR-UNKNOWN-ROUTE")
@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v1/nothing", 404), ("PATCH", "/v1/users/u", 405)])
def test_what_is_no_route_is_refused_as_json(api: httpx.Client, method: str, path: str, status: int) -> None:
    answer = api.request(method, path)

    assert answer.status_code == answer.json()["status"] == status
