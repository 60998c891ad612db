"""What tests of several areas share: an emulator behind a real socket."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import hypothesis
import pytest
from hypothesis import HealthCheck

if TYPE_CHECKING:
    from collections.abc import Iterator

# How fast this machine is, and what else it does, is nothing that these tests judge.
hypothesis.settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.settings.load_profile("any-machine")


@pytest.fixture(scope="session")
def emulator_url() -> Iterator[str]:
    """Start an emulator in a process of its own, once for the session, and return its base URL."""
    command = [sys.executable, "-m", "knock_harness.cli", "emulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            ready = process.stdout.readline()
            assert ready.startswith("knock-harness emulator: http://"), ready
            yield ready.removeprefix("knock-harness emulator: ").strip()
        finally:
            process.terminate()
