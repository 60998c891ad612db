"""Filters on trigger data in every listing that has them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator.outbound import OutboundAnswer
from knock_harness.emulator.references import Ref

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import VirtualClock
    from tests.emulator.conftest import Outside

    Messages = Callable[..., list[dict[str, Any]]]
    Find = Callable[..., set[str]]

LISTINGS = [
    "listMessages",
    "listMessagesForUser",
    "listMessagesForObject",
    "listMessageActivities",
    "listUserInAppFeedItems",
]
LONG = "ü" * 300

#: Data of one message each, by a name for it.
DATA: dict[str, dict[str, Any]] = {
    "text": {"k": "1", "also": True},
    "number": {"k": 1, "also": True},
    "boolean": {"k": True, "also": False},
    "null": {"k": None},
    "nested": {"k": {"deep": 1}, "flat": "x", "list": [1]},
    "long": {"k": LONG},
    "none": {},
}

every_listing = pytest.mark.parametrize("listing", LISTINGS)


@pytest.fixture
def find(api: httpx.Client, feed: str) -> Find:
    """Return which of some messages a listing shows by a filter."""

    def find(listing: str, sent: dict[str, str], **params: Any) -> set[str]:
        if listing == "listMessageActivities":
            paths = {f"/v1/messages/{message}/activities": message for message in sent}
        else:
            paths = {
                {
                    "listMessages": "/v1/messages",
                    "listMessagesForUser": "/v1/users/ada/messages",
                    "listMessagesForObject": "/v1/objects/houses/h/messages",
                    "listUserInAppFeedItems": feed,
                }[listing]: ""
            }
        found = set()
        for path, message in paths.items():
            page = api.get(path, params=params).raise_for_status().json()
            found |= {sent[message or each["id"]] for each in page.get("items", page.get("entries"))}
        return found

    return find


@pytest.fixture
def sent(send: Callable[..., str], api: httpx.Client) -> Callable[[str], dict[str, str]]:
    """Send a message for each kind of data to whom a listing is about, and return their names by their ids."""

    def sent(listing: str) -> dict[str, str]:
        api.put("/v1/objects/houses/h", json={}).raise_for_status()
        recipient = Ref("houses", "h") if listing == "listMessagesForObject" else "ada"
        return {send(recipient, data=data): name for name, data in DATA.items()}

    return sent


@pytest.mark.promise("TRIGGER-DATA-JSON", "TRIGGER-DATA-SCALARS", "TRIGGER-DATA-EXACT", "TRIGGER-DATA-FLAT")
@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"k": "1"}, {"text"}),
        ({"k": 1}, {"number"}),
        ({"k": True}, {"boolean"}),
        ({"k": None}, {"null"}),
        ({"also": True}, {"text", "number"}),
        ({"also": True, "k": 1}, {"number"}),
        ({"also": True, "k": None}, set()),
        ({"flat": "x"}, {"nested"}),
        ({"flat": ""}, set()),
        ({"deep": 1}, set()),
        ({"k.deep": 1}, set()),
        ({"list": 1}, set()),
        ({}, set(DATA)),
    ],
    ids=lambda each: str(sorted(each) if isinstance(each, set) else each),  # sets are printed in any order
)
@every_listing
def test_a_filter_finds_what_has_every_pair(
    find: Find, sent: Callable[[str], dict[str, str]], listing: str, wanted: dict[str, Any], found: set[str]
) -> None:
    assert find(listing, sent(listing), trigger_data=json.dumps(wanted)) == found


@pytest.mark.promise("TRIGGER-DATA-TRUNCATED")
@pytest.mark.parametrize(("length", "found"), [(256, {"long"}), (255, set())])
@every_listing
def test_a_long_text_is_found_by_its_first_256_characters(
    find: Find, sent: Callable[[str], dict[str, str]], listing: str, length: int, found: set[str]
) -> None:
    assert find(listing, sent(listing), trigger_data=json.dumps({"k": LONG[:length]})) == found


@pytest.mark.promise("TRIGGER-DATA-NESTED-422", "TRIGGER-DATA-NOT-JSON")
@pytest.mark.parametrize("text", ["hello", "[1]", '{"a":{"b":1}}', '{"a":[]}'], ids=["text", "list", "map", "inner"])
@every_listing
def test_a_filter_that_is_no_flat_map_is_refused(
    api: httpx.Client, feed: str, send: Callable[..., str], listing: str, text: str
) -> None:
    api.put("/v1/objects/houses/h", json={}).raise_for_status()
    path = {
        "listMessages": "/v1/messages",
        "listMessagesForUser": "/v1/users/ada/messages",
        "listMessagesForObject": "/v1/objects/houses/h/messages",
        "listMessageActivities": f"/v1/messages/{send()}/activities",
        "listUserInAppFeedItems": feed,
    }[listing]

    answer = api.get(path, params={"trigger_data": text})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_params")


@pytest.mark.promise("TRIGGER-DATA-FETCHED")
@every_listing
def test_a_filter_sees_what_was_fetched(
    commit: Callable[..., None],
    trigger: Callable[..., str],
    in_app: Callable[..., dict[str, Any]],
    messages: Messages,
    outside: Outside,
    find: Find,
    listing: str,
) -> None:
    outside.answer(OutboundAnswer(200, [("content-type", "application/json")], b'{"fetched": "yes"}'))
    fetch = {"ref": "fetch", "type": "http_fetch", "settings": {"url": "http://127.0.0.1:4000/data"}}
    commit("fetching", fetch, in_app())
    trigger("fetching", {"id": "h", "collection": "houses"} if listing == "listMessagesForObject" else "ada")
    outside.work()

    found = find(listing, {messages()[0]["id"]: "it"}, trigger_data='{"fetched": "yes"}')

    assert found == {"it"}


@pytest.mark.promise("TRIGGER-DATA-BATCHED")
@pytest.mark.parametrize("wanted", ['{"first": 1}', '{"second": 2}', '{"both": "b"}'])
@every_listing
def test_a_filter_sees_the_data_of_all_triggers_of_a_batch(
    commit: Callable[..., None],
    trigger: Callable[..., str],
    in_app: Callable[..., dict[str, Any]],
    messages: Messages,
    clock: VirtualClock,
    work: Callable[[], None],
    find: Find,
    listing: str,
    wanted: str,
) -> None:
    window = {"batch_window": {"unit": "minutes", "value": 5}, "batch_window_type": "fixed"}
    commit("batched", {"ref": "batch", "type": "batch", "settings": window}, in_app())
    recipient = {"id": "h", "collection": "houses"} if listing == "listMessagesForObject" else "ada"
    trigger("batched", recipient, data={"first": 1, "both": "a"})
    trigger("batched", recipient, data={"second": 2, "both": "b"})
    clock.advance(timedelta(minutes=5))
    work()

    assert find(listing, {messages()[0]["id"]: "it"}, trigger_data=wanted) == {"it"}


@pytest.mark.promise("TRIGGER-DATA-BULK")
def test_a_bulk_update_changes_what_fits_the_filter_alone(
    api: httpx.Client,
    sent: Callable[[str], dict[str, str]],
    channel: Callable[[str], str],
    watch: Callable[..., list[dict[str, Any]]],
) -> None:
    names = sent("listMessages")
    path = f"/v1/channels/{channel('in-app-feed')}/messages/bulk/read"

    watch(api.post(path, json={"trigger_data": '{"also": true}'}).raise_for_status().json())

    read = api.get("/v1/messages", params={"engagement_status[]": "read"}).json()["items"]
    assert {names[each["id"]] for each in read} == {"text", "number"}
