"""Answers without some fields."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator.exclusion import exclusions, without
from knock_harness.emulator.references import Ref

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

ANSWER = {"entries": [{"id": 1, "data": {"x": {"y": 1}, "z": 2}}, {"id": 2, "data": None}], "meta": {"total": 2}}


@pytest.mark.parametrize(
    ("exclude", "expected"),
    [
        ("meta", {"entries": ANSWER["entries"]}),
        ("entries.id", {**ANSWER, "entries": [{"data": {"x": {"y": 1}, "z": 2}}, {"data": None}]}),
        ("entries.data.x", {**ANSWER, "entries": [{"id": 1, "data": {"z": 2}}, {"id": 2, "data": None}]}),
        ("entries.data.x.y", ANSWER),
        ("", ANSWER),
        ("nope,entries..id,.,entries.", ANSWER),
        (" meta , entries", {}),
    ],
)
def test_only_what_is_named_is_left_out(exclude: str, expected: Any) -> None:
    assert without(deepcopy(ANSWER), exclusions(exclude)) == expected


#: Every field of an item of the feed.
FIELDS = [
    "__cursor",
    "__typename",
    "activities",
    "actors",
    "archived_at",
    "blocks",
    "clicked_at",
    "data",
    "id",
    "inserted_at",
    "interacted_at",
    "link_clicked_at",
    "read_at",
    "seen_at",
    "source",
    "tenant",
    "total_activities",
    "total_actors",
    "updated_at",
]


@pytest.fixture
def page(api: httpx.Client, feed: str, send: Callable[..., str]) -> Callable[[str], dict[str, Any]]:
    """Return the feed of two items without what is excluded."""
    for _ in range(2):
        send(data={"x": {"y": {"z": 1}}, "other": 1}, actors=[Ref("", "bob"), Ref("", "eve")])

    def page(exclude: str = "") -> dict[str, Any]:
        found: dict[str, Any] = api.get(feed, params={"exclude": exclude}).raise_for_status().json()
        return found

    return page


def cut(page: dict[str, Any], *paths: list[str]) -> dict[str, Any]:
    """Return a page without what lies at some paths, taken out by hand."""
    page = deepcopy(page)
    for *way, last in paths:
        places: list[Any] = [page]
        for name in way:
            below = [place[name] for place in places]
            places = [each for place in below for each in (place if isinstance(place, list) else [place])]
        for place in places:
            del place[last]
    return page


@pytest.mark.promise("EXCLUDE-FIELD", "EXCLUDE-REST-UNCHANGED")
@pytest.mark.parametrize("field", FIELDS)
def test_a_field_is_taken_out_of_every_item(page: Callable[..., dict[str, Any]], field: str) -> None:
    assert page(f"entries.{field}") == cut(page(), ["entries", field])


@pytest.mark.promise("EXCLUDE-FIELD", "EXCLUDE-DEPTH", "EXCLUDE-REST-UNCHANGED")
@pytest.mark.parametrize("path", ["entries.data.x", "entries.actors.id", "page_info.after", "meta.unread_count"])
def test_a_path_leads_as_deep_as_is_said(page: Callable[..., dict[str, Any]], path: str) -> None:
    assert page(path) == cut(page(), path.split("."))


@pytest.mark.promise("EXCLUDE-DEPTH")
@pytest.mark.parametrize("path", ["entries.data.x.y", "entries.data.x.y.z", "entries.actors.0.name"])
def test_a_path_that_is_too_long_has_no_effect(page: Callable[..., dict[str, Any]], path: str) -> None:
    assert page(path) == page()


@pytest.mark.promise("EXCLUDE-MULTIPLE", "EXCLUDE-REST-UNCHANGED")
@pytest.mark.parametrize("exclude", ["entries.id,meta,entries.data.x", "meta,entries.data.x,entries.id"])
def test_all_paths_count_in_whatever_order(page: Callable[..., dict[str, Any]], exclude: str) -> None:
    assert page(exclude) == cut(page(), ["meta"], ["entries", "id"], ["entries", "data", "x"])


@pytest.mark.promise("EXCLUDE-TOP-LEVEL", "EXCLUDE-REST-UNCHANGED")
@pytest.mark.parametrize("name", ["entries", "meta", "page_info", "vars"])
def test_a_name_alone_takes_out_a_part_of_the_answer(page: Callable[..., dict[str, Any]], name: str) -> None:
    assert page(name) == cut(page(), [name])


@pytest.mark.promise("EXCLUDE-UNKNOWN")
@pytest.mark.parametrize("exclude", ["nope", "", " ", "entries..id", ".", ",,", "entries.nope.id", "meta.x.y"])
def test_what_names_nothing_does_no_harm(page: Callable[..., dict[str, Any]], exclude: str) -> None:
    assert page(exclude) == page()
