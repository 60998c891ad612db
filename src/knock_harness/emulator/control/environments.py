"""Environments: which there are, and how one begins anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from knock_harness.emulator.clock import stamp
from knock_harness.emulator.exchange import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .call import ControlCall, Handler

__all__ = ["HANDLERS"]


def list_environments(call: ControlCall) -> Reply:
    """List the environments, in the order in which they were opened."""
    listed = [{"key": each.name, "now": stamp(each.clock.now())} for each in call.emulator.environments.values()]
    return Reply(200, {"environments": listed})


def reset_environment(call: ControlCall) -> Reply:
    """Let an environment be as it was when it was first opened."""
    call.emulator.reset(call.environment.name)
    return Reply(204)


HANDLERS: Final[Mapping[str, Handler]] = {
    "listEnvironments": list_environments,
    "resetEnvironment": reset_environment,
}
