from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knock_harness.emulator.engine import liquid_environment, liquid_templates
from knock_harness.emulator.engine.templates import TemplateFailed, compiled

VARIABLES: dict[str, Any] = {
    "data": {"name": "Ada", "items": ["a", "b"], "count": 2, "flag": True, "none": None, "nested": {"deep": "x"}},
    "recipient": {"id": "ada"},
    "actor": None,
}


def rendered(source: str) -> str:
    return compiled(source)(VARIABLES)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Hello", "Hello"),
        ("Hello {{ data.name }}!", "Hello Ada!"),
        ("Hello {{ data.missing }}!", "Hello !"),
        ("{{ data.missing.deeper }}{{ nothing }}", ""),
        ("{{ data.count }} {{ data.flag }} {{ data.none }}", "2 true "),
        ("{{ data.missing | default: 'you' }}", "you"),
        ("{{ data.missing | default: recipient.id }}", "ada"),
        ("{% if actor %}yes{% endif %}{% if data.flag %}no{% endif %}", "no"),
        ("{% if data.count == 2 %}two{% else %}other{% endif %}", "two"),
        ("{% for each in data.items %}[{{ each }}]{% endfor %}", "[a][b]"),
        ("{% assign x = data.count | plus: 1 %}{{ x }}", "3"),
        ("{% capture x %}<{{ data.name }}>{% endcapture %}{{ x }}", "<Ada>"),
        ("{% case data.name %}{% when 'Ada' %}hers{% endcase %}", "hers"),
        ("{{ data.name | upcase }}", "ADA"),
        ("{{ data.items | size }}{{ data.items.size }}{{ data.items.first }}", "22a"),
        ("{{ data.nested.deep }}", "x"),
    ],
)
def test_a_template_renders(source: str, expected: str) -> None:
    assert rendered(source) == expected


@pytest.mark.parametrize(
    "source", ["{% if", "{{ data.name | no_such_filter }}", "{% nonsense %}", "{{ 1 | divided_by: 0 }}"]
)
def test_a_template_that_cannot_be_rendered_fails_when_it_is_used(source: str) -> None:
    render = compiled(source)

    with pytest.raises(TemplateFailed):
        render(VARIABLES)


def sources() -> st.SearchStrategy[str]:
    names = st.sampled_from(
        [
            "data.name",
            "data.none",
            "data.count",
            "data.flag",
            "data.items",
            "data.missing",
            "recipient.id",
            "actor",
            "data.nested",
        ]
    )
    outputs = names.map("{{{{ {} }}}}".format)
    defaults = st.builds(
        "{{{{ {} | default: {} }}}}".format, names, st.sampled_from(["'x'", "recipient.id", "data.none"])
    )
    texts = st.sampled_from(["Hello ", "\n", " and ", "**"])
    plain = st.lists(outputs | defaults | texts, min_size=1, max_size=4).map("".join)
    return st.lists(plain | st.builds("{{% if {} %}}{}{{% endif %}}".format, names, plain), min_size=1, max_size=3).map(
        "".join
    )


@given(source=sources())
def test_a_plain_template_renders_as_the_library_renders_it(source: str) -> None:
    library = liquid_environment.LIQUID.from_string(source)

    assert rendered(source) == library.render(VARIABLES)


@pytest.mark.parametrize("source", ["{{ data.name }}", "{% if actor %}{{ actor.name | default: actor.id }}{% endif %}"])
def test_a_plain_template_is_not_left_to_the_library(source: str) -> None:
    assert liquid_templates._direct(liquid_environment.LIQUID.from_string(source).nodes) is not None
