"""Channel steps: a message for each address of the recipient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator import tracking
from knock_harness.emulator.clock import stamp
from knock_harness.emulator.message import NewMessage
from knock_harness.emulator.preference_sets import DEFAULT, allows, allows_commercial

from .addressing import addresses
from .conditions import holds
from .held_messages import held_until, hold
from .outcomes import StepFailed
from .templates import TemplateFailed
from .tracked_links import tracked, tracking_of
from .translations import in_locale

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from knock_harness.contract.project import Channel, Step
    from knock_harness.emulator.environment import Environment

    from .addressing import Address
    from .outcomes import Outcome
    from .plans import PlannedGroup, PlannedStep, Sender
    from .runs import Run
    from .tracked_links import Tracking

__all__ = ["channel_step"]

_CREATED: Final = "message.created"


def channel_step(run: Run, planned: PlannedStep) -> Outcome:
    """Make a message for each address of the recipient, or skip the step and say why (ENGINE-SKIP-CONTINUES).

    Raises:
        StepFailed: the template cannot be rendered.
    """
    step, sender = planned.step, planned.sender
    if planned.group is not None:
        return _through_group(run, step, planned.group)
    if sender is None:
        return run.skip(step, "channel_not_configured")
    reason = _through(run, step, sender)
    return None if reason is None else run.skip(step, reason)


def _through_group(run: Run, step: Step, group: PlannedGroup) -> Outcome:
    """Send through the first channel of a group whose rule applies and that reaches the recipient, or through all."""
    reason, is_sent = "channel_not_configured", False
    for rule, sender in group.senders:
        if rule.condition is not None and holds({"all": [rule.condition]}, run.scope) is (rule.type == "unless"):
            reason = "conditions_not_met"
            continue
        found = _through(run, step, sender)
        is_sent, reason = is_sent or found is None, found or reason
        if is_sent and not group.uses_all:
            break
    return None if is_sent else run.skip(step, reason)


def _through(run: Run, step: Step, sender: Sender) -> str | None:
    """Send through a channel, or return why nothing is sent."""
    channel = sender.channel
    if not holds(step.conditions, run.scope) or not holds(channel.settings.get("conditions"), run.scope):
        return "conditions_not_met"  # CHANNEL-CONDITIONS-AND
    if not _prefers(run, channel):
        return "preferences_not_met"  # RUNPREF-OPT-OUT-SKIPS
    reached = _addresses(run, channel)
    if not reached:
        return "recipient_not_reachable"
    for each in reached:
        _send(run, step, sender, each)
    return None


def _prefers(run: Run, channel: Channel) -> bool:
    plan, ref = run.plan, run.ref
    if plan.overrides_preferences:  # RUNPREF-OVERRIDE
        return True

    def all_hold(conditions: Sequence[Mapping[str, Any]]) -> bool:
        return holds({"all": conditions}, run.preference_scope)

    if plan.is_commercial:
        own = run.environment.store.preferences.get(ref, DEFAULT)
        if not allows_commercial(own, holds=all_hold):
            return False
    return not run.preferences or allows(
        run.preferences,
        workflow_key=plan.workflow.key,
        categories=plan.workflow.categories,
        channel_id=channel.id,
        channel_type=channel.type,
        holds=all_hold,
    )


def _addresses(run: Run, channel: Channel) -> Sequence[Address]:
    record = run.scope.record
    needs_data = channel.type in {"push", "chat"}
    data = run.environment.store.channel_data.get(run.ref, channel.id) if needs_data else None
    return addresses(channel.type, {} if record is None else record.properties, data)


def _send(run: Run, step: Step, sender: Sender, address: Address) -> None:
    environment, order, channel, batched = run.environment, run.progress.order, sender.channel, run.progress.batch
    message_id = environment.ids.ksuid(run.at)
    run.scope.variables["current_message"] = {"id": message_id, "inserted_at": run.stamp, "updated_at": run.stamp}
    variables = _variables(run, channel)
    try:
        content = sender.make(variables, address.value)
        translated = {each: sender.make(in_locale(variables, each), address.value) for each in sender.locales}
    except TemplateFailed as error:
        raise StepFailed(str(error)) from None
    tracks = tracking_of(channel.type, environment.project.tracking, channel.settings, step.settings)
    if tracks is not None:
        content = _tracked(environment, message_id, channel, content, tracks)
        translated = {
            locale: _tracked(environment, message_id, channel, other, tracks) for locale, other in translated.items()
        }
    goes_at = held_until(run, step)
    status = _first_status(channel, sandbox=order.sandbox, is_held=goes_at != run.at)
    place = environment.store.messages.add(
        NewMessage(
            id=message_id,
            recipient=run.ref,
            origin=sender.origin,
            data=order.data if batched is None else batched.message_data,
            activities=run.activities,
            content=content,
            status=status,
            at=run.stamp,
            tenant=order.tenant,
            run_id=order.run_id,
            recipient_run_id=run.id,
            recipient_snapshot=address.snapshot,
            scheduled_at=None if goes_at is None or goes_at == run.at else stamp(goes_at),
            is_held=goes_at != run.at and status == "queued",
        ),
        events=(_CREATED, f"message.{status}"),
    )
    for locale, other in translated.items():
        environment.store.feeds.translate(place, locale, other["blocks"])
    run.events.add(
        "message_enqueued",
        run.stamp,
        step=(step.ref, step.type),
        data={"channel_type": channel.type, "message_id": message_id},
    )
    if status == "queued" and goes_at is not None:
        hold(environment, message_id, channel, until=goes_at)


def _variables(run: Run, channel: Channel) -> Mapping[str, Any]:
    """Return what templates see; in commercial emails a link by which to opt out (PREF-COMMERCIAL-UNSUBSCRIBE)."""
    variables = run.scope.variables
    if not run.plan.is_commercial or channel.type != "email":
        return variables
    link = tracking.unsubscribe_link(run.environment, run.ref)
    return {**variables, "vars": {**variables["vars"], "commercial_unsubscribe_url": link}}


def _tracked(
    environment: Environment, message_id: str, channel: Channel, content: dict[str, Any], tracks: Tracking
) -> dict[str, Any]:
    link = tracking.link_maker(environment, message_id) if tracks.links else None
    pixel = tracking.pixel(environment, message_id) if tracks.opens else None
    return tracked(content, channel.type, link=link, pixel=pixel)


def _first_status(channel: Channel, *, sandbox: bool, is_held: bool) -> str:
    if sandbox or channel.settings.get("sandbox_mode"):  # TRIGGER-SETTINGS-SANDBOX, CHANNEL-SANDBOX
        return "not_sent"
    return "delivered" if channel.type == "in_app_feed" and not is_held else "queued"  # MSG-IN-APP-DELIVERED
