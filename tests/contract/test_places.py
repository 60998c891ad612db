from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knock_harness.contract.places import Place, line_in_json, line_in_yaml

if TYPE_CHECKING:
    from pathlib import Path

JSON = """{
\t"name": "A {\\"tricky\\": [text]}",
\t"steps": [
\t\t{"ref": "one"},
\t\t{
\t\t\t"ref": "two",
\t\t\t"template": {"body@": "body.md", "list": [1,
\t\t\t\t2]}
\t\t}
\t]
}
"""


@pytest.mark.parametrize(
    ("route", "line"),
    [
        ((), 1),
        (("name",), 2),
        (("steps",), 3),
        (("steps", 0), 4),
        (("steps", 1), 5),
        (("steps", 1, "ref"), 6),
        (("steps", 1, "template", "body"), 7),
        (("steps", 1, "template", "list", 1), 8),
        (("steps", 1, "missing"), 5),
        (("steps", 9, "ref"), 3),
        (("missing",), 1),
    ],
)
def test_the_line_of_a_value_is_found(route: tuple[str | int, ...], line: int) -> None:
    assert line_in_json(JSON, route) == line


def values() -> st.SearchStrategy[Any]:
    """JSON values of lists and maps, whose texts hold what could be taken for marks."""
    texts = st.text(alphabet='ab{}[],:"\\\n', max_size=5)
    return st.recursive(
        texts | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=10
    )


def routes(value: Any) -> list[tuple[str | int, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(), *((key, *route) for key, each in below for route in routes(each))]


@given(value=values(), data=st.data())
def test_each_value_is_found_where_it_was_written(value: Any, data: st.DataObject) -> None:
    route = data.draw(st.sampled_from(routes(value)))
    text = json.dumps(value, indent=1)
    marked = json.dumps(_marked(value, route), indent=1)

    lines = [number for number, line in enumerate(marked.splitlines(), 1) if '"-MARK-"' in line]

    assert line_in_json(text, route) == lines[0]


def _marked(value: Any, route: tuple[str | int, ...]) -> Any:
    """Return the value with a mark in the place that the route leads to."""
    if not route:
        return "-MARK-"
    head, *rest = route
    if isinstance(value, dict):
        return {key: _marked(each, tuple(rest)) if key == head else each for key, each in value.items()}
    return [_marked(each, tuple(rest)) if number == head else each for number, each in enumerate(value)]


@pytest.mark.parametrize(
    ("route", "line"),
    [((), 1), (("channels",), 1), (("channels", "email", "type"), 3), (("groups", 1), 6), (("x",), 1)],
)
def test_the_line_of_a_value_in_yaml_is_found(route: tuple[str | int, ...], line: int) -> None:
    text = "channels:\n  email:\n    type: pigeon\ngroups:\n  - {key: a}\n  - {key: b}\n"

    assert line_in_yaml(text, route) == line


def test_an_error_in_a_file_names_file_line_and_path(tmp_path: Path) -> None:
    file = tmp_path / "workflow.json"
    file.write_text(JSON)

    error = (Place(str(file), file) / "steps" / 1 / "ref").error("is wrong")

    assert (error.file, error.line, error.path) == (str(file), 6, "steps[1].ref")
    assert str(error) == f"{file}:6: is wrong."


def test_an_error_in_a_definition_without_file_names_the_path() -> None:
    error = (Place("workflow news") / "steps" / 0 / "type").error("is wrong", hint="Change it.")

    assert str(error) == "workflow news, steps[0].type: is wrong. Change it."


def test_a_file_that_is_gone_meanwhile_is_named_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "workflow.json"

    assert (Place(str(file), file) / "name").error("is wrong").where == f"{file}:1"
