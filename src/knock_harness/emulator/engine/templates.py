"""Templates of messages: text, or Liquid; prepared once and rendered often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

__all__ = ["Render", "TemplateFailed", "compiled"]

#: Renders a template on the variables of a run.
Render: TypeAlias = Callable[[Mapping[str, Any]], str]


class TemplateFailed(Exception):
    """A template cannot be parsed, or not be rendered on these variables."""


@lru_cache(maxsize=4096)
def compiled(source: str) -> Render:
    """Return what renders a template; one that cannot be parsed fails when it is rendered (ENGINE-FAIL-HALTS)."""
    if "{{" not in source and "{%" not in source:
        return lambda _: source
    from .liquid_templates import parsed  # the library takes a third of the start of the emulator; not all need it

    return parsed(source)
