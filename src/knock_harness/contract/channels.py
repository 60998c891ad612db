"""Channels of an environment: through what a workflow reaches somebody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, uuid5

from .condition_forms import check_condition, read_conditions
from .forms import flag_at, is_one_of, list_at, map_at, text_at

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .places import Place

__all__ = ["PROVIDERS", "Channel", "ChannelGroup", "ChannelRule", "channel_at", "channel_group_at"]

#: The provider of a channel whose type is all that is known of it.
PROVIDERS: Final[Mapping[str, str]] = {
    "email": "email_sendgrid",
    "in_app_feed": "in_app_feed_knock",
    "in_app_guide": "in_app_guide_knock",
    "sms": "sms_twilio",
    "push": "push_fcm",
    "chat": "chat_slack",
    "http": "http_knock_webhook",
}
#: The parts of feed answers that a channel can filter (RESPONSE-FILTER-CHANNEL).
FILTERED_PARTS: Final = ("actor", "data", "recipient", "vars")


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as it is configured in the environment.

    Attributes:
        id: the UUID by which the API knows it.
        key: by which workflows name it.
        type: one of `PROVIDERS`.
        provider: in the published spelling, such as ``push_fcm``.
        name: for people.
        created_at: when it was made, as the API writes it.
        updated_at: when it was changed last, as the API writes it.
        settings: ``sandbox_mode``, ``conditions``, ``from_address``, ``response_filters`` and whatever else the
            provider wants.
    """

    id: str
    key: str
    type: str
    provider: str
    name: str
    created_at: str
    updated_at: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """When a channel group sends through one of its channels.

    Attributes:
        channel_key: which channel.
        type: ``always``; ``if`` its condition holds; ``unless`` it holds.
        condition: with ``variable``, ``operator`` and ``argument``; None: there is none.
    """

    channel_key: str
    type: str = "always"
    condition: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ChannelGroup:
    """Channels of one type that a step can name as if they were one.

    Attributes:
        key: by which workflows name it.
        type: of its channels.
        operator: ``any``: the first channel whose rule applies is used; ``all``: each of them.
        rules: in order.
    """

    key: str
    type: str
    operator: str
    rules: tuple[ChannelRule, ...]


def channel_at(key: str, entry: Any, place: Place, *, created_at: str) -> Channel:
    """Return a channel of an environment.

    Args:
        key: its key.
        entry: a map with ``type`` and, if wanted, ``id``, ``provider``, ``name`` and ``settings``.
        place: where it stands.
        created_at: when it was made.

    Raises:
        InvalidDocument: the entry is no channel.
    """
    if not isinstance(entry, dict) or not is_one_of(entry.get("type"), PROVIDERS):
        raise place.error(f"channel {key!r} needs a 'type' out of {', '.join(PROVIDERS)}")
    settings = map_at(entry, "settings", place)
    for name in ("sandbox_mode", "link_tracking", "open_tracking"):
        flag_at(settings, name, place / "settings")
    read_conditions(settings.get("conditions"), place / "settings" / "conditions")
    _check_filters(settings.get("response_filters"), place / "settings" / "response_filters")
    return Channel(
        id=text_at(entry, "id", place) or str(uuid5(NAMESPACE_URL, f"knock-harness:channel:{key}")),
        key=key,
        type=entry["type"],
        provider=text_at(entry, "provider", place) or PROVIDERS[entry["type"]],
        name=text_at(entry, "name", place) or key,
        created_at=created_at,
        updated_at=created_at,
        settings=settings,
    )


def channel_group_at(key: str, entry: Any, place: Place, *, channels: Mapping[str, Channel]) -> ChannelGroup:
    """Return a group of channels of an environment.

    Args:
        key: its key.
        entry: a map with ``channel_type``, ``channel_rules`` and, if wanted, ``operator``.
        place: where it stands.
        channels: those of the environment, by key.

    Raises:
        InvalidDocument: the entry is no channel group, or names channels of another type.
    """
    if not isinstance(entry, dict) or not is_one_of(entry.get("channel_type"), PROVIDERS):
        raise place.error(f"channel group {key!r} needs a 'channel_type' out of {', '.join(PROVIDERS)}")
    operator, rules = entry.get("operator", "any"), list_at(entry, "channel_rules", place)
    if not is_one_of(operator, ("any", "all")):
        raise (place / "operator").error(f"{operator!r} is neither any nor all")
    fitting = {each.key for each in channels.values() if each.type == entry["channel_type"]}
    read = tuple(_rule(each, place / "channel_rules" / number, fitting) for number, each in enumerate(rules))
    return ChannelGroup(key, entry["channel_type"], operator, read)


def _rule(entry: Any, place: Place, fitting: Collection[str]) -> ChannelRule:
    if not isinstance(entry, dict) or not is_one_of(entry.get("channel_key"), fitting):
        raise place.error("a rule of a channel group names a channel of its type as 'channel_key'")
    kind = entry.get("rule_type", "always")
    if not is_one_of(kind, ("always", "if", "unless")):
        raise (place / "rule_type").error(f"{kind!r} is none of always, if, unless")
    if kind == "always":
        return ChannelRule(entry["channel_key"])
    condition = {name: entry.get(name) for name in ("variable", "operator", "argument")}
    check_condition(condition, place)
    return ChannelRule(entry["channel_key"], kind, condition)


def _check_filters(value: Any, place: Place) -> None:
    """Refuse what is no filter of feed answers: false, ``{"only": [path]}`` or ``{"except": [path]}`` for each part."""
    if not isinstance(value, dict | None):
        raise place.error(f"'response_filters' is a map, not {value!r}")
    for part, each in (value or {}).items():
        if part not in FILTERED_PARTS:
            raise (place / part).error(f"there is no part {part!r}", hint=f"Parts are {', '.join(FILTERED_PARTS)}.")
        if isinstance(each, bool):
            continue
        if not isinstance(each, dict) or len(each) != 1 or not each.keys() <= {"only", "except"}:
            raise (place / part).error("a filter is false, or a map with 'only' or 'except'")
        paths = next(iter(each.values()))
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise (place / part).error("a filter lists paths")
