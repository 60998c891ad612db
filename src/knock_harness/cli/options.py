"""Options that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["target_options"]

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
