"""Snapshots: taken, listed, returned to, carried away, forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.snapshots import exported, imported, taken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .call import ControlCall, Handler

__all__ = ["HANDLERS"]

_BYTES: Final = {"content-type": "application/octet-stream"}


def list_snapshots(call: ControlCall) -> Reply:
    """List the snapshots."""
    return Reply(200, {"snapshots": call.environment.snapshots.listed()})


def take_snapshot(call: ControlCall) -> Reply:
    """Take a snapshot."""
    call.environment.snapshots.put(call.path["name"], taken(call.environment))
    return Reply(200, _shown(call))


def restore_snapshot(call: ControlCall) -> Reply:
    """Let the environment be as when a snapshot was taken."""
    call.emulator.restore(call.environment.name, call.environment.snapshots.get(call.path["name"]))
    return Reply(200, _shown(call))


def delete_snapshot(call: ControlCall) -> Reply:
    """Forget a snapshot."""
    call.environment.snapshots.delete(call.path["name"])
    return Reply(204)


def export_snapshot(call: ControlCall) -> Reply:
    """Return a snapshot as a file."""
    content = exported(call.environment.snapshots.get(call.path["name"]))
    return Reply(200, msgspec.Raw(content), _BYTES)


def import_snapshot(call: ControlCall) -> Reply:
    """Keep a snapshot that was returned as a file."""
    call.environment.snapshots.put(call.path["name"], imported(call.request.body, into=call.environment))
    return Reply(200, _shown(call))


def _shown(call: ControlCall) -> dict[str, Any]:
    return next(each for each in call.environment.snapshots.listed() if each["name"] == call.path["name"])


HANDLERS: Final[Mapping[str, Handler]] = {
    "listSnapshots": list_snapshots,
    "takeSnapshot": take_snapshot,
    "restoreSnapshot": restore_snapshot,
    "deleteSnapshot": delete_snapshot,
    "exportSnapshot": export_snapshot,
    "importSnapshot": import_snapshot,
}
