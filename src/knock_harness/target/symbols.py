"""The symbols that generated requests may name. Each is a whole string, such as `@user`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from . import factories

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .world import World

__all__ = ["FAMILIES", "SYMBOLS", "Symbol", "find_symbol"]


class Symbol(NamedTuple):
    """How a symbol becomes a value.

    Attributes:
        make: makes what it names and returns the value.
        says: what it names.
        kept: the value stays until it is used up; else each mention gets a new one.
    """

    make: Callable[[World], Any]
    says: str
    kept: bool = True


@lru_cache(maxsize=1024)
def find_symbol(text: str) -> Symbol | None:
    """Return the symbol of this name; None: the text is just a text that begins with `@`."""
    if found := SYMBOLS.get(text):
        return found
    name, _, argument = text.partition(".")
    return FAMILIES[name](argument) if argument and name in FAMILIES else None


def _channel(key: str) -> Symbol:
    """Channel keys have hyphens; underscores, as in channel types, are understood."""
    return Symbol(lambda world: world.channel(key.replace("_", "-")), f"the id of the channel {key}")


def _workflow(name: str) -> Symbol:
    return Symbol(lambda world: world.workflow(name), f"the key of the workflow {name}")


#: Symbols with an argument, such as `@channel.email` and `@workflow.all-channels`.
FAMILIES: Mapping[str, Callable[[str], Symbol]] = {"@channel": _channel, "@workflow": _workflow}

#: All others. A request that destroys something should name the `other` one: less has to be made anew.
SYMBOLS: Mapping[str, Symbol] = {
    "@user": Symbol(factories.user, "a user"),
    "@other_user": Symbol(factories.user, "another user"),
    "@collection": Symbol(factories.collection, "a collection"),
    "@object": Symbol(factories.object_, "an object of @collection"),
    "@other_object": Symbol(factories.object_, "another object of @collection"),
    "@object_reference": Symbol(factories.object_reference, "the reference of @object, as a JSON object"),
    "@tenant": Symbol(factories.tenant, "a tenant"),
    "@other_tenant": Symbol(factories.tenant, "another tenant"),
    "@workflow": Symbol(factories.workflow, "the key of a workflow with one in-app step"),
    "@workflow_run": Symbol(factories.workflow_run, "the id of a run of @workflow for @user"),
    "@run": Symbol(factories.recipient_run, "the id of what @workflow_run did for @user"),
    "@message": Symbol(factories.message, "the in-app message of @workflow_run"),
    "@email_message": Symbol(factories.email_message, "an email message to @user"),
    "@cancellation_key": Symbol(factories.cancellation_key, "the key of a run of @workflow.delayed-message that waits"),
    "@schedule": Symbol(factories.schedule, "a schedule of @workflow.scheduled-message for @user"),
    "@bulk_operation": Symbol(factories.bulk_operation, "a bulk operation"),
    "@audience": Symbol(factories.audience, "the key of an audience with @user in it"),
    "@subscriber": Symbol(factories.subscriber, "a user who subscribes to @object"),
    "@user_channel": Symbol(factories.user_channel, "the id of a channel on which @user has data"),
    "@object_channel": Symbol(factories.object_channel, "the id of a channel on which @object has data"),
    "@preference_set": Symbol(factories.user_preference_set, "the id of a preference set that @user has"),
    "@object_preference_set": Symbol(factories.object_preference_set, "the id of a preference set that @object has"),
    "@guide_id": Symbol(factories.guide_id, "the id of a guide of @channel.in-app-guide"),
    "@guide_key": Symbol(factories.guide_key, "its key"),
    "@guide_step": Symbol(factories.guide_step, "the ref of its first step"),
    "@guide_message": Symbol(factories.guide_message, "the message of that step to @user, once seen"),
    "@slack_object": Symbol(factories.slack_object, "a tenant with a Slack token, as a JSON text for queries"),
    "@teams_object": Symbol(factories.teams_object, "a tenant with a Teams tenant id, as a JSON text for queries"),
    "@teams_team": Symbol(factories.teams_team, "the id of a team that @teams_object gives access to"),
    "@new_user": Symbol(factories.new_user_id, "the id of a user yet to be made", kept=False),
    "@new_object": Symbol(factories.new_object_id, "the id of an object of @collection yet to be made", kept=False),
    "@new_tenant": Symbol(factories.new_tenant_id, "the id of a tenant yet to be made", kept=False),
    "@new_key": Symbol(factories.new_key, "an idempotency key nobody has used", kept=False),
    "@unknown": Symbol(factories.unknown_id, "an id that nothing has", kept=False),
    "@unknown_uuid": Symbol(factories.unknown_uuid, "a UUID that nothing has", kept=False),
}
