"""Guides for one user at one moment: who is to see them, in which order, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .clock import stamp
from .engine.conditions import MISSING, follow, holds
from .engine.records import RECORDS
from .engine.scopes import StoredRecords, as_variable
from .engine.templates import TemplateFailed, compiled
from .references import TENANTS, USERS, Ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from knock_harness.contract.project import Guide, GuideGroup, Project

    from .engine.statuses import MessageStatus
    from .environment import Environment
    from .store.guides import Engagement

__all__ = ["MESSAGES", "GuideScope", "belongs", "ineligible", "order", "rendered", "scope_of"]

#: Each reason for which somebody is not to see a guide, and how it is put (GUIDE-INELIGIBLE-REASONS).
MESSAGES: Final[Mapping[str, str]] = {
    "guide_not_active": "The guide is not active",
    "marked_as_archived": "The user has archived the guide",
    "not_in_target_audience": "The user is not a member of the target audience",
    "target_conditions_not_met": "The target conditions do not hold",
}


#: What conditions of guides may name.
_CONDITIONAL: Final = frozenset({"data", "recipient", "tenant", "vars"})


class GuideScope:
    """What the conditions and the content of guides are judged and rendered on.

    Attributes:
        now: the moment.
        user_id: for whom.
        tenant: of the request.
        variables: what templates see.
    """

    def __init__(
        self, environment: Environment, user_id: str, *, tenant: str | None, data: Mapping[str, Any], now: datetime
    ) -> None:
        self._audiences = environment.store.audiences
        self.now, self.user_id, self.tenant = now, user_id, tenant
        records, user = environment.store.recipients, Ref(USERS, user_id)
        of_tenant = None if tenant is None else Ref(TENANTS, tenant)
        self.variables: dict[str, Any] = {
            "data": data,
            "recipient": as_variable(records.get(*user), user),
            "tenant": None if of_tenant is None else as_variable(records.get(*of_tenant), of_tenant),
            "vars": environment.project.variables,
            "timestamp": stamp(now),
            RECORDS: StoredRecords(environment),
        }

    def value(self, path: str) -> Any:
        """Return what a path leads to."""
        root, *rest = path.split(".")
        return follow(self.variables[root], rest) if root in _CONDITIONAL else MISSING

    def messages(self, ref: str) -> list[MessageStatus]:  # noqa: ARG002 - a guide has no earlier steps
        """Return nothing: there are no earlier messages."""
        return []

    def is_member(self, audience: str) -> bool:
        """Say whether the user is in an audience, for any tenant."""
        return bool(self._audiences.tenants_of(audience, self.user_id))

    def is_member_here(self, audience: str) -> bool:
        """Say whether the user is in an audience for just the tenant of the request (GUIDE-TENANCY-STRICT)."""
        return self.tenant in self._audiences.tenants_of(audience, self.user_id)


def scope_of(guide: Guide, tenant: str | None) -> str:
    """Return within what engagement with a guide counts: a tenant, or the empty text for all (GUIDE-SCOPE-TENANT)."""
    return tenant or "" if guide.scope == "per_tenant" else ""


def ineligible(
    guide: Guide, engagements: Mapping[str, Engagement], scope: GuideScope, *, is_done: bool = False
) -> str | None:
    """Return why the user is not to see a guide, or None if the user is.

    Args:
        guide: which.
        engagements: what the user did with its steps; it counts as archived when all of them are.
        scope: of the request.
        is_done: whether a step was archived as the last one of the guide.
    """
    if not guide.active:
        return "guide_not_active"
    if is_done or all(step.ref in engagements and engagements[step.ref].archived_at for step in guide.steps):
        return "marked_as_archived"
    if guide.target_audience is not None:
        belongs = scope.is_member_here if guide.tenancy_strict else scope.is_member
        if not belongs(guide.target_audience):
            return "not_in_target_audience"
    return None if holds(guide.target_conditions, scope) else "target_conditions_not_met"


def order(guides: Iterable[Guide], groups: Iterable[GuideGroup]) -> list[Guide]:
    """Return guides in order: those no throttle holds, then as their groups say, else oldest first (GUIDE-ORDER)."""
    places: dict[str, int] = {}
    for group in groups:
        for key in group.display_sequence:
            places.setdefault(key, len(places))
    return sorted(
        guides,
        key=lambda each: (not each.bypass_global_group_limit, places.get(each.key, len(places)), each.created_at),
    )


def belongs(guide: Guide, group: GuideGroup, project: Project) -> bool:
    """Say whether a guide is of a group; the one called ``default`` has all that no group names."""
    if guide.key in group.display_sequence:
        return True
    return group.key == "default" and not any(guide.key in each.display_sequence for each in project.guide_groups)


def rendered(content: Any, variables: Mapping[str, Any]) -> Any:
    """Return content with every text in it rendered; a text that cannot be is empty (GUIDE-CONTENT-RENDERED)."""
    match content:
        case str():
            try:
                return compiled(content)(variables)
            except TemplateFailed:
                return ""
        case dict():
            return {key: rendered(value, variables) for key, value in content.items()}
        case list() | tuple():
            return [rendered(value, variables) for value in content]
        case _:
            return content
