"""Every paged listing of the API, held against what is promised of pages."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from knock_harness import contract
from knock_harness.emulator import Emulator, EmulatorTransport
from knock_harness.emulator.paging import cursor

from .shelves import FILLERS, Page, Shelf, Workshop, ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from knock_harness.emulator import VirtualClock
    from knock_harness.emulator.environment import Environment

    Fill = Callable[..., Shelf]

NEWEST_FIRST = [
    "listMessagesForUser",
    "listMessagesForObject",
    "listUserInAppFeedItems",
    "listSubscriptionsForUser",
    "listSchedules",
    "listUserSchedules",
    "listObjectSchedules",
]

every_listing = pytest.mark.parametrize("operation", FILLERS)


@pytest.fixture
def fill(
    api: httpx.Client,
    clock: VirtualClock,
    environment: Environment,
    send: Callable[..., str],
    work: Callable[[], None],
) -> Fill:
    """Make records of a listing; all at the same moment, unless a time between them is given."""

    def fill(operation: str, count: int, *, step: timedelta = timedelta(0)) -> Shelf:
        shop = Workshop(api, clock, environment, send, work, step)
        path, made = FILLERS[operation](shop, count)
        bare, _, query = path.partition("?")
        return Shelf(operation, bare, made, api, dict(httpx.QueryParams(query)))

    return fill


def info(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page["page_info"]
    return found


def test_every_paged_listing_of_the_contract_is_looked_at() -> None:
    assert FILLERS.keys() == {each.id for each in contract.load().operations.values() if each.page}


@pytest.mark.promise("PAGE-ENVELOPE-ENTRIES", "PAGE-ENVELOPE-ITEMS", "PAGE-INFO-FIELDS")
@every_listing
def test_a_page_is_a_list_under_its_own_name_and_a_page_info(fill: Fill, operation: str) -> None:
    page = fill(operation, 2).page(page_size=1)

    key = contract.load().operations[operation].page
    assert page.keys() - {"meta", "vars"} == {key, "page_info"}
    assert len(page[key]) == 1
    assert info(page).keys() >= {"__typename", "page_size", "after", "before"}
    assert info(page)["__typename"] == "PageInfo"
    assert isinstance(info(page)["after"], str)


@pytest.mark.promise("PAGE-FORWARD-COMPLETE", "PAGE-TIES", "PAGE-SIZE-RESPECTED", "PAGE-LAST-AFTER-NULL")
@pytest.mark.parametrize("size", [1, 3, 4])
@every_listing
def test_following_after_meets_every_record_once(fill: Fill, operation: str, size: int) -> None:
    shelf = fill(operation, 6)

    pages = list(shelf.pages(page_size=size))

    seen = [name for page in pages for name in shelf.ids(page)]
    assert len(seen) == len(set(seen)) == 6
    assert seen == shelf.ids(shelf.page())
    assert set(shelf.made) <= set(seen)
    assert {info(page)["page_size"] for page in pages} == {size}
    assert len(pages) == -(-6 // size)


@pytest.mark.promise("PAGE-SIZE-FULL", "PAGE-NONEMPTY-BEFORE-END")
@every_listing
def test_a_page_that_is_followed_by_another_is_full(fill: Fill, operation: str) -> None:
    shelf = fill(operation, 5)

    assert [len(shelf.ids(page)) for page in shelf.pages(page_size=2)] == [2, 2, 1]


@pytest.mark.promise("PAGE-FIRST-BEFORE-NULL", "PAGE-BACKWARD-INVERSE")
@every_listing
def test_before_leads_back_to_the_page_that_one_came_from(fill: Fill, operation: str) -> None:
    shelf = fill(operation, 5)
    pages = list(shelf.pages(page_size=2))

    back = [shelf.page(page_size=2, before=info(page)["before"]) for page in pages[1:]]

    assert info(pages[0])["before"] is None
    assert [shelf.ids(page) for page in back] == [shelf.ids(page) for page in pages[:-1]]


@pytest.mark.promise("PAGE-CURSOR-REPEATABLE")
@every_listing
def test_a_cursor_gives_the_same_page_each_time(fill: Fill, operation: str) -> None:
    shelf = fill(operation, 4)
    after = info(shelf.page(page_size=2))["after"]

    assert shelf.page(page_size=2, after=after) == shelf.page(page_size=2, after=after)


@pytest.mark.promise("PAGE-BOTH-CURSORS")
@every_listing
def test_following_after_ends_where_a_listing_that_began_with_before_ends(fill: Fill, operation: str) -> None:
    shelf = fill(operation, 6)
    everything = shelf.ids(shelf.page())
    last = list(shelf.pages(page_size=2))[-1]

    pages = list(shelf.pages(page_size=1, before=info(last)["before"]))

    seen = [name for page in pages for name in shelf.ids(page)]
    assert len(pages) <= len(everything)
    assert len(seen) == len(set(seen))


#: Each listing where it has no record; the events of a message are never none.
EMPTY = {
    "listUsers": "/v1/users",
    "listObjects": "/v1/objects/houses",
    "listTenants": "/v1/tenants",
    "listSchedules": "/v1/schedules?workflow=scheduled-message",
    "listUserSchedules": "/v1/users/ada/schedules",
    "listObjectSchedules": "/v1/objects/houses/h/schedules",
    "listSubscriptionsForUser": "/v1/users/ada/subscriptions",
    "listSubscriptionsForObject": "/v1/objects/houses/h/subscriptions",
    "listAudienceMembers": "/v1/audiences/beta/members",
    "listMessages": "/v1/messages",
    "listMessagesForUser": "/v1/users/ada/messages",
    "listMessagesForObject": "/v1/objects/houses/h/messages",
    "listUserInAppFeedItems": "/v1/users/ada/feeds/{feed}",
    "listMessageActivities": "/v1/messages/{message}/activities?trigger_data=%7B%22a%22%3A1%7D",
    "listMessageDeliveryLogs": "/v1/messages/{message}/delivery_logs",
    "listWorkflowRecipientRuns": "/v1/workflow_recipient_runs",
}
#: What has to be there so that the listing is that of something.
OWNERS = {
    "listUserSchedules": ("PUT", "/v1/users/ada", {}),
    "listObjectSchedules": ("PUT", "/v1/objects/houses/h", {}),
    "listSubscriptionsForUser": ("PUT", "/v1/users/ada", {}),
    "listSubscriptionsForObject": ("PUT", "/v1/objects/houses/h", {}),
    "listMessagesForUser": ("PUT", "/v1/users/ada", {}),
    "listMessagesForObject": ("PUT", "/v1/objects/houses/h", {}),
    "listAudienceMembers": ("POST", "/v1/audiences/beta/members?create_audience=true", {"members": []}),
}


@pytest.mark.promise("PAGE-EMPTY")
@pytest.mark.parametrize("operation", sorted(EMPTY.keys() - {"listMessageActivities", "listMessageDeliveryLogs"}))
def test_a_listing_of_nothing_is_an_empty_page(
    api: httpx.Client, channel: Callable[[str], str], operation: str
) -> None:
    method, owner, body = OWNERS.get(operation, ("PUT", "/v1/objects/other/x", {}))
    api.request(method, owner, json=body).raise_for_status()

    page = api.get(EMPTY[operation].format(feed=channel("in-app-feed"))).raise_for_status().json()

    assert ids(operation, page) == []
    assert (info(page)["after"], info(page)["before"]) == (None, None)


@pytest.mark.promise("PAGE-EMPTY")
@pytest.mark.parametrize("operation", ["listMessageActivities", "listMessageDeliveryLogs"])
def test_a_listing_of_nothing_about_a_message_is_an_empty_page(
    api: httpx.Client, send: Callable[..., str], operation: str
) -> None:
    page = api.get(EMPTY[operation].format(message=send())).raise_for_status().json()

    assert ids(operation, page) == []
    assert (info(page)["after"], info(page)["before"]) == (None, None)


@pytest.mark.promise("PAGE-SIZE-DEFAULT", "PAGE-SIZE-MAX", "PAGE-TOTAL-COUNT")
@every_listing
def test_a_page_has_fifty_records_unless_fewer_are_asked_for(fill: Fill, operation: str) -> None:
    shelf = fill(operation, 52)

    page = shelf.page()
    refused = shelf.ask(page_size=201)

    assert (len(shelf.ids(page)), info(page)["page_size"]) == (50, 50)
    assert info(page).get("total_count", 52) == 52
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_params")


@pytest.mark.promise("PAGE-SIZE-MAX")
@pytest.mark.parametrize("operation", sorted(FILLERS.keys() - {"listUserInAppFeedItems"}))
def test_no_listing_but_the_feed_has_more_than_fifty_records_on_a_page(fill: Fill, operation: str) -> None:
    assert fill(operation, 1).ask(page_size=51).status_code == 422


@pytest.mark.promise("PAGE-SIZE-MAX-FEED")
def test_the_feed_has_up_to_two_hundred_records_on_a_page(fill: Fill) -> None:
    shelf = fill("listUserInAppFeedItems", 201)

    assert len(shelf.ids(shelf.page(page_size=200))) == 200
    assert shelf.ask(page_size=201).status_code == 422


@pytest.mark.promise("PAGE-TOTAL-CAP")
def test_no_page_tells_of_more_than_ten_thousand_records(fill: Fill, environment: Environment) -> None:
    shelf = fill("listMessages", 1)
    connection = environment.store.connection
    columns = [row[1] for row in connection.execute("PRAGMA table_info(messages)") if row[1] not in ("seq", "id")]
    copied = ", ".join(columns)
    many = "WITH RECURSIVE many(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM many LIMIT 10000)"
    copies = f"SELECT 'copy' || number, {copied} FROM many, messages"  # noqa: S608 - names of columns
    connection.execute(f"{many} INSERT INTO messages (id, {copied}) {copies}")

    page = shelf.page(page_size=1)

    assert info(page).get("total_count", 0) <= 10_000
    assert len(shelf.ids(shelf.page(before=cursor(2)))) == 50


@pytest.mark.promise("PAGE-SIZE-INVALID")
@pytest.mark.parametrize("size", ["0", "-1", "abc", "1.5", "9" * 30])
@every_listing
def test_a_size_that_is_none_is_refused(fill: Fill, operation: str, size: str) -> None:
    assert fill(operation, 1).ask(page_size=size).status_code == 422


@pytest.mark.promise("PAGE-CURSOR-INVALID")
@pytest.mark.parametrize("text", ["after", "\0", "äöü", "9" * 400, "c-1", cursor(2**70)])
@every_listing
def test_a_cursor_that_was_never_issued_is_refused(fill: Fill, operation: str, text: str) -> None:
    shelf = fill(operation, 1)

    assert [shelf.ask(**{name: text}).status_code for name in ("after", "before")] == [422, 422]


@pytest.mark.promise("PAGE-ORDER-NEWEST-FIRST")
@pytest.mark.parametrize("operation", NEWEST_FIRST)
def test_the_newest_record_comes_first(fill: Fill, operation: str) -> None:
    shelf = fill(operation, 4, step=timedelta(seconds=1))

    seen = [name for page in shelf.pages(page_size=3) for name in shelf.ids(page)]

    assert seen == shelf.made[::-1]


@pytest.mark.promise("PAGE-CURSOR-UNDER-INSERT")
@pytest.mark.parametrize("operation", ["listUsers", "listMessages", "listUserInAppFeedItems"])
def test_what_is_added_meanwhile_moves_nothing(fill: Fill, operation: str) -> None:
    shelf = fill(operation, 4)
    before = shelf.ids(shelf.page())
    first = shelf.page(page_size=2)
    fill(operation, 6)

    seen = [*shelf.ids(first), *shelf.ids(shelf.page(page_size=50, after=info(first)["after"]))]

    assert [name for name in seen if name in before] == before


@pytest.mark.promise("PAGE-CURSOR-UNDER-DELETE")
@pytest.mark.parametrize("kind", ["users", "tenants"])
def test_a_cursor_outlives_the_record_it_points_at(fill: Fill, kind: str, api: httpx.Client) -> None:
    shelf = fill({"users": "listUsers", "tenants": "listTenants"}[kind], 4)
    before = shelf.ids(shelf.page())
    first = shelf.page(page_size=2)
    api.delete(f"/v1/{kind}/{before[1]}").raise_for_status()

    assert shelf.ids(shelf.page(after=info(first)["after"])) == before[2:]


@pytest.mark.promise("PAGE-CURSOR-OTHER-ENV")
@every_listing
def test_a_cursor_shows_nothing_of_the_environment_it_is_from(fill: Fill, operation: str, emulator: Emulator) -> None:
    shelf = fill(operation, 4)
    after = info(shelf.page(page_size=2))["after"]
    with httpx.Client(
        transport=EmulatorTransport(emulator),
        base_url="http://emulator.test",
        headers={"authorization": "Bearer sk_test_elsewhere"},
    ) as elsewhere:
        answer = elsewhere.get(shelf.path, params={**shelf.params, "after": after})

    assert answer.status_code == 404 or shelf.ids(answer.json()) == []


@pytest.mark.promise("PAGE-FILTERS-KEPT")
@pytest.mark.parametrize(
    ("operation", "given", "filters"),
    [
        pytest.param("listMessages", {"tenant": "acme"}, {"tenant": "acme"}, id="listMessages"),
        pytest.param("listMessagesForUser", {"tenant": "acme"}, {"tenant": "acme"}, id="listMessagesForUser"),
        pytest.param("listUserInAppFeedItems", {"tenant": "acme"}, {"has_tenant": "true"}, id="listUserInAppFeedItems"),
    ],
)
def test_a_filter_holds_on_every_page_of_messages(
    fill: Fill, send: Callable[..., str], operation: str, given: dict[str, Any], filters: dict[str, str]
) -> None:
    shelf = fill(operation, 2)
    wanted = []
    for _ in range(5):
        wanted.append(send("ada", **given))
        send("ada")

    pages = list(shelf.pages(page_size=2, **filters))

    assert [name for page in pages for name in shelf.ids(page)] == wanted[::-1]
    assert [len(shelf.ids(page)) for page in pages] == [2, 2, 1]


@pytest.mark.promise("PAGE-FILTERS-KEPT")
def test_a_filter_holds_on_every_page_of_schedules_and_tenants(fill: Fill, api: httpx.Client) -> None:
    schedules = fill("listSchedules", 2)
    body = {"workflow": "scheduled-message", "repeats": [{"frequency": "daily"}], "tenant": "acme"}
    for number in range(3):
        api.post("/v1/schedules", json={**body, "recipients": [f"t{number}"]}).raise_for_status()
        api.post("/v1/schedules", json={**body, "recipients": ["ada"], "tenant": None}).raise_for_status()
    for name in ("a", "b", "c", "d"):
        api.put(f"/v1/tenants/{name}", json={"name": "Acme" if name < "d" else "Other"}).raise_for_status()
    tenants = Shelf("listTenants", "/v1/tenants", [], api)

    of_acme = [each["tenant"] for page in schedules.pages(page_size=1, tenant="acme") for each in page["entries"]]
    named_acme = [name for page in tenants.pages(page_size=1, name="Acme") for name in tenants.ids(page)]

    assert of_acme == ["acme"] * 3
    assert sorted(named_acme) == ["a", "b", "c"]


@pytest.mark.promise("PAGE-FEED-ITEM-CURSOR")
def test_an_item_of_the_feed_has_a_cursor_for_both_directions(fill: Fill) -> None:
    shelf = fill("listUserInAppFeedItems", 5)
    items = shelf.page()["entries"]
    middle = items[2]["__cursor"]

    assert shelf.ids(shelf.page(after=middle)) == [each["id"] for each in items[3:]]
    assert shelf.ids(shelf.page(before=middle)) == [each["id"] for each in items[:2]]


@pytest.mark.promise("PAGE-AUDIENCE-PARAMS")
def test_members_of_an_audience_are_paged_like_everything_else(fill: Fill) -> None:
    shelf = fill("listAudienceMembers", 5)

    assert [len(shelf.ids(page)) for page in shelf.pages(page_size=2)] == [2, 2, 1]


@pytest.mark.promise("PAGE-UNPAGED-ARRAYS")
@pytest.mark.parametrize("path", ["/v1/users/ada/preferences", "/v1/objects/houses/h/preferences"])
def test_preference_sets_come_as_a_bare_list(api: httpx.Client, path: str) -> None:
    api.put("/v1/users/ada", json={}).raise_for_status()
    api.put("/v1/objects/houses/h", json={}).raise_for_status()

    assert isinstance(api.get(path).json(), list)


@pytest.mark.promise("PAGE-UNPAGED-ARRAYS")
def test_contents_of_several_messages_come_as_a_bare_list(api: httpx.Client, send: Callable[..., str]) -> None:
    answer = api.get("/v1/messages/batch/content", params={"message_ids[]": [send(), send()]})

    assert len(answer.json()) == 2
    assert isinstance(answer.json(), list)
