"""Calls about objects, tenants and audiences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .case import Case, after, call, gone

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CASES"]

QUIET = {"channel_types": {"email": False}}
TOKENS = {"tokens": ["token"]}

CASES: Mapping[str, Case] = {
    "objects.set": Case(
        lambda on: call("machines", "engine", name="Engine", extra_body={"wheels": 4}),
        lambda set_, on: set_.properties == {"name": "Engine", "wheels": 4} and set_.collection == "machines",
    ),
    "objects.get": Case(
        lambda on: call("machines", on.object()),
        lambda found, on: (found.collection, found.id) == ("machines", "engine"),
    ),
    "objects.list": Case(
        lambda on: after(
            (on.object("engine"), on.object("mill"), on.object("poem", collection="works")),
            call("machines", include=["preferences"]),
        ),
        lambda page, on: {each.id for each in page} == {"engine", "mill"},
    ),
    "objects.delete": Case(
        lambda on: call("machines", on.object()),
        lambda _, on: gone(lambda: on.knock.objects.get("machines", "engine")),
    ),
    "objects.list_messages": Case(
        lambda on: after(on.messages({"collection": "machines", "id": on.object()}), call("machines", "engine")),
        lambda page, on: [message.recipient.id for message in page] == ["engine"],
    ),
    "objects.list_schedules": Case(
        lambda on: after(on.schedule({"collection": "machines", "id": on.object()}), call("machines", "engine")),
        lambda page, on: [schedule.recipient.id for schedule in page] == ["engine"],
    ),
    "objects.add_subscriptions": Case(
        lambda on: call(
            "machines", on.object(), recipients=[on.user(), {"id": "bob", "name": "Bob"}], properties={"a": 1}
        ),
        lambda added, on: {each.recipient.id for each in added} == {"ada", "bob"} and added[0].properties == {"a": 1},
    ),
    "objects.list_subscriptions": Case(
        lambda on: after(
            on.knock.objects.add_subscriptions(
                "machines", on.object(), recipients=[on.user("ada"), on.user("bob"), on.user("eve")]
            ),
            call("machines", "engine", recipients=["ada", "bob"], mode="object"),
        ),
        lambda page, on: {each.recipient.id for each in page} == {"ada", "bob"},
    ),
    "objects.delete_subscriptions": Case(
        lambda on: after(
            on.knock.objects.add_subscriptions("machines", on.object(), recipients=[on.user("ada"), on.user("bob")]),
            call("machines", "engine", recipients=["ada"]),
        ),
        lambda removed, on: (
            [each.recipient.id for each in removed] == ["ada"]
            and [each.recipient.id for each in on.knock.objects.list_subscriptions("machines", "engine")] == ["bob"]
        ),
    ),
    "objects.set_channel_data": Case(
        lambda on: call("machines", on.object(), on.channel["push-fcm"], data=TOKENS),
        lambda kept, on: kept.data.tokens == ["token"],
    ),
    "objects.get_channel_data": Case(
        lambda on: call("machines", on.object(channel_data={on.channel["push-fcm"]: TOKENS}), on.channel["push-fcm"]),
        lambda kept, on: kept.data.tokens == ["token"],
    ),
    "objects.unset_channel_data": Case(
        lambda on: call("machines", on.object(channel_data={on.channel["push-fcm"]: TOKENS}), on.channel["push-fcm"]),
        lambda _, on: gone(lambda: on.knock.objects.get_channel_data("machines", "engine", on.channel["push-fcm"])),
    ),
    "objects.set_preferences": Case(
        lambda on: call("machines", on.object(), "default", **QUIET),
        lambda kept, on: kept.channel_types.email is False,
    ),
    "objects.get_preferences": Case(
        lambda on: call("machines", on.object(preferences={"default": QUIET}), "default"),
        lambda kept, on: kept.channel_types.email is False,
    ),
    "objects.list_preferences": Case(
        lambda on: call("machines", on.object(preferences={"default": QUIET})),
        lambda sets, on: [each.id for each in sets] == ["default"],
    ),
    "objects.unset_preferences": Case(
        lambda on: call("machines", on.object(preferences={"default": QUIET}), "default"),
        lambda _, on: not on.knock.objects.get_preferences("machines", "engine", "default").channel_types,
    ),
    "objects.bulk.set": Case(
        lambda on: call("machines", objects=[{"id": "engine", "wheels": 4}, {"id": "mill"}]),
        lambda started, on: (
            on.done(started).success_count == 2 and on.knock.objects.get("machines", "engine").properties["wheels"] == 4
        ),
    ),
    "objects.bulk.delete": Case(
        lambda on: call("machines", object_ids=[on.object("engine"), on.object("mill")]),
        lambda started, on: (
            on.done(started).status == "completed" and gone(lambda: on.knock.objects.get("machines", "mill"))
        ),
    ),
    "objects.bulk.add_subscriptions": Case(
        lambda on: call("machines", subscriptions=[{"id": on.object(), "recipients": [on.user()]}]),
        lambda started, on: (
            on.done(started).status == "completed"
            and [each.recipient.id for each in on.knock.objects.list_subscriptions("machines", "engine")] == ["ada"]
        ),
    ),
    "objects.bulk.delete_subscriptions": Case(
        lambda on: after(
            on.knock.objects.add_subscriptions("machines", on.object(), recipients=[on.user()]),
            call("machines", subscriptions=[{"id": "engine", "recipients": ["ada"]}]),
        ),
        lambda started, on: (
            on.done(started).status == "completed"
            and on.knock.objects.list_subscriptions("machines", "engine").entries == []
        ),
    ),
    "tenants.set": Case(
        lambda on: call("acme", name="Acme", settings={"branding": {"primary_color": "#112233"}}),
        lambda tenant, on: tenant.settings.branding.primary_color == "#112233",
    ),
    "tenants.get": Case(
        lambda on: call(on.tenant(settings={"preference_set": QUIET}), resolve_full_preference_settings=True),
        lambda tenant, on: tenant.settings.preference_set.channel_types.email is False,
    ),
    "tenants.list": Case(
        lambda on: after((on.tenant("acme"), on.tenant("globex")), call(name="Globex")),
        lambda page, on: [tenant.id for tenant in page] == ["globex"],
    ),
    "tenants.delete": Case(
        lambda on: call(on.tenant()),
        lambda _, on: gone(lambda: on.knock.tenants.get("acme")),
    ),
    "tenants.bulk.set": Case(
        lambda on: call(tenants=["acme", {"id": "globex", "name": "Globex"}]),
        lambda started, on: on.done(started).success_count == 2 and on.knock.tenants.get("globex").name == "Globex",
    ),
    "tenants.bulk.delete": Case(
        lambda on: after(on.tenant("initech"), call(tenant_ids=[on.tenant("acme"), on.tenant("globex")])),
        lambda started, on: (
            on.done(started).status == "completed" and [tenant.id for tenant in on.knock.tenants.list()] == ["initech"]
        ),
    ),
    "audiences.add_members": Case(
        lambda on: call("beta", members=[{"user": {"id": "ada", "plan": "pro"}}], create_audience=True),
        lambda _, on: (
            [each.user_id for each in on.knock.audiences.list_members("beta").entries] == ["ada"]
            and on.knock.users.get("ada").plan == "pro"
        ),
    ),
    "audiences.list_members": Case(
        lambda on: after(
            on.knock.audiences.add_members(
                "beta", members=[{"user": {"id": on.user()}, "tenant": "acme"}], create_audience=True
            ),
            call("beta"),
        ),
        lambda page, on: [(each.user.name, each.tenant) for each in page.entries] == [("Ada", "acme")],
    ),
    "audiences.remove_members": Case(
        lambda on: after(
            on.knock.audiences.add_members(
                "beta", members=[{"user": {"id": on.user(each)}} for each in ("ada", "bob")], create_audience=True
            ),
            call("beta", members=[{"user": {"id": "ada"}}]),
        ),
        lambda _, on: [each.user_id for each in on.knock.audiences.list_members("beta").entries] == ["bob"],
    ),
}
