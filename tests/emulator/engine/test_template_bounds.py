from __future__ import annotations

from time import perf_counter
from typing import Any

import pytest

from knock_harness.contract.project import Partial
from knock_harness.emulator.engine.records import RECORDS
from knock_harness.emulator.engine.templates import TemplateFailed, compiled

#: Far more than any of these takes when it is stopped, far less than it would take if it were not.
BOUND_S = 10.0


class Partials:
    """Records that know partials and nothing else."""

    def __init__(self, **contents: str) -> None:
        self._contents = contents

    def partial(self, key: str) -> Partial | None:
        return Partial(key, "html", self._contents[key]) if key in self._contents else None

    def translation(self, key: str, variables: Any, *, count: Any = None) -> str | None:  # noqa: ARG002
        return self._contents.get(key)


def render(source: str, **contents: str) -> str:
    return compiled(source)({"data": {"text": "x" * 1000, "list": ["a"] * 1000}, RECORDS: Partials(**contents)})


def failure(source: str, **contents: str) -> str:
    started = perf_counter()
    with pytest.raises(TemplateFailed) as failed:
        render(source, **contents)
    assert perf_counter() - started < BOUND_S
    return str(failed.value)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{% for a in (1..1000000000) %}{% endfor %}", "loops run more than"),
        ("{% for a in (1..1000) %}{% for b in (1..1000) %}{% endfor %}{% endfor %}", "loops run more than"),
        ("{% for a in (1..15000) %}{% endfor %}" * 2, "loops run more than"),
        ("{% tablerow a in (1..1000000000) %}{% endtablerow %}", "loops run more than"),
        ("{% for a in (1..19000) %}{{ data.text }}{% endfor %}", "output stream limit"),
        ("{% assign x = data.text %}" + "{% assign x = x | append: x %}" * 40, "'append'"),
        ("{% assign x = 99 %}" + "{% assign x = x | times: x %}" * 60, "'times'"),
        ("{% assign x = data.list %}" + "{% assign x = x | concat: x %}" * 40, "'concat'"),
        ("{{ data.text | replace: 'x', data.text | replace: 'x', data.text }}", "'replace'"),
        ("{{ data.text | replace: '', data.text | replace: '', data.text }}", "'replace'"),
        ("{% assign x = data.list | join: data.text %}" * 2 + "{{ data.list | join: x }}", "'join'"),
        ("{{ (1..10000000000) | join: ',' }}", "'join'"),
        ("{% assign x = (1..10000000000) | reverse %}", "'reverse'"),
        ("{% capture x %}{{ data.text }}{% endcapture %}" + "{% capture x %}{{ x }}{{ x }}{% endcapture %}" * 30, ""),
    ],
)
def test_a_template_that_never_ends_or_explodes_is_stopped(source: str, said: str) -> None:
    assert said in failure(source)


def test_a_range_is_printed_as_it_is_written() -> None:
    assert len(render("{{ (1..10000000000) }}")) < 100


def test_blocks_are_nested_within_reason() -> None:
    assert failure("{% if true %}" * 5000 + "x" + "{% endif %}" * 5000)


def test_paths_are_nested_within_reason() -> None:
    assert failure("{{ " + "a[" * 5000 + "b" + "]" * 5000 + " }}")


def test_a_partial_that_includes_itself_is_stopped() -> None:
    assert "nested too deeply" in failure("{% render 'me' %}", me="{% render 'me' %}")


def test_partials_that_include_each_other_are_stopped() -> None:
    assert "nested too deeply" in failure("{% render 'a' %}", a="{% render 'b' %}", b="{% render 'a' %}")


def test_partials_that_include_others_many_times_are_stopped() -> None:
    many = {name: f"{{% render '{after}' %}}" * 100 for name, after in ("ab", "bc", "cd")}

    assert "partials are rendered" in failure("{% render 'a' %}", **many, d="")


def test_loops_of_partials_count_together() -> None:
    source = "{% for a in (1..400) %}{% render 'loop' %}{% endfor %}"

    assert "loops run more than" in failure(source, loop="{% for b in (1..400) %}{% endfor %}")


def test_a_translation_that_uses_itself_is_stopped() -> None:
    assert "nested too deeply" in failure("{{ 'me' | t }}", me="{{ 'me' | t }}")


def test_loops_of_translations_count_together() -> None:
    source = "{% for a in (1..400) %}{{ 'loop' | t }}{% endfor %}"

    assert "loops run more than" in failure(source, loop="{% for b in (1..400) %}{% endfor %}{{ b }}")


def test_what_sensible_templates_do_is_within_the_bounds() -> None:
    source = "{% for a in (1..100) %}{% for b in (1..100) %}{{ a | times: b }},{% endfor %}{% endfor %}"

    assert render(source).endswith("10000,")


def test_a_failure_names_the_line() -> None:
    assert failure("one\ntwo\n{{ 1 | nothing }}").endswith("(line 3)")
