"""Seeding: an environment is filled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.seeding import Seeds, seed

from .reading import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .call import ControlCall, Handler

__all__ = ["HANDLERS"]


def seed_environment(call: ControlCall) -> Iterator[Reply | None]:
    """Fill an environment."""
    work = seed(call.environment, read(call.body, Seeds))
    while True:
        try:
            next(work)
        except StopIteration as end:
            yield Reply(200, end.value)
            return
        yield None


HANDLERS: Final[Mapping[str, Handler]] = {"seedEnvironment": seed_environment}
