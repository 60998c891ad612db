"""The router: which operation a request is, and with which path parameters.

The paths are kept as a tree of segments, so that a request costs one walk over its own segments and not a look at each
of the paths. A literal segment wins over a parameter (ROUTE-LITERAL-FIRST), unless what follows, or the method, exists
only below the parameter (ROUTE-BULK-USER).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .operations import Operation

__all__ = ["Match", "Router"]


@dataclass(frozen=True, slots=True)
class Match:
    """The operation that a request is.

    Attributes:
        operation: the operation.
        path: the values of its path parameters, percent-decoded once (PATH-PERCENT-ENCODING).
    """

    operation: Operation
    path: dict[str, str]


@dataclass(slots=True)
class _Node:
    """A place in the tree: what may follow, and the operations that end here with the names of their parameters."""

    literals: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    ends: dict[str, tuple[Operation, tuple[str, ...]]] = field(default_factory=dict)


class Router:
    """Finds the operation of a request by its method and path."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        for operation in operations:
            self._add(operation)

    def match(self, method: str, path: str) -> Match | None:
        """Return the operation with its path parameters; None if the path is unknown or has no such method.

        Args:
            method: in capitals.
            path: as it stands on the wire, percent-encoded, without the query.
        """
        return _match(self._root, method, _segments(path), 0, ())

    def methods(self, path: str) -> frozenset[str]:
        """Return the methods, in capitals, that the path has; none: no operation has this path."""
        return frozenset(_methods(self._root, _segments(path), 0))

    def _add(self, operation: Operation) -> None:
        node, names = self._root, []
        for segment in operation.path[1:].split("/"):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.parameter = node = node.parameter or _Node()
            else:
                node = node.literals.setdefault(segment, _Node())
        node.ends[operation.method] = (operation, tuple(names))


def _segments(path: str) -> list[str]:
    parts = path.split("/")
    del parts[0]
    return [unquote(part) for part in parts] if "%" in path else parts


def _match(node: _Node, method: str, segments: list[str], index: int, values: tuple[str, ...]) -> Match | None:
    """Walk down from a node; where a segment is a literal and may be a parameter too, try the literal first.

    An empty segment is no value of a parameter: `/v1/users/` is not the user without a name.
    """
    for position in range(index, len(segments)):
        segment = segments[position]
        literal, parameter = node.literals.get(segment), node.parameter
        if literal is not None and parameter is None:
            node = literal
            continue
        if literal is not None and (found := _match(literal, method, segments, position + 1, values)):
            return found
        if parameter is None or not segment:
            return None
        node = parameter
        values = (*values, segment)
    end = node.ends.get(method)
    return Match(end[0], dict(zip(end[1], values, strict=True))) if end else None


def _methods(node: _Node, segments: list[str], index: int) -> Iterator[str]:
    if index == len(segments):
        yield from node.ends
        return
    segment = segments[index]
    if literal := node.literals.get(segment):
        yield from _methods(literal, segments, index + 1)
    if node.parameter is not None and segment:
        yield from _methods(node.parameter, segments, index + 1)
