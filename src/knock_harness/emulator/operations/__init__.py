"""The operations of the API, each a function of its operationId in snake case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.emulator.call import Handler

__all__ = ["HANDLERS"]

#: Every operation of the contract and the function that answers it.
HANDLERS: Final[Mapping[str, Handler]] = {}
