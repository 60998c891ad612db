"""Preferences: how sets are written, how defaults lie under them, and whether they let a message pass.

Three layers make the set that counts: the defaults of the environment, over them those of the tenant, over both what
the recipient stored. Only that last layer is ever saved with the recipient (PREF-ENV-DEFAULT-LIVE).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from .merging import merged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = [
    "DEFAULT",
    "SECTIONS",
    "Conditions",
    "Settings",
    "allows",
    "allows_commercial",
    "layered",
    "rendered",
    "resolved",
    "unmarked",
    "written",
]

#: The sections and the flag of a set, by name; the set's id is kept beside them.
Settings: TypeAlias = "Mapping[str, Any]"
#: What stands under ``conditions``.
Conditions: TypeAlias = "Sequence[Mapping[str, Any]]"

DEFAULT: Final = "default"  # the id of the set that belongs to no tenant
SECTIONS: Final = ("categories", "channel_types", "channels", "commercial_subscribed", "workflows")
PERSISTENCE: Final = "__persistence_strategy__"  # in a request: merge or replace the whole set
STRATEGY: Final = "__strategy__"  # on a setting of a tenant: replace what the recipient says


def written(old: Settings | None, request: Settings, *, by_default: Literal["merge", "replace"]) -> dict[str, Any]:
    """Return the settings to store after a write (PREF-SET-REPLACES, PREF-STRATEGY-MERGE, PREF-STRATEGY-NOT-STORED).

    Args:
        old: what is stored, if anything.
        request: the body; its ``__persistence_strategy__`` wins over the default.
        by_default: what a request means that names no strategy: preference operations replace, identify and the
            preference set of a tenant merge (USER-IDENTIFY-PREFERENCES-MERGE, TENANT-PREFSET-MERGES).
    """
    strategy = request.get(PERSISTENCE) or by_default
    new = {name: request[name] for name in SECTIONS if name in request}
    return merged(old or {}, new) if strategy == "merge" else new


def unmarked(settings: Settings) -> dict[str, Any]:
    """Return settings of a tenant without the marks that ask for what is usual (TENANT-PREFSET-STRATEGY-STICKS)."""
    result = dict(settings)
    if result.get(STRATEGY) == "merge":
        del result[STRATEGY]
    for key, value in settings.items():
        if isinstance(value, dict) and key != "conditions":
            result[key] = unmarked(value)
    return result


def layered(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with others laid over them: what the upper ones leave open, or null, shows through.

    A setting of the lower layer that is marked with ``__strategy__`` replace stays as it is, mark included
    (PREF-TENANT-STRATEGY-REPLACE).
    """
    result = dict(base)
    for key, value in top.items():
        below = base.get(key)
        if value is None and key in base:
            continue
        if isinstance(below, dict):
            if below.get(STRATEGY) == "replace":
                continue
            if isinstance(value, dict):
                value = layered(below, value)
        result[key] = value
    return result


def resolved(*layers: Settings | None) -> dict[str, Any]:
    """Return the settings that several layers make together, from the lowest to the uppermost; None is no layer."""
    result: dict[str, Any] = {}
    for layer in layers:
        if layer:
            result = layered(result, layer) if result else dict(layer)
    return result


def rendered(set_id: str, settings: Settings) -> dict[str, Any]:
    """Return a set as the API shows it: every section, null where nothing is said (PREF-SHAPE, PREF-ID-FROM-PATH)."""
    return {"id": set_id, "__typename": "PreferenceSet", **{name: settings.get(name) for name in SECTIONS}}


def allows(
    settings: Settings,
    *,
    workflow_key: str,
    categories: Iterable[str],
    channel_id: str,
    channel_type: str,
    holds: Callable[[Conditions], bool],
) -> bool:
    """Say whether a channel step may send: everything that applies must say yes (RUNPREF-MODEL).

    At the top, in the entry of the workflow and in the entry of each of its categories the setting of the channel
    counts, or else that of its type (PREF-EVAL-CHANNEL-OVER-TYPE); what is not set allows (PREF-EVAL-DEFAULT-IN).
    ``commercial_subscribed`` is asked apart: see `allows_commercial`.

    Args:
        settings: resolved over the defaults.
        workflow_key: the workflow that runs.
        categories: of the workflow, compared with case (RUNPREF-CATEGORY-CASE).
        channel_id: of the step.
        channel_type: of the step, such as ``email``.
        holds: says whether all conditions of a list hold in this run (PREF-EVAL-CONDITIONS-AND).
    """
    entries = [settings, (settings.get("workflows") or {}).get(workflow_key)]
    by_category = settings.get("categories") or {}
    entries += [by_category.get(category) for category in categories]
    return all(_says_yes(entry, channel_id=channel_id, channel_type=channel_type, holds=holds) for entry in entries)


def allows_commercial(settings: Settings | None, *, holds: Callable[[Conditions], bool]) -> bool:
    """Say whether commercial workflows may send, by the stored default set of the recipient alone, without defaults.

    Environment and tenant cannot subscribe anybody again (PREF-EVAL-COMMERCIAL).
    """
    return settings is None or _setting_allows(settings.get("commercial_subscribed"), holds=holds)


def _says_yes(entry: Any, *, channel_id: str, channel_type: str, holds: Callable[[Conditions], bool]) -> bool:
    if not isinstance(entry, dict):
        return entry is not False
    if not _setting_allows(entry, holds=holds):
        return False
    setting = (entry.get("channels") or {}).get(channel_id)
    if setting is None:
        setting = (entry.get("channel_types") or {}).get(channel_type)
    return _setting_allows(setting, holds=holds)


def _setting_allows(setting: Any, *, holds: Callable[[Conditions], bool]) -> bool:
    if isinstance(setting, dict):
        conditions = setting.get("conditions")
        return not conditions or holds(conditions)
    return setting is not False
