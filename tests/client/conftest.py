"""The official client, on an environment of its own for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from knockapi import Knock

from .stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def key() -> str:
    """Return the secret key of an environment that nobody else uses."""
    return f"sk_test_{uuid4().hex}"


@pytest.fixture
def knock(emulator_url: str, key: str) -> Iterator[Knock]:
    """Return the client, with strict validation of what the server answers."""
    with Knock(api_key=key, base_url=emulator_url, max_retries=0, _strict_response_validation=True) as client:
        yield client


@pytest.fixture
def on(knock: Knock) -> Stage:
    """Return the environment of the test and the means to fill it."""
    return Stage(knock)
