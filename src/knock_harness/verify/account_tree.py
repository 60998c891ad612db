"""What of an operation there is to exercise, as a tree over the values of its requests.

A node stands for one parameter or one field of the body; list positions are one node, and so are the keys of a map.
Each knows the constraints that the contract puts on its value, and remembers what a run has done with them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from knock_harness import contract

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from knock_harness.contract import Operation

__all__ = ["Node", "breakable", "tree_of"]

#: Below so many names fields are no longer told apart: what stands there has an account where it is nearer.
_DEEPEST = 3
#: The constraints of a schema that a request can keep and break, but for `required`, `type` and unions.
_BOUNDS = frozenset(
    {
        "enum",
        "format",
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "multipleOf",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
    }
)
#: Types that every text on the wire can be read as; a parameter of such a type cannot have the wrong one.
_TEXTUAL = frozenset({"string", "array"})


class Node:
    """A parameter or a field, and what was done with it.

    Attributes:
        name: its way from the location, such as `recipients.*.id`; empty for the location as a whole.
        constraints: keywords that its value can break.
        values: the values of its enumeration, each with whether it was sent.
        fields: the nodes of its named fields.
        members: the node of its list members, or of the values of a map.
        sent: whether any request had it.
        kept: whether an accepted request had it, with all its constraints kept.
        broken: the constraints that some request broke.
    """

    __slots__ = ("broken", "constraints", "fields", "kept", "members", "name", "sent", "values")

    def __init__(self, name: str) -> None:
        self.name = name
        self.constraints: set[str] = set()
        self.values: dict[Any, bool] = {}
        self.fields: dict[str, Node] = {}
        self.members: Node | None = None
        self.sent = False
        self.kept = False
        self.broken: set[str] = set()

    def mark(self, value: Any, *, kept: bool) -> None:
        """Note that a request had this value here, and what lies in it."""
        self.sent = True
        if kept:
            self.kept = True
        if self.values and isinstance(value, str | int) and value in self.values:
            self.values[value] = True
        if isinstance(value, dict):
            fields, members = self.fields, self.members
            for key, inner in value.items():
                node = fields.get(key) or members
                if node is not None:
                    node.mark(inner, kept=kept)
        elif isinstance(value, list) and self.members is not None:
            for inner in value:
                self.members.mark(inner, kept=kept)

    def find(self, steps: list[str]) -> Node | None:
        """Return the node that these steps lead to; None: it is deeper than the account goes."""
        node: Node | None = self
        if ".".join(steps) in self.fields:
            return self.fields[".".join(steps)]  # the name of a parameter may hold dots
        for step in steps:
            if node is None:
                return None
            node = node.fields.get(step) or node.members
        return node

    def each(self) -> Iterator[Node]:
        """Yield the node and all below it."""
        yield self
        for node in self.fields.values():
            yield from node.each()
        if self.members is not None:
            yield from self.members.each()


def tree_of(operation: Operation) -> Mapping[str, Node]:
    """Return what there is to exercise of an operation, by location; only locations that have something."""
    roots: dict[str, Node] = {}
    for parameter in operation.parameters:
        if parameter.name in _reserved():
            continue
        root = roots.setdefault(parameter.location, Node(""))
        node = root.fields[parameter.name] = Node(parameter.name)
        _grow(node, parameter.schema, depth=1, textual=True)
        for each in node.each():  # without a text in its place a path is another one, and an empty value is none
            each.constraints -= {"minLength"} if parameter.location != "header" else set()
        if parameter.location == "query" and parameter.required:
            node.constraints.add("required")
    if operation.body is not None:
        root = roots["body"] = Node("")
        _grow(root, operation.body, depth=0, textual=False)
        root.constraints |= {"json"} | ({"required"} if operation.body_required else set())
    return roots


def breakable(operation: Operation) -> bool:
    """Say whether a request to an operation can be invalid at all.

    Where there are only ids in a path, and texts in a query, nothing is.
    """
    return any(node.constraints for root in tree_of(operation).values() for node in root.each())


@cache
def _reserved() -> frozenset[str]:
    """Return the names of the parameters that are never generated."""
    parameters = contract.load().document["components"]["parameters"]
    return frozenset(each["name"] for each in parameters.values() if "x-not-generated" in each)


def _grow(node: Node, schema: Any, *, depth: int, textual: bool) -> None:
    """Add what a schema says to a node."""
    schema = _resolved(schema)
    if not isinstance(schema, dict):
        return
    types = schema.get("type", [])
    if types and not (textual and _TEXTUAL.issuperset([types] if isinstance(types, str) else types)):
        node.constraints.add("type")
    node.constraints |= schema.keys() & _BOUNDS
    node.values |= {value: False for value in schema.get("enum", ()) if isinstance(value, str | int)}
    for union in ("anyOf", "oneOf"):
        if union in schema:
            node.constraints.add(union)
            for branch in schema[union]:
                _grow_branch(node, branch, depth=depth, textual=textual)
    if depth < _DEEPEST:
        _grow_inside(node, schema, depth=depth, textual=textual)


def _grow_branch(node: Node, branch: Any, *, depth: int, textual: bool) -> None:
    """Add the fields of one branch of a union; what breaks inside of it breaks the union."""
    grown = Node(node.name)
    _grow(grown, branch, depth=depth, textual=textual)
    node.values |= grown.values
    _merge_fields(node, grown)


def _merge_fields(node: Node, other: Node) -> None:
    for name, field in other.fields.items():
        for each in field.each():
            each.constraints.clear()
        node.fields.setdefault(name, field)
    if node.members is None and other.members is not None:
        for each in other.members.each():
            each.constraints.clear()
        node.members = other.members


def _grow_inside(node: Node, schema: Mapping[str, Any], *, depth: int, textual: bool) -> None:
    required = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        if inner is False or "x-not-generated" in _resolved(inner):
            continue
        field = node.fields.setdefault(name, Node(_way(node, name)))
        _grow(field, inner, depth=depth + 1, textual=textual)
        if name in required:
            field.constraints.add("required")
    members = schema.get("items") or schema.get("additionalProperties")
    if isinstance(members, dict) and node.members is None:
        node.members = Node(_way(node, "*"))
        _grow(node.members, members, depth=depth + 1 if "items" not in schema else depth, textual=textual)


def _way(node: Node, step: str) -> str:
    return f"{node.name}.{step}" if node.name else step


def _resolved(schema: Any) -> Any:
    while isinstance(schema, dict) and "$ref" in schema:
        schema = contract.load().document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema
