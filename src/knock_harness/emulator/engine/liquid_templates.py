"""Templates that are more than text: parsed by the Liquid library, and rendered by it or by functions of ours.

Most templates of notifications are text with a few outputs. Those are turned into functions that do the same as the
library at a fraction of its cost; everything else is rendered by the library itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, Path, PositionalArgument, StringLiteral
from liquid.builtin.expressions.logical import BooleanExpression
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.stringify import to_liquid_string

from .liquid_environment import LIQUID, evaluated, reason, rendered_partial
from .markdown import html
from .templates import Render, TemplateFailed

if TYPE_CHECKING:
    from knock_harness.contract.project import Partial

__all__ = ["parsed", "partial_block"]

_Value: TypeAlias = Callable[[Mapping[str, Any]], Any]

#: Liquid reads these as properties of any list or text.
_PSEUDO_PROPERTIES: Final = frozenset({"size", "first", "last"})


def parsed(source: str) -> Render:
    """Return what renders a template; one that cannot be parsed fails when it is rendered (ENGINE-FAIL-HALTS)."""
    try:
        template = LIQUID.from_string(source)
    except Exception as error:  # noqa: BLE001 - nesting beyond what Python takes is no error of Liquid's
        return _failing(reason(error))
    return _direct(template.nodes) or _by_library(template.render)


def partial_block(key: str, partials: Mapping[str, Partial], given: Mapping[str, Any]) -> Render:
    """Return what renders a partial that stands in an email as a block; one that there is not fails.

    Args:
        key: of the partial.
        partials: those of the project.
        given: its inputs: values, or templates of them.
    """
    found = partials.get(key)
    if found is None:
        return _failing(f"there is no partial {key!r}")
    values = {name: _evaluating(each) if name in found.structured else _template(each) for name, each in given.items()}

    def render(variables: Mapping[str, Any]) -> str:
        inputs = {name: value(variables) for name, value in values.items()}
        try:
            text = rendered_partial(found, inputs, variables)
        except Exception as error:  # noqa: BLE001 - as in `_by_library`
            raise TemplateFailed(reason(error)) from None
        return html(text) if found.type == "markdown" else text

    return render


def _template(value: Any) -> _Value:
    return parsed(value) if isinstance(value, str) else _constant(value)


def _evaluating(value: Any) -> _Value:
    """Return a function for the value of a template that is one output and nothing else, else for its text."""
    if not isinstance(value, str):
        return _constant(value)
    try:
        nodes = LIQUID.from_string(value).nodes
    except Exception:  # noqa: BLE001 - which the template says itself when it is rendered
        return parsed(value)
    if len(nodes) == 1 and isinstance(nodes[0], OutputNode):
        expression = nodes[0].expression
        return lambda variables: evaluated(expression, variables)
    return parsed(value)


def _failing(why: str) -> Render:
    def render(_: Mapping[str, Any]) -> str:
        raise TemplateFailed(why)

    return render


def _by_library(liquid: Callable[[Mapping[str, Any]], str]) -> Render:
    def render(variables: Mapping[str, Any]) -> str:
        try:
            return liquid(variables)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in a template is a failure of that template
            raise TemplateFailed(reason(error)) from None

    return render


def _direct(nodes: Iterable[Node]) -> Render | None:
    """Return a function for text, plain outputs and plain ifs; None if there is anything else."""
    parts: list[_Value] = []
    for node in nodes:
        part = _part(node)
        if part is None:
            return None
        parts.append(part)
    if len(parts) == 1:
        return parts[0]
    return lambda variables: "".join([part(variables) for part in parts])


def _part(node: Node) -> _Value | None:
    if isinstance(node, ContentNode):
        return _constant(node.text)
    if isinstance(node, OutputNode):
        value = _value(node.expression)
        return None if value is None else _output(value)
    if isinstance(node, IfNode):
        return _if(node)
    return None


def _constant(value: Any) -> _Value:
    return lambda _: value


def _output(value: _Value) -> _Value:
    def output(variables: Mapping[str, Any]) -> str:
        found = value(variables)
        return found if type(found) is str else to_liquid_string(found, autoescape=False)

    return output


def _if(node: IfNode) -> _Value | None:
    condition, consequence = node.condition, node.consequence
    if node.alternatives or node.default or not isinstance(condition, BooleanExpression) or consequence.blank:
        return None
    value = _value(condition.expression)
    block = _direct(consequence.nodes) if isinstance(consequence, BlockNode) else None
    if value is None or block is None:
        return None
    return lambda variables: "" if value(variables) in (None, False) else block(variables)


def _value(expression: Any) -> _Value | None:
    """Return a function for a path, a literal, or one of them with defaults."""
    if isinstance(expression, StringLiteral):
        return _constant(expression.value)
    if isinstance(expression, Path):
        return _path(expression.path)
    if not isinstance(expression, FilteredExpression):
        return None
    value = _value(expression.left)
    for each in expression.filters or ():
        argument = each.args[0] if each.name == "default" and len(each.args) == 1 else None
        if value is None or not isinstance(argument, PositionalArgument):
            return None
        other = _value(argument.value)
        if other is None:
            return None
        value = _default(value, other)
    return value


def _path(segments: list[Any]) -> _Value | None:
    if not all(isinstance(each, str) for each in segments) or not _PSEUDO_PROPERTIES.isdisjoint(segments):
        return None
    if len(segments) == 2:
        first, second = segments

        def two(variables: Mapping[str, Any]) -> Any:
            found = variables.get(first)
            return found.get(second) if isinstance(found, dict) else None

        return two

    def follow(variables: Any) -> Any:
        for segment in segments:
            if not isinstance(variables, dict):
                return None
            variables = variables.get(segment)
        return variables

    return follow


def _default(value: _Value, other: _Value) -> _Value:
    def either(variables: Mapping[str, Any]) -> Any:
        found = value(variables)
        if found is None or found is False or found == "" or found == [] or found == {}:
            return other(variables)
        return found

    return either
