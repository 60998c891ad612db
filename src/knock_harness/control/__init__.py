"""The control API: how whoever tests steers an emulator, beside the API that it emulates.

It is described by a document of its own, in the form of the contract, and spoken by a client:

control.load().operations["advanceClock"].path
control.Control("http://127.0.0.1:4000").environment().clock.advance("P1D")
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from knock_harness import contract

from .document import PREFIX, bundle

if TYPE_CHECKING:
    from knock_harness.contract import Contract

    from .client import Control, Environment
    from .results import ProviderRule

__all__ = [
    "DEFAULT_KEY",
    "ENVIRONMENT_HEADER",
    "PREFIX",
    "TOKEN_VARIABLE",
    "Control",
    "Environment",
    "ProviderRule",
    "document",
    "load",
]

#: The secret key of the environment that an emulator has from the start, unless it is told others.
DEFAULT_KEY = "sk_test_emulator"
#: Names the environment that a control request is about, by its secret key.
ENVIRONMENT_HEADER = "x-knock-environment"
#: Where a token is looked for that is not given: by the emulator that asks for it, and by the client that shows it.
TOKEN_VARIABLE = "KNOCK_EMULATOR_TOKEN"  # noqa: S105 - the name of a variable


@cache
def load() -> Contract:
    """Return the control API, read and indexed; read once in a process."""
    return contract.read(bundle())


def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the control API. Not to be changed."""
    return load().document


def __getattr__(name: str) -> Any:
    """Return the client once it is asked for: an emulator that is only served does not load it."""
    if name in {"Control", "Environment"}:
        from . import client

        return getattr(client, name)
    if name == "ProviderRule":
        from .results import ProviderRule

        return ProviderRule
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
