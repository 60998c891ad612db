"""Schedules: made, changed, and fired when their moment has come."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator import recipients
from knock_harness.emulator.bulk import BulkRowError
from knock_harness.emulator.clock import moment, stamp
from knock_harness.emulator.definitions import workflow_of
from knock_harness.emulator.live import missing
from knock_harness.emulator.message import as_json
from knock_harness.emulator.refusals import InvalidParams, Refusal
from knock_harness.emulator.store.schedules import Schedule

from . import triggers
from .durations import zone
from .orders import Addressee, Order
from .recurrence import next_occurrence, rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from knock_harness.emulator.environment import Environment
    from knock_harness.emulator.references import Ref

__all__ = ["FIRE", "create", "create_row", "delete", "fire", "render", "update"]

FIRE: Final = "schedule"  # the kind of due work
_TICK: Final = timedelta(microseconds=1)


def create(environment: Environment, body: Mapping[str, Any], values: Iterable[Any], *, at: datetime) -> list[Schedule]:
    """Make one schedule for each recipient (SCHED-CREATE-PER-RECIPIENT, SCHED-NO-DEDUP).

    Args:
        environment: where.
        body: what all of them share.
        values: the recipients; maps are identified first (INLINE-BEFORE-ACTION).
        at: now.

    Raises:
        Refusal: there is no such workflow, or a value is not allowed; no schedule is made then.
    """
    workflow_of(environment, body["workflow"], None)  # SCHED-WORKFLOW-COMMITTED
    now = stamp(at)
    made = []
    for value in values:
        schedule = Schedule(
            id=environment.ids.uuid(),
            workflow=body["workflow"],
            recipient=triggers.identified(environment, value, at=at),
            actor=None,
            tenant=None,
            data=None,
            repeats=[],
            scheduled_at=None,
            ending_at=None,
            starts_at=now,
            inserted_at=now,
            updated_at=now,
        )
        _change(environment, schedule, body, at=at)
        _plan(environment, schedule, at=at)
        environment.store.schedules.add(schedule)
        made.append(schedule)
    return made


def create_row(environment: Environment, row: Mapping[str, Any], at: datetime) -> None:
    """Make the schedule of one row of a bulk operation (SCHED-BULK-CREATE)."""
    recipient = row.get("recipient")
    named = recipient if isinstance(recipient, dict) else {"id": recipient}
    try:
        if recipient is None or row.get("workflow") is None:
            raise InvalidParams.at("recipient", "and workflow are required", kind="required")
        create(environment, row, [recipient], at=at)
    except Refusal:
        raise BulkRowError(str(named.get("id") or ""), collection=named.get("collection")) from None


def update(environment: Environment, ids: Iterable[str], body: Mapping[str, Any], *, at: datetime) -> list[Schedule]:
    """Give schedules the same new values; unknown ones are passed over (SCHED-UPDATE-ALL, SCHED-UNKNOWN-IDS).

    Raises:
        InvalidParams: a value is not allowed; nothing is changed then.
    """
    changed = []
    for schedule in _existing(environment, ids):
        _change(environment, schedule, body, at=at)
        schedule.updated_at = stamp(at)
        if not body.keys().isdisjoint({"repeats", "scheduled_at", "ending_at"}):  # SCHED-UPDATE-RECOMPUTES
            _plan(environment, schedule, at=at)
        environment.store.schedules.put(schedule)
        changed.append(schedule)
    return changed


def delete(environment: Environment, ids: Iterable[str]) -> list[Schedule]:
    """Remove schedules, which do not fire any more, and return them (SCHED-DELETE, SCHED-DELETE-CANCELS)."""
    removed = _existing(environment, ids)
    for schedule in removed:
        _forget(environment, schedule)
        environment.store.schedules.delete(schedule.id)
    return removed


def fire(environment: Environment, payload: bytes, at: datetime) -> None:
    """Run the workflow of a schedule whose moment has come, and look for the next moment (SCHED-FIRES)."""
    schedule = environment.store.schedules.get(payload.decode())
    if schedule is None or schedule.next_occurrence_at != stamp(at):
        return
    schedule.wake = None
    schedule.last_occurrence_at = schedule.next_occurrence_at
    _plan(environment, schedule, at=at)
    environment.store.schedules.put(schedule)
    workflow = environment.project.workflows.get(schedule.workflow)
    if workflow is None or not workflow.active:
        return
    plan = environment.plans.plan(environment.project, workflow)  # SCHEDRUN-LATEST-VERSION
    order = Order(
        run_id=environment.ids.uuid(),
        workflow=schedule.workflow,
        version_id=workflow.version_id,
        addressees=[Addressee(schedule.recipient)],
        data=as_json(schedule.data or {}),
        at=stamp(at),
        actor=schedule.actor,
        tenant=schedule.tenant,
        source="schedule",
        schedule={
            "id": schedule.id,
            "last_occurrence_at": schedule.last_occurrence_at,
            "next_occurrence_at": schedule.next_occurrence_at,
        },
        fans_out=False,  # SCHED-OBJECT-NO-FANOUT
    )
    triggers.run(environment, plan, order, at=at)


def render(environment: Environment, schedule: Schedule) -> dict[str, Any]:
    """Return a schedule as the API shows it (SCHED-SHAPE)."""
    return {
        "__typename": "Schedule",
        "id": schedule.id,
        "workflow": schedule.workflow,
        "recipient": _record(environment, schedule.recipient),
        "actor": None if schedule.actor is None else _record(environment, schedule.actor),
        "tenant": schedule.tenant,
        "data": schedule.data,
        "repeats": [_shown(each) for each in schedule.repeats],
        "last_occurrence_at": schedule.last_occurrence_at,
        "next_occurrence_at": schedule.next_occurrence_at,
        "inserted_at": schedule.inserted_at,
        "updated_at": schedule.updated_at,
    }


def _existing(environment: Environment, ids: Iterable[str]) -> list[Schedule]:
    found = (environment.store.schedules.get(each) for each in dict.fromkeys(ids))
    return [each for each in found if each is not None]


def _change(environment: Environment, schedule: Schedule, body: Mapping[str, Any], *, at: datetime) -> None:
    """Give a schedule the values of a body; what it leaves out stays (SCHED-UPDATE-KEEPS)."""
    if "data" in body:
        schedule.data = body["data"]
    if "actor" in body:  # INLINE-ACTOR-TENANT
        schedule.actor = None if body["actor"] is None else triggers.identified(environment, body["actor"], at=at)
    if "tenant" in body:
        tenant = body["tenant"]
        schedule.tenant = None if tenant is None else recipients.identify_tenant(environment, tenant, at=at)
    for name in ("scheduled_at", "ending_at"):
        if name in body:
            setattr(schedule, name, _moment(body[name], name))
    if body.get("repeats") is not None:
        schedule.repeats = body["repeats"]
    if "repeats" in body or "scheduled_at" in body:
        schedule.starts_at = schedule.scheduled_at or stamp(at + _TICK)


def _moment(text: str | None, name: str) -> str | None:
    if text is None:
        return None
    try:
        return stamp(moment(text))
    except (OverflowError, ValueError):
        raise InvalidParams.at(name, "is no timestamp", kind="format") from None


def _plan(environment: Environment, schedule: Schedule, *, at: datetime) -> None:
    """Find the next occurrence after a moment, and put it into the queue in the place of the one that was there."""
    _forget(environment, schedule)
    following = _next(schedule, after=at, timezone=_timezone(environment, schedule.recipient))
    schedule.next_occurrence_at = None if following is None else stamp(following)
    schedule.wake = None if following is None else environment.later(FIRE, schedule.id.encode(), at=following)


def _forget(environment: Environment, schedule: Schedule) -> None:
    if schedule.wake is not None:
        environment.store.queue.remove(schedule.wake)
        schedule.wake = None


def _next(schedule: Schedule, *, after: datetime, timezone: ZoneInfo) -> datetime | None:
    until = None if schedule.ending_at is None else moment(schedule.ending_at)
    if not schedule.repeats:  # SCHED-ONE-OFF-NEXT, SCHED-ONE-OFF-DONE, SCHED-ENDING-AT
        once = None if schedule.scheduled_at is None else moment(schedule.scheduled_at)
        return None if once is None or once <= after or (until is not None and once > until) else once
    try:
        rules = [rule(each) for each in schedule.repeats]
    except ValueError as error:  # SCHED-RULE-VALUES
        raise InvalidParams.at("repeats", str(error), kind="rule") from None
    return next_occurrence(rules, start=moment(schedule.starts_at), after=after, zone=timezone, until=until)


def _timezone(environment: Environment, ref: Ref) -> ZoneInfo:
    record = environment.store.recipients.get(*ref)
    name = None if record is None else record.properties.get("timezone")
    return zone(name, default=environment.project.account.timezone)  # SCHED-TIMEZONE, SCHED-TIMEZONE-FALLBACK


def _record(environment: Environment, ref: Ref) -> dict[str, Any]:
    record = environment.store.recipients.get(*ref)
    return missing(ref) if record is None else recipients.render(record)


def _shown(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule with all its fields (SCHED-REPEATS-ECHO)."""
    return {
        "__typename": "ScheduleRepeat",
        "frequency": value["frequency"],
        "interval": 1 if value.get("interval") is None else value["interval"],
        "days": value.get("days"),
        "day_of_month": value.get("day_of_month"),
        "hours": value.get("hours"),
        "minutes": value.get("minutes"),
    }
