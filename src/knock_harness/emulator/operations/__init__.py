"""The operations of the API, each a function of its operationId in snake case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import (
    audiences,
    bulk,
    channel_data,
    channels,
    feeds,
    guides,
    integrations,
    message_batches,
    message_lists,
    messages,
    objects,
    preference_center,
    preferences,
    providers,
    schedules,
    subscriptions,
    tenants,
    users,
    workflow_runs,
    workflows,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.emulator.call import Handler

__all__ = ["HANDLERS"]

#: Every operation of the contract and the function that answers it.
HANDLERS: Final[Mapping[str, Handler]] = {
    **audiences.HANDLERS,
    **bulk.HANDLERS,
    **channel_data.HANDLERS,
    **channels.HANDLERS,
    **feeds.HANDLERS,
    **guides.HANDLERS,
    **integrations.HANDLERS,
    **message_batches.HANDLERS,
    **message_lists.HANDLERS,
    **messages.HANDLERS,
    **objects.HANDLERS,
    **preference_center.HANDLERS,
    **preferences.HANDLERS,
    **providers.HANDLERS,
    **schedules.HANDLERS,
    **subscriptions.HANDLERS,
    **tenants.HANDLERS,
    **users.HANDLERS,
    **workflow_runs.HANDLERS,
    **workflows.HANDLERS,
}
