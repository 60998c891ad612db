"""Environments: which there are, what one holds, and how it begins anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator.clock import stamp
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.keys import public_twin
from knock_harness.emulator.references import TENANTS, USERS

from .clock import shown_clock
from .settings import shown_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.emulator.environment import Environment

    from .call import ControlCall, Handler

__all__ = ["HANDLERS"]

#: Which records are counted, and what SQL counts them.
_COUNTS: Final[Mapping[str, str]] = {
    "users": "SELECT count(*) FROM recipients WHERE collection = :users",
    "tenants": "SELECT count(*) FROM recipients WHERE collection = :tenants",
    "objects": "SELECT count(*) FROM recipients WHERE collection NOT IN (:users, :tenants)",
    "audience_members": "SELECT count(*) FROM audience_members",
    "bulk_operations": "SELECT count(*) FROM bulk_operations",
    "channel_data": "SELECT count(*) FROM channel_data",
    "delivery_logs": "SELECT count(*) FROM delivery_logs",
    "guide_messages": "SELECT count(*) FROM guide_messages",
    "idempotency_keys": "SELECT count(*) FROM replies",
    "message_events": "SELECT count(*) FROM message_events",
    "messages": "SELECT count(*) FROM messages",
    "preference_sets": "SELECT count(*) FROM preference_sets",
    "runs": "SELECT count(*) FROM runs",
    "schedules": "SELECT count(*) FROM schedules",
    "subscriptions": "SELECT count(*) FROM subscriptions",
}
#: Settings that have operations of their own.
_MORE: Final = ("limits", "outbound", "retention_s", "keeps_feeds")


def list_environments(call: ControlCall) -> Reply:
    """List the environments, in the order in which they were opened."""
    return Reply(200, {"environments": [_shown(each) for each in call.emulator.environments.values()]})


def get_environment(call: ControlCall) -> Reply:
    """Return an environment."""
    return Reply(200, _shown(call.environment))


def get_state(call: ControlCall) -> Reply:
    """Say what an environment holds, and what it waits for."""
    environment = call.environment
    due = environment.store.queue.next_due()
    state = {
        "key": environment.name,
        "clock": shown_clock(environment),
        "counts": {name: _counted(environment, sql) for name, sql in _COUNTS.items()},
        "runs_waiting": environment.store.runs.count_waiting(),
        "due": {"waiting": _counted(environment, "SELECT count(*) FROM queue"), "next": due},
        "outbound_calls": _counted(environment, "SELECT count(*) FROM outbound_calls"),
        "journal": len(environment.journal),
        "faults": len(environment.faults.listed(now=call.now)),
        "settings": {**shown_settings(environment), **{name: getattr(environment.settings, name) for name in _MORE}},
    }
    return Reply(200, state)


def reset_environment(call: ControlCall) -> Reply:
    """Let an environment be as it was when it was first opened."""
    call.emulator.reset(call.environment.name)
    return Reply(204)


def _shown(environment: Environment) -> dict[str, Any]:
    name = environment.name
    return {"key": name, "public_key": public_twin(name), "now": stamp(environment.clock.now())}


def _counted(environment: Environment, sql: str) -> int:
    named = {"users": USERS, "tenants": TENANTS}
    number: int = environment.store.connection.execute(sql, named).fetchone()[0]
    return number


HANDLERS: Final[Mapping[str, Handler]] = {
    "listEnvironments": list_environments,
    "getEnvironment": get_environment,
    "getState": get_state,
    "resetEnvironment": reset_environment,
}
