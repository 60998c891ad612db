"""The ledger of a run: what it made on the target and has not removed, on disk as it happens.

One JSON object a line: first the header, then an entity and what became of it. A run that dies leaves a file from
which `knock-harness cleanup` removes the rest. No key is ever written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

import msgspec

from knock_harness.errors import InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Entity", "Kind", "Ledger", "LedgerHeader", "read_ledger"]

Kind = Literal["user", "object", "tenant", "schedule", "audience_member"]
_VERSION = 1


class Entity(msgspec.Struct, frozen=True):
    """Something on a target that can be made and removed over the API.

    Attributes:
        kind: what it is. Not everything that is tracked is removed by itself: see `removal`.
        id: its id.
        within: the collection of an object, the audience of a member; empty for others.
    """

    kind: str
    id: str
    within: str = ""


class LedgerHeader(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a ledger."""

    ledger: int = _VERSION
    base_url: str
    prefix: str


class _Line(msgspec.Struct, frozen=True):
    did: Literal["made", "removed"]
    entity: Entity


class Ledger:
    """Writes down what was made and removed; a line is on disk before the request that makes something is sent."""

    def __init__(self, path: Path, *, base_url: str, prefix: str) -> None:
        """Start a new file, or go on with the one that is there.

        Raises:
            InvalidDocument: the file that is there is no ledger.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._remaining: dict[Entity, None] = {}
        if path.exists() and path.stat().st_size:
            self._remaining.update(dict.fromkeys(read_ledger(path)[1]))
            _drop_cut_off_line(path)
            self._file = path.open("ab")
        else:
            self._file = path.open("wb")
            self._write(LedgerHeader(base_url=base_url, prefix=prefix))

    def made(self, entity: Entity) -> None:
        """Note that something was made, or is about to be."""
        if entity not in self._remaining:
            self._remaining[entity] = None
            self._write(_Line("made", entity))

    def removed(self, entity: Entity) -> None:
        """Note that something is gone."""
        if entity in self._remaining:
            del self._remaining[entity]
            self._write(_Line("removed", entity))

    def remaining(self) -> list[Entity]:
        """Return what was made and not removed, the oldest first."""
        return list(self._remaining)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _write(self, line: msgspec.Struct) -> None:
        self._file.write(msgspec.json.encode(line) + b"\n")
        self._file.flush()


def read_ledger(path: Path) -> tuple[LedgerHeader, list[Entity]]:
    """Return the header of a ledger and what was made and not removed, the oldest first.

    Raises:
        InvalidDocument: there is no such file, or it is no ledger. A last line that was cut off is forgiven.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise InvalidDocument(f"cannot be read: {error.strerror}", where=str(path)) from None
    try:
        header = msgspec.json.decode(lines[0], type=LedgerHeader)
    except msgspec.MsgspecError:
        raise InvalidDocument(
            "is no ledger", where=f"{path}:1", hint="A ledger is what `verify` writes below the folder of its run."
        ) from None
    remaining: dict[Entity, None] = {}
    for line in _complete_lines(lines[1:], path=path):
        if line.did == "made":
            remaining[line.entity] = None
        else:
            remaining.pop(line.entity, None)
    return header, list(remaining)


def _complete_lines(lines: list[bytes], *, path: Path) -> Iterator[_Line]:
    for number, line in enumerate(lines, start=2):
        if not line:
            continue
        try:
            yield msgspec.json.decode(line, type=_Line)
        except msgspec.MsgspecError as error:
            if number == len(lines) + 1:
                return  # the process died while it wrote this
            raise InvalidDocument(f"is no line of a ledger: {error}", where=f"{path}:{number}") from None


def _drop_cut_off_line(path: Path) -> None:
    """Cut off what a crash left of a last line, so that the next one begins a line of its own."""
    data = path.read_bytes()
    if not data.endswith(b"\n"):
        path.write_bytes(data[: data.rfind(b"\n") + 1])
