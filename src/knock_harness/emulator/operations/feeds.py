"""In-app feeds of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.emulator.engine.translations import locales
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.exclusion import exclusions, without
from knock_harness.emulator.live import live
from knock_harness.emulator.marks import filled
from knock_harness.emulator.message import FEED, as_json
from knock_harness.emulator.paging import PageRequest, cursor, page_info
from knock_harness.emulator.references import USERS, Ref
from knock_harness.emulator.refusals import NotFound
from knock_harness.emulator.response_filters import filtered_feed
from knock_harness.emulator.store.message_filters import feed_filter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.contract.project import Channel
    from knock_harness.emulator.call import Call, Handler
    from knock_harness.emulator.paging import Page
    from knock_harness.emulator.store.feeds import Counts

__all__ = ["HANDLERS"]


def list_user_in_app_feed_items(call: Call) -> Reply:
    """Return a page of a feed with the counts of all that fits; empty for an unknown user (USER-FEED-UNKNOWN-EMPTY)."""
    filters = _channel(call).settings.get("response_filters")
    owner = Ref(USERS, call.path["user_id"])
    request = PageRequest.of(call.query)
    kept = feed_filter(call.query, user_id=owner.id, channel_id=call.path["id"])
    page = call.store.feeds.page(request, kept, compact=call.query.get("mode") == "compact")
    feed = _feed(call, page, call.store.feeds.counts(kept))
    content = filled(feed, owner=owner, lookup=live(call.store)).encode()
    locale, exclude = call.query.get("locale"), call.query.get("exclude")
    if not (locale or exclude or filters):
        return Reply(200, msgspec.Raw(content))
    answer = msgspec.json.decode(content)
    if locale:
        _translate(call, answer, [seq for seq, _ in page.rows], locale)
    if filters:
        answer = filtered_feed(answer, filters)
    return Reply(200, without(answer, exclusions(exclude)) if exclude else answer)


def get_user_in_app_feed_settings(call: Call) -> Reply:
    """Return what an application must know to show a feed; the same for all users (FEED-SETTINGS-UNKNOWN-USER)."""
    _channel(call)
    return Reply(200, {"features": {"branding_required": call.environment.project.account.branding_required}})


def _channel(call: Call) -> Channel:
    channel = call.environment.project.channels_by_id.get(call.path["id"])
    if channel is None or channel.type != FEED:
        raise NotFound("This in-app feed channel", code="channel_invalid")  # USER-FEED-SETTINGS-UNKNOWN-CHANNEL
    return channel


def _translate(call: Call, feed: dict[str, Any], places: list[int], locale: str) -> None:
    """Put the blocks of items into another language; those that are not translated stay as they are (FEED-LOCALE)."""
    translations = call.store.feeds.translations(places, list(locales(locale, default="")))
    for place, entry in zip(places, feed["entries"], strict=True):
        if place in translations:
            entry["blocks"] = translations[place]


def _feed(call: Call, page: Page, counts: Counts) -> str:
    entries = ",".join([f'{{"__cursor":"{cursor(seq)}",{item}' for seq, item in page.rows])  # PAGE-FEED-ITEM-CURSOR
    project = call.environment.project
    shown = {name: project.variables[name] for name in sorted(project.public_variables)}  # FEED-VARS-PUBLIC-ONLY
    return (
        f'{{"entries":[{entries}],"page_info":{as_json(page_info(page))},"vars":{as_json(shown)},'
        f'"meta":{{"__typename":"FeedMetadata","total_count":{counts.total},"unread_count":{counts.unread},'
        f'"unseen_count":{counts.unseen}}}}}'
    )


HANDLERS: Final[Mapping[str, Handler]] = {
    "getUserInAppFeedSettings": get_user_in_app_feed_settings,
    "listUserInAppFeedItems": list_user_in_app_feed_items,
}
