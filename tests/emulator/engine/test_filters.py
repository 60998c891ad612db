from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knock_harness.emulator.engine.filters import compare_versions, from_json, sha256, to_json
from knock_harness.emulator.engine.records import RECORDS
from knock_harness.emulator.engine.templates import TemplateFailed, compiled

if TYPE_CHECKING:
    from collections.abc import Mapping


class FewRecords:
    """One user, one object, one tenant."""

    def user(self, id: str) -> dict[str, Any] | None:  # noqa: A002 - the name of the API
        return {"id": id, "name": "Ada"} if id == "ada" else None

    def object(self, collection: str, id: str) -> dict[str, Any] | None:  # noqa: A002
        return {"id": id, "name": "Engine"} if (collection, id) == ("projects", "engine") else None

    def tenant(self, id: str) -> dict[str, Any] | None:  # noqa: A002
        return {"id": id, "name": "Acme"} if id == "acme" else None

    def subscriptions(self, record: Mapping[str, Any], *, limit: int) -> list[dict[str, Any]]:
        return [{"object": {"id": f"{record['id']}-{number}"}} for number in range(limit)]


def rendered(source: str, **data: Any) -> str:
    variables = {
        "timestamp": "2024-01-01T00:30:00.000000Z",
        "data": data,
        "recipient": {"id": "ada"},
        RECORDS: FewRecords(),
    }
    return compiled(source)(variables)


@pytest.mark.promise("TMPL-KNOCK-FILTERS", "TMPL-ENTITY-FILTERS")
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{{ timestamp | timezone: "America/New_York" }}', "2023-12-31T19:30:00-05:00"),
        ('{{ timestamp | date: "%-I:%M %p %Z", "America/New_York" }}', "7:30 PM EST"),
        ('{{ timestamp | date: "%Y-%m-%d" }}', "2024-01-01"),
        ('{{ "now" | date: "%Y-%m-%d %H:%M" }}', "2024-01-01 00:30"),
        ('{{ 0 | date: "%Y" }}', "1970"),
        ('{{ "soon" | date: "%Y" }}', "soon"),
        ('{{ data.none | date: "%Y" }}', ""),
        ('{{ timestamp | format_date_in_locale: "en-GB", "long" }}', "1 January 2024"),
        ('{{ timestamp | format_datetime_in_locale: "en-GB", "long", "short" }}', "1 January 2024, 00:30"),
        ('{{ 10000 | format_number: "en-US" }}', "10,000"),
        ('{{ 10000 | format_number: "de" }}', "10.000"),
        ("{{ 10 | currency }}", "$10.00"),
        ('{{ 10 | currency: "GBP", "en" }}', "£10.00"),
        ('{{ 10 | currency: "GBP", locale: "en-GB" }}', "£10.00"),
        ('{{ 10.99 | rounded_currency: "GBP", "en" }}', "£11"),
        ("{{ data | json }}", '{"list":[1,2],"text":"a \\"b\\""}'),
        ('{{ "[1,2,3]" | from_json | size }}', "3"),
        ('{{ 1 | pluralize: "user", "users" }}', "user"),
        ('{{ 2 | pluralize: "user", "users" }}', "users"),
        ('{{ 0 | pluralize: "user", "users" }}', "users"),
        ('{{ "the big DEAL" | titlecase }}', "The Big Deal"),
        ('{{ "# Hello" | from_markdown }}', "<h1>Hello</h1>\n"),
        ('{{ "a" | sha256 }}', "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
        ('{{ "a" | md5 }}', "0cc175b9c0f1b6a831c399e269772661"),
        ('{{ "a" | hmac_sha256: "key" }}', "780c3db4ce3de5b9e55816fba98f590631d96c075271b26976238d5f4444219b"),
        ('{{ data.list | intersect: data.list | join: "," }}', "1,2"),
        ('{{ "1.2.0" | compare_versions: "1.10.0" }}', "-1"),
        ("{% assign u = 'ada' | user %}{{ u.name }}", "Ada"),
        ("{% assign u = 'bob' | user %}{{ u.name }}", ""),
        ("{% assign o = 'engine' | object: 'projects' %}{{ o.name }}", "Engine"),
        ("{% assign t = 'acme' | tenant %}{{ t.name }}", "Acme"),
        ("{% assign s = recipient.id | subscriptions %}{{ s[0].object.id }}", "ada-0"),
        ("{% assign s = recipient | subscriptions %}{{ s | size }} {{ s[0].object.id }}", "25 ada-0"),
    ],
)
def test_a_filter_has_its_result(source: str, expected: str) -> None:
    assert rendered(source, list=[1, 2], text='a "b"') == expected


@pytest.mark.parametrize(
    "source", ['{{ timestamp | timezone: "Nowhere" }}', "{{ 'x' | currency }}", "{{ 'x' | timezone }}"]
)
def test_a_filter_on_what_it_cannot_take_fails_the_template(source: str) -> None:
    with pytest.raises(TemplateFailed):
        rendered(source)


@pytest.mark.promise("TMPL-KNOCK-FILTERS")
@given(text=st.text())
def test_a_hash_is_that_of_the_text(text: str) -> None:
    assert sha256(text) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.promise("TMPL-KNOCK-FILTERS")
@given(value=st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), st.lists, max_leaves=5))
def test_json_survives_the_round_trip(value: Any) -> None:
    assert from_json(to_json(value)) == value == json.loads(to_json(value))


@pytest.mark.promise("TMPL-KNOCK-FILTERS")
@given(
    left=st.tuples(*[st.integers(0, 30)] * 3),
    right=st.tuples(*[st.integers(0, 30)] * 3),
)
def test_versions_compare_as_numbers(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    older, newer = (".".join(map(str, each)) for each in (left, right))

    assert compare_versions(older, newer) == (left > right) - (left < right)


@pytest.mark.promise("TMPL-KNOCK-FILTERS")
@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("1.0", "1.0.0", 0),
        ("v2", "1.9", 1),
        ("1.0.0-rc.1", "1.0.0", -1),
        ("1.0.0-rc.2", "1.0.0-rc.10", -1),
        ("1+a", "1+b", 0),
    ],
)
def test_a_pre_release_is_older_than_its_release(left: str, right: str, expected: int) -> None:
    assert compare_versions(left, right) == expected
