"""Options that several commands share, and how their values are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from knock_harness import contract
from knock_harness.contract import requirements
from knock_harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["check_operations", "target_options"]

F = TypeVar("F", bound="Callable[..., Any]")


def target_options(command: F) -> F:
    """Add the options that say whom to talk to: `base_url`, `api_key`, `public_key`, `pace` and `live`.

    The first four are what `target.resolve(flags=...)` takes, the last its `live_allowed`.
    """
    options = [
        click.option("--target", "base_url", metavar="URL", help="Where the API is, without /v1."),
        click.option("--key", "api_key", metavar="KEY", help="A secret key; better in KNOCK_API_KEY."),
        click.option("--public-key", metavar="KEY", help="A public key; better in KNOCK_PUBLIC_API_KEY."),
        click.option("--pace/--no-pace", default=None, help="Keep below the rate limits of the tiers."),
        click.option(
            "--i-understand-this-is-live", "live", is_flag=True, help="Allow a key that is not of a test environment."
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def check_operations(operations: Iterable[str]) -> None:
    """See to it that each of these names an operation of the contract.

    Raises:
        UsageError: one does not; it says which was meant, if one is near.
    """
    known = contract.load().operations
    for operation in operations:
        if operation not in known:
            nearest = requirements.nearest(operation, known)
            hint = f"Did you mean {nearest}?" if nearest else "`knock-harness contract export` names them all."
            raise UsageError(f"no operation {operation!r}", hint=hint)
