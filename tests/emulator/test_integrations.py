"""Census and Hightouch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    Ask = Callable[..., dict[str, Any]]

PATHS = {
    "census": "/v1/integrations/census/custom-destination",
    "hightouch": "/v1/integrations/hightouch/embedded-destination",
}


@pytest.fixture
def ask(api: httpx.Client) -> Ask:
    """Call a method and return the whole answer."""

    def ask(who: str, method: str, **params: Any) -> dict[str, Any]:
        body = {"jsonrpc": "2.0", "id": "7", "method": method, "params": params}
        answer = api.post(PATHS[who], json=body)
        assert (answer.status_code, answer.json()["id"]) == (200, "7")
        return dict(answer.json())

    return ask


def members(api: httpx.Client, key: str) -> list[tuple[str, str | None]]:
    entries = api.get(f"/v1/audiences/{key}/members").json()["entries"]
    return sorted((each["user_id"], each["tenant"]) for each in entries)


@pytest.fixture
def vips(api: httpx.Client) -> None:
    """An audience with one member."""
    body = {"members": [{"user": {"id": "old"}}]}
    api.post("/v1/audiences/vips/members", params={"create_audience": "true"}, json=body)


@pytest.mark.promise("RPC-REQUIRED-FIELDS")
@pytest.mark.parametrize("who", PATHS)
@pytest.mark.parametrize("missing", ["id", "method", "jsonrpc"])
def test_a_call_has_id_method_and_version(api: httpx.Client, who: str, missing: str) -> None:
    body = {"jsonrpc": "2.0", "id": "1", "method": "list_objects"}
    del body[missing]

    assert api.post(PATHS[who], json=body).status_code == 422


@pytest.mark.promise("RPC-REQUIRED-FIELDS")
@pytest.mark.parametrize("who", PATHS)
@pytest.mark.parametrize("field", ["id", "method", "jsonrpc", "params"])
def test_a_field_of_another_type_is_refused(api: httpx.Client, who: str, field: str) -> None:
    body = {"jsonrpc": "2.0", "id": "1", "method": "list_objects", "params": {}, field: 1}

    assert api.post(PATHS[who], json=body).status_code == 422


@pytest.mark.promise("RPC-ECHO-ID", "RPC-RESULT-OBJECT")
@pytest.mark.parametrize("id_", ["1", "", "a b", "ü" * 300], ids=["digit", "empty", "blank", "long"])
@pytest.mark.parametrize(
    ("who", "method"),
    [
        *(("census", each) for each in ("test_connection", "list_objects", "list_fields", "supported_operations")),
        *(("hightouch", each) for each in ("list_objects", "list_fields", "list_modes", "behavior")),
    ],
)
def test_an_answer_has_the_id_of_its_call_and_a_map_for_a_result(
    api: httpx.Client, who: str, method: str, id_: str
) -> None:
    answer = api.post(PATHS[who], json={"jsonrpc": "2.0", "id": id_, "method": method}).json()

    assert answer["id"] == id_
    assert isinstance(answer["result"], dict)


@pytest.mark.promise("RPC-SECRET-KEY")
@pytest.mark.parametrize("who", PATHS)
def test_a_public_key_is_no_credential(api: httpx.Client, who: str) -> None:
    body = {"jsonrpc": "2.0", "id": "1", "method": "list_objects"}

    assert api.post(PATHS[who], json=body, headers={"authorization": "Bearer pk_test_tests"}).status_code == 403


@pytest.mark.promise("RPC-UNKNOWN-METHOD")
@pytest.mark.parametrize("who", PATHS)
def test_an_unknown_method_is_answered_with_an_error(ask: Ask, who: str) -> None:
    answer = ask(who, "nope")

    assert answer["error"]["code"] == -32601
    assert "result" not in answer


@pytest.mark.promise("RPC-CENSUS-TEST-CONNECTION")
def test_census_finds_a_connection(ask: Ask) -> None:
    assert ask("census", "test_connection")["result"] == {"success": True}


@pytest.mark.promise("RPC-CENSUS-DISCOVERY")
def test_census_discovers_audiences_by_user(ask: Ask) -> None:
    [found] = ask("census", "list_objects")["result"]["objects"]
    fields = ask("census", "list_fields", object=found)["result"]["fields"]

    assert found["object_api_name"] == "audience"
    assert {each["field_api_name"]: each["identifier"] for each in fields} == {"user_id": True, "audience_key": False}
    assert ask("census", "supported_operations", object=found)["result"] == {"operations": ["insert", "mirror"]}


@pytest.mark.promise("RPC-CENSUS-SYNC", "RPC-SECRET-KEY")
@pytest.mark.usefixtures("vips")
def test_census_adds_members_and_says_what_became_of_each(api: httpx.Client, ask: Ask) -> None:
    records = [
        {"user_id": "a", "audience_key": "vips"},
        {"user_id": "b", "audience_key": "nobody"},
        {"user_id": None, "audience_key": "vips"},
    ]

    results = ask("census", "sync_batch", sync_plan={"operation": "insert"}, records=records)["result"][
        "record_results"
    ]

    assert [(each["identifier"], each["success"]) for each in results] == [("a", True), ("b", False), (None, False)]
    assert members(api, "vips") == [("a", None), ("old", None)]


@pytest.mark.promise("RPC-CENSUS-SYNC")
@pytest.mark.usefixtures("vips")
def test_the_deletes_of_a_mirror_remove_members(api: httpx.Client, ask: Ask) -> None:
    records = [{"user_id": "old", "audience_key": "vips"}]

    ask("census", "sync_batch", sync_plan={"operation": "delete"}, records=records)

    assert members(api, "vips") == []


@pytest.mark.parametrize(
    "params",
    [{}, {"sync_plan": {"operation": "update"}, "records": []}, {"sync_plan": {"operation": "insert"}, "records": [1]}],
    ids=["nothing", "update", "no records"],
)
def test_a_batch_that_cannot_be_read_is_an_error(ask: Ask, params: dict[str, Any]) -> None:
    assert ask("census", "sync_batch", **params)["error"]["code"] == -32602


def test_hightouch_discovers_what_can_be_synced(ask: Ask) -> None:
    [found] = ask("hightouch", "list_objects")["result"]["objects"]
    fields = ask("hightouch", "list_fields", object=found["id"], mode="mirror")["result"]["fields"]

    assert [each["id"] for each in fields] == ["user_id", "tenant"]
    assert [each["id"] for each in ask("hightouch", "list_modes")["result"]["modes"]] == ["insert", "mirror"]
    assert ask("hightouch", "behavior")["result"]["operations"] == {"add": True, "change": False, "remove": True}


def test_a_hightouch_configuration_names_an_audience(ask: Ask) -> None:
    assert ask("hightouch", "validate", configuration={"audience_key": "k"})["result"] == {"errors": []}
    assert len(ask("hightouch", "validate", configuration={})["result"]["errors"]) == 1


@pytest.mark.promise("RPC-HIGHTOUCH-SYNC")
def test_hightouch_makes_the_audience_and_syncs_rows_into_it(api: httpx.Client, ask: Ask) -> None:
    configuration = {
        "audience_key": "fresh",
        "identifierMapping": {"from": "uid", "to": "user_id"},
        "mappings": [{"from": "org", "to": "tenant"}],
    }
    rows = [{"n": 1, "uid": "a", "org": "acme"}, {"n": 2, "uid": "b"}, {"n": 3}]
    sync = {"idColumn": "n", "configuration": configuration}

    added = ask("hightouch", "add", **sync, rows=rows)["result"]
    before = members(api, "fresh")
    ask("hightouch", "remove", **sync, rows=rows[:1])

    assert [each["id"] for each in added["rejectedRows"]] == [3]
    assert before == [("a", "acme"), ("b", None)]
    assert members(api, "fresh") == [("b", None)]


@pytest.mark.promise("RPC-HIGHTOUCH-SYNC")
@pytest.mark.parametrize("method", ["add", "change"])
def test_hightouch_neither_updates_nor_syncs_into_nothing(ask: Ask, method: str) -> None:
    assert "error" in ask("hightouch", method, configuration={}, rows=[])
