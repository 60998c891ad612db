"""A client that asks a target that does not answer once in a test, and not once for each generated request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knock_harness.errors import TargetUnreachable
from knock_harness.target import Client

if TYPE_CHECKING:
    import httpx

__all__ = ["OneTryClient"]


class OneTryClient(Client):
    """Once a request got no answer, all others fail the same way at once, until `try_again`.

    Hypothesis repeats a failing test hundreds of times; with a target that keeps silent that would take hours.
    """

    _lost: TargetUnreachable | None = None

    def send(self, *args: Any, **options: Any) -> httpx.Response:
        """Send a request as `Client.send` does, unless the target was found to be gone."""
        if self._lost:
            raise self._lost
        try:
            return super().send(*args, **options)
        except TargetUnreachable as error:
            self._lost = error
            raise

    def try_again(self) -> None:
        """Forget that the target did not answer."""
        self._lost = None
