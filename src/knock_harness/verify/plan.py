"""What the processes of one run must agree on; it travels in the environment, as the command line is open to all."""

from __future__ import annotations

import dataclasses
import os
import secrets
from typing import TYPE_CHECKING

import msgspec

from knock_harness import target as targets
from knock_harness.target import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["VARIABLE", "Keys", "Plan", "current", "new_run_name"]

#: The environment variable that carries the plan to the processes of a run.
VARIABLE = "KNOCK_HARNESS_PLAN"


class Keys(msgspec.Struct, frozen=True):
    """The keys of one environment of the target."""

    secret: str
    public: str | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One run: whom it is about, what of it is checked, and where its processes leave what they find.

    Attributes:
        run: names the run; part of the ids of everything it creates.
        folder: where the processes write; None: pytest was called by hand, and nobody reads.
        ledgers: the folder for the ledgers of what the run creates; None: they are not kept.
        environments: an environment for each worker, taken in turn; empty: all use the target's own keys.
        disposable: the target ends with the run, so that nothing needs removing.
        prefixes: as the user gave them.
        requirements: the ids selected by them; empty for all.
        operations: the operationIds selected; empty for all.
        workers: how many processes share the target.
    """

    run: str
    target: Target
    folder: str | None = None
    ledgers: str | None = None
    environments: tuple[Keys, ...] = ()
    disposable: bool = False
    prefixes: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    workers: int = 1

    def target_of(self, worker: str) -> Target:
        """Return the target as this worker ("gw0", "gw1", ...) meets it: with the keys of its own environment."""
        if not self.environments:
            return self.target
        number = int(worker.removeprefix("gw") or 0) if worker.startswith("gw") else 0
        keys = self.environments[number % len(self.environments)]
        return dataclasses.replace(self.target, api_key=keys.secret, public_key=keys.public)

    def variables(self) -> dict[str, str]:
        """Return the environment variables that hand the plan on."""
        return {VARIABLE: msgspec.json.encode(self).decode()}


def new_run_name() -> str:
    """Return a name for a run that no other has."""
    return secrets.token_hex(4)


def current(variables: Mapping[str, str] = os.environ) -> Plan:
    """Return the plan of the run this process is part of; without one, a plan for the configured target."""
    if VARIABLE in variables:
        return msgspec.json.decode(variables[VARIABLE], type=Plan)
    return Plan(run=new_run_name(), target=targets.resolve().target())
