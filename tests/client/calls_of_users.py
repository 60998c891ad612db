"""Calls about users: properties, channel data, preferences, feeds, guides, the preference center."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .case import Case, after, call, gone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .stage import Stage

__all__ = ["CASES"]

#: The preference set that writes send here.
QUIET = {"channel_types": {"email": False}, "workflows": {"in-app-message": {"channel_types": {"sms": False}}}}

CASES: Mapping[str, Case] = {
    "users.update": Case(
        lambda on: call("ada", name="Ada", timezone="Europe/London", extra_body={"plan": "pro"}),
        lambda user, on: (user.id, user.timezone, user.plan) == ("ada", "Europe/London", "pro"),
    ),
    "users.get": Case(
        lambda on: call(on.user("ada", phone_number="+442071838750")),
        lambda user, on: (user.name, user.phone_number) == ("Ada", "+442071838750"),
    ),
    "users.list": Case(
        lambda on: after((on.user("ada"), on.user("bob")), call(include=["preferences"])),
        lambda page, on: {user.id for user in page} == {"ada", "bob"} and "preferences" in page.entries[0].model_extra,
    ),
    "users.delete": Case(
        lambda on: call(on.user()),
        lambda _, on: gone(lambda: on.knock.users.get("ada")),
    ),
    "users.merge": Case(
        lambda on: call(on.user("ada"), from_user_id=on.user("old", extra_body={"team": "red"})),
        lambda user, on: (
            (user.id, user.name, user.team) == ("ada", "Ada", "red") and gone(lambda: on.knock.users.get("old"))
        ),
    ),
    "users.list_messages": Case(
        lambda on: after(on.messages("ada", "bob"), call("ada")),
        lambda page, on: [message.recipient for message in page] == ["ada"],
    ),
    "users.list_schedules": Case(
        lambda on: after((on.schedule("ada"), on.schedule("bob")), call("ada", workflow="scheduled-message")),
        lambda page, on: [schedule.recipient.id for schedule in page] == ["ada"],
    ),
    "users.list_subscriptions": Case(
        lambda on: after(
            (on.subscribe(on.user(), "engine"), on.subscribe("ada", "mill")),
            call("ada", objects=[{"collection": "machines", "id": "mill"}]),
        ),
        lambda page, on: [subscription.object.id for subscription in page] == ["mill"],
    ),
    "users.set_channel_data": Case(
        lambda on: call(on.user(), on.channel["push-fcm"], data={"tokens": ["token"]}),
        lambda kept, on: (kept.data.tokens, kept.channel_id) == (["token"], on.channel["push-fcm"]),
    ),
    "users.get_channel_data": Case(
        lambda on: call(
            on.user(channel_data={on.channel["slack"]: {"connections": [{"channel_id": "C1"}]}}), on.channel["slack"]
        ),
        lambda kept, on: kept.data.connections[0].channel_id == "C1",
    ),
    "users.unset_channel_data": Case(
        lambda on: call(on.user(channel_data={on.channel["push-fcm"]: {"tokens": ["t"]}}), on.channel["push-fcm"]),
        lambda _, on: gone(lambda: on.knock.users.get_channel_data("ada", on.channel["push-fcm"])),
    ),
    "users.set_preferences": Case(
        lambda on: call(on.user(), "default", **QUIET),
        lambda kept, on: (
            kept.channel_types.email is False and kept.workflows["in-app-message"].channel_types.sms is False
        ),
    ),
    "users.get_preferences": Case(
        lambda on: call(on.user(preferences={"default": QUIET}), "default"),
        lambda kept, on: kept.id == "default" and kept.channel_types.email is False,
    ),
    "users.list_preferences": Case(
        lambda on: after(on.tenant(), call(on.user(preferences={"default": QUIET, "acme": QUIET}))),
        lambda sets, on: {each.id for each in sets} == {"default", "acme"},
    ),
    "users.unset_preferences": Case(
        lambda on: call(on.user(preferences={"default": QUIET}), "default"),
        lambda _, on: not on.knock.users.get_preferences("ada", "default").workflows,
    ),
    "users.bulk.identify": Case(
        lambda on: call(users=[{"id": "ada", "name": "Ada"}, {"id": "bob", "plan": "pro"}]),
        lambda started, on: on.done(started).success_count == 2 and on.knock.users.get("bob").plan == "pro",
    ),
    "users.bulk.delete": Case(
        lambda on: call(user_ids=[on.user("ada"), on.user("bob")]),
        lambda started, on: on.done(started).status == "completed" and gone(lambda: on.knock.users.get("bob")),
    ),
    "users.bulk.set_preferences": Case(
        lambda on: call(user_ids=[on.user("ada"), on.user("bob")], preferences={"id": "default", **QUIET}),
        lambda started, on: (
            on.done(started).status == "completed"
            and on.knock.users.get_preferences("bob", "default").channel_types.email is False
        ),
    ),
    "users.feeds.get_settings": Case(
        lambda on: call(on.user(), on.channel["in-app-feed"]),
        lambda settings, on: isinstance(settings.features.branding_required, bool),
    ),
    "users.feeds.list_items": Case(
        lambda on: after(
            on.message("ada", data={"message": "Hello"}),
            call("ada", on.channel["in-app-feed"], status="unread", archived="exclude", has_tenant=False),
        ),
        lambda page, on: (
            [item.data for item in page] == [{"message": "Hello"}] and page.model_extra["meta"]["unread_count"] == 1
        ),
    ),
    "users.guides.get_channel": Case(
        lambda on: call(on.user(), on.channel["in-app-guide"], data='{"plan": "pro"}'),
        lambda guides, on: on.guide["guide_key"] in {each.key for each in guides.entries},
    ),
    "users.guides.mark_message_as_seen": Case(
        lambda on: call(on.user(), **on.guide, content={"title": "Welcome"}, data={"page": "home"}),
        lambda answer, on: answer.status == "ok" and _guide(on).seen_at is not None,
    ),
    "users.guides.mark_message_as_interacted": Case(
        lambda on: call(on.user(), **on.guide, metadata={"button": "next"}),
        lambda answer, on: answer.status == "ok" and _guide(on).interacted_at is not None,
    ),
    "users.guides.mark_message_as_archived": Case(
        lambda on: call(on.user(), **on.guide),
        lambda answer, on: answer.status == "ok" and _guide(on) is None,
    ),
    "users.guides.unarchive_guide_message": Case(
        lambda on: after(
            on.knock.users.guides.mark_message_as_archived(on.user(), **on.guide),
            call("ada", guide_key=on.guide["guide_key"]),
        ),
        lambda answer, on: answer.status == "ok" and _guide(on).archived_at is None,
    ),
    "users.guides.reset_guide_engagements": Case(
        lambda on: after(
            on.knock.users.guides.mark_message_as_interacted(on.user(), **on.guide),
            call("ada", guide_key=on.guide["guide_key"]),
        ),
        lambda answer, on: answer.status == "ok" and _guide(on).interacted_at is None,
    ),
    "users.preference_center.generate_signed_url": Case(
        lambda on: call(on.user()),
        lambda signed, on: signed.url.endswith("/p/" + signed.token),
    ),
    "users.preference_center.get_config": Case(
        lambda on: call(on.user(email="ada@example.com")),
        lambda center, on: center.enabled and center.user_email == "ada@example.com" and len(center.config.rows) > 0,
    ),
}


def _guide(on: Stage) -> Any:
    """Return the message of the welcome guide's step as the user finds it; None: it is not among the eligible ones."""
    entries = on.knock.users.guides.get_channel("ada", on.channel["in-app-guide"]).entries
    steps = [each.steps[0].message for each in entries if each.key == on.guide["guide_key"]]
    return steps[0] if steps else None
