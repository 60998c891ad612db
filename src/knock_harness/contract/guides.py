"""Guides of a Knock project: messages that an application asks for and shows itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, uuid5

from knock_harness.errors import InvalidDocument

from .layout import read_definitions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["Guide", "GuideGroup", "GuideStep", "read_guides"]

SCOPES: Final = frozenset({"global", "per_tenant"})


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


def read_guides(folder: Path, *, ids: Mapping[str, str], created_at: str) -> dict[str, Guide]:
    """Read ``<folder>/<key>/guide.json`` of every guide, by key.

    Args:
        folder: holds one folder for each guide.
        ids: UUIDs by guide key; a guide without one gets a UUID that follows from its key.
        created_at: when those were made that do not say it.

    Raises:
        InvalidDocument: a file is missing or is no guide.
    """
    guides = {}
    for key, (file, definition) in read_definitions(folder, "guide.json").items():
        steps = tuple(_step(each, where=str(file)) for each in definition.get("steps") or ())
        if not steps or not isinstance(definition.get("channel_key"), str):
            raise InvalidDocument("a guide has a 'channel_key' and at least one step", where=str(file))
        scope = definition.get("scope") or "global"
        if scope not in SCOPES:
            raise InvalidDocument(f"scope {scope!r} is none of {sorted(SCOPES)}", where=str(file))
        readonly = definition.get("__readonly") or {}
        guides[key] = Guide(
            id=ids.get(key) or str(uuid5(NAMESPACE_URL, f"knock-harness:guide:{key}")),
            key=key,
            channel_key=definition["channel_key"],
            type=definition.get("type") or steps[0].schema_key,
            semver=definition.get("semver") or "0.0.1",
            active=readonly.get("active", True),
            steps=steps,
            activation_url_patterns=tuple(definition.get("activation_url_patterns") or ()),
            activation_url_rules=tuple(definition.get("activation_url_rules") or ()),
            target_conditions=definition.get("target_property_conditions") or None,
            target_audience=definition.get("target_audience_key") or None,
            tenancy_strict=bool(definition.get("tenancy_strict", False)),
            scope=scope,
            bypass_global_group_limit=bool(definition.get("bypass_global_group_limit", False)),
            created_at=readonly.get("created_at") or created_at,
        )
    return guides


def _step(definition: Any, *, where: str) -> GuideStep:
    if not isinstance(definition, dict) or not all(
        isinstance(definition.get(each), str) for each in ("ref", "schema_key")
    ):
        raise InvalidDocument("a step of a guide has a 'ref' and a 'schema_key'", where=where)
    return GuideStep(
        ref=definition["ref"],
        schema_key=definition["schema_key"],
        schema_semver=definition.get("schema_semver") or "0.0.1",
        schema_variant_key=definition.get("schema_variant_key") or "default",
        content=definition.get("values") or {},
    )
