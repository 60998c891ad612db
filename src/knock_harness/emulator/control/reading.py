"""Values of control requests as the parts of the emulator take them."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from knock_harness.emulator.refusals import InvalidParams

__all__ = ["read"]

Read = TypeVar("Read")


def read(value: Any, kind: type[Read]) -> Read:
    """Return a JSON value as what it stands for.

    Raises:
        InvalidParams: it stands for no such thing; what the document lets pass may still be none.
    """
    try:
        return msgspec.convert(value, type=kind)
    except msgspec.ValidationError as error:
        raise InvalidParams.at("body", str(error), kind="type") from None
