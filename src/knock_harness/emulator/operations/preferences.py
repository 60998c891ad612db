"""Preference sets of users and objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator import bulk, preferences, recipients
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.preference_sets import DEFAULT, written
from knock_harness.emulator.references import USERS, Ref, ref_of_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from knock_harness.emulator.call import Call, Handler
    from knock_harness.emulator.environment import Environment

__all__ = ["HANDLERS", "set_row"]


def list_preference_sets(call: Call) -> Reply:
    """List every set that was written for a recipient, each as a single read shows it (PREF-LIST-EXACT)."""
    ref = ref_of_path(call.path)
    return Reply(200, [preferences.shown(call.environment, ref, each) for each in call.store.preferences.of(ref)])


def get_preference_set(call: Call) -> Reply:
    """Read a set over the defaults; one that was never written is empty (PREF-GET-NEVER-404)."""
    ref, tenant = ref_of_path(call.path), call.query.get("tenant") or None
    return Reply(200, preferences.shown(call.environment, ref, call.path["id"], tenant=tenant))


def update_preference_set(call: Call) -> Reply:
    """Write a set; the recipient is made if need be (PREF-SET-REPLACES, PREF-CREATES-USER)."""
    ref = recipients.ensure(call.environment, ref_of_path(call.path), at=call.now)
    return _write(call, ref, written(call.store.preferences.get(ref, call.path["id"]), call.body, by_default="replace"))


def delete_preference_set(call: Call) -> Reply:
    """Delete a set, which then reads as empty; deleting nothing is no error (PREF-DELETE)."""
    call.store.preferences.delete(ref_of_path(call.path), call.path["id"])
    return Reply(204)


def update_section(call: Call) -> Reply:
    """Write the given settings of one section, the others stay (PREF-PART-SECTION)."""
    return _update_part(call, _section(call), call.body or {})


def update_setting(call: Call) -> Reply:
    """Write the setting of one key, as a boolean or as a map; without a body nothing changes.

    Sources: PREF-PART-KEY-BOOLEAN, PREF-PART-KEY-MAP, PREF-PART-KEY-ONLY.
    """
    if call.body is None:
        return _update_part(call, _section(call), {})
    key = call.path.get("key") or call.path["type"]
    return _update_part(call, _section(call), {key: call.body.get("subscribed", call.body)})


def bulk_set_user_preferences(call: Call) -> Reply:
    """Replace one set of each of up to a thousand users (BULK-PREFERENCES-REPLACE)."""
    settings = written(None, call.body["preferences"], by_default="replace")
    set_id = call.body["preferences"].get("id") or DEFAULT  # BULK-PREFERENCES-SET-ID
    rows = [{"id": each, "set_id": set_id, "settings": settings} for each in call.body["user_ids"]]
    name = "users.set_preferences"
    operation = bulk.start(call.environment, name, rows, kind=name, at=call.now, base_url=call.request.base_url)
    return Reply(200, operation)


def set_row(environment: Environment, row: Mapping[str, Any], at: datetime) -> None:
    """Replace the set of one user of a bulk operation."""
    ref = recipients.ensure(environment, Ref(USERS, row["id"]), at=at)
    environment.store.preferences.put(ref, row["set_id"], row["settings"])


def _update_part(call: Call, section: str, settings: Mapping[str, Any]) -> Reply:
    ref = recipients.ensure(call.environment, ref_of_path(call.path), at=call.now)
    old = call.store.preferences.get(ref, call.path["id"]) or {}
    return _write(call, ref, {**old, section: {**(old.get(section) or {}), **settings}})


def _write(call: Call, ref: Ref, settings: Mapping[str, Any]) -> Reply:
    call.store.preferences.put(ref, call.path["id"], settings)
    return Reply(200, preferences.shown(call.environment, ref, call.path["id"]))


def _section(call: Call) -> str:
    """Return the section that the path of a part write names."""
    segments = call.operation.path.split("/")
    return segments[-2] if segments[-1].startswith("{") else segments[-1]


HANDLERS: Final[Mapping[str, Handler]] = {
    "listUserPreferenceSets": list_preference_sets,
    "listObjectPreferenceSets": list_preference_sets,
    "getUserPreferenceSet": get_preference_set,
    "getObjectPreferenceSet": get_preference_set,
    "updateUserPreferenceSet": update_preference_set,
    "updateObjectPreferenceSet": update_preference_set,
    "deleteUserPreferenceSet": delete_preference_set,
    "deleteObjectPreferenceSet": delete_preference_set,
    "bulkSetUserPreferences": bulk_set_user_preferences,
    **{
        f"update{owner}Preference{part}": update_section
        for owner in ("User", "Object")
        for part in ("Categories", "ChannelTypes", "Workflows")
    },
    **{
        f"update{owner}Preference{part}": update_setting
        for owner in ("User", "Object")
        for part in ("Category", "ChannelType", "Workflow")
    },
}
