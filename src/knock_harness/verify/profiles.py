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
        coverage_cases: systematic requests, each built around one constraint; None: as many as there are.
    """

    name: str
    valid_examples: int
    invalid_examples: int
    coverage_cases: int | None


#: Systematic requests cost a tenth of random ones, so only `deep` relies on chance.
PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            Profile("quick", valid_examples=3, invalid_examples=2, coverage_cases=20),
            Profile("standard", valid_examples=25, invalid_examples=10, coverage_cases=None),
            Profile("deep", valid_examples=250, invalid_examples=100, coverage_cases=None),
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
