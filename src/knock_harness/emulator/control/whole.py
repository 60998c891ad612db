"""The emulator as a whole: that it answers, and how the control API is described."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from knock_harness import __version__, control
from knock_harness.emulator.exchange import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .call import ControlCall, Handler

__all__ = ["HANDLERS"]


def get_health(call: ControlCall) -> Reply:
    """Say that the emulator answers."""
    return Reply(200, {"status": "ok", "version": __version__, "environments": len(call.emulator.environments)})


def get_control_document(call: ControlCall) -> Reply:  # noqa: ARG001 - as all handlers
    """Return the document of the control API."""
    return Reply(200, control.document())


HANDLERS: Final[Mapping[str, Handler]] = {
    "getHealth": get_health,
    "getControlDocument": get_control_document,
    "getControlDocumentAsFile": get_control_document,
}
