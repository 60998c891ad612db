"""In-app feeds of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.exclusion import exclusions, without
from knock_harness.emulator.live import live
from knock_harness.emulator.marks import filled
from knock_harness.emulator.message import FEED, as_json
from knock_harness.emulator.paging import PageRequest, cursor, page_info
from knock_harness.emulator.references import USERS, Ref
from knock_harness.emulator.refusals import NotFound
from knock_harness.emulator.store.message_filters import feed_filter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.emulator.call import Call, Handler
    from knock_harness.emulator.paging import Page
    from knock_harness.emulator.store.feeds import Counts

__all__ = ["HANDLERS"]


def list_user_in_app_feed_items(call: Call) -> Reply:
    """Return a page of a feed with the counts of all that fits; empty for an unknown user (USER-FEED-UNKNOWN-EMPTY)."""
    _check_channel(call)
    owner = Ref(USERS, call.path["user_id"])
    request = PageRequest.of(call.query)
    kept = feed_filter(call.query, user_id=owner.id, channel_id=call.path["id"])
    page = call.store.feeds.page(request, kept, compact=call.query.get("mode") == "compact")
    feed = _feed(call, page, call.store.feeds.counts(kept))
    content = filled(feed, owner=owner, lookup=live(call.store)).encode()
    if exclude := call.query.get("exclude"):
        return Reply(200, without(msgspec.json.decode(content), exclusions(exclude)))
    return Reply(200, msgspec.Raw(content))


def get_user_in_app_feed_settings(call: Call) -> Reply:
    """Return what an application must know to show a feed; the same for all users (FEED-SETTINGS-UNKNOWN-USER)."""
    _check_channel(call)
    return Reply(200, {"features": {"branding_required": call.environment.project.account.branding_required}})


def _check_channel(call: Call) -> None:
    channel = call.environment.project.channels_by_id.get(call.path["id"])
    if channel is None or channel.type != FEED:
        raise NotFound("This in-app feed channel", code="channel_invalid")  # USER-FEED-SETTINGS-UNKNOWN-CHANNEL


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
