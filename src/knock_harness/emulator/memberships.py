"""Who is in an audience: users who were added, or those for whom its conditions hold; and what joining starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .clock import stamp
from .engine.acceptance import put
from .engine.conditions import MISSING, follow, holds
from .engine.orders import NESTED_RUNS, Addressee, Order, led_on
from .engine.waits import happened
from .references import USERS, Ref
from .refusals import NotFound, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .engine.statuses import MessageStatus
    from .environment import Environment
    from .store.recipients import Record

__all__ = ["check", "follow_all", "follow_user", "join", "leave"]


def check(environment: Environment, key: str, *, changes: bool = False) -> None:
    """Let pass the key of an audience that there is.

    Args:
        environment: whose.
        key: of the audience.
        changes: whether its members are to be changed by hand.

    Raises:
        NotFound: there is none (AUDIENCE-UNKNOWN-404).
        Refusal: its conditions say who is a member (AUDIENCE-DYNAMIC-READ-ONLY).
    """
    project = environment.project
    if key in project.audience_conditions:
        if changes:
            raise Refusal(422, "audience_dynamic", f"The conditions of the audience {key!r} say who is a member")
    elif key not in project.audiences and not environment.store.audiences.exists(key):
        raise NotFound("This audience")


def join(environment: Environment, key: str, user_id: str, tenant: str | None, *, at: datetime) -> None:
    """Make a user a member; whoever was none before starts the workflows of the audience.

    Raises:
        Refusal: see `check`.

    Sources: AUDIENCE-ADD-REPEAT, RUN-TRIGGER-SOURCE-AUDIENCE.
    """
    check(environment, key, changes=True)
    _join(environment, key, user_id, tenant, at=at)


def leave(environment: Environment, key: str, user_id: str, tenant: str | None, *, at: datetime) -> None:
    """Let a user be a member no more; nothing happens if it is none.

    Raises:
        Refusal: see `check`.
    """
    check(environment, key, changes=True)
    _leave(environment, key, user_id, tenant, at=at)


def follow_user(environment: Environment, record: Record, *, at: datetime) -> None:
    """Let a user who was just stored be in the dynamic audiences whose conditions hold, and in no others."""
    scope = _UserScope(record, at)
    for key, conditions in environment.project.audience_conditions.items():
        if holds(conditions, scope):
            _join(environment, key, record.id, None, at=at)
        else:
            _leave(environment, key, record.id, None, at=at)


def follow_all(environment: Environment, *, at: datetime) -> None:
    """Let all users be in the dynamic audiences whose conditions hold, as the conditions changed."""
    recipients = environment.store.recipients
    for user_id in recipients.ids(USERS):
        record = recipients.get(USERS, user_id)
        if record is not None:
            follow_user(environment, record, at=at)


def _join(environment: Environment, key: str, user_id: str, tenant: str | None, *, at: datetime) -> None:
    if not environment.store.audiences.add(key, user_id, tenant, at=stamp(at)):
        return
    ref = Ref(USERS, user_id)
    happened(environment, "audience", "enter", ref, {"audience_key": key}, at=at)
    for workflow in environment.project.workflows.values():
        if workflow.trigger_audience == key and workflow.active:
            depth, allowance = 0, NESTED_RUNS
            if environment.cause is not None:
                depth, allowance = led_on(environment.cause, workflow.key, 1)
            order = Order(
                run_id=environment.ids.uuid(),
                workflow=workflow.key,
                version_id=workflow.version_id,
                addressees=[Addressee(ref)],
                data="{}",
                at=stamp(at),
                tenant=tenant,
                source="audience",
                audience=key,
                depth=depth,
                allowance=allowance,
            )
            put(environment, order, at=at)


def _leave(environment: Environment, key: str, user_id: str, tenant: str | None, *, at: datetime) -> None:
    if environment.store.audiences.remove(key, user_id, tenant):
        happened(environment, "audience", "exit", Ref(USERS, user_id), {"audience_key": key}, at=at)


class _UserScope:
    """What the conditions of a dynamic audience see: the user."""

    _ROOTS: Final = frozenset({"recipient", "user"})

    def __init__(self, record: Record, now: datetime) -> None:
        self.now = now
        self._properties: Mapping[str, Any] = {
            **record.properties,
            "id": record.id,
            "created_at": record.created_at,
            "updated_at": record.updated_at,
        }

    def value(self, path: str) -> Any:
        root, *rest = path.split(".")
        return follow(self._properties, rest) if root in self._ROOTS else MISSING

    def messages(self, ref: str) -> list[MessageStatus]:  # noqa: ARG002 - as `Scope` has it
        return []

    def is_member(self, audience: str) -> bool:  # noqa: ARG002 - audiences do not depend on each other
        return False
