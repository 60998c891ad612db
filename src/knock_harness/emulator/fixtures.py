"""Fixtures of pytest, for those who want them: ``pytest_plugins = ["knock_harness.emulator.fixtures"]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .embedded import running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .embedded import Running

__all__ = ["knock", "knock_options"]


@pytest.fixture
def knock_options() -> Mapping[str, Any]:
    """What `knock` is started with: the arguments of `running`. To be overridden."""
    return {"seed": 1}


@pytest.fixture
def knock(knock_options: Mapping[str, Any]) -> Iterator[Running]:
    """An emulator that answers on a port of its own, with nothing in it."""
    with running(**knock_options) as emulator:
        yield emulator
