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
        for node, values in _walk(self._root, _segments(path)):
            if found := node.ends.get(method):
                operation, names = found
                return Match(operation, dict(zip(names, values, strict=True)))
        return None

    def methods(self, path: str) -> frozenset[str]:
        """Return the methods, in capitals, that the path has; none: no operation has this path."""
        return frozenset(method for node, _ in _walk(self._root, _segments(path)) for method in node.ends)

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
    parts = path.split("/")[1:]
    return [unquote(part) for part in parts] if "%" in path else parts


def _walk(root: _Node, segments: list[str]) -> Iterator[tuple[_Node, tuple[str, ...]]]:
    """Yield the places that the segments lead to, literals before parameters, with the values met on the way.

    An empty segment is no value of a parameter: `/v1/users/` is not the user without a name.
    """
    waiting: list[tuple[_Node, int, tuple[str, ...]]] = [(root, 0, ())]
    end = len(segments)
    while waiting:
        node, index, values = waiting.pop()
        if index == end:
            yield node, values
            continue
        segment = segments[index]
        if segment and node.parameter is not None:
            waiting.append((node.parameter, index + 1, (*values, segment)))
        if literal := node.literals.get(segment):
            waiting.append((literal, index + 1, values))
