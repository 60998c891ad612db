"""Who is tested: configuration, the one HTTP client, the guard, and the test data with its clean-up."""

from __future__ import annotations

from .client import ABSENT, Client
from .configuration import Resolved, Value, resolve
from .definition import Target, packaged_target
from .exchange import Exchange
from .fixtures import ChannelFixture, Fixtures, GuideFixture
from .guard import LIVE_FLAG
from .ledger import Entity, Ledger, read_ledger
from .probe import Probe, probe
from .redaction import mask
from .removal import Removal, remove
from .settings import CAPABILITIES, SETTINGS
from .symbols import SYMBOLS, find_symbol
from .waiting import Overdue, eventually
from .world import World

__all__ = [
    "ABSENT",
    "CAPABILITIES",
    "LIVE_FLAG",
    "SETTINGS",
    "SYMBOLS",
    "ChannelFixture",
    "Client",
    "Entity",
    "Exchange",
    "Fixtures",
    "GuideFixture",
    "Ledger",
    "Overdue",
    "Probe",
    "Removal",
    "Resolved",
    "Target",
    "Value",
    "World",
    "eventually",
    "find_symbol",
    "mask",
    "packaged_target",
    "probe",
    "read_ledger",
    "remove",
    "resolve",
]
