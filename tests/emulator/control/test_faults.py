from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from knock_harness.emulator import EmulatorTransport

if TYPE_CHECKING:
    from knock_harness.emulator import Emulator


def add(control: httpx.Client, **fault: Any) -> dict[str, Any]:
    answer: dict[str, Any] = control.post("/faults", json=fault).raise_for_status().json()
    return answer


def test_a_fault_hits_until_it_is_over(control: httpx.Client, emulator: Emulator) -> None:
    add(control, kind="error", operation="getUser", requests=2)
    headers = {"authorization": "Bearer sk_test_tests"}

    with httpx.Client(
        transport=EmulatorTransport(emulator), base_url="http://emulator.test", headers=headers
    ) as client:
        statuses = [client.get("/v1/users/ada").status_code for _ in range(3)]

    assert statuses == [503, 503, 404]


def test_a_fault_is_told_as_it_will_be_carried_out(control: httpx.Client) -> None:
    added = add(control, kind="latency", distribution="log_normal", median_s=0.1, p99_s=2, seconds=60)

    assert {key: added[key] for key in ("id", "requests_met", "requests_hit", "requests_left", "until")} == {
        "id": 1,
        "requests_met": 0,
        "requests_hit": 0,
        "requests_left": None,
        "until": "2026-03-01T12:01:00.000000Z",
    }
    assert added["fault"]["kind"] == "latency"
    assert added["fault"]["longest_s"] == 60


def test_faults_are_listed_and_ended(control: httpx.Client) -> None:
    first, second = add(control, kind="cut"), add(control, kind="error", status=429, retry_after_s=1)

    control.delete(f"/faults/{first['id']}").raise_for_status()

    assert control.get("/faults").json() == {"faults": [second]}
    assert control.delete("/faults").json() == {"ended": 1}
    assert control.get("/faults").json() == {"faults": []}


def test_a_fault_that_is_over_cannot_be_ended(control: httpx.Client) -> None:
    assert control.delete("/faults/7").status_code == 404


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({}, "kind"),
        ({"kind": "flood"}, "kind"),
        ({"kind": "cut", "rate": 2}, "rate"),
        ({"kind": "cut", "status": 500}, "status"),
        ({"kind": "cut", "operation": "fetchUser"}, "no operation is called fetchUser"),
        ({"kind": "error", "status": 404}, "status"),
        ({"kind": "latency", "distribution": "log_normal", "median_s": 1}, "sigma or p99_s"),
        ({"kind": "latency", "distribution": "uniform", "low_s": 2, "high_s": 1}, "high_s is below low_s"),
    ],
    ids=str,
)
def test_a_fault_that_cannot_be_is_refused(fault: dict[str, Any], said: str, control: httpx.Client) -> None:
    refused = control.post("/faults", json=fault)

    assert refused.status_code == 422
    assert said in refused.json()["message"]
    assert control.get("/faults").json() == {"faults": []}


def test_faults_are_those_of_one_environment(control: httpx.Client, api: httpx.Client) -> None:
    control.post("/faults", json={"kind": "error"}, headers={"x-knock-environment": "sk_test_other"})

    assert api.get("/v1/users").status_code == 200
