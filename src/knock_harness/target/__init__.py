"""Who is tested: configuration, the one HTTP client, the guard, and the test data with its clean-up."""

from __future__ import annotations

from .client import ABSENT, Client
from .definition import Target
from .exchange import Exchange
from .fixtures import ChannelFixture, Fixtures, GuideFixture
from .ledger import Entity, Ledger, read_ledger
from .removal import Removal, remove
from .symbols import SYMBOLS, find_symbol
from .waiting import Overdue, eventually
from .world import World

__all__ = [
    "ABSENT",
    "SYMBOLS",
    "ChannelFixture",
    "Client",
    "Entity",
    "Exchange",
    "Fixtures",
    "GuideFixture",
    "Ledger",
    "Overdue",
    "Removal",
    "Target",
    "World",
    "eventually",
    "find_symbol",
    "read_ledger",
    "remove",
]
