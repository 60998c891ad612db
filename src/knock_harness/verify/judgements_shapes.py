"""Judges of records: what each kind of thing looks like wherever an answer shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .documented import Broken, brief
from .fields import (
    is_bool,
    is_integer,
    is_list,
    is_object,
    is_one_of,
    is_record,
    is_reference,
    is_stamp,
    is_text,
    is_uuid,
    or_null,
    records,
    shaped,
    wrong_field,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .answers import Answer
    from .documented import Finding

    Check = Callable[[Any], bool]

__all__ = ["JUDGES"]


def _message_shaped(answer: Answer) -> Finding:
    plain = _MESSAGE(answer)
    if plain is not True:
        return plain
    for record in records(answer):
        for name in ("read_at", "seen_at", "interacted_at", "archived_at", "link_clicked_at", "scheduled_at"):
            if not or_null(is_stamp)(record.get(name)):
                return Broken(f"{name} a timestamp or null", brief(record[name]))
    return True


def _channel_data_shaped(answer: Answer) -> Finding:
    if not answer.accepted:
        return None
    found, channel = answer.error, answer.path["channel_id"]
    if found.get("__typename") == "ChannelData" and found.get("channel_id") == channel and is_object(found.get("data")):
        return True
    return Broken(f"__typename ChannelData, channel_id {channel} and data", brief(answer.json))


def _preference_set_shaped(answer: Answer) -> Finding:
    if not answer.accepted:
        return None
    found = answer.error
    maps = all(or_null(is_object)(found.get(name)) for name in ("categories", "channel_types", "channels", "workflows"))
    commercial = found.get("commercial_subscribed")
    if is_text(found.get("id")) and maps and (commercial is None or isinstance(commercial, bool | dict)):
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
    if is_text(token) and is_text(url) and str(url).endswith(f"/p/{token}"):
        return True
    return Broken("a token, and a url that ends with /p/ and that token", brief(answer.json))


def _feed_shaped(answer: Answer) -> Finding:
    if not answer.accepted or "exclude" in answer.query:
        return None
    meta = answer.error.get("meta")
    counts = ("total_count", "unread_count", "unseen_count")
    counted = isinstance(meta, dict) and all(is_integer(meta.get(name)) for name in counts)
    if not (
        counted and is_list(answer.error.get("entries")) and answer.page_info and is_object(answer.error.get("vars"))
    ):
        return Broken("entries, page_info, vars and meta with three counts", brief(answer.json))
    for record in answer.records:
        if wrong := wrong_field(record, _FEED_ITEM):
            return Broken(f"each item with a fitting {wrong}", brief(record))
    return True


def _run_events_shaped(answer: Answer) -> Finding:
    if not answer.accepted:
        return None
    events = answer.error.get("events")
    if not isinstance(events, list):
        return Broken("a list of events", brief(events))
    for event in events:
        if wrong := wrong_field(event, _RUN_EVENT):
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
        wrong = wrong_field(guide, _GUIDE)
        steps = guide["steps"] if not wrong else []
        wrong = wrong or next((f"step: {name}" for step in steps if (name := wrong_field(step, _GUIDE_STEP))), None)
        if wrong:
            return Broken(f"each guide with a fitting {wrong}", brief(guide))
    return True


def _config_shaped(answer: Answer) -> Finding:
    if not answer.accepted:
        return None
    found = answer.error
    config = found.get("config")
    complete = isinstance(config, dict) and wrong_field(config, {"title": is_text, "body": is_text, "rows": is_list})
    named = found.keys() >= {"branding", "account_name", "user_email"}
    if is_bool(found.get("enabled")) and complete is None and named:
        return True
    return Broken(
        "enabled, config with title, body and rows, branding, account_name and user_email", brief(answer.json)
    )


def _connection_shaped(answer: Answer) -> Finding:
    if not answer.accepted:
        return None
    connection = answer.error.get("connection")
    if isinstance(connection, dict) and is_bool(connection.get("ok")):
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
            if wrong := wrong_field(record, checks):
                return Broken(f"each of {key} with a fitting {wrong}", brief(record))
        return True

    return judge


def _teams_shaped(answer: Answer) -> Finding:
    key = "ms_teams_channels" if "team_id" in answer.query else "ms_teams_teams"
    named = {"id": is_text, "displayName": is_text, "description": or_null(is_text)}
    return _listed(key, **named)(answer)


def _rpc_echoed(answer: Answer) -> Finding:
    sent = answer.body.get("id") if isinstance(answer.body, dict) else None
    if not answer.accepted or not is_text(sent):
        return None
    found = answer.error.get("id")
    return True if answer.status == 200 and found == sent else Broken(f"200 with id {brief(sent)}", brief(answer.json))


def _rpc_result(answer: Answer) -> Finding:
    if not answer.accepted or "result" not in answer.error:
        return None
    return True if is_object(answer.error["result"]) else Broken("result an object", brief(answer.error["result"]))


_FEED_ITEM: Mapping[str, Check] = {
    "id": is_text,
    "inserted_at": is_stamp,
    "blocks": is_list,
    "source": is_object,
    "seen_at": or_null(is_stamp),
    "read_at": or_null(is_stamp),
    "interacted_at": or_null(is_stamp),
    "archived_at": or_null(is_stamp),
}
_RUN_EVENT: Mapping[str, Check] = {
    "__typename": is_text,
    "id": is_text,
    "event": is_text,
    "status": is_one_of("ok", "error"),
    "inserted_at": is_stamp,
    "attempt": or_null(lambda value: is_integer(value) and value > 0),
    "step_ref": or_null(is_text),
    "step_type": or_null(is_text),
}
_GUIDE: Mapping[str, Check] = {
    "key": is_text,
    "type": is_text,
    "id": is_text,
    "channel_id": is_text,
    "active": is_bool,
    "steps": is_list,
    "inserted_at": is_stamp,
    "updated_at": is_stamp,
}
_GUIDE_STEP: Mapping[str, Check] = {"ref": is_text, "content": is_object, "message": is_object}
_MESSAGE = shaped(
    __typename=is_one_of("Message"),
    id=is_text,
    channel_id=is_text,
    engagement_statuses=is_list,
    inserted_at=is_stamp,
    recipient=is_reference,
    source=is_object,
    status=is_text,
    updated_at=is_stamp,
)

JUDGES: Mapping[str, Callable[[Answer], Finding]] = {
    "USER-SYSTEM-FIELDS": shaped(
        __typename=is_one_of("User"), id=is_text, updated_at=is_stamp, created_at=or_null(is_stamp)
    ),
    "USER-FEED-SETTINGS-SHAPE": shaped(
        features=lambda value: isinstance(value, dict) and is_bool(value.get("branding_required"))
    ),
    "OBJECT-SHAPE": shaped(
        __typename=is_one_of("Object"),
        id=is_text,
        collection=is_text,
        updated_at=is_stamp,
        created_at=or_null(is_stamp),
    ),
    "TENANT-SHAPE": shaped(
        __typename=is_one_of("Tenant"), id=is_text, name=or_null(is_text), settings=or_null(is_object)
    ),
    "CHDATA-SHAPE": _channel_data_shaped,
    "PREF-SHAPE": _preference_set_shaped,
    "PREF-GET-NEVER-404": _preference_set_readable,
    "PREFCENTER-CONFIG-SHAPE": _config_shaped,
    "PREFCENTER-URL-SHAPE": _signed_url,
    "SUB-SHAPE": shaped(
        __typename=is_text,
        recipient=is_record,
        object=is_record,
        inserted_at=is_stamp,
        updated_at=is_stamp,
        properties=or_null(is_object),
    ),
    "AUDIENCE-MEMBER-SHAPE": shaped(
        __typename=is_one_of("AudienceMember"),
        user_id=is_text,
        added_at=is_stamp,
        user=or_null(is_record),
        tenant=or_null(is_text),
    ),
    "BULK-SHAPE": shaped(
        __typename=is_one_of("BulkOperation"),
        id=is_uuid,
        name=is_text,
        status=is_one_of("queued", "processing", "completed", "failed"),
        estimated_total_rows=is_integer,
        processed_rows=is_integer,
        success_count=is_integer,
        inserted_at=is_stamp,
        updated_at=is_stamp,
    ),
    "SCHED-SHAPE": shaped(
        id=is_text,  # older examples have shorter ids than a UUID
        workflow=is_text,
        recipient=is_record,
        repeats=or_null(is_list),
        inserted_at=is_stamp,
        updated_at=is_stamp,
        actor=or_null(is_record),
        tenant=or_null(is_text),
        data=or_null(is_object),
        last_occurrence_at=or_null(is_stamp),
        next_occurrence_at=or_null(is_stamp),
    ),
    "RUN-SHAPE": shaped(
        __typename=is_one_of("WorkflowRecipientRun"),
        id=is_text,
        workflow_run_id=is_text,
        workflow=is_text,
        status=is_text,
        recipient=is_reference,
        trigger_source=is_object,
        inserted_at=is_stamp,
        updated_at=is_stamp,
        actor=or_null(is_reference),
        tenant=or_null(is_text),
        error_count=or_null(is_integer),
    ),
    "RUN-EVENT-SHAPE": _run_events_shaped,
    "MSG-SHAPE": _message_shaped,
    "CONTENT-SHAPE": shaped(
        __typename=is_one_of("MessageContent"),
        message_id=is_text,
        inserted_at=is_stamp,
        data=lambda value: isinstance(value, dict) and is_text(value.get("__typename")),
    ),
    "FEED-SHAPE": _feed_shaped,
    "GUIDE-LIST-SHAPE": _guides_shaped,
    "PROV-AUTH-SHAPE": _connection_shaped,
    "PROV-SLACK-CHANNEL-FIELDS": _listed(
        "slack_channels",
        id=is_text,
        name=is_text,
        is_private=is_bool,
        is_im=is_bool,
        context_team_id=is_text,
    ),
    "PROV-TEAMS-SHAPES": _teams_shaped,
    "RPC-ECHO-ID": _rpc_echoed,
    "RPC-RESULT-OBJECT": _rpc_result,
}
