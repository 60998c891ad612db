"""The outbox: what was sent, or would have been."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from knock_harness.emulator import outbox
from knock_harness.emulator.exchange import Reply

from .reading import read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .call import ControlCall, Handler

__all__ = ["HANDLERS"]


def list_outbox(call: ControlCall) -> Reply:
    """List the messages that fit."""
    question = read(dict(call.query), outbox.Question)
    found = outbox.page(call.environment, question)
    return Reply(200, {**found, "count": outbox.count(call.environment, question)})


HANDLERS: Final[Mapping[str, Handler]] = {"listOutbox": list_outbox}
