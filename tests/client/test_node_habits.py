"""What the official client for Node writes, sent as it writes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from .wire import Wire

if TYPE_CHECKING:
    from .stage import Stage

PUMP, MILL = {"collection": "machines", "id": "pump"}, {"collection": "machines", "id": "mill"}


@pytest.fixture
def wire(emulator_url: str, key: str) -> Wire:
    return Wire(
        emulator_url,
        {
            "authorization": f"Bearer {key}",
            "accept": "application/json",
            "content-type": "application/json",
            "user-agent": "Knock/JS 1.34.0",
            "x-stainless-lang": "js",
            "x-stainless-retry-count": "0",
        },
    )


@pytest.fixture
def subscribed(on: Stage) -> None:
    """Ada is subscribed to two machines of three."""
    for name in ("pump", "mill"):
        on.subscribe("ada", name)
    on.subscribe("bob", "press")


def objects(page: Any) -> set[str]:
    return {each["object"]["id"] for each in page["entries"]}


@pytest.mark.parametrize(
    "query",
    [
        "objects[0][id]=pump&objects[0][collection]=machines&objects[1][id]=mill&objects[1][collection]=machines",
        (
            "objects%5B0%5D%5Bid%5D=pump&objects%5B0%5D%5Bcollection%5D=machines"
            "&objects%5B1%5D%5Bid%5D=mill&objects%5B1%5D%5Bcollection%5D=machines"
        ),
    ],
    ids=["brackets raw", "brackets encoded"],
)
@pytest.mark.usefixtures("subscribed")
def test_a_list_of_object_references_is_numbered(query: str, wire: Wire) -> None:
    assert objects(wire.ask("GET", f"/v1/users/ada/subscriptions?{query}")) == {"pump", "mill"}


@pytest.mark.parametrize(
    "query",
    [
        "recipients[]=ada&recipients[][id]=pump&recipients[][collection]=machines",
        "recipients[0][id]=pump&recipients[0][collection]=machines&recipients[1]=ada",
    ],
    ids=["a word first", "an object first"],
)
def test_a_mixed_list_is_read_whole(query: str, wire: Wire, on: Stage) -> None:
    on.object("pump")
    for recipient in ("ada", "bob", PUMP):
        on.schedule(recipient)

    page = wire.ask("GET", f"/v1/schedules?workflow=scheduled-message&{query}")

    assert len(page["entries"]) == 2


def test_null_in_a_query_is_an_empty_text_and_filters_nothing_out_of_reach(wire: Wire, on: Stage) -> None:
    on.message()

    assert wire.send("GET", "/v1/messages?tenant=").status == 200


def test_null_in_a_body_overwrites(wire: Wire, on: Stage) -> None:
    on.user("ada", phone_number="+15005550006")

    assert wire.ask("PUT", "/v1/users/ada", {"phone_number": None})["phone_number"] is None


def test_dotted_parameters_come_in_brackets(wire: Wire, on: Stage) -> None:
    on.message()
    path = "/v1/messages?inserted_at[gte]="

    assert wire.ask("GET", f"{path}2020-01-01T00:00:00.000Z")["items"]
    assert not wire.ask("GET", f"{path}2099-01-01T00:00:00.000Z")["items"]


def test_the_next_page_of_slack_is_asked_for_beside_the_first_options(wire: Wire, on: Stage) -> None:
    token = on.slack_token()
    first = f"access_token_object={token}&query_options[limit]=1".replace('"', "%22").replace(" ", "%20")
    path = f"/v1/providers/slack/{on.channel['slack']}/channels"
    cursor = wire.ask("GET", f"{path}?{first}")["next_cursor"]

    page = wire.ask("GET", f"{path}?{first}&query_options.cursor={cursor}")

    assert page["slack_channels"] != wire.ask("GET", f"{path}?{first}")["slack_channels"]


def test_a_write_without_a_body_names_no_content_type(emulator_url: str, key: str, on: Stage) -> None:
    message = on.message()
    wire = Wire(emulator_url, {"authorization": f"Bearer {key}", "accept": "application/json"})

    answer = wire.send("PUT", f"/v1/messages/{message}/seen", headers={"content-length": "0"})

    assert (answer.status, answer.json["seen_at"] is None) == (200, False)


def test_a_delete_may_carry_a_body(wire: Wire, on: Stage) -> None:
    schedule = on.schedule()

    assert [each["id"] for each in wire.ask("DELETE", "/v1/schedules", {"schedule_ids": [schedule]})] == [schedule]


def test_any_content_is_accepted_where_there_is_none(wire: Wire, on: Stage) -> None:
    on.user()

    answer = wire.send("DELETE", "/v1/users/ada", headers={"accept": "*/*"})

    assert (answer.status, answer.json) == (204, None)


def test_tenants_are_deleted_in_bulk_by_a_query(wire: Wire, on: Stage) -> None:
    for name in ("acme", "beta"):
        on.tenant(name)

    answer = wire.send(
        "POST", "/v1/tenants/bulk/delete?tenant_ids[]=acme&tenant_ids[]=beta", headers={"content-length": "0"}
    )

    assert answer.json["estimated_total_rows"] == 2


def test_an_id_with_odd_characters_is_escaped_once(wire: Wire) -> None:
    wire.ask("PUT", "/v1/users/a@b.c+d:e%20f%252F", {"name": "Ada"})

    assert wire.ask("GET", "/v1/users/a@b.c+d:e%20f%252F")["id"] == "a@b.c+d:e f%2F"


def test_an_empty_id_is_no_user(wire: Wire) -> None:
    assert wire.send("GET", "/v1/users/").status in range(400, 500)


def test_an_idempotency_key_on_any_write_is_harmless(wire: Wire) -> None:
    key = {"idempotency-key": f"stainless-node-retry-{uuid4()}"}
    for name in ("Ada", "Eve"):
        answer = wire.send("PUT", "/v1/users/ada", body=json.dumps({"name": name}).encode(), headers=key)

    assert answer.json["name"] == "Eve"


def test_a_retried_trigger_keeps_its_key_and_starts_nothing_new(wire: Wire) -> None:
    body = json.dumps({"recipients": ["ada"]}).encode()
    key = {"idempotency-key": f"stainless-node-retry-{uuid4()}"}
    first, second = (
        wire.send(
            "POST",
            "/v1/workflows/in-app-message/trigger",
            body=body,
            headers={**key, "x-stainless-retry-count": str(number)},
        )
        for number in range(2)
    )

    assert first.json == second.json
    assert second.headers["idempotent-replayed"] == "true"


def test_an_unknown_path_outside_the_api_is_404_under_a_valid_key(wire: Wire) -> None:
    assert wire.send("GET", "/foo").status == 404


@pytest.mark.usefixtures("subscribed")
def test_the_same_query_and_a_cursor_ask_for_the_next_page(wire: Wire) -> None:
    first = wire.ask("GET", "/v1/users/ada/subscriptions?page_size=1")
    cursor = first["page_info"]["after"]
    second = wire.ask("GET", f"/v1/users/ada/subscriptions?page_size=1&after={cursor}")

    assert objects(first) | objects(second) == {"pump", "mill"}
    assert second["page_info"]["after"] is None
