"""What steps make of the templates in their settings: texts, keys and maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from .conditions import MISSING, PREFIXES
from .outcomes import StepFailed
from .templates import TemplateFailed, compiled

if TYPE_CHECKING:
    from .runs import Run

__all__ = ["rendered_key", "rendered_map", "rendered_text", "rendered_value"]


def rendered_text(run: Run, template: str) -> str:
    """Return what a template renders to in the scope of a run, without the blanks around it.

    Raises:
        StepFailed: it cannot be rendered.
    """
    try:
        return compiled(template)(run.scope.variables).strip()
    except TemplateFailed as error:
        raise StepFailed(str(error)) from None


def rendered_value(run: Run, template: str) -> Any:
    """Return what a template renders to: a value if that is JSON, else the text; None for nothing.

    Raises:
        StepFailed: it cannot be rendered.
    """
    text = rendered_text(run, template)
    if not text:
        return None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text


def rendered_map(run: Run, template: str, *, what: str) -> dict[str, Any]:
    """Return the map that a template renders to, as JSON.

    Args:
        run: in whose scope.
        template: of the map.
        what: its name, for the error.

    Raises:
        StepFailed: it cannot be rendered, or renders to something else.
    """
    value = rendered_value(run, template)
    if not isinstance(value, dict):
        raise StepFailed(f"{what} is no JSON object once it is rendered")
    return value


def rendered_key(run: Run, key: str) -> str:
    """Return the value that tells runs apart; empty if there is none.

    Args:
        run: in whose scope.
        key: a template, a path such as ``recipient.team``, or a name, which means what the data holds under it.

    Raises:
        StepFailed: the template cannot be rendered.
    """
    if not key:
        return ""
    if "{{" in key or "{%" in key:
        return rendered_text(run, key)
    value = run.scope.value(key if key.startswith(PREFIXES) else f"data.{key}")
    if value is None or value is MISSING:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
