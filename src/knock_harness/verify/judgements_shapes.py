"""Judges of records: what each kind of thing looks like wherever an answer shows it."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

from .answers import NO_JSON
from .documented import Broken, brief

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .answers import Answer
    from .documented import Finding

    Check = Callable[[Any], bool]

__all__ = ["JUDGES"]

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_stamp(value: Any) -> bool:
    return isinstance(value, str) and _STAMP.fullmatch(value) is not None


def _is_uuid(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(uuid.UUID(value))
    except ValueError:
        return False


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_reference(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, dict) and _is_text(value.get("id")))


def _is_record(value: Any) -> bool:
    return isinstance(value, dict) and _is_text(value.get("__typename")) and _is_text(value.get("id"))


def _is(*values: Any) -> Check:
    return lambda value: value in values


def _or_null(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _records(answer: Answer) -> Iterator[Any]:
    """Yield what an answer shows: the records of a page, the members of an array, or the one thing."""
    if answer.operation.page:
        yield from answer.records
    elif isinstance(answer.json, list):
        yield from answer.json
    elif answer.json is not NO_JSON:
        yield answer.json


def _shaped(**checks: Check) -> Callable[[Answer], Finding]:
    """Return a judge for records that need these fields; one that may be null may also be left out."""

    def judge(answer: Answer) -> Finding:
        if not answer.accepted:
            return None
        records = list(_records(answer))
        for record in records:
            if wrong := _wrong_field(record, checks):
                return Broken(f"each record with a fitting {wrong}", brief(record))
        return True if records else None

    return judge


def _wrong_field(record: Any, checks: Mapping[str, Check]) -> str | None:
    if not isinstance(record, dict):
        return "form: a JSON object"
    return next((name for name, check in checks.items() if not check(record.get(name))), None)


def _message_shaped(answer: Answer) -> Finding:
    plain = _MESSAGE(answer)
    if plain is not True:
        return plain
    for record in _records(answer):
        for name in ("read_at", "seen_at", "interacted_at", "archived_at", "link_clicked_at", "scheduled_at"):
            if not _or_null(_is_stamp)(record.get(name)):
                return Broken(f"{name} a timestamp or null", brief(record[name]))
    return True


def _channel_data_shaped(answer: Answer) -> Finding:
    if not answer.accepted:
        return None
    found, channel = answer.error, answer.path["channel_id"]
    if (
        found.get("__typename") == "ChannelData"
        and found.get("channel_id") == channel
        and _is_object(found.get("data"))
    ):
        return True
    return Broken(f"__typename ChannelData, channel_id {channel} and data", brief(answer.json))


def _preference_set_shaped(answer: Answer) -> Finding:
    if not answer.accepted:
        return None
    found = answer.error
    maps = all(
        _or_null(_is_object)(found.get(name)) for name in ("categories", "channel_types", "channels", "workflows")
    )
    commercial = found.get("commercial_subscribed")
    if _is_text(found.get("id")) and maps and (commercial is None or isinstance(commercial, bool | dict)):
        return True
    return Broken("an id, maps or null, and commercial_subscribed a boolean, a map or null", brief(answer.json))


def _preference_set_readable(answer: Answer) -> Finding:
    """Judge reads of recipients that exist: of others the statement says nothing."""
    if answer.credential != "secret" or not answer.meant_to_succeed:
        return None
    if answer.status == 200 and answer.error.get("id") == answer.path["id"]:
        return True
    return Broken(f"200 with a set of the id {answer.path['id']!r}", f"{answer.status}: {brief(answer.json)}")


def _signed_url(answer: Answer) -> Finding:
    if not answer.accepted:
        return None
    token, url = answer.error.get("token"), answer.error.get("url")
    if _is_text(token) and _is_text(url) and str(url).endswith(f"/p/{token}"):
        return True
    return Broken("a token, and a url that ends with /p/ and that token", brief(answer.json))


def _feed_shaped(answer: Answer) -> Finding:
    if not answer.accepted or "exclude" in answer.query:
        return None
    meta = answer.error.get("meta")
    counts = ("total_count", "unread_count", "unseen_count")
    counted = isinstance(meta, dict) and all(_is_integer(meta.get(name)) for name in counts)
    if not (
        counted and _is_list(answer.error.get("entries")) and answer.page_info and _is_object(answer.error.get("vars"))
    ):
        return Broken("entries, page_info, vars and meta with three counts", brief(answer.json))
    for record in answer.records:
        if wrong := _wrong_field(record, _FEED_ITEM):
            return Broken(f"each item with a fitting {wrong}", brief(record))
    return True


def _run_events_shaped(answer: Answer) -> Finding:
    if not answer.accepted:
        return None
    events = answer.error.get("events")
    if not isinstance(events, list):
        return Broken("a list of events", brief(events))
    for event in events:
        if wrong := _wrong_field(event, _RUN_EVENT):
            return Broken(f"each event with a fitting {wrong}", brief(event))
    return True if events else None


def _guides_shaped(answer: Answer) -> Finding:
    if not answer.accepted:
        return None
    parts = ("entries", "guide_groups", "guide_group_display_logs", "ineligible_guides")
    if missing := [part for part in parts if part not in answer.error]:
        return Broken(f"{', '.join(parts)}", f"no {', '.join(missing)}")
    if not isinstance(answer.error["entries"], list):
        return Broken("a list of entries", brief(answer.error["entries"]))
    for guide in answer.error["entries"]:
        wrong = _wrong_field(guide, _GUIDE)
        steps = guide["steps"] if not wrong else []
        wrong = wrong or next((f"step: {name}" for step in steps if (name := _wrong_field(step, _GUIDE_STEP))), None)
        if wrong:
            return Broken(f"each guide with a fitting {wrong}", brief(guide))
    return True


def _config_shaped(answer: Answer) -> Finding:
    if not answer.accepted:
        return None
    found = answer.error
    config = found.get("config")
    complete = isinstance(config, dict) and _wrong_field(
        config, {"title": _is_text, "body": _is_text, "rows": _is_list}
    )
    named = found.keys() >= {"branding", "account_name", "user_email"}
    if _is_bool(found.get("enabled")) and complete is None and named:
        return True
    return Broken(
        "enabled, config with title, body and rows, branding, account_name and user_email", brief(answer.json)
    )


def _connection_shaped(answer: Answer) -> Finding:
    if not answer.accepted:
        return None
    connection = answer.error.get("connection")
    if isinstance(connection, dict) and _is_bool(connection.get("ok")):
        return True
    return Broken("connection with a boolean ok", brief(answer.json))


def _listed(key: str, **checks: Check) -> Callable[[Answer], Finding]:
    def judge(answer: Answer) -> Finding:
        if not answer.accepted:
            return None
        listed = answer.error.get(key)
        if not isinstance(listed, list):
            return Broken(f"a list under {key}", brief(answer.json))
        for record in listed:
            if wrong := _wrong_field(record, checks):
                return Broken(f"each of {key} with a fitting {wrong}", brief(record))
        return True

    return judge


def _teams_shaped(answer: Answer) -> Finding:
    key = "ms_teams_channels" if "team_id" in answer.query else "ms_teams_teams"
    named = {"id": _is_text, "displayName": _is_text, "description": _or_null(_is_text)}
    return _listed(key, **named)(answer)


def _rpc_echoed(answer: Answer) -> Finding:
    sent = answer.body.get("id") if isinstance(answer.body, dict) else None
    if not answer.accepted or not _is_text(sent):
        return None
    found = answer.error.get("id")
    return True if answer.status == 200 and found == sent else Broken(f"200 with id {brief(sent)}", brief(answer.json))


def _rpc_result(answer: Answer) -> Finding:
    if not answer.accepted or "result" not in answer.error:
        return None
    return True if _is_object(answer.error["result"]) else Broken("result an object", brief(answer.error["result"]))


_FEED_ITEM: Mapping[str, Check] = {
    "id": _is_text,
    "inserted_at": _is_stamp,
    "blocks": _is_list,
    "source": _is_object,
    "seen_at": _or_null(_is_stamp),
    "read_at": _or_null(_is_stamp),
    "interacted_at": _or_null(_is_stamp),
    "archived_at": _or_null(_is_stamp),
}
_RUN_EVENT: Mapping[str, Check] = {
    "__typename": _is_text,
    "id": _is_text,
    "event": _is_text,
    "status": _is("ok", "error"),
    "inserted_at": _is_stamp,
    "attempt": _or_null(lambda value: _is_integer(value) and value > 0),
    "step_ref": _or_null(_is_text),
    "step_type": _or_null(_is_text),
}
_GUIDE: Mapping[str, Check] = {
    "key": _is_text,
    "type": _is_text,
    "id": _is_text,
    "channel_id": _is_text,
    "active": _is_bool,
    "steps": _is_list,
    "inserted_at": _is_stamp,
    "updated_at": _is_stamp,
}
_GUIDE_STEP: Mapping[str, Check] = {"ref": _is_text, "content": _is_object, "message": _is_object}
_MESSAGE = _shaped(
    __typename=_is("Message"),
    id=_is_text,
    channel_id=_is_text,
    engagement_statuses=_is_list,
    inserted_at=_is_stamp,
    recipient=_is_reference,
    source=_is_object,
    status=_is_text,
    updated_at=_is_stamp,
)

JUDGES: Mapping[str, Callable[[Answer], Finding]] = {
    "USER-SYSTEM-FIELDS": _shaped(
        __typename=_is("User"), id=_is_text, updated_at=_is_stamp, created_at=_or_null(_is_stamp)
    ),
    "USER-FEED-SETTINGS-SHAPE": _shaped(
        features=lambda value: isinstance(value, dict) and _is_bool(value.get("branding_required"))
    ),
    "OBJECT-SHAPE": _shaped(
        __typename=_is("Object"),
        id=_is_text,
        collection=_is_text,
        updated_at=_is_stamp,
        created_at=_or_null(_is_stamp),
    ),
    "TENANT-SHAPE": _shaped(
        __typename=_is("Tenant"), id=_is_text, name=_or_null(_is_text), settings=_or_null(_is_object)
    ),
    "CHDATA-SHAPE": _channel_data_shaped,
    "PREF-SHAPE": _preference_set_shaped,
    "PREF-GET-NEVER-404": _preference_set_readable,
    "PREFCENTER-CONFIG-SHAPE": _config_shaped,
    "PREFCENTER-URL-SHAPE": _signed_url,
    "SUB-SHAPE": _shaped(
        __typename=_is_text,
        recipient=_is_record,
        object=_is_record,
        inserted_at=_is_stamp,
        updated_at=_is_stamp,
        properties=_or_null(_is_object),
    ),
    "AUDIENCE-MEMBER-SHAPE": _shaped(
        __typename=_is("AudienceMember"),
        user_id=_is_text,
        added_at=_is_stamp,
        user=_or_null(_is_record),
        tenant=_or_null(_is_text),
    ),
    "BULK-SHAPE": _shaped(
        __typename=_is("BulkOperation"),
        id=_is_uuid,
        name=_is_text,
        status=_is("queued", "processing", "completed", "failed"),
        estimated_total_rows=_is_integer,
        processed_rows=_is_integer,
        success_count=_is_integer,
        inserted_at=_is_stamp,
        updated_at=_is_stamp,
    ),
    "SCHED-SHAPE": _shaped(
        id=_is_text,  # older examples have shorter ids than a UUID
        workflow=_is_text,
        recipient=_is_record,
        repeats=_or_null(_is_list),
        inserted_at=_is_stamp,
        updated_at=_is_stamp,
        actor=_or_null(_is_record),
        tenant=_or_null(_is_text),
        data=_or_null(_is_object),
        last_occurrence_at=_or_null(_is_stamp),
        next_occurrence_at=_or_null(_is_stamp),
    ),
    "RUN-SHAPE": _shaped(
        __typename=_is("WorkflowRecipientRun"),
        id=_is_text,
        workflow_run_id=_is_text,
        workflow=_is_text,
        status=_is_text,
        recipient=_is_reference,
        trigger_source=_is_object,
        inserted_at=_is_stamp,
        updated_at=_is_stamp,
        actor=_or_null(_is_reference),
        tenant=_or_null(_is_text),
        error_count=_or_null(_is_integer),
    ),
    "RUN-EVENT-SHAPE": _run_events_shaped,
    "MSG-SHAPE": _message_shaped,
    "CONTENT-SHAPE": _shaped(
        __typename=_is("MessageContent"),
        message_id=_is_text,
        inserted_at=_is_stamp,
        data=lambda value: isinstance(value, dict) and _is_text(value.get("__typename")),
    ),
    "FEED-SHAPE": _feed_shaped,
    "GUIDE-LIST-SHAPE": _guides_shaped,
    "PROV-AUTH-SHAPE": _connection_shaped,
    "PROV-SLACK-CHANNEL-FIELDS": _listed(
        "slack_channels",
        id=_is_text,
        name=_is_text,
        is_private=_is_bool,
        is_im=_is_bool,
        context_team_id=_is_text,
    ),
    "PROV-TEAMS-SHAPES": _teams_shaped,
    "RPC-ECHO-ID": _rpc_echoed,
    "RPC-RESULT-OBJECT": _rpc_result,
}
