"""Preferences of a recipient with the defaults laid under them, as they are shown and as they decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .preference_sets import DEFAULT, rendered, resolved
from .references import TENANTS, Ref
from .tenants import default_preferences

if TYPE_CHECKING:
    from .environment import Environment
    from .preference_sets import Settings

__all__ = ["effective", "resolved_tenant_defaults", "shown", "stored", "tenant_defaults"]


def shown(environment: Environment, ref: Ref, set_id: str, *, tenant: str | None = None) -> dict[str, Any]:
    """Return a set as it is read: over the defaults of the environment and of the tenant it is for.

    Args:
        environment: whose defaults lie below.
        ref: whose set it is; it need not exist (PREF-GET-NEVER-404).
        set_id: ``default``, or the id of a tenant (PREF-TENANT-DEFAULT-MERGED).
        tenant: whose defaults apply to the default set (PREF-TENANT-QUERY).
    """
    tenant = tenant or (None if set_id == DEFAULT else set_id)
    own = environment.store.preferences.get(ref, set_id)
    settings = resolved(environment.project.default_preferences, tenant_defaults(environment, tenant), own)
    return rendered(set_id, settings)


def effective(environment: Environment, ref: Ref, *, tenant: str | None) -> Settings:
    """Return the settings that decide in a run (RUNPREF-TENANT-HIERARCHY).

    With a tenant those of the recipient for this tenant, over the tenant's own; if there are neither, or no tenant, the
    recipient's default set. The defaults of the environment lie below in any case.
    """
    store, environment_defaults = environment.store.preferences, environment.project.default_preferences
    if tenant is not None:
        defaults, own = tenant_defaults(environment, tenant), store.get(ref, tenant)
        if defaults is not None or own is not None:
            return resolved(environment_defaults, defaults, own)
    return resolved(environment_defaults, store.get(ref, DEFAULT))


def tenant_defaults(environment: Environment, tenant: str | None) -> dict[str, Any] | None:
    """Return the default preferences of a tenant, or None if it has none or does not exist."""
    record = environment.store.recipients.get(TENANTS, tenant) if tenant is not None else None
    return None if record is None else default_preferences(record.properties)


def resolved_tenant_defaults(environment: Environment, defaults: Settings | None) -> dict[str, Any]:
    """Return the preference set of a tenant merged over the defaults of the environment (TENANT-RESOLVE-FULL)."""
    return rendered(DEFAULT, resolved(environment.project.default_preferences, defaults))


def stored(environment: Environment, ref: Ref) -> dict[str, Any]:
    """Return all sets that a recipient has stored, by their ids, without defaults (USER-LIST-INCLUDE-PREFERENCES)."""
    return {set_id: rendered(set_id, each) for set_id, each in environment.store.preferences.of(ref).items()}
