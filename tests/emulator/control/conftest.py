from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from knock_harness import control as control_api
from knock_harness.emulator import EmulatorTransport
from tests.emulator.documented import assert_documented_as

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knock_harness.emulator import Emulator


@pytest.fixture
def control(emulator: Emulator) -> Iterator[httpx.Client]:
    """A client of the control API, in this process; each answer is held against its document."""
    with httpx.Client(
        transport=EmulatorTransport(emulator),
        base_url="http://127.0.0.1/_emulator",
        event_hooks={"response": [assert_documented]},
    ) as client:
        yield client


def assert_documented(response: httpx.Response) -> None:
    """Fail if the status of an answer is not documented for its operation, or the body does not fit its schema."""
    request, api = response.request, control_api.load()
    match = api.router.match(request.method, request.url.raw_path.decode().partition("?")[0])
    if match is None:
        return
    operation = match.operation
    assert_documented_as(operation.id, operation.responses, validator=api.validators.validator, response=response)
