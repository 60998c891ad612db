"""The steps of a workflow, read from its definition."""

from __future__ import annotations

import re
from math import isclose
from typing import TYPE_CHECKING, Any, Final

from .condition_forms import read_conditions
from .forms import flag_at, is_one_of, list_at, map_at, text_at
from .step_settings import SETTINGS, read_settings
from .steps import DAYS, MINUTES_A_DAY, Branch, SendWindow, Step
from .template_forms import Known, read_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .places import Place

__all__ = ["STEP_TYPES", "read_steps"]

CHANNEL_TYPES: Final = frozenset({"email", "in_app_feed", "sms", "push", "chat", "http"})
STEP_TYPES: Final = frozenset({"branch", "channel", "random_cohort", *SETTINGS})
#: Steps that have no conditions of their own.
UNCONDITIONAL: Final = frozenset({"batch", "branch", "random_cohort"})
COHORTS: Final = range(2, 11)  # how many a random cohort step can have
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})")


def read_steps(values: Any, place: Place, known: Known) -> tuple[Step, ...]:
    """Return the steps of a workflow.

    Args:
        values: the list in the definition.
        place: where it stands.
        known: what they may name.

    Raises:
        InvalidDocument: one is no step, cannot be carried out, or has the ref of another.
    """
    return _Steps(known).read(values, place)


class _Steps:
    """The steps of one workflow, branches included; no two have the same ref."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._refs: set[str] = set()

    def read(self, values: Any, place: Place) -> tuple[Step, ...]:
        if not isinstance(values, list | tuple):
            raise place.error(f"'steps' is a list, not {values!r}")
        return tuple(self._step(each, place / number) for number, each in enumerate(values))

    def _step(self, value: Any, place: Place) -> Step:
        if not isinstance(value, dict) or not isinstance(value.get("ref"), str) or not value["ref"]:
            raise place.error("a step is a map with a 'ref'")
        ref, kind = value["ref"], value.get("type")
        if not is_one_of(kind, STEP_TYPES):
            raise (place / "type").error(
                f"step {ref!r} is of type {kind!r}, which is not carried out here",
                hint=f"Types are {', '.join(sorted(STEP_TYPES))}.",
            )
        if ref in self._refs:
            raise (place / "ref").error(f"the ref {ref!r} is used twice")
        self._refs.add(ref)
        conditions = read_conditions(value.get("conditions"), place / "conditions")
        if conditions and kind in UNCONDITIONAL:
            raise (place / "conditions").error(f"a {kind} step has no conditions")
        name = str(value.get("name") or "")
        if kind == "channel":
            return self._channel_step(value, place, ref=ref, name=name, conditions=conditions)
        if kind == "branch":
            return Step(ref, kind, name=name, branches=self._branches(value.get("branches"), place / "branches"))
        if kind == "random_cohort":
            branches = self._cohorts(value.get("cohort_branches"), place / "cohort_branches")
            return Step(ref, kind, name=name, branches=branches, cohort_key=text_at(value, "cohort_key", place))
        settings = read_settings(str(kind), value.get("settings"), place / "settings")
        return Step(ref, str(kind), conditions, settings=settings, name=name)

    def _channel_step(
        self, value: Mapping[str, Any], place: Place, *, ref: str, name: str, conditions: Mapping[str, Any] | None
    ) -> Step:
        channel_type = text_at(value, "channel_type", place)
        if channel_type and channel_type not in CHANNEL_TYPES:
            raise (place / "channel_type").error(
                f"step {ref!r} is for channels of type {channel_type!r}, which has no messages"
            )
        channel, group = text_at(value, "channel_key", place), text_at(value, "channel_group_key", place)
        if bool(channel) == bool(group):
            said = "both" if channel else "neither"
            raise place.error(f"channel step {ref!r} has {said} of 'channel_key' and 'channel_group_key'")
        if group and self._known.channel_groups is not None and group not in self._known.channel_groups:
            raise (place / "channel_group_key").error(f"there is no channel group {group!r}")
        return Step(
            ref,
            "channel",
            conditions,
            channel_key=channel,
            channel_type=channel_type,
            template=read_template(value.get("template"), place / "template", self._known),
            settings=map_at(value, "channel_overrides", place),
            name=name,
            channel_group_key=group,
            send_windows=_send_windows(value.get("send_windows"), place / "send_windows"),
        )

    def _branches(self, values: Any, place: Place) -> tuple[Branch, ...]:
        if not isinstance(values, list) or not values:
            raise place.error("a branch step has a list of 'branches'")
        branches = tuple(self._branch(each, place / number) for number, each in enumerate(values))
        for number, each in enumerate(branches[:-1]):
            if each.conditions is None:
                raise (place / number).error("a branch without conditions is the default, which must be the last")
        return branches

    def _branch(self, value: Any, place: Place) -> Branch:
        if not isinstance(value, dict):
            raise place.error(f"a branch is a map, not {value!r}")
        return Branch(
            name=str(value.get("name") or ""),
            steps=self.read(list_at(value, "steps", place), place / "steps"),
            conditions=read_conditions(value.get("conditions"), place / "conditions"),
            terminates=flag_at(value, "terminates", place),
        )

    def _cohorts(self, values: Any, place: Place) -> tuple[Branch, ...]:
        if not isinstance(values, list) or len(values) not in COHORTS:
            raise place.error(f"a random cohort step has {COHORTS[0]} to {COHORTS[-1]} 'cohort_branches'")
        cohorts = tuple(self._cohort(each, place / number) for number, each in enumerate(values))
        total = sum(each.percentage for each in cohorts)
        if not isclose(total, 100.0):
            raise place.error(f"the percentages of the cohorts add up to {total:g}, not to 100")
        return cohorts

    def _cohort(self, value: Any, place: Place) -> Branch:
        branch = self._branch({**value, "conditions": None} if isinstance(value, dict) else value, place)
        try:
            percentage = float(str(value.get("percentage")).removesuffix("%"))
        except ValueError:
            percentage = -1.0
        if not 0 <= percentage <= 100:
            raise (place / "percentage").error(f"must be a percentage, not {value.get('percentage')!r}")
        return Branch(branch.name, branch.steps, terminates=branch.terminates, percentage=percentage)


def _send_windows(values: Any, place: Place) -> tuple[SendWindow, ...]:
    if not isinstance(values, list | None):
        raise place.error(f"'send_windows' is a list, not {values!r}")
    windows: list[SendWindow] = []
    for number, each in enumerate(values or ()):
        window = _send_window(each, place / number)
        if any(other.weekday == window.weekday for other in windows):
            raise (place / number / "day").error(f"there are two windows for {each['day']}")
        windows.append(window)
    return tuple(windows)


def _send_window(value: Any, place: Place) -> SendWindow:
    if not isinstance(value, dict) or not is_one_of(value.get("day"), DAYS):
        raise place.error(f"a send window has a 'day' out of {', '.join(DAYS)}")
    kind = value.get("type", "send")
    if not is_one_of(kind, ("send", "do_not_send")):
        raise (place / "type").error(f"{kind!r} is neither send nor do_not_send")
    start = _minute(value.get("from"), place / "from", default=0)
    end = _minute(value.get("until"), place / "until", default=MINUTES_A_DAY)
    if kind == "send" and start >= end:
        raise place.error("a send window ends after it begins")
    return SendWindow(DAYS.index(value["day"]), kind == "send", start, end)


def _minute(value: Any, place: Place, *, default: int) -> int:
    """Return a time of the day, ``"HH:MM"`` or minutes, in minutes."""
    if value is None:
        return default
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    minute = int(found[1]) * 60 + int(found[2]) if found and int(found[2]) < 60 else value
    if not isinstance(minute, int) or isinstance(minute, bool) or not 0 <= minute <= MINUTES_A_DAY:
        raise place.error(f"must be a time of the day like '09:30', or minutes, not {value!r}")
    return minute
