"""Guides of a Knock project: messages that an application asks for and shows itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, uuid5

from .condition_forms import read_conditions
from .forms import flag_at, is_one_of, list_at, map_at, text_at

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from .places import Place

__all__ = ["Guide", "GuideGroup", "GuideStep", "guide_at", "guide_groups_at"]

SCOPES: Final = frozenset({"global", "per_tenant"})
LONGEST_INTERVAL_S: Final = 10 * 366 * 24 * 3600


@dataclass(frozen=True, slots=True)
class GuideStep:
    """One step of a guide.

    Attributes:
        ref: its name, unique in the guide.
        schema_key: the message type that its content fits.
        schema_semver: the version of that message type.
        schema_variant_key: the variant of that message type.
        content: the values of the message type's fields; texts in it are Liquid.
    """

    ref: str
    schema_key: str
    schema_semver: str
    schema_variant_key: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Guide:
    """A committed guide.

    Attributes:
        id: the UUID by which the API knows it.
        key: its key.
        channel_key: the channel that serves it.
        type: the message type of its first step.
        semver: its version.
        active: whether anybody is shown it.
        steps: in order, at least one.
        activation_url_patterns: where an application shows it.
        activation_url_rules: the same, as rules.
        target_conditions: whom it is shown to; None: everybody.
        target_audience: the key of the audience that it is shown to; None: everybody.
        tenancy_strict: membership of the audience counts for the tenant of the request only.
        scope: ``global``: archived once for all tenants; ``per_tenant``: for the tenant named.
        bypass_global_group_limit: exempt from the throttling of its group.
        created_at: when it was made, as the API writes it.
    """

    id: str
    key: str
    channel_key: str
    type: str
    semver: str
    active: bool
    steps: Sequence[GuideStep]
    activation_url_patterns: Sequence[Mapping[str, Any]]
    activation_url_rules: Sequence[Mapping[str, Any]]
    target_conditions: Mapping[str, Any] | None
    target_audience: str | None
    tenancy_strict: bool
    scope: str
    bypass_global_group_limit: bool
    created_at: str


@dataclass(frozen=True, slots=True)
class GuideGroup:
    """Guides that share an order and a throttle.

    Attributes:
        key: ``default`` holds whatever is in no other.
        display_sequence: the keys of its guides, the most urgent first.
        display_interval_s: the least seconds between two of them.
    """

    key: str
    display_sequence: Sequence[str]
    display_interval_s: int = 0


def guide_at(key: str, definition: Mapping[str, Any], place: Place, *, id: str | None, created_at: str) -> Guide:  # noqa: A002
    """Return a guide from its definition.

    Args:
        key: its key.
        definition: as in the layout of Knock's CLI.
        place: where the definition stands.
        id: its UUID; None: one that follows from its key.
        created_at: when it was made, unless it says so itself.

    Raises:
        InvalidDocument: it is no guide.
    """
    values = list_at(definition, "steps", place)
    if not values or not text_at(definition, "channel_key", place):
        raise place.error("a guide has a 'channel_key' and at least one step")
    steps = tuple(_step(each, place / "steps" / number) for number, each in enumerate(values))
    refs = [each.ref for each in steps]
    for number, ref in enumerate(refs):
        if ref in refs[:number]:
            raise (place / "steps" / number / "ref").error(f"the ref {ref!r} is used twice")
    scope = definition.get("scope") or "global"
    if not is_one_of(scope, SCOPES):
        raise (place / "scope").error(f"scope {scope!r} is none of {', '.join(sorted(SCOPES))}")
    readonly, below = map_at(definition, "__readonly", place), place / "__readonly"
    return Guide(
        id=id or str(uuid5(NAMESPACE_URL, f"knock-harness:guide:{key}")),
        key=key,
        channel_key=definition["channel_key"],
        type=text_at(definition, "type", place) or steps[0].schema_key,
        semver=text_at(definition, "semver", place) or "0.0.1",
        active=flag_at(readonly, "active", below, default=True),
        steps=steps,
        activation_url_patterns=_maps(definition, "activation_url_patterns", place),
        activation_url_rules=_maps(definition, "activation_url_rules", place),
        target_conditions=read_conditions(
            definition.get("target_property_conditions"), place / "target_property_conditions"
        ),
        target_audience=text_at(definition, "target_audience_key", place) or None,
        tenancy_strict=flag_at(definition, "tenancy_strict", place),
        scope=scope,
        bypass_global_group_limit=flag_at(definition, "bypass_global_group_limit", place),
        created_at=text_at(readonly, "created_at", below) or created_at,
    )


def guide_groups_at(entries: Any, place: Place, *, guides: Collection[str]) -> tuple[GuideGroup, ...]:
    """Return the groups of guides; without any, one that is called ``default`` and sets no order.

    Args:
        entries: a list of maps with ``key`` and, if wanted, ``display_sequence`` and ``display_interval_s``.
        place: where it stands.
        guides: the keys of the guides there are.

    Raises:
        InvalidDocument: an entry is no group, or names guides that there are not.
    """
    if not entries:
        return (GuideGroup("default", ()),)
    if not isinstance(entries, list):
        raise place.error("'guide_groups' is a list")
    return tuple(_group(each, place / number, guides) for number, each in enumerate(entries))


def _group(entry: Any, place: Place, guides: Collection[str]) -> GuideGroup:
    sequence = (entry.get("display_sequence") or ()) if isinstance(entry, dict) else None
    if sequence is None or not isinstance(sequence, list | tuple) or not isinstance(entry.get("key"), str):
        raise place.error("a guide group has a 'key', and may have a list 'display_sequence'")
    for number, key in enumerate(sequence):
        if not is_one_of(key, guides):
            raise (place / "display_sequence" / number).error(f"the guide group names no guide of the project: {key!r}")
    interval = entry.get("display_interval_s") or 0
    if not isinstance(interval, int) or isinstance(interval, bool) or not 0 <= interval <= LONGEST_INTERVAL_S:
        raise (place / "display_interval_s").error(f"must be whole seconds, not {interval!r}")
    return GuideGroup(entry["key"], tuple(sequence), interval)


def _maps(definition: Mapping[str, Any], key: str, place: Place) -> tuple[Mapping[str, Any], ...]:
    values = list_at(definition, key, place)
    for number, each in enumerate(values):
        if not isinstance(each, dict):
            raise (place / key / number).error(f"must be a map, not {each!r}")
    return tuple(values)


def _step(definition: Any, place: Place) -> GuideStep:
    if not isinstance(definition, dict) or not all(
        isinstance(definition.get(each), str) for each in ("ref", "schema_key")
    ):
        raise place.error("a step of a guide has a 'ref' and a 'schema_key'")
    return GuideStep(
        ref=definition["ref"],
        schema_key=definition["schema_key"],
        schema_semver=text_at(definition, "schema_semver", place) or "0.0.1",
        schema_variant_key=text_at(definition, "schema_variant_key", place) or "default",
        content=map_at(definition, "values", place),
    )
