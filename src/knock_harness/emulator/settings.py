"""What is set for an environment, beside its definitions and its keys."""

from __future__ import annotations

import msgspec

__all__ = ["Settings"]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of one environment; they are kept in its store.

    Attributes:
        outbound: whether workflows may call out: ``off``, or ``loopback`` for servers on this machine.
    """

    outbound: str = "off"
