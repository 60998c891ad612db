"""Liquid as templates of notifications have it: partials, translations, and bounds on what a template may do.

A template that never ends or explodes in size is stopped, whatever it is made of: each loop, partial and filter is
counted against bounds that no sensible template comes near.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final, TextIO, cast

from liquid import Environment, RenderContext
from liquid.ast import BlockNode, Node
from liquid.builtin.expressions import StringLiteral
from liquid.builtin.tags.render_tag import RenderNode, RenderTag
from liquid.exceptions import (
    ContextDepthError,
    LiquidSyntaxError,
    LoopIterationLimitError,
    OutputStreamLimitError,
    TemplateNotFoundError,
)
from liquid.output import LimitedStringIO
from liquid.parser import get_parser
from liquid.stringify import to_liquid_string
from liquid.tag import Tag
from liquid.template import BoundTemplate
from liquid.token import TOKEN_EOF, TOKEN_TAG

from .filters import FILTERS
from .records import RECORDS, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sized

    from liquid.expression import Expression
    from liquid.stream import TokenStream
    from liquid.token import Token

    from knock_harness.contract.project import Partial

    from .records import Records

__all__ = ["LIQUID", "evaluated", "partials_in", "reason", "rendered_partial"]

#: How often all loops of a rendering run together.
MOST_ITERATIONS: Final = 20_000
#: How many partials a rendering takes in, and how deeply they may be nested.
MOST_PARTIALS: Final = 2000
DEEPEST_PARTIAL: Final = 5
#: How long a text may become, in characters, be it the output or a value on the way to it.
LONGEST_TEXT: Final = 8 * 1024 * 1024
#: How many elements a list may have that a filter is applied to or makes.
MOST_ELEMENTS: Final = 100_000
#: How many bits a whole number may have that a filter makes.
LARGEST_NUMBER: Final = 4096


class _Work:
    """What a rendering has done so far, its partials included."""

    __slots__ = ("iterations", "partials")

    def __init__(self) -> None:
        self.iterations = 0
        self.partials = 0


class _Context(RenderContext):
    """A rendering that is stopped where it goes beyond the bounds."""

    __slots__ = ("depth", "work")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.work = _Work()
        self.depth = 0

    def raise_for_loop_limit(self, length: int = 1) -> None:
        """Count the iterations of a loop before it begins."""
        self.work.iterations += length
        if self.work.iterations > MOST_ITERATIONS:
            raise LoopIterationLimitError(f"loops run more than {MOST_ITERATIONS} times", token=None)

    def render_inside(
        self, source: str, values: Mapping[str, Any], buffer: TextIO, *, token: Token | None = None
    ) -> None:
        """Render a template that a part of this one stands for, and that sees its own values only."""
        self.work.partials += 1
        if self.depth >= DEEPEST_PARTIAL:
            raise ContextDepthError(f"partials are nested too deeply: more than {DEEPEST_PARTIAL}", token=token)
        if self.work.partials > MOST_PARTIALS:
            raise ContextDepthError(f"more than {MOST_PARTIALS} partials are rendered", token=token)
        template, seen = _partial_template(source), self.globals
        inner = _Context(
            template,
            globals={**values, RECORDS: seen.get(RECORDS), ROOT: seen.get(ROOT, seen)},
            parent_context=self,
            local_namespace_size_carry=self.get_size_of_locals(),
        )
        inner.work, inner.depth = self.work, self.depth + 1
        template.render_with_context(inner, buffer, partial=True)

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        """Return a filter that refuses what is too large for it, and what becomes too large by it."""
        return partial(_bounded, super().filter(name, token), name)


class _Template(BoundTemplate):
    context_class = _Context


class LiquidEnvironment(Environment):
    """The language, with the filters and tags of the vendor."""

    template_class = _Template
    output_stream_limit = LONGEST_TEXT
    local_namespace_limit = 2 * LONGEST_TEXT

    def __init__(self) -> None:
        super().__init__()
        self.filters.update(FILTERS)
        del self.tags["include"]  # which `render` came in place of
        self.add_tag(_PartialTag)
        self.add_tag(_TranslationTag)


def _bounded(function: Callable[..., object], name: str, value: Any, /, *args: Any, **kwargs: Any) -> object:
    """Apply a filter, unless what it is applied to, or what it would make, is beyond all bounds."""
    for each in (value, *args):
        _check_size(each, name)
    if name == "replace" and len(args) == 2:
        text, old, new = (to_liquid_string(each, autoescape=False) for each in (value, *args))
        _check_length((text.count(old) if old else len(text) + 1) * len(new), name)
    elif name == "join" and isinstance(value, list | tuple | range):
        separator = to_liquid_string(args[0], autoescape=False) if args else " "
        _check_length(len(value) * len(separator), name)
    made = function(value, *args, **kwargs)
    _check_size(made, name)
    return made


def _check_size(value: Any, name: str) -> None:
    if isinstance(value, str):
        _check_length(len(value), name)
    elif isinstance(value, int):
        if value.bit_length() > LARGEST_NUMBER:
            raise OutputStreamLimitError(f"the number that {name!r} works on is too large", token=None)
    elif isinstance(value, list | tuple | range) and len(cast("Sized", value)) > MOST_ELEMENTS:
        raise OutputStreamLimitError(
            f"the list that {name!r} works on has more than {MOST_ELEMENTS} elements", token=None
        )


def _check_length(length: int, name: str) -> None:
    if length > LONGEST_TEXT:
        raise OutputStreamLimitError(f"the text that {name!r} works on is longer than {LONGEST_TEXT}", token=None)


class _PartialNode(RenderNode):
    """A partial, which sees what it is given and nothing else."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Render the partial into the output of the template that it stands in."""
        context = cast("_Context", context)
        name = cast("StringLiteral", self.name).value
        records = cast("Records | None", context.globals.get(RECORDS))
        found = records.partial(name) if records else None
        if found is None:
            raise TemplateNotFoundError(f"there is no partial {name!r}", token=self.token)
        given = {each.name: each.value.evaluate(context) for each in self.args}
        context.render_inside(found.content, _inputs(found, given), buffer, token=self.token)
        return True

    def children(self, static_context: RenderContext, *, include_partials: bool = True) -> list[Node]:  # noqa: ARG002
        """Return nothing: partials are looked at by themselves."""
        return []


def _inputs(found: Partial, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a partial sees: its inputs, those that its schema does not give a structure as texts."""
    values = {**found.defaults, **given}
    return {
        name: value
        if value is None or isinstance(value, str) or name in found.structured
        else to_liquid_string(value, autoescape=False)
        for name, value in values.items()
    }


def rendered_partial(found: Partial, given: Mapping[str, Any], variables: Mapping[str, Any]) -> str:
    """Return a partial that stands by itself, rendered on its inputs.

    Args:
        found: the partial.
        given: its inputs.
        variables: those of the run, which its filters may need.
    """
    template = _partial_template(found.content)
    values = {**_inputs(found, given), RECORDS: variables.get(RECORDS), ROOT: variables}
    context, buffer = _Context(template, globals=values), LimitedStringIO(LONGEST_TEXT)
    context.depth = context.work.partials = 1
    template.render_with_context(context, buffer)
    return buffer.getvalue()


def evaluated(expression: Expression, variables: Mapping[str, Any]) -> Any:
    """Return the value of an expression."""
    return expression.evaluate(_Context(_EMPTY, globals=variables))


@lru_cache(maxsize=1024)
def _partial_template(content: str) -> BoundTemplate:
    return LIQUID.from_string(content)


class _PartialTag(RenderTag):
    """``{% render 'key', name: value %}``, without ``for`` and ``with``."""

    node_class = _PartialNode

    def parse(self, stream: TokenStream) -> Node:
        """Read the tag."""
        node = cast("RenderNode", super().parse(stream))
        if node.var is not None or not isinstance(node.name, StringLiteral):
            raise LiquidSyntaxError("a partial is rendered by its key, without 'for' and 'with'", token=node.token)
        return node


class _TranslationNode(Node):
    """A text in the default language, which stands for its translations."""

    __slots__ = ("block", "text")

    def __init__(self, token: Token, block: BlockNode, text: str) -> None:
        super().__init__(token)
        self.block = block
        self.text = text
        self.blank = False

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Render the translation of the text, or the text itself if there is none."""
        records = cast("Records | None", context.globals.get(RECORDS))
        root = cast("Mapping[str, Any]", context.globals.get(ROOT, context.globals))
        found = records.translation_of_text(self.text, root) if records else None
        if found is None or found == self.text:
            return self.block.render(context, buffer)
        _partial_template(found).render_with_context(context, buffer, partial=True, block_scope=True)
        return True

    def children(self, static_context: RenderContext, *, include_partials: bool = True) -> list[Node]:  # noqa: ARG002
        """Return the text."""
        return [self.block]


class _TranslationTag(Tag):
    """``{% t %}text{% endt %}``."""

    name = "t"
    end = "endt"
    node_class = _TranslationNode

    def parse(self, stream: TokenStream) -> Node:
        """Read the tag and its text."""
        token = stream.eat(TOKEN_TAG)
        block = get_parser(self.env).parse_block(stream, frozenset((self.end, TOKEN_EOF)))
        stream.expect(TOKEN_TAG, value=self.end)
        source = token.source
        start = source.index("%}", token.start_index) + 2
        text = source[start : source.rindex("{%", start, stream.current.start_index)]
        return self.node_class(token, block, text.strip())


def partials_in(template: BoundTemplate) -> Iterator[tuple[str, int]]:
    """Yield the partials that a template names, and where in its source."""
    context = _Context(template)
    waiting: list[Node] = list(template.nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, _PartialNode):
            yield cast("StringLiteral", node.name).value, node.token.start_index
        waiting.extend(node.children(context, include_partials=False))


def reason(error: Exception) -> str:
    """Return why a template failed, in one line."""
    message = str(getattr(error, "message", None) or error) or type(error).__name__
    place = error.context() if hasattr(error, "context") else None
    return f"{message} (line {place[0]})" if place else message


LIQUID: Final = LiquidEnvironment()
_EMPTY: Final = LIQUID.from_string("")
