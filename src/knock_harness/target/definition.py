"""Whom a run is about, as one value that can be handed to other processes."""

from __future__ import annotations

from dataclasses import dataclass

from .fixtures import Fixtures, packaged_fixtures

__all__ = ["Target", "packaged_target"]


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a run is about.

    Attributes:
        base_url: without the `/v1` of the paths and without a slash at the end.
        api_key: a secret key of the environment.
        public_key: a public key of it, if there is one.
        fixtures: what stands there already.
        capabilities: what the target can do beyond the public API.
        hosts: those that may be touched besides this machine.
        live_allowed: a key that may be a production key is meant.
        pace: keep below the limits of the tiers.
        timeout_s: how long one request may take in all.
    """

    base_url: str
    api_key: str
    fixtures: Fixtures
    public_key: str | None = None
    capabilities: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    live_allowed: bool = False
    pace: bool = False
    timeout_s: float = 9.0


def packaged_target(
    base_url: str, *, api_key: str, public_key: str | None = None, capabilities: frozenset[str] = frozenset()
) -> Target:
    """Return a target on this machine that was set up from the packaged project, as the emulator is."""
    return Target(
        base_url=base_url.rstrip("/"),
        api_key=api_key,
        public_key=public_key,
        fixtures=packaged_fixtures(),
        capabilities=capabilities,
    )
