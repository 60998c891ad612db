from __future__ import annotations

from typing import TYPE_CHECKING

from .stage import TENANT_REFERENCE

if TYPE_CHECKING:
    from .stage import Stage


def test_following_the_pages_visits_every_record_once(on: Stage) -> None:
    on.done(on.knock.users.bulk.identify(users=[{"id": f"user_{number}"} for number in range(7)]))

    visited = [user.id for user in on.knock.users.list(page_size=2)]

    assert sorted(visited) == [f"user_{number}" for number in range(7)]


def test_filters_hold_on_every_page(on: Stage) -> None:
    on.messages("ada", "bob", "ada_2", "bob_2", data={"colour": "red"})
    on.messages("ada", "bob", data={"colour": "blue"})

    visited = list(on.knock.messages.list(page_size=1, trigger_data='{"colour": "red"}'))

    assert [message.data for message in visited] == [{"colour": "red"}] * 4


def test_the_newest_messages_come_first(on: Stage) -> None:
    made = [on.message("ada") for _ in range(3)]

    assert [message.id for message in on.knock.users.list_messages("ada", page_size=2)] == made[::-1]


def test_a_page_can_be_turned_back(on: Stage) -> None:
    for _ in range(3):
        on.message("ada")
    first = on.knock.messages.list(page_size=2)
    second = first.get_next_page()

    back = on.knock.messages.list(page_size=2, before=second.page_info.model_extra["before"])

    assert [message.id for message in back.items] == [message.id for message in first.items]


def test_the_feed_is_paged(on: Stage) -> None:
    made = [on.message("ada") for _ in range(3)]

    visited = list(on.knock.users.feeds.list_items("ada", on.channel["in-app-feed"], page_size=1))

    assert len({item.id for item in visited}) == len(made)


def test_pages_of_slack_channels_are_followed(on: Stage) -> None:
    on.slack_token()
    listed = on.knock.providers.slack.list_channels
    whole = list(listed(on.channel["slack"], access_token_object=TENANT_REFERENCE))

    one_by_one = list(listed(on.channel["slack"], access_token_object=TENANT_REFERENCE, query_options={"limit": 1}))

    assert one_by_one == whole
