"""In-app guides: what a user is to see, and what the user did with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator.clock import stamp
from knock_harness.emulator.engagement import CHANGES
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.guides import MESSAGES, GuideScope, belongs, ineligible, order, rendered, scope_of
from knock_harness.emulator.identifiers import named_uuid
from knock_harness.emulator.message import NewMessage, as_json, origin
from knock_harness.emulator.references import USERS, Ref
from knock_harness.emulator.refusals import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from knock_harness.contract.project import Channel, Guide, GuideGroup, GuideStep, Project
    from knock_harness.emulator.call import Call, Handler
    from knock_harness.emulator.store.guides import Engagement

__all__ = ["HANDLERS"]

OK: Final = {"status": "ok"}  # GUIDE-ACTION-OK
#: When a group was made that has no guides.
EPOCH: Final = "2026-01-01T00:00:00.000000Z"
_STAMPS: Final = ("seen_at", "read_at", "interacted_at", "link_clicked_at", "archived_at")


def list_user_guides(call: Call) -> Reply:
    """Return the guides of a channel that the user is to see, and those not, with the reason (GUIDE-PARTITION)."""
    channel, user_id, project = _channel(call, call.path["channel_id"]), call.path["user_id"], call.environment.project
    tenant, kind = call.query.get("tenant"), call.query.get("type")
    scope = GuideScope(call.environment, user_id, tenant=tenant, data=call.query.get("data") or {}, now=call.now)
    entries: list[dict[str, Any]] = []
    others: list[dict[str, str]] = []
    of_channel = [each for each in project.guides.values() if each.channel_key == channel.key]
    for guide in order(of_channel, project.guide_groups):
        if kind and guide.type != kind:  # GUIDE-TYPE-FILTER
            continue
        engagements = call.store.guides.engagements(user_id, guide.key, scope_of(guide, tenant))
        is_done = call.store.guides.is_done(user_id, guide.key, scope_of(guide, tenant))
        reason = ineligible(guide, engagements, scope, is_done=is_done)
        if reason is None:
            entries.append(_entry(guide, channel, engagements, scope.variables))
        else:
            others.append({"key": guide.key, "reason": reason, "message": MESSAGES[reason]})
    answer = {
        "entries": entries,
        "guide_groups": [_group(each, of_channel, project) for each in project.guide_groups],
        "guide_group_display_logs": call.store.guides.displays(user_id),
        "ineligible_guides": others,
    }
    return Reply(200, answer)


def mark_user_guide_as_seen(call: Call) -> Reply:
    """Note that a user saw a step of a guide."""
    _engage(call, {"seen": None})
    return Reply(200, OK)


def mark_user_guide_as_interacted(call: Call) -> Reply:
    """Note that a user did something with a step of a guide, which counts as reading it (GUIDE-INTERACTED)."""
    metadata = call.body.get("metadata")
    _engage(call, {"interacted": {"metadata": metadata} if metadata else None, "read": None})
    return Reply(200, OK)


def mark_user_guide_as_archived(call: Call) -> Reply:
    """Note that a user is done with a step, which holds back other guides of the group (GUIDE-DISPLAY-LOG)."""
    guide = _engage(call, {"archived": None})
    if call.body.get("is_final"):
        call.store.guides.finish(call.path["user_id"], guide.key, scope_of(guide, call.body.get("tenant")))
    if not guide.bypass_global_group_limit and not call.body.get("unthrottled"):
        project = call.environment.project
        for group in project.guide_groups:
            if belongs(guide, group, project):
                call.store.guides.note_display(call.path["user_id"], group.key, at=stamp(call.now))
    return Reply(200, OK)


def mark_user_guide_as_unarchived(call: Call) -> Reply:
    """Show a guide again that a user archived; what else the user did with it stays (GUIDE-UNARCHIVE)."""
    guide = _guide(call)
    scope = scope_of(guide, call.body.get("tenant"))
    messages = call.store.guides.messages(call.path["user_id"], guide.key, scope)
    call.store.guides.reopen(call.path["user_id"], guide.key, scope)
    call.store.messages.engage(messages, CHANGES["unarchived"], at=stamp(call.now))
    return Reply(200, OK)


def reset_user_guide_engagement(call: Call) -> Reply:
    """Forget what a user did with a guide; the next engagement makes a new message (GUIDE-RESET)."""
    guide = _guide(call)
    call.store.guides.forget(call.path["user_id"], guide.key, scope_of(guide, call.body.get("tenant")))
    return Reply(200, OK)


def _engage(call: Call, words: Mapping[str, Mapping[str, Any] | None]) -> Guide:
    """Note engagement with one step; the first makes the message that holds it (GUIDE-SEEN-CREATES-MESSAGE)."""
    channel, guide, body, user_id = (
        _channel(call, call.body["channel_id"]),
        _guide(call),
        call.body,
        call.path["user_id"],
    )
    step = next((each for each in guide.steps if each.ref == body["guide_step_ref"]), None)
    if step is None or guide.channel_key != channel.key or guide.id != body["guide_id"]:
        raise NotFound("This step of a guide")
    scope = scope_of(guide, body.get("tenant"))
    messages = call.store.guides.messages(user_id, guide.key, scope, step_ref=step.ref)  # GUIDE-ONE-MESSAGE
    if not messages:
        messages = [call.store.messages.add(_message(call, guide, step, channel), events=("message.created",))]
        call.store.guides.hold(user_id, guide.key, scope, step.ref, messages[0])
    for word, data in words.items():
        call.store.messages.engage(messages, CHANGES[word], at=stamp(call.now), data=data)
    return guide


def _message(call: Call, guide: Guide, step: GuideStep, channel: Channel) -> NewMessage:
    body, user_id, tenant = call.body, call.path["user_id"], call.body.get("tenant")
    data = body.get("data") or {}
    scope = GuideScope(call.environment, user_id, tenant=tenant, data=data, now=call.now)
    shown: Mapping[str, Any] = body.get("content") or rendered(step.content, scope.variables)
    return NewMessage(
        id=call.environment.ids.ksuid(call.now),
        recipient=Ref(USERS, user_id),
        origin=origin(
            channel,
            key=guide.key,
            version_id=named_uuid(f"guide:{guide.key}:{guide.semver}"),
            step_ref=step.ref,
            kind="guide",
        ),
        data=as_json(data),
        activities=(),
        content={"__typename": "MessageInAppFeedContent", "blocks": [_block(*each) for each in shown.items()]},
        status="delivered",
        at=stamp(call.now),
        tenant=tenant,
    )


def _block(name: str, value: Any) -> dict[str, str]:
    text = value if isinstance(value, str) else as_json(value)
    return {"type": "text", "name": name, "content": text, "rendered": text}


def _entry(
    guide: Guide, channel: Channel, engagements: Mapping[str, Engagement], variables: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "__typename": "Guide",
        "id": guide.id,
        "key": guide.key,
        "channel_id": channel.id,
        "type": guide.type,
        "semver": guide.semver,
        "active": guide.active,
        "bypass_global_group_limit": guide.bypass_global_group_limit,
        "activation_url_patterns": list(guide.activation_url_patterns),
        "activation_url_rules": list(guide.activation_url_rules),
        "steps": [_step(each, engagements.get(each.ref), variables) for each in guide.steps],
        "inserted_at": guide.created_at,
        "updated_at": guide.created_at,
    }


def _step(step: GuideStep, engagement: Engagement | None, variables: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ref": step.ref,
        "schema_key": step.schema_key,
        "schema_semver": step.schema_semver,
        "schema_variant_key": step.schema_variant_key,
        "content": rendered(step.content, variables),
        "message": {name: getattr(engagement, name, None) for name in ("id", *_STAMPS)},
    }


def _group(group: GuideGroup, guides: Sequence[Guide], project: Project) -> dict[str, Any]:
    active = [each for each in order(guides, [group]) if each.active and belongs(each, group, project)]
    unthrottled = [each.key for each in active if each.bypass_global_group_limit]
    throttled = [each.key for each in active if not each.bypass_global_group_limit]
    made = min((each.created_at for each in guides), default=EPOCH)
    return {
        "__typename": "GuideGroup",
        "key": group.key,
        "display_sequence": [*unthrottled, *throttled],  # GUIDE-SEQUENCE-ALL-ACTIVE
        "display_sequence_unthrottled": unthrottled,
        "display_sequence_throttled": throttled,
        "display_interval": group.display_interval_s,
        "inserted_at": made,
        "updated_at": made,
    }


def _channel(call: Call, channel_id: str) -> Channel:
    channel = call.environment.project.channels_by_id.get(channel_id)
    if channel is None or channel.type != "in_app_guide":
        raise NotFound("This guide channel", code="channel_invalid")
    return channel


def _guide(call: Call) -> Guide:
    guide = call.environment.project.guides.get(call.body["guide_key"])
    if guide is None:
        raise NotFound("This guide")
    return guide


HANDLERS: Final[Mapping[str, Handler]] = {
    "listUserGuides": list_user_guides,
    "markUserGuideAsArchived": mark_user_guide_as_archived,
    "markUserGuideAsInteracted": mark_user_guide_as_interacted,
    "markUserGuideAsSeen": mark_user_guide_as_seen,
    "markUserGuideAsUnarchived": mark_user_guide_as_unarchived,
    # The engagement belongs to user, guide and scope, so the message in these paths adds nothing (HTTP-GUIDE-ALIASES).
    "markUserGuideMessageAsArchived": mark_user_guide_as_archived,
    "markUserGuideMessageAsInteracted": mark_user_guide_as_interacted,
    "markUserGuideMessageAsSeen": mark_user_guide_as_seen,
    "resetUserGuideEngagement": reset_user_guide_engagement,
}
