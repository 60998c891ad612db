"""What a run knows: the variables of its templates and conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.emulator.paging import PageRequest
from knock_harness.emulator.references import TENANTS, USERS, Ref

from .conditions import MISSING, follow
from .records import RECORDS
from .statuses import MessageStatus
from .translations import locale_of, text_of_key, text_of_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from knock_harness.contract.project import Partial
    from knock_harness.emulator.environment import Environment
    from knock_harness.emulator.store.recipients import Record

    from .orders import Addressee, Order
    from .plans import Plan

__all__ = ["RunScope", "StoredRecords", "as_variable"]

_ENGAGEMENTS: Final = ("seen", "read", "interacted", "link_clicked", "archived")


def as_variable(record: Record | None, ref: Ref) -> dict[str, Any]:
    """Return a recipient as templates see it: its properties beside its id; of somebody unknown the id alone."""
    named: dict[str, Any] = {"id": ref.id} if ref.collection == USERS else {"id": ref.id, "collection": ref.collection}
    if record is None:
        return named
    return {**record.properties, "created_at": record.created_at, "updated_at": record.updated_at, **named}


class StoredRecords:
    """The stored records of an environment, for the filters that load them."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def _load(self, ref: Ref) -> dict[str, Any] | None:
        record = self._environment.store.recipients.get(*ref)
        return None if record is None else as_variable(record, ref)

    def user(self, id: str) -> dict[str, Any] | None:  # noqa: A002 - the name of the API
        """Return a user, or None."""
        return self._load(Ref(USERS, id))

    def object(self, collection: str, id: str) -> dict[str, Any] | None:  # noqa: A002
        """Return an object, or None."""
        return self._load(Ref(collection, id))

    def tenant(self, id: str) -> dict[str, Any] | None:  # noqa: A002
        """Return a tenant, or None."""
        return self._load(Ref(TENANTS, id))

    def subscriptions(self, record: Mapping[str, Any], *, limit: int) -> list[dict[str, Any]]:
        """Return what a recipient is subscribed to: the properties of each, and the object."""
        store = self._environment.store.subscriptions
        ref = Ref(record.get("collection") or USERS, str(record.get("id")))
        return [
            {**(each.properties or {}), "object": self._load(each.object) or as_variable(None, each.object)}
            for each in map(store.record, store.page_of_recipient(ref, PageRequest(limit), objects=None).rows)
        ]

    def partial(self, key: str) -> Partial | None:
        """Return a partial as it is committed now, or None."""
        return self._environment.project.partials.get(key)

    def translation(self, key: str, variables: Mapping[str, Any], *, count: Any = None) -> str | None:
        """Return the text of a key in the locale of the recipient, or None."""
        return text_of_key(self._environment.project, key, locale_of(variables), count=count)

    def translation_of_text(self, text: str, variables: Mapping[str, Any]) -> str | None:
        """Return what a text in the default language is in the locale of the recipient, or None."""
        return text_of_text(self._environment.project, text, locale_of(variables))


class RunScope:
    """What the run for one recipient knows at one moment.

    Attributes:
        now: the moment.
        record: the recipient, if it was ever identified.
        variables: what templates see.
    """

    def __init__(
        self,
        environment: Environment,
        plan: Plan,
        order: Order,
        addressee: Addressee,
        *,
        data: Mapping[str, Any],
        now: datetime,
        messages_of: Callable[[str], list[str]],
    ) -> None:
        self._environment = environment
        self._ref = addressee.ref
        self._tenant = order.tenant
        self._messages_of = messages_of
        self.now = now
        store = environment.store.recipients
        self.record = store.get(*addressee.ref)
        recipient = as_variable(self.record, addressee.ref)
        if addressee.parent is not None:  # RECIPIENT-FANOUT-PROPERTIES
            parent = as_variable(store.get(*addressee.parent), addressee.parent)
            properties = msgspec.json.decode(addressee.subscription) if addressee.subscription else {}
            recipient["subscription"] = {**properties, "object": parent}
        if order.schedule is not None:  # SCHEDRUN-CONTEXT
            recipient["schedule"] = order.schedule
        actor = None if order.actor is None else as_variable(store.get(*order.actor), order.actor)
        tenant = Ref(TENANTS, order.tenant) if order.tenant is not None else None
        actors = [] if actor is None else [actor]
        self.variables: dict[str, Any] = {
            "data": data,
            "recipient": recipient,
            "actor": actor,
            "tenant": None if tenant is None else as_variable(store.get(*tenant), tenant),
            "vars": environment.project.variables,
            "workflow": plan.variables,
            "run": {"total_activities": 1, "total_actors": len(actors)},
            "activities": [{**data, "data": data, "actor": actor, "recipient": recipient, "timestamp": order.at}],
            "actors": actors,
            "total_activities": 1,
            "total_actors": len(actors),
            "timestamp": order.at,
            "current_message": None,
            RECORDS: StoredRecords(environment),
        }

    @property
    def timezone(self) -> Any:
        """Return what the recipient gives as its timezone."""
        return self.variables["recipient"].get("timezone")

    def value(self, path: str) -> Any:
        """Return what a path leads to."""
        root, *rest = path.split(".")
        return follow(self.variables[root], rest) if root in self.variables and root != RECORDS else MISSING

    def messages(self, ref: str) -> list[MessageStatus]:
        """Return the statuses that the messages of an earlier step have now (COND-MESSAGE-ENGAGEMENT)."""
        rows = self._environment.store.messages.statuses(self._messages_of(ref))
        return [
            MessageStatus(status, frozenset(word for word, at in zip(_ENGAGEMENTS, stamps, strict=True) if at))
            for status, *stamps in rows
        ]

    def is_member(self, audience: str) -> bool:
        """Say whether the recipient is in an audience now (COND-AUDIENCE)."""
        return self._ref.collection == USERS and self._environment.store.audiences.is_member(
            audience, self._ref.id, tenant=self._tenant
        )
