"""Queries: every form in which clients write them is read, and one of them is written."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knock_harness import contract
from knock_harness.contract import wire

OPERATIONS = contract.load().operations
A_TENANT = {"object_id": "t", "collection": "$tenants"}
TWO_OBJECTS = [{"id": "o1", "collection": "c1"}, {"id": "o2", "collection": "c2"}]

#: Operation, values, and how we write them: read back, it is the same.
WRITTEN: list[tuple[str, dict[str, Any], str]] = [
    ("listMessages", {"status": ["queued", "sent"]}, "status[]=queued&status[]=sent"),
    ("listMessages", {"tenant": "a b&c"}, "tenant=a b&c"),
    ("listMessages", {"page_size": 0}, "page_size=0"),
    ("listMessages", {"inserted_at.gte": "2024-01-02T03:04:05+00:00"}, "inserted_at.gte=2024-01-02T03:04:05+00:00"),
    ("listMessages", {"trigger_data": {"a": 1, "ü": None}}, 'trigger_data={"a":1,"ü":null}'),
    ("listUserInAppFeedItems", {"has_tenant": True}, "has_tenant=true"),
    ("listUserInAppFeedItems", {"has_tenant": False}, "has_tenant=false"),
    ("listWorkflowRecipientRuns", {"recipient": "ada"}, "recipient=ada"),
    (
        "listWorkflowRecipientRuns",
        {"recipient": {"id": "o", "collection": "c"}},
        "recipient[id]=o&recipient[collection]=c",
    ),
    ("listSchedules", {"workflow": "w", "recipients": ["u1", "u2"]}, "workflow=w&recipients[]=u1&recipients[]=u2"),
    (
        "listSubscriptionsForUser",
        {"objects": TWO_OBJECTS},
        "objects[0][id]=o1&objects[0][collection]=c1&objects[1][id]=o2&objects[1][collection]=c2",
    ),
    (
        "listSchedules",
        {"recipients": [TWO_OBJECTS[0], "u1"]},
        "recipients[0][id]=o1&recipients[0][collection]=c1&recipients[1]=u1",
    ),
    ("bulkDeleteTenants", {"tenant_ids": ["a", "b"]}, "tenant_ids[]=a&tenant_ids[]=b"),
    (
        "slackProviderAuthCheck",
        {"access_token_object": A_TENANT},
        'access_token_object={"object_id":"t","collection":"$tenants"}',
    ),
    ("listTeamsForMsTeamsProvider", {"query_options.$top": 5}, "query_options.$top=5"),
]

#: Operation, a query as clients write it, and what it means.
READ: list[tuple[str, str, dict[str, Any]]] = [
    ("listMessages", "", {}),
    ("listMessages", "status=queued&status=sent", {"status": ["queued", "sent"]}),
    ("listMessages", "status=queued", {"status": ["queued"]}),
    ("listMessages", "status%5B%5D=queued", {"status": ["queued"]}),
    ("listMessages", "status[1]=sent&status[0]=queued", {"status": ["queued", "sent"]}),
    ("listMessages", "inserted_at[gt]=2024-01-02T03:04:05Z", {"inserted_at.gt": "2024-01-02T03:04:05Z"}),
    (
        "listMessages",
        "inserted_at.gt=2024-01-02T03%3A04%3A05%2B00%3A00",
        {"inserted_at.gt": "2024-01-02T03:04:05+00:00"},
    ),
    ("listMessages", "tenant=&source=w", {"source": "w"}),
    ("listMessages", "tenant=a+b", {"tenant": "a b"}),
    ("listMessages", "page_size=abc", {"page_size": "abc"}),
    ("listMessages", "page_size=1.5", {"page_size": "1.5"}),
    ("listMessages", "page_size=" + "9" * 30, {"page_size": "9" * 30}),
    ("listMessages", "page_size=-1", {"page_size": -1}),
    ("listMessages", "trigger_data=hello", {"trigger_data": "hello"}),
    ("listMessages", "trigger_data=" + "[" * 100_000, {"trigger_data": "[" * 100_000}),
    ("listMessages", "force_all=1&foo[bar]=2&status[a]=b&[x]=1&=5&status[=1", {}),
    ("listWorkflowRecipientRuns", "has_errors=yes", {"has_errors": "yes"}),
    (
        "listWorkflowRecipientRuns",
        "recipient.id=o&recipient.collection=c",
        {"recipient": {"id": "o", "collection": "c"}},
    ),
    (
        "listSubscriptionsForUser",
        "objects[][id]=o1&objects[][id]=o2&objects[][collection]=c1&objects[][collection]=c2",
        {"objects": TWO_OBJECTS},
    ),
    (
        "listSubscriptionsForUser",
        "objects[][id]=o1&objects[][collection]=c1&objects[][id]=o2&objects[][collection]=c2",
        {"objects": TWO_OBJECTS},
    ),
    ("listSubscriptionsForUser", "objects[999999999999][id]=o1", {"objects": [{"id": "o1"}]}),
    (
        "listSchedules",
        "recipients[]=u1&recipients[][id]=o1&recipients[][collection]=c1",
        {"recipients": ["u1", TWO_OBJECTS[0]]},
    ),
    (
        "slackProviderAuthCheck",
        "access_token_object[object_id]=t&access_token_object[collection]=$tenants&channel_id=x",
        {"access_token_object": A_TENANT},
    ),
    ("listChannelsForSlackProvider", "query_options[limit]=5", {"query_options.limit": 5}),
    (
        "listChannelsForSlackProvider",
        "query_options[exclude_archived]=false",
        {"query_options.exclude_archived": False},
    ),
    ("listChannelsForSlackProvider", "query_options[cursor]=a&query_options.cursor=b", {"query_options.cursor": "b"}),
    ("listChannelsForSlackProvider", "query_options.cursor=b&query_options[cursor]=a", {"query_options.cursor": "b"}),
    (
        "listTeamsForMsTeamsProvider",
        "query_options[$skiptoken]=a&query_options.$skiptoken=b",
        {"query_options.$skiptoken": "b"},
    ),
]


@pytest.mark.parametrize(("operation", "values", "query"), WRITTEN, ids=[each[2][:40] for each in WRITTEN])
def test_values_are_written_in_the_canonical_form(operation: str, values: dict[str, Any], query: str) -> None:
    pairs = wire.encode_query(OPERATIONS[operation], values)

    assert "&".join(f"{name}={value}" for name, value in pairs) == query


@pytest.mark.parametrize(("operation", "values", "query"), WRITTEN, ids=[each[2][:40] for each in WRITTEN])
def test_what_is_written_is_read_back(operation: str, values: dict[str, Any], query: str) -> None:
    pairs = wire.encode_query(OPERATIONS[operation], values)

    assert wire.decode_query(OPERATIONS[operation], urlencode(pairs)) == values


@pytest.mark.parametrize(("operation", "query", "values"), READ, ids=[each[1][:60] for each in READ])
def test_every_form_that_clients_write_is_read(operation: str, query: str, values: dict[str, Any]) -> None:
    assert wire.decode_query(OPERATIONS[operation], query) == values


def test_a_query_may_come_as_bytes() -> None:
    assert wire.decode_query(OPERATIONS["listMessages"], b"tenant=gr%C3%BC%C3%9Fe") == {"tenant": "grüße"}


def test_a_value_that_is_no_list_is_written_all_the_same() -> None:
    assert wire.encode_query(OPERATIONS["listMessages"], {"status": 5}) == [("status[]", "5")]


@given(st.sampled_from(sorted(OPERATIONS)), st.text())
def test_no_query_is_too_odd_to_be_read(operation: str, query: str) -> None:
    known = {each.name for each in OPERATIONS[operation].parameters}

    assert wire.decode_query(OPERATIONS[operation], query).keys() <= known


@given(
    st.lists(
        st.text(min_size=1) | st.fixed_dictionaries({"id": st.text(min_size=1), "collection": st.text(min_size=1)}),
        min_size=1,
    )
)
def test_any_list_of_recipients_survives_the_wire(recipients: list[Any]) -> None:
    operation = OPERATIONS["listSchedules"]

    query = urlencode(
        wire.encode_query(operation, {"recipients": recipients}), encoding="utf-8", errors="surrogatepass"
    )

    assert wire.decode_query(operation, query) == {"recipients": recipients}
