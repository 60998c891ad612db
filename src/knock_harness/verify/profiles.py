"""The profiles of `verify`: how many requests are tried."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from knock_harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PROFILES", "VARIABLE", "Profile", "current", "named"]

#: The environment variable that carries a profile's name to the processes that collect and run the suites.
VARIABLE = "KNOCK_HARNESS_PROFILE"


class Profile(msgspec.Struct, frozen=True):
    """How much is tried for each operation.

    Attributes:
        name: as given on the command line.
        valid_examples: random requests that keep the contract.
        invalid_examples: random requests that break it.
        per_kind: systematic requests that keep or break the same constraint of the same field; None: all there are.
        patience: how many that bring nothing new are generated before the rest is passed over; None: any number.
        at_least: an operation with fewer systematic requests gets so many more random ones.
    """

    name: str
    valid_examples: int
    invalid_examples: int
    per_kind: int | None
    patience: int | None
    at_least: int


#: Systematic requests cost a tenth of random ones, so only `deep` relies on chance.
PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            Profile("quick", valid_examples=2, invalid_examples=1, per_kind=1, patience=30, at_least=0),
            Profile("standard", valid_examples=25, invalid_examples=10, per_kind=3, patience=None, at_least=50),
            Profile("deep", valid_examples=250, invalid_examples=100, per_kind=None, patience=None, at_least=500),
        )
    }
)


def named(name: str) -> Profile:
    """Return the profile of this name.

    Raises:
        UsageError: there is none.
    """
    if name not in PROFILES:
        raise UsageError(f"no profile {name!r}", hint=f"There are {', '.join(PROFILES)}.")
    return PROFILES[name]


def current() -> Profile:
    """Return the profile of the run this process is part of; `standard` if it is part of none."""
    return named(os.environ.get(VARIABLE, "standard"))
