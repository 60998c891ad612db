from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from knock_harness import control as control_api
from knock_harness.contract.document import operations
from knock_harness.emulator import Emulator, EmulatorTransport
from knock_harness.emulator.control import ControlApi
from knock_harness.emulator.control.handlers import HANDLERS
from knock_harness.emulator.exchange import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.emulator import Answer

TOKEN = "a-token-of-these-tests"


def test_every_documented_operation_is_answered_and_no_other() -> None:
    assert set(HANDLERS) == set(control_api.load().operations)


def test_the_document_is_valid_openapi() -> None:
    from openapi_spec_validator import validate

    validate(control_api.document())


def test_every_path_of_the_document_is_set_apart_from_the_api() -> None:
    assert all(path.startswith("/_emulator/") for path in control_api.document()["paths"])


def test_every_operation_says_what_it_is_for() -> None:
    told = [spec.get("summary") for _, _, spec in operations(control_api.document())]

    assert all(told)


@pytest.mark.parametrize("path", ["/openapi", "/openapi.json"])
def test_the_document_is_served(path: str, control: httpx.Client) -> None:
    assert control.get(path).json() == control_api.document()


@pytest.mark.parametrize(
    ("request_", "status", "said"),
    [
        (("POST", "/clock/advance", b"{"), 400, "not valid JSON"),
        (("POST", "/clock/advance", b""), 422, "body"),
        (("POST", "/clock/advance", b"[]"), 422, "body"),
        (("POST", "/clock/advance", b"{}"), 422, "body"),
        (("POST", "/clock/advance", b'{"by": "P1D", "to": "2026-01-01T00:00:00Z"}'), 422, "body"),
        (("POST", "/clock/advance", b'{"by": true}'), 422, "by"),
        (("POST", "/clock/advance", b'{"further": 1}'), 422, "further"),
        (("POST", "/clock/advance", b"[" * 100_000), 400, "not valid JSON"),
        (("DELETE", "/clock", b""), 405, "GET"),
        (("GET", "/nowhere", b""), 404, "/_emulator/nowhere"),
        (("GET", "/%00", b""), 404, ""),
    ],
    ids=str,
)
def test_a_request_that_does_not_fit_is_refused_in_one_clear_line(
    request_: tuple[str, str, bytes], status: int, said: str, control: httpx.Client
) -> None:
    method, path, content = request_

    response = control.request(method, path, content=content, headers={"content-type": "application/json"})

    assert response.status_code == status
    assert said in response.json()["message"]
    assert "\n" not in response.json()["message"]


def test_a_body_of_another_kind_is_refused(control: httpx.Client) -> None:
    response = control.post("/clock/advance", content=b"by=P1D", headers={"content-type": "text/plain"})

    assert response.status_code == 415


def test_a_request_without_an_environment_is_about_the_first_one(control: httpx.Client, emulator: Emulator) -> None:
    emulator.open_environment("sk_test_another")
    control.post("/clock/advance", json={"by": "P1D"})

    listed = control.get("/environments").json()["environments"]

    assert [each["key"] for each in listed] == ["sk_test_tests", "sk_test_another"]


def test_a_new_test_key_opens_an_environment(control: httpx.Client, emulator: Emulator) -> None:
    control.get("/clock", headers={"x-knock-environment": "sk_test_new"})

    assert "sk_test_new" in emulator.environments


@pytest.mark.parametrize("key", ["sk_live_unknown", "pk_test_tests", "%00", " "])
def test_another_unknown_key_names_no_environment(key: str, control: httpx.Client, emulator: Emulator) -> None:
    response = control.get("/clock", headers={"x-knock-environment": key})

    assert (response.status_code, list(emulator.environments)) == (404, ["sk_test_tests"])


@pytest.mark.parametrize("origin", ["https://example.com", "http://127.0.0.1.example.com", "null"])
def test_a_web_page_of_another_machine_steers_nothing(origin: str, control: httpx.Client) -> None:
    response = control.post("/reset", headers={"origin": origin})

    assert (response.status_code, response.json()["code"]) == (403, "foreign_origin")


def test_a_web_page_of_this_machine_steers(control: httpx.Client) -> None:
    assert control.post("/reset", headers={"origin": "http://localhost:3000"}).status_code == 204


def asked(api: ControlApi, path: str, headers: Mapping[str, str]) -> Answer:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    *_, answer = api.handle(Request("GET", path, headers=pairs))
    return answer  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": f"Bearer {TOKEN}"}, 200),
        ({"authorization": f"bearer {TOKEN}"}, 200),
        ({}, 401),
        ({"authorization": TOKEN}, 401),
        ({"authorization": f"Bearer {TOKEN}x"}, 401),
        ({"authorization": "Bearer sk_test_tests"}, 401),
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/_emulator/health", "/_emulator/clock"])
def test_where_there_is_a_token_every_request_shows_it(
    headers: dict[str, str], status: int, path: str, emulator: Emulator
) -> None:
    assert asked(ControlApi(emulator, token=TOKEN), path, headers).status == status


def test_a_fault_of_ours_is_told_and_goes_no_further(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_call: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(HANDLERS, "getClock", fail)  # type: ignore[arg-type]

    answer = asked(ControlApi(emulator), "/_emulator/clock", {})

    assert answer.status == 500
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_control_requests_leave_the_identifiers_of_the_api_as_they_are() -> None:
    def program(*, steered: bool) -> list[str]:
        emulator = Emulator(seed=1, keys=["sk_test_tests"])
        headers = {"authorization": "Bearer sk_test_tests"}
        with httpx.Client(transport=EmulatorTransport(emulator), base_url="http://127.0.0.1", headers=headers) as api:
            if steered:
                api.get("/_emulator/health")
            return [api.get("/v1/users").headers["x-request-id"]]

    assert program(steered=True) == program(steered=False)
