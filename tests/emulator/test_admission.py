from __future__ import annotations

import httpx
import pytest

from knock_harness import contract
from knock_harness.emulator import Emulator, EmulatorTransport
from knock_harness.emulator.operations import HANDLERS


def client(emulator: Emulator, **headers: str) -> httpx.Client:
    return httpx.Client(transport=EmulatorTransport(emulator), base_url="http://127.0.0.1", headers=headers)


@pytest.fixture
def knock() -> httpx.Client:
    return client(Emulator(), authorization="Bearer sk_test_known")


def test_every_operation_of_the_contract_has_a_handler() -> None:
    assert HANDLERS.keys() == contract.load().operations.keys()


@pytest.mark.parametrize("operation", contract.load().operations.values(), ids=lambda operation: operation.id)
def test_nobody_gets_in_without_a_key(operation: contract.Operation) -> None:
    path = operation.path.replace("{", "").replace("}", "")

    answer = client(Emulator()).request(operation.method, path)

    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_required")


@pytest.mark.parametrize(
    ("credential", "code"),
    [
        ("Bearer nonsense", "api_key_missing"),
        ("Bearer sk_live_unknown", "api_key_missing"),
        ("Bearer pk_test_unknown", "api_key_missing"),
        ("Basic sk_test_known", "authentication_required"),
        ("sk_test_known", "authentication_required"),
        ("Bearer ", "authentication_required"),
    ],
)
def test_what_is_no_known_key_is_told_so(credential: str, code: str) -> None:
    answer = client(Emulator(keys=["sk_test_known"]), authorization=credential).get("/v1/users")

    assert (answer.status_code, answer.json()["code"]) == (401, code)


def test_the_scheme_is_read_whatever_its_case() -> None:
    answer = client(Emulator(), authorization="bEARER sk_test_known").get("/v1/nothing")

    assert answer.status_code == 404


def test_a_new_test_key_opens_an_environment_unless_keys_are_strict() -> None:
    open_door = client(Emulator(), authorization="Bearer sk_test_new").get("/v1/nothing")
    strict = client(Emulator(strict_keys=True), authorization="Bearer sk_test_new").get("/v1/nothing")

    assert (open_door.status_code, strict.status_code) == (404, 401)


def test_a_public_key_is_refused_where_a_secret_one_is_due() -> None:
    emulator = Emulator(keys=["sk_test_known"])

    answer = client(emulator, authorization="Bearer pk_test_known").get("/v1/messages")

    assert (answer.status_code, answer.json()["code"]) == (403, "incorrect_token_type")


@pytest.mark.promise("ERR-UNKNOWN-ROUTE")
def test_an_unknown_path_is_404_with_the_body_of_errors(knock: httpx.Client) -> None:
    answer = knock.get("/v1/nothing/here")

    assert answer.status_code == 404
    assert answer.json() | {"code": ..., "message": ...} == {
        "code": ...,
        "message": ...,
        "status": 404,
        "type": "invalid_request_error",
    }


def test_a_method_that_a_path_has_not_is_405_and_names_those_it_has(knock: httpx.Client) -> None:
    answer = knock.patch("/v1/users/ada")

    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET, PUT")


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b'"\\ud800"', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"a": NaN}', "application/json", 400),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b"{}", "application/json", 422),
        (b"null", "application/json", 422),
        (b"", "application/json", 422),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    knock: httpx.Client, content: bytes, content_type: str, status: int
) -> None:
    answer = knock.post("/v1/users/bulk/identify", content=content, headers={"content-type": content_type})

    assert (answer.status_code, answer.json()["status"]) == (status, status)


def test_a_422_names_each_field_that_is_wrong(knock: httpx.Client) -> None:
    answer = knock.post("/v1/users/bulk/identify", json={"users": [{"id": 1}]})

    assert answer.json()["code"] == "invalid_params"
    assert [error["field"] for error in answer.json()["errors"]] == ["users.0.id"]


@pytest.mark.promise("REQID-UNIQUE")
def test_every_answer_has_a_request_id_of_its_own(knock: httpx.Client) -> None:
    ids = {knock.get("/v1/nothing").headers["x-request-id"] for _ in range(5)}

    assert len(ids) == 5


@pytest.mark.promise("HTTP-OPENAPI-PUBLISHED")
def test_the_document_of_the_api_is_served(knock: httpx.Client) -> None:
    assert knock.get("/v1/openapi").json() == contract.load().document


def test_a_browser_may_ask_from_another_origin() -> None:
    answer = client(Emulator()).options("/v1/users/ada", headers={"origin": "http://localhost:3000"})

    assert answer.status_code == 204
    assert "x-knock-user-token" in answer.headers["access-control-allow-headers"]


def test_a_fault_of_the_emulator_is_a_500_in_the_form_of_all_errors(
    knock: httpx.Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(contract, "match", lambda _method, _path: 1 / 0)

    answer = knock.get("/v1/users")

    assert (answer.status_code, answer.json()["type"]) == (500, "api_error")
    assert "ZeroDivisionError" in capsys.readouterr().err
