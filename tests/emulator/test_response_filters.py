"""Filters that an in-app channel has for the answers of its feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator import definitions
from knock_harness.errors import InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator.environment import Environment

DATA = {"title": "Hi", "count": 2, "nested": {"a": 1, "b": 2}}


@pytest.fixture
def entry(
    api: httpx.Client, feed: str, configure: Callable[..., None], trigger: Callable[..., str]
) -> Callable[..., dict[str, Any]]:
    """Send a message from one of two actors and return the feed as the filters of its channel leave it."""

    def entry(**filters: Any) -> dict[str, Any]:
        api.put("/v1/users/ada", json={"name": "Ada", "plan": "pro"})
        trigger(
            "in-app-message",
            data=DATA,
            actor={"id": "bob", "name": "Bob", "plan": "free", "address": {"zip": 1, "city": "x"}},
        )
        configure("in-app-feed", response_filters=filters)
        return dict(api.get(feed).json())

    return entry


@pytest.mark.promise("RESPONSE-FILTER-CHANNEL")
@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ({"only": ["name"]}, {"name": "Bob"}),
        ({"only": ["address.city", "nothing"]}, {"address": {"city": "x"}}),
        ({"except": ["name", "address.zip"]}, {"plan": "free", "address": {"city": "x"}}),
        (True, {"name": "Bob", "plan": "free", "address": {"zip": 1, "city": "x"}}),
    ],
)
def test_actors_show_what_the_filter_leaves(
    entry: Callable[..., dict[str, Any]], kept: Any, shown: dict[str, Any]
) -> None:
    (item,) = entry(actor=kept)["entries"]

    fixed = {"__typename", "id", "created_at", "updated_at"}
    for actor in (item["actors"][0], item["activities"][0]["actor"]):
        assert {name: each for name, each in actor.items() if name not in fixed} == shown


@pytest.mark.promise("RESPONSE-FILTER-CHANNEL")
def test_the_recipient_of_activities_is_filtered_by_itself(entry: Callable[..., dict[str, Any]]) -> None:
    (item,) = entry(recipient={"only": ["plan"]})["entries"]

    (activity,) = item["activities"]
    assert (activity["recipient"].get("name"), activity["recipient"]["plan"]) == (None, "pro")
    assert activity["actor"]["name"] == "Bob"


@pytest.mark.promise("RESPONSE-FILTER-CHANNEL")
@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ({"only": ["title", "nested.a"]}, {"title": "Hi", "nested": {"a": 1}}),
        ({"except": ["title", "nested.a"]}, {"count": 2, "nested": {"b": 2}}),
        (False, {}),
    ],
)
def test_data_is_filtered_in_items_and_activities(
    entry: Callable[..., dict[str, Any]], kept: Any, shown: dict[str, Any]
) -> None:
    (item,) = entry(data=kept)["entries"]

    assert item["data"] == item["activities"][0]["data"] == shown


@pytest.mark.promise("RESPONSE-FILTER-CHANNEL")
@pytest.mark.parametrize(
    ("kept", "shown"), [(False, set()), ({"only": ["app_url"]}, {"app_url"}), ({"except": ["app_url"]}, {"app_name"})]
)
def test_variables_are_filtered(entry: Callable[..., dict[str, Any]], kept: Any, shown: set[str]) -> None:
    assert set(entry(vars=kept)["vars"]) == shown


@pytest.mark.promise("RESPONSE-FILTER-CHANNEL")
def test_an_omitted_actor_is_nowhere(entry: Callable[..., dict[str, Any]]) -> None:
    (item,) = entry(actor=False)["entries"]

    assert (item["actors"], item["activities"][0]["actor"]) == ([], None)


def test_what_is_no_filter_is_refused(environment: Environment) -> None:
    with pytest.raises(InvalidDocument, match="'only' or 'except'"):
        definitions.commit(
            environment,
            "channel",
            "in-app-feed",
            {"type": "in_app_feed", "settings": {"response_filters": {"data": ["title"]}}},
        )
