"""What the client writes into paths, queries and bodies arrives as it was meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .stage import Stage

HOUR = timedelta(hours=1)
MACHINE = {"collection": "machines", "id": "engine"}


def test_a_list_of_words_is_read_whole(on: Stage) -> None:
    first, second, _ = on.messages("ada", "bob", "eve")

    found = on.knock.messages.list(message_ids=[first.id, second.id], status=["queued", "delivered"])

    assert {message.id for message in found} == {first.id, second.id}


@pytest.mark.parametrize(
    ("bounds", "holds"),
    [({"gt": -HOUR}, True), ({"lt": -HOUR}, False), ({"gte": -HOUR, "lte": HOUR}, True), ({"gt": HOUR}, False)],
    ids=["after an hour ago", "before an hour ago", "within an hour", "after the next hour"],
)
def test_nested_filters_are_read(bounds: dict[str, timedelta], holds: bool, on: Stage) -> None:
    on.message()
    now = datetime.now(UTC)

    page = on.knock.messages.list(inserted_at={name: (now + by).isoformat() for name, by in bounds.items()})

    assert bool(page.items) is holds


def test_the_bound_of_an_inclusive_filter_is_included(on: Stage) -> None:
    message = on.knock.messages.get(on.message())
    at = message.inserted_at.isoformat()

    assert on.knock.messages.list(inserted_at={"gte": at, "lte": at}).items
    assert not on.knock.messages.list(inserted_at={"gt": at}).items


def test_a_list_of_object_references_is_read_whole(on: Stage) -> None:
    for name in ("engine", "mill", "press"):
        on.subscribe("ada", name)

    page = on.knock.users.list_subscriptions(
        "ada", objects=[{"collection": "machines", "id": "engine"}, {"collection": "machines", "id": "press"}]
    )

    assert {each.object.id for each in page} == {"engine", "press"}


def test_users_and_objects_may_be_mixed_in_a_query(on: Stage) -> None:
    on.object()
    for recipient in ("ada", "bob", MACHINE):
        on.schedule(recipient)

    page = on.knock.schedules.list(workflow="scheduled-message", recipients=["ada", MACHINE])

    assert {each.recipient.id for each in page} == {"ada", "engine"}


def test_a_reference_in_a_query_is_read(on: Stage) -> None:
    on.object()
    on.messages("ada", MACHINE)

    runs = on.knock.workflow_recipient_runs.list(recipient=MACHINE)

    assert [run.recipient.id for run in runs] == ["engine"]


@pytest.mark.parametrize(
    "user_id",
    ["a@b.c+d:e f", "größe", "50%25 off", "o'neil(1)!*", "a&b=c;d,e", "$tenants"],
    ids=["blank, at, plus, colon", "not ASCII", "percent sign", "marks", "separators", "dollar"],
)
def test_an_id_in_a_path_is_decoded_once(user_id: str, on: Stage) -> None:
    on.user(user_id)

    assert on.knock.users.get(user_id).id == user_id
    assert [user.id for user in on.knock.users.list()] == [user_id]


def test_what_is_left_out_of_a_body_stays_and_null_overwrites(on: Stage) -> None:
    on.user("ada", email="ada@example.com", phone_number="+442071838750")

    user = on.knock.users.update("ada", email=None)

    assert (user.name, user.email, user.phone_number) == ("Ada", None, "+442071838750")


def test_a_moment_with_an_offset_keeps_its_instant(on: Stage) -> None:
    joined = datetime(2020, 2, 29, 23, 30, tzinfo=timezone(timedelta(hours=-5)))

    on.knock.users.update("ada", created_at=joined)

    assert on.knock.users.get("ada").created_at == joined


def test_the_ids_of_a_bulk_delete_of_tenants_are_read_from_the_query(on: Stage) -> None:
    for name in ("acme", "globex", "initech"):
        on.tenant(name)

    on.done(on.knock.tenants.bulk.delete(tenant_ids=["acme", "initech"]))

    assert [tenant.id for tenant in on.knock.tenants.list()] == ["globex"]


def test_the_body_of_a_delete_is_read(on: Stage) -> None:
    kept, removed = on.schedule("ada"), on.schedule("bob")

    on.knock.schedules.delete(schedule_ids=[removed])

    assert [each.id for each in on.knock.schedules.list(workflow="scheduled-message")] == [kept]


def test_a_write_without_a_body_is_accepted(on: Stage) -> None:
    message = on.knock.messages.mark_as_seen(on.message())

    assert message.engagement_statuses == ["seen"]


def test_merging_and_replacing_preferences_are_told_apart(on: Stage) -> None:
    on.user(preferences={"default": {"channel_types": {"email": False}}})

    merged = on.knock.users.set_preferences(
        "ada", "default", channel_types={"sms": False}, _persistence_strategy="merge"
    )
    replaced = on.knock.users.set_preferences(
        "ada", "default", channel_types={"push": False}, _persistence_strategy="replace"
    )

    assert (merged.channel_types.email, merged.channel_types.sms) == (False, False)
    assert (replaced.channel_types.email, replaced.channel_types.push) == (None, False)


def test_a_filter_that_is_false_is_not_a_filter_left_out(on: Stage) -> None:
    on.messages("ada", tenant=on.tenant())
    on.messages("ada")

    page = on.knock.users.feeds.list_items("ada", on.channel["in-app-feed"], has_tenant=False)

    assert [item.tenant for item in page] == [None]
