from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from knock_harness import control as control_api
from knock_harness.emulator import EmulatorTransport

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
    documented = match.operation.responses
    assert str(response.status_code) in documented, f"{match.operation.id} has no answer {response.status_code}"
    content = documented[str(response.status_code)].get("content")
    if content is None:
        assert response.read() == b""
        return
    if "application/json" not in content:
        return
    broken = [
        f"{match.operation.id}: {'.'.join(map(str, error.instance_path))} {error.message}"
        for error in api.validators.validator(content["application/json"]["schema"]).iter_errors(
            json.loads(response.read())
        )
    ]
    assert not broken, broken
