"""Recipients as the API takes and shows them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import msgspec

from knock_harness import contract

from . import channel_data, preference_sets
from .clock import moment, stamp
from .references import TENANTS, USERS, Ref, checked, parse_reference, reference
from .refusals import FieldError, InvalidParams
from .tenants import merged_tenant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .environment import Environment
    from .store.recipients import Record

__all__ = [
    "TENANTS",
    "USERS",
    "Ref",
    "ensure",
    "identify",
    "identify_tenant",
    "parse_reference",
    "reference",
    "render",
    "render_tenant",
    "save",
    "save_tenant",
]

#: What a body may hold that is no property: who it is, and what is stored apart (USER-IDENTIFY-SIDE-DATA-NOT-ECHOED).
_NOT_PROPERTIES: Final = {
    USERS: frozenset({"__typename", "channel_data", "created_at", "id", "preferences", "updated_at"}),
    TENANTS: frozenset({"__typename", "channel_data", "id"}),
}
_NOT_PROPERTIES_OF_OBJECTS: Final = frozenset({"channel_data", "collection", "created_at", "id", "preferences"})


def render(record: Record) -> dict[str, Any]:
    """Return a user or an object as the API shows it; tenants are shown as the objects they are."""
    if record.collection != USERS:
        return {
            "__typename": "Object",
            "id": record.id,
            "collection": record.collection,
            "properties": record.properties,  # OBJECT-PROPERTIES-NESTED
            "created_at": record.created_at,
            "updated_at": record.updated_at,
        }
    return {
        "__typename": "User",
        "id": record.id,
        **record.properties,  # USER-PROPERTIES-TOP-LEVEL
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    }


def render_tenant(record: Record) -> dict[str, Any]:
    """Return a tenant as the operations of tenants show it (TENANT-PROPERTIES-TOP-LEVEL)."""
    return {"__typename": "Tenant", "id": record.id, **record.properties}


def identify(environment: Environment, value: str | Mapping[str, Any], *, at: datetime) -> Ref:
    """Return whom a value means; a map is upserted by the rules of the direct operations (INLINE-UPSERTS-RECIPIENT).

    A text creates and changes nobody (INLINE-ID-STRING-ONLY, RECIPIENT-STRING-NOT-IDENTIFIED).

    Raises:
        InvalidParams: the value says not who it is, or what it holds cannot be stored.
    """
    ref = parse_reference(value)
    if not isinstance(value, str):
        properties = {key: each for key, each in value.items() if key != "collection"}
        save(environment, ref, properties, at=at)
    return ref


def identify_tenant(environment: Environment, value: str | Mapping[str, Any], *, at: datetime) -> str:
    """Return the id of a tenant that exists afterwards: a text makes sure of it, a map is upserted (BULK-TENANTS-SET).

    Raises:
        InvalidParams: the value says not which tenant, or what it holds cannot be stored.
    """
    if isinstance(value, str):
        return ensure(environment, Ref(TENANTS, value), at=at).id  # TENANT-STUB-FROM-TRIGGER
    ref = parse_reference({"id": value.get("id"), "collection": TENANTS})
    return _save_tenant_object(environment, ref, value, at=at).id


def ensure(environment: Environment, ref: Ref, *, at: datetime) -> Ref:
    """Make an empty recipient where there is none (CHDATA-CREATES-USER, PREF-CREATES-OBJECT), and return who it is.

    Raises:
        InvalidParams: nobody can have this id.
    """
    environment.store.recipients.ensure(*checked(ref), at=at)
    return ref


def save(environment: Environment, ref: Ref, body: Mapping[str, Any], *, at: datetime) -> Record:
    """Make a user or an object, or merge into the one that exists; store what the body carries beside properties.

    Raises:
        InvalidParams: the id, the time zone, the channel data or the size of it all is not allowed.
    """
    if ref.collection == TENANTS:
        return _save_tenant_object(environment, ref, body, at=at)
    hidden = _NOT_PROPERTIES.get(ref.collection, _NOT_PROPERTIES_OF_OBJECTS)
    properties = {key: value for key, value in body.items() if key not in hidden}
    _check_timezone(properties.get("timezone"))
    record = environment.store.recipients.upsert(*checked(ref), properties, at=at, created_at=_created_at(body))
    _save_channel_data(environment, ref, body.get("channel_data"))
    _save_preferences(environment, ref, body.get("preferences"))
    environment.recipient_stored(record, at=at)
    return record


def save_tenant(environment: Environment, id: str, body: Mapping[str, Any], *, at: datetime) -> Record:  # noqa: A002
    """Make a tenant, or merge into the one that exists (TENANT-SET-MERGES-DEEP).

    Raises:
        InvalidParams: the id, the channel data or the size of it all is not allowed.
    """
    ref = checked(Ref(TENANTS, id))
    properties = {key: value for key, value in body.items() if key not in _NOT_PROPERTIES[TENANTS]}
    record = environment.store.recipients.upsert(*ref, properties, at=at, merge=merged_tenant)
    _save_channel_data(environment, ref, body.get("channel_data"))
    return record


def _save_tenant_object(environment: Environment, ref: Ref, body: Mapping[str, Any], *, at: datetime) -> Record:
    """Save a tenant that is written as an object, held against what a tenant may be (TENANT-IS-OBJECT)."""
    tenant = {key: value for key, value in body.items() if key not in {"collection", "preferences"}}
    if broken := contract.body_errors(contract.load().operations["setTenant"], tenant):
        raise InvalidParams(FieldError(each.field, each.message, kind=each.keyword) for each in broken)
    record = save_tenant(environment, ref.id, tenant, at=at)
    _save_preferences(environment, ref, body.get("preferences"))
    return record


def _save_channel_data(environment: Environment, ref: Ref, data: Mapping[str, Any] | None) -> None:
    for channel_id, each in (data or {}).items():
        channel = environment.project.channels_by_id.get(channel_id)
        if channel is None:  # USER-IDENTIFY-CHANNEL-UNKNOWN
            raise InvalidParams.at(f"channel_data.{channel_id}", "is no channel of this environment", kind="channel")
        environment.store.channel_data.put(ref, channel_id, channel_data.normalised(channel, each))


def _save_preferences(environment: Environment, ref: Ref, sets: Mapping[str, Any] | None) -> None:
    for set_id, request in (sets or {}).items():
        stored = environment.store.preferences.get(ref, set_id)
        settings = preference_sets.written(stored, request, by_default="merge")
        environment.store.preferences.put(ref, set_id, settings)


def _created_at(body: Mapping[str, Any]) -> str | msgspec.UnsetType | None:
    """Return the caller's date as the API writes it (USER-CREATED-AT-FROM-CALLER); not given: unset."""
    given = body.get("created_at", msgspec.UNSET)
    if given is None or given is msgspec.UNSET:
        return given
    try:
        return stamp(moment(given))
    except (OverflowError, TypeError, ValueError):
        raise InvalidParams.at("created_at", "is no timestamp", kind="format") from None


def _check_timezone(name: object) -> None:
    """Let a time zone of the tz database pass, and none at all (USER-TIMEZONE-VALID)."""
    if name is not None and not (isinstance(name, str) and _is_timezone(name)):
        raise InvalidParams.at("timezone", "is no time zone of the tz database", kind="timezone")


@lru_cache(maxsize=1024)
def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return False
    return True
