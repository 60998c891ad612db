"""Places in definitions: what an error names as file and line."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

import yaml

from knock_harness.errors import InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["Place", "Route", "line_in_json", "line_in_yaml"]

#: The way to a value: keys of maps and positions in lists.
Route: TypeAlias = "tuple[str | int, ...]"

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a definition.

    Attributes:
        name: of the definition, for the error: its file, or what it is if it came without one.
        file: its file; None: it came without one.
        route: the way to the place from the top of the definition.
        parts: the files that parts of the definition lie in, by the way to them.
    """

    name: str
    file: Path | None = None
    route: Route = ()
    parts: Mapping[Route, Path] = field(default_factory=dict)

    def __truediv__(self, step: str | int) -> Place:
        """Return the place one step further down."""
        return replace(self, route=(*self.route, step))

    def error(self, what: str, *, hint: str = "", line: int = 1) -> InvalidDocument:
        """Return the error that something is wrong here.

        Args:
            what: what is wrong.
            hint: what to do about it.
            line: of the text that stands here, from 1.
        """
        path = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in self.route).lstrip(".")
        if self.file is None:
            where = f"{self.name}, {path}" if path else self.name
            return InvalidDocument(what, where=where, hint=hint, path=path)
        file, found = self._line(self.file, line)
        return InvalidDocument(what, where=f"{file}:{found}", hint=hint, file=str(file), line=found, path=path)

    def _line(self, file: Path, line: int) -> tuple[Path, int]:
        """Return the file that the place is in, and the line there."""
        route = self.route
        for length in range(len(route), 0, -1):
            if route[:length] in self.parts:
                file, route = self.parts[route[:length]], route[length:]
                if not route:
                    return file, line  # a text in a file of its own
                break
        line_in = line_in_json if file.suffix == ".json" else line_in_yaml
        return file, line_in(_text(file), route)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):  # it was read before; somebody changed it since
        return ""


def line_in_json(text: str, route: Sequence[str | int]) -> int:
    """Return the line of a JSON text on which the value that a route leads to begins, or its key.

    Where the route leads to nothing, as the key is missing, it is the line of the last value on the way.
    """
    here: list[str | int | None] = []  # in each open map the key (None: it is to come), in each open list the position
    depth, offset = -1, 0
    for match in _TOKEN.finditer(text):
        mark = match[0]
        if mark == ",":
            position = here[-1] if here else None
            here[-1:] = [position + 1 if isinstance(position, int) else None]
            continue
        if mark in "}]":
            del here[-1:]
            continue
        if mark == ":":
            continue
        if here and here[-1] is None:
            here[-1] = json.loads(mark).removesuffix("@")
        if len(here) > depth and here == list(route[: len(here)]):
            depth, offset = len(here), match.start()
        if mark in "{[":
            here.append(None if mark == "{" else 0)
    return text.count("\n", 0, offset) + 1


def line_in_yaml(text: str, route: Sequence[str | int]) -> int:
    """Return the line of a YAML text on which the value that a route leads to begins, or its key."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line = 0
    for step in route:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(step)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line
        else:
            break
    return line + 1
