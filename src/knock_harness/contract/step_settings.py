"""The settings of the steps of workflows: which each type of step has, and what they may say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .condition_forms import check_condition
from .forms import is_one_of

if TYPE_CHECKING:
    from .places import Place

__all__ = ["SETTINGS", "UNITS", "read_settings"]

#: The units of durations.
UNITS: Final = ("seconds", "minutes", "hours", "days", "weeks", "months")
METHODS: Final = ("get", "post", "put", "patch", "delete")
#: What a step of type ``wait_for_event`` can wait for, and the keys of events of that kind. Events of the sources of
#: integrations are not among them, as none of those sources is here.
EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "audience": ("enter", "exit"),
    "message": (
        "archived",
        "bounced",
        "created",
        "delivered",
        "delivery_attempted",
        "interacted",
        "link_clicked",
        "not_sent",
        "queued",
        "read",
        "seen",
        "sent",
        "unarchived",
        "undelivered",
        "unread",
        "unseen",
    ),
    "recipient": ("updated",),
    "workflow": ("completed", "started"),
}
#: What tells an event of each kind from others of the kind.
EVENT_SOURCES: Final[Mapping[str, str]] = {
    "audience": "audience_key",
    "message": "source_key",
    "workflow": "source_key",
}

#: Returns the value of a setting as the engine sees it, or refuses it.
_Read: TypeAlias = Callable[[Any, "Place"], Any]


def _text(value: Any, place: Place) -> str:
    if not isinstance(value, str):
        raise place.error(f"must be a text, not {value!r}")
    return value


def _template(value: Any, place: Place) -> str:  # noqa: ARG001 - as the others
    """Return a template; one that is given as JSON becomes the text of that JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _pairs(value: Any, place: Place) -> Any:
    """Return a template of a map, or a list of pairs of a key and a template."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        raise place.error("must be a template or a list of maps with 'key' and 'value'")
    for number, each in enumerate(value):
        if not isinstance(each, dict) or not all(isinstance(each.get(name), str) for name in ("key", "value")):
            raise (place / number).error(f"must be a map with the texts 'key' and 'value', not {each!r}")
    return value


def _one_of(*words: str) -> _Read:
    def read(value: Any, place: Place) -> str:
        if not is_one_of(value, words):
            raise place.error(f"{value!r} is none of {', '.join(words)}")
        return str(value)

    return read


def _number(least: int, most: int | None = None) -> _Read:
    bounds = f"{least} to {most}" if most is not None else f"at least {least}"

    def read(value: Any, place: Place) -> int:
        if (
            not isinstance(value, int)
            or isinstance(value, bool)
            or value < least
            or (most is not None and value > most)
        ):
            raise place.error(f"must be a whole number, {bounds}, not {value!r}")
        return value

    return read


def _duration(value: Any, place: Place, *, above: int | None = 0) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise place.error(f"must be a duration with 'unit' and 'value', not {value!r}")
    unit, number = value.get("unit"), value.get("value")
    if not is_one_of(unit, UNITS):
        raise (place / "unit").error(f"there is no unit {unit!r}", hint=f"Units are {', '.join(UNITS)}.")
    if not isinstance(number, int) or isinstance(number, bool) or (above is not None and number <= above):
        kind = "a whole number" if above is None else f"a whole number above {above}"
        raise (place / "value").error(f"must be {kind}, not {number!r}")
    return value


def _distance(value: Any, place: Place) -> Mapping[str, Any]:
    return _duration(value, place, above=None)


def _method(value: Any, place: Place) -> str:
    text = _text(value, place)
    if "{" not in text and text.strip().lower() not in METHODS:
        raise place.error(f"{value!r} is none of {', '.join(METHODS)}")
    return text


def _event(value: Any, place: Place) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not is_one_of(value.get("event_type"), EVENTS):
        raise place.error(f"must be a map with an 'event_type' out of {', '.join(EVENTS)}")
    kind, key = value["event_type"], value.get("event_key")
    if not is_one_of(key, EVENTS[kind]) and not (kind == "recipient" and key is None):
        raise (place / "event_key").error(f"{key!r} is none of {', '.join(EVENTS[kind])}")
    source = EVENT_SOURCES.get(kind)
    if source is not None and not isinstance(value.get(source), str):
        raise place.error(f"an event of type {kind!r} needs the text {source!r}")
    return value


def _match_conditions(value: Any, place: Place) -> Any:
    """Return a list of groups of conditions, each of which must hold as a whole."""
    if not isinstance(value, list):
        raise place.error("must be a list of groups of conditions")
    for number, group in enumerate(value):
        below = place / number
        if not isinstance(group, dict) or not isinstance(group.get("conditions"), list | None):
            raise below.error("must be a map with a list 'conditions'")
        for position, each in enumerate(group.get("conditions") or ()):
            check_condition(each, below / "conditions" / position)
    return value


_update: Final[Mapping[str, _Read]] = {
    "update_properties": _template,
    "recipient_mode": _one_of("current", "reference"),
    "recipient_gid": _text,
}
_after: Final = _one_of("continue", "halt")

#: The settings of each type of step that has some.
SETTINGS: Final[Mapping[str, Mapping[str, _Read]]] = {
    "batch": {
        "batch_key": _text,
        "batch_window": _duration,
        "batch_until_field_path": _text,
        "batch_window_type": _one_of("fixed", "sliding"),
        "batch_window_extension_limit": _duration,
        "batch_order": _one_of("asc", "desc"),
        "batch_execution_mode": _one_of("accumulate", "flush_leading"),
        "batch_items_max_limit": _number(2, 1000),
        "batch_items_render_limit": _number(1, 100),
        "workflow_version_mode": _one_of("latest", "pinned"),
    },
    "delay": {"delay_for": _distance, "delay_until_field_path": _text},
    "http_fetch": {
        "method": _method,
        "url": _text,
        "headers": _pairs,
        "query_params": _pairs,
        "body": _template,
        "response_path": _text,
        "signing_key": _text,
    },
    "throttle": {
        "throttle_key": _text,
        "throttle_limit": _number(1),
        "throttle_window": _duration,
        "throttle_window_field_path": _text,
    },
    "trigger_workflow": {
        "workflow_key": _text,
        "recipients": _template,
        "data": _template,
        "actor": _template,
        "tenant": _template,
        "cancellation_key": _text,
    },
    "update_audience": {"audience_key": _text, "action": _one_of("add", "remove")},
    "update_data": {"data": _template},
    "update_object": _update,
    "update_tenant": _update,
    "update_user": _update,
    "wait_for_event": {
        "event": _event,
        "expires_after": _duration,
        "match_conditions": _match_conditions,
        "on_match": _after,
        "on_timeout": _after,
    },
}

#: The settings that a type of step cannot be without: one of each group.
NEEDED: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "batch": (("batch_window", "batch_until_field_path"),),
    "delay": (("delay_for", "delay_until_field_path"),),
    "http_fetch": (("url",),),
    "throttle": (("throttle_window", "throttle_window_field_path"),),
    "trigger_workflow": (("workflow_key",),),
    "update_audience": (("audience_key",), ("action",)),
    "update_data": (("data",),),
    "update_object": (("update_properties",),),
    "update_tenant": (("update_properties",),),
    "update_user": (("update_properties",),),
    "wait_for_event": (("event",),),
}


def read_settings(kind: str, value: Any, place: Place) -> Mapping[str, Any]:
    """Return the settings of a step, those that are null left out.

    Args:
        kind: the type of the step.
        value: its settings as the definition has them.
        place: where they stand.

    Raises:
        InvalidDocument: one is unknown, missing, or has a value that it cannot have.
    """
    known = SETTINGS.get(kind, {})
    if not isinstance(value, dict | None):
        raise place.error(f"'settings' is a map, not {value!r}")
    given = {name: each for name, each in (value or {}).items() if each is not None}
    for name in given:
        if name not in known:
            raise (place / name).error(
                f"a {kind} step has no setting {name!r}", hint=f"It has {', '.join(known) or 'none'}."
            )
    settings = {name: known[name](each, place / name) for name, each in given.items()}
    for group in NEEDED.get(kind, ()):
        if not any(settings.get(name) for name in group):
            raise place.error(f"a {kind} step needs {' or '.join(map(repr, group))}")
    if settings.get("recipient_mode") == "reference" and not settings.get("recipient_gid"):
        raise place.error("'recipient_mode' reference needs a 'recipient_gid'")
    return settings
