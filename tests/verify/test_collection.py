from __future__ import annotations

import pytest

from knock_harness.verify import collection
from knock_harness.verify.books import CollectedItem

pytest_plugins = ["pytester"]

ITEMS = [
    CollectedItem("test_a", ("getUser",), ("REQID-PRESENT",)),
    CollectedItem("test_b", ("getUser", "listUsers"), ("REQID-UNIQUE", "PAGE-SIZE-MAX")),
    CollectedItem("test_c", (), ("PAGE-SIZE-MAX",)),
]


@pytest.mark.parametrize(
    ("mark", "operations"),
    [
        pytest.param("operation('getUser', 'listUsers')", ("getUser", "listUsers"), id="by a mark"),
        pytest.param("parametrize('operation', ['getUser'])", ("getUser",), id="by a parameter"),
        pytest.param("parametrize('case', [1], ids=['getUser-valid'])", ("getUser",), id="by its id"),
        pytest.param(
            "parametrize('case', [1], ids=['PUT /v1/users/{user_id}'])", ("identifyUser",), id="by method and path"
        ),
        pytest.param("parametrize('case', [1], ids=['something'])", (), id="not at all"),
    ],
)
def test_a_test_names_its_operations(pytester: pytest.Pytester, mark: str, operations: tuple[str, ...]) -> None:
    pytester.makeini("[pytest]\nmarkers = operation")
    parameter = "operation" if "'operation'" in mark else "case" if "'case'" in mark else ""
    (item,) = pytester.getitems(f"import pytest\n@pytest.mark.{mark}\ndef test_it({parameter}): pass")

    assert collection.operations_of(item) == operations


@pytest.mark.parametrize(
    ("requirements", "operations", "kept"),
    [
        pytest.param((), (), ["test_a", "test_b", "test_c"], id="everything"),
        pytest.param(("PAGE-SIZE-MAX",), (), ["test_b", "test_c"], id="a requirement"),
        pytest.param((), ("listUsers",), ["test_b"], id="an operation"),
        pytest.param(("REQID-PRESENT",), ("listUsers",), [], id="both, and nothing fits"),
    ],
)
def test_a_selection_keeps_what_fits_both(
    requirements: tuple[str, ...], operations: tuple[str, ...], kept: list[str]
) -> None:
    assert list(collection.selected(ITEMS, requirements=requirements, operations=operations)) == kept
