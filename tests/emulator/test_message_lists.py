"""Lists of messages: which messages each filter keeps, alone and with others."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator.references import Ref

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator import VirtualClock

USER = "/v1/users/ada/messages"
OBJECT = "/v1/objects/things/ada/messages"
LISTS = {"all": "/v1/messages", "user": USER, "object": OBJECT}
RUN = "7d1c9a0e-5f5a-4b9c-8f0d-0e6d9a5b4c3d"
OTHER_RUN = "8e2d0b1f-6a6b-4cad-9f1e-1f7eab6c5d4e"


@pytest.fixture(params=LISTS)
def path(request: pytest.FixtureRequest) -> str:
    """Each of the three lists."""
    return LISTS[request.param]


@pytest.fixture
def put(send: Callable[..., str], path: str) -> Callable[..., str]:
    """Put a message where the list shows it, and return its id."""
    to = Ref("things", "ada") if path == OBJECT else Ref("", "ada")
    return lambda **given: send(to, **given)


def listed(api: httpx.Client, path: str, **query: Any) -> list[str]:
    return [each["id"] for each in api.get(path, params=query).raise_for_status().json()["items"]]


@pytest.mark.promise("LIST-PARTITION")
def test_every_message_is_in_the_list_of_one_recipient(api: httpx.Client, send: Callable[..., str]) -> None:
    ada, thing = Ref("", "ada"), Ref("things", "ada")
    sent = {send(ada), send(thing, actors=[ada]), send(ada, actors=[thing]), send(Ref("", "things"))}

    lists = [set(listed(api, each)) for each in (USER, OBJECT, "/v1/users/things/messages")]

    assert set(listed(api, "/v1/messages")) == sent == set.union(*lists)
    assert all(not one & other for one, other in combinations(lists, 2))


@pytest.mark.promise("MSG-GET-EQUALS-LIST", "MSG-SHAPE")
def test_a_message_reads_equal_wherever_it_is_listed(api: httpx.Client, send: Callable[..., str]) -> None:
    message = send(tenant="t", data={"a": {"b": 1}})
    api.put(f"/v1/messages/{message}/read")

    found = [api.get(each).json()["items"] for each in ("/v1/messages", USER)]

    assert found == [[api.get(f"/v1/messages/{message}").json()]] * 2
    assert found[0][0]["channel"]["id"] == found[0][0]["channel_id"]


@pytest.mark.promise("LIST-FILTER-STATUS")
def test_statuses_are_those_of_delivery(api: httpx.Client, put: Callable[..., str], path: str) -> None:
    sent = {status: put(status=status) for status in ("queued", "sent", "delivered", "undelivered", "bounced")}
    api.put(f"/v1/messages/{sent['sent']}/read")

    assert listed(api, path, **{"status[]": "sent"}) == [sent["sent"]]
    assert listed(api, path, **{"status[]": ["bounced", "queued"]}) == [sent["bounced"], sent["queued"]]


WORDS = ["seen", "read", "archived", "interacted"]


@pytest.mark.promise("LIST-FILTER-ENGAGEMENT")
@pytest.mark.parametrize("word", [*WORDS, "link_clicked", "unseen", "unread", "unarchived"])
def test_engagement_keeps_what_has_it_or_has_it_not(
    api: httpx.Client, put: Callable[..., str], path: str, word: str
) -> None:
    for number in range(2 ** len(WORDS)):
        message = put()
        for bit, each in enumerate(WORDS):
            if number >> bit & 1:
                api.put(f"/v1/messages/{message}/{each}")

    everything = api.get(path).json()["items"]
    kept = set(listed(api, path, **{"engagement_status[]": word}))

    wanted, plain = not word.startswith("un"), word.removeprefix("un")
    assert kept == {each["id"] for each in everything if (plain in each["engagement_statuses"]) == wanted}


@pytest.mark.promise("LIST-FILTER-IDS")
def test_ids_are_kept_together_with_other_filters(api: httpx.Client, put: Callable[..., str], path: str) -> None:
    first, _, third = put(tenant="t"), put(tenant="t"), put()
    ids = [first, third, "unknown"]

    assert listed(api, path, **{"message_ids[]": ids}) == [third, first]
    assert listed(api, path, **{"message_ids[]": ids, "tenant": "t"}) == [first]


@pytest.mark.promise("LIST-FILTER-TENANT-EXACT")
def test_a_tenant_keeps_its_messages_alone(api: httpx.Client, put: Callable[..., str], path: str) -> None:
    first, second, _ = put(tenant="t1"), put(tenant="t2"), put()

    assert [listed(api, path, tenant=each) for each in ("t1", "t2", "t")] == [[first], [second], []]


@pytest.mark.promise("LIST-FILTER-CHANNEL-SOURCE")
def test_channel_and_source_are_matched_as_a_whole(
    api: httpx.Client, put: Callable[..., str], path: str, channel: Callable[[str], str]
) -> None:
    news, more = put(workflow="news"), put(workflow="news-2", channel="sms")

    assert [listed(api, path, source=each) for each in ("news", "news-2", "new")] == [[news], [more], []]
    assert [listed(api, path, channel_id=channel(each)) for each in ("sms", "email")] == [[more], []]


@pytest.mark.promise("LIST-FILTER-CATEGORIES")
def test_any_of_the_categories_is_enough(api: httpx.Client, put: Callable[..., str], path: str) -> None:
    a, ab, c, _ = put(categories=["a"]), put(categories=["a", "b"]), put(categories=["c"]), put()

    assert listed(api, path, **{"workflow_categories[]": "a"}) == [ab, a]
    assert listed(api, path, **{"workflow_categories[]": ["b", "c"]}) == [c, ab]


@pytest.mark.promise("LIST-FILTER-RUNS")
def test_runs_of_a_trigger_and_of_a_recipient_are_told_apart(
    api: httpx.Client, put: Callable[..., str], path: str
) -> None:
    one = put(run_id=RUN, recipient_run_id=OTHER_RUN)
    two = put(run_id=RUN, recipient_run_id=RUN)

    assert listed(api, path, workflow_run_id=RUN) == [two, one]
    assert listed(api, path, workflow_recipient_run_id=RUN) == [two]
    assert listed(api, path, workflow_run_id=OTHER_RUN) == []


@pytest.mark.promise("LIST-FILTER-RUNS", "MSG-SOURCE")
def test_a_trigger_makes_messages_for_each_of_its_recipients(api: httpx.Client, trigger: Callable[..., str]) -> None:
    run = trigger("in-app-message", "ada", "bob", "cleo")
    trigger("in-app-message", "ada")

    found = api.get("/v1/messages", params={"workflow_run_id": run}).json()["items"]
    own = {each["source"]["workflow_recipient_run_id"] for each in found}

    assert {each["recipient"] for each in found} == {"ada", "bob", "cleo"}
    assert {each["source"]["workflow_run_id"] for each in found} == {run}
    assert [len(listed(api, "/v1/messages", workflow_recipient_run_id=each)) for each in own] == [1, 1, 1]


FILTERS: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]] = {
    "status": ({"status[]": "sent"}, lambda each: each["status"] == "sent"),
    "tenant": ({"tenant": "t"}, lambda each: each["tenant"] == "t"),
    "source": ({"source": "w1"}, lambda each: each["workflow"] == "w1"),
    "read": ({"engagement_status[]": "read"}, lambda each: "read" in each["engagement_statuses"]),
    "since": ({"inserted_at.gte": "2026-03-01T12:00:16Z"}, lambda each: each["inserted_at"] >= "2026-03-01T12:00:16"),
}


@pytest.mark.promise("LIST-FILTERS-AND")
def test_filters_of_all_sorts_apply_together(
    api: httpx.Client, put: Callable[..., str], path: str, clock: VirtualClock
) -> None:
    for number in range(32):
        message = put(
            status="sent" if number & 1 else "delivered",
            tenant="t" if number & 2 else None,
            workflow="w1" if number & 4 else "w2",
        )
        if number & 8:
            api.put(f"/v1/messages/{message}/read")
        clock.advance(timedelta(seconds=1))
    everything = api.get(path).json()["items"]

    for size in (2, 3, 5):
        for names in combinations(FILTERS, size):
            query = {key: value for name in names for key, value in FILTERS[name][0].items()}
            fits = [each["id"] for each in everything if all(FILTERS[name][1](each) for name in names)]
            assert listed(api, path, **query) == fits, names
