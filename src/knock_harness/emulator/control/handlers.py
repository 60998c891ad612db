"""Every operation of the control API and the function that answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import (
    clock,
    definitions,
    deliveries,
    environments,
    faults,
    journal,
    keys,
    outbox,
    seeding,
    settings,
    snapshots,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .call import Handler

__all__ = ["HANDLERS"]

#: By the operationIds of the document; a module for each subject.
HANDLERS: Final[Mapping[str, Handler]] = {
    **clock.HANDLERS,
    **definitions.HANDLERS,
    **deliveries.HANDLERS,
    **environments.HANDLERS,
    **faults.HANDLERS,
    **journal.HANDLERS,
    **keys.HANDLERS,
    **outbox.HANDLERS,
    **seeding.HANDLERS,
    **settings.HANDLERS,
    **snapshots.HANDLERS,
    **whole.HANDLERS,
}
