"""Settings of steps that are read from what a run knows: until when, and under which key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator.message import as_json

from .conditions import MISSING
from .durations import ends_at, zone
from .templates import compiled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from .runs import Run
    from .scopes import RunScope

__all__ = ["key_of", "timezone_of", "window_end"]

#: How paths begin that do not lead into the data of the run.
_ROOTS: Final = frozenset({"actor", "data", "recipient", "run", "tenant", "vars", "workflow"})


def window_end(run: Run, settings: Mapping[str, Any], *, length: str, path: str) -> datetime:
    """Return when a window that opens now ends.

    Args:
        run: that comes to the step.
        settings: of the step.
        length: the name of the setting that says how long it is.
        path: the name of the setting that says where to find when it ends.

    Raises:
        InvalidDelay: nothing is there, or nothing that says a moment in the future.
    """
    where = settings.get(path)
    return ends_at(
        settings.get(length),
        value_at(run.scope, where) if where else None,
        is_dynamic=bool(where),
        now=run.at,
        timezone=timezone_of(run),
    )


def timezone_of(run: Run) -> ZoneInfo:
    """Return the timezone of the recipient, or the default one."""
    return zone(run.scope.timezone, default=run.environment.project.account.timezone)


def key_of(scope: RunScope, setting: str | None) -> str | None:
    """Return the value of a batch or throttle key, as JSON; None: there is no key, or no value under it.

    Args:
        scope: what the run knows.
        setting: a path, which leads into the data where it does not say otherwise, or a template.

    Raises:
        TemplateFailed: the template cannot be rendered.
    """
    if not setting:
        return None
    if "{{" in setting or "{%" in setting:
        text = compiled(setting)(scope.variables).strip()
        return as_json(text) if text else None
    value = value_at(scope, setting.strip())
    return None if value is MISSING or value is None else as_json(value)


def value_at(scope: RunScope, path: str) -> Any:
    """Return what a path leads to, or `MISSING`; a mere name is one in the data."""
    root, _, rest = path.partition(".")
    return scope.value(path if rest and root in _ROOTS else f"data.{path}")
