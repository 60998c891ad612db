"""How a tenant takes new properties: as any recipient does, but for its default preferences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .merging import merged
from .preference_sets import DEFAULT, unmarked, written

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["default_preferences", "merged_tenant"]


def merged_tenant(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of a tenant with new ones laid over them.

    The preference set in its settings is merged or replaced as that set itself says; null takes it away
    (TENANT-PREFSET-MERGES, TENANT-PREFSET-REPLACE, TENANT-PREFSET-NULL).
    """
    settings = new.get("settings")
    if not isinstance(settings, dict) or "preference_set" not in settings:
        return merged(old, new)
    others = {key: value for key, value in settings.items() if key != "preference_set"}
    result = merged(old, {**new, "settings": others})
    request = settings["preference_set"]
    if request is not None:
        stored = written(default_preferences(old), request, by_default="merge")
        request = {"id": DEFAULT, **unmarked(stored)}  # TENANT-PREFSET-ID
    result["settings"]["preference_set"] = request
    return result


def default_preferences(properties: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the default preferences that a tenant has among its properties, or None."""
    settings = properties.get("settings")
    preferences = settings.get("preference_set") if isinstance(settings, dict) else None
    return preferences if isinstance(preferences, dict) else None
