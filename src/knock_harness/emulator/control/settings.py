"""What is set for an environment: its settings and its limits."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.limits import RATES, factor
from knock_harness.emulator.refusals import InvalidParams

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.emulator.environment import Environment

    from .call import ControlCall, Handler

__all__ = ["HANDLERS", "shown_settings"]

#: The settings that are shown and changed here; the others have operations of their own.
NAMES: Final = ("enhanced_security", "journal_entries", "strict_templates")


def get_settings(call: ControlCall) -> Reply:
    """Return the settings."""
    return Reply(200, shown_settings(call.environment))


def change_settings(call: ControlCall) -> Reply:
    """Change some settings."""
    call.environment.configure(**call.body)
    return Reply(200, shown_settings(call.environment))


def get_limits(call: ControlCall) -> Reply:
    """Say how many requests are admitted."""
    return Reply(200, _limits(call.environment))


def set_limits(call: ControlCall) -> Reply:
    """Let more or fewer requests be admitted."""
    try:
        factor(call.body["limits"])
    except ValueError as error:
        raise InvalidParams.at("limits", str(error)) from None
    call.environment.configure(limits=call.body["limits"])
    return Reply(200, _limits(call.environment))


def shown_settings(environment: Environment) -> dict[str, Any]:
    """Return the settings of an environment, as they are answered."""
    return {name: getattr(environment.settings, name) for name in NAMES}


def _limits(environment: Environment) -> dict[str, Any]:
    limits = environment.settings.limits
    times = factor(limits)
    per_second = {str(tier): rate * times if isfinite(times) else None for tier, rate in RATES.items()}
    return {"limits": limits, "per_second": per_second}


HANDLERS: Final[Mapping[str, Handler]] = {
    "getSettings": get_settings,
    "changeSettings": change_settings,
    "getLimits": get_limits,
    "setLimits": set_limits,
}
