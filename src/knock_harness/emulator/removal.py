"""How recipients go: deleted, or merged into another; nothing that hung on them is left hanging."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from .clock import stamp
from .engine import runs
from .merging import merged
from .references import USERS, Ref

if TYPE_CHECKING:
    from datetime import datetime

    from .environment import Environment
    from .store.recipients import Record

__all__ = ["delete", "merge_users"]

#: How far back messages go with a user that is merged into another. Source: USER-MERGE-MESSAGES-AGE
MERGED_MESSAGES: Final = timedelta(days=30)


def delete(environment: Environment, ref: Ref, *, at: datetime) -> bool:
    """Remove a recipient with all that hangs on it, and say whether there was one (USER-DELETE-REUSE-CLEAN).

    Runs that wait for it end. It stays a member of audiences, which list ids nobody has (AUDIENCE-MISSING-USER).
    """
    store = environment.store
    runs.cancel(environment, store.runs.waiting_for(ref), at=at)
    store.batches.delete_of(ref)
    store.throttles.delete_of(ref)
    store.channel_data.delete_of(ref)
    store.preferences.delete_of(ref)
    store.subscriptions.delete_of(ref)
    store.schedules.delete_of(ref)
    store.messages.delete_of(ref)
    if ref.collection == USERS:
        store.guides.delete_of(ref.id)
    return store.recipients.delete(*ref)


def merge_users(environment: Environment, primary: Record, secondary: Record, *, at: datetime) -> Record:
    """Let one user take over what another one has, delete the other, and return the first as it then stands.

    Where both have a value, that of the first stays (USER-MERGE-PROPERTIES, USER-MERGE-PREFERENCES,
    USER-MERGE-CHANNEL-DATA); what is not handed over, such as waiting runs, goes with the other (USER-MERGE-INFLIGHT).
    """
    store = environment.store
    properties = merged(secondary.properties, primary.properties)
    created_at = primary.created_at or secondary.created_at
    changed = msgspec.structs.replace(primary, properties=properties, created_at=created_at)
    record = store.recipients.replace(changed, at=at)
    old, new = secondary.ref, primary.ref
    store.channel_data.add_missing(new, old)
    store.preferences.add_missing(new, old)
    store.subscriptions.move(old, new)
    store.schedules.move(old, new)
    store.messages.move(old, new, newer_than=stamp(at - MERGED_MESSAGES))
    delete(environment, old, at=at)
    return record
