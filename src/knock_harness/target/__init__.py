"""Who is tested: configuration, the one HTTP client, the guard, and the test data with its clean-up."""

from __future__ import annotations

from .client import ABSENT, Client
from .definition import Target
from .exchange import Exchange
from .fixtures import ChannelFixture, Fixtures, GuideFixture
from .ledger import Entity, Ledger, read_ledger
from .waiting import Overdue, eventually

__all__ = [
    "ABSENT",
    "ChannelFixture",
    "Client",
    "Entity",
    "Exchange",
    "Fixtures",
    "GuideFixture",
    "Ledger",
    "Overdue",
    "Target",
    "eventually",
    "read_ledger",
]
