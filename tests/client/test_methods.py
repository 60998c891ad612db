from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from . import calls_of_messages, calls_of_objects, calls_of_the_rest, calls_of_users
from .methods import METHODS, named

if TYPE_CHECKING:
    from .stage import Stage

CASES = {
    **calls_of_users.CASES,
    **calls_of_objects.CASES,
    **calls_of_messages.CASES,
    **calls_of_the_rest.CASES,
}


def test_every_method_of_the_client_has_a_call() -> None:
    assert sorted(CASES) == METHODS


@pytest.mark.parametrize("method", METHODS)
def test_the_emulator_understands_the_client(method: str, on: Stage) -> None:
    case = CASES[method]
    arguments = case.arguments(on)

    answer = named(on.knock, method)(*arguments.positional, **arguments.named)

    assert case.shown(answer, on), f"{method} answered {answer!r}"
