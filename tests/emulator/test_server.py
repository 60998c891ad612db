from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def served(emulator_url: str) -> Iterator[httpx.Client]:
    """Return a client of an emulator behind a socket, in an environment of its own."""
    headers = {"Authorization": f"Bearer sk_test_{uuid4().hex}"}
    with httpx.Client(base_url=emulator_url, headers=headers) as client:
        yield client


def test_the_emulator_says_that_it_is_well(served: httpx.Client) -> None:
    assert served.get("/_emulator/health").json()["status"] == "ok"


@pytest.mark.parametrize("path", ["/", "/_emulator", "/_emulator/elsewhere", "/elsewhere"])
def test_a_path_that_nobody_answers_is_an_error_of_the_usual_form(path: str, served: httpx.Client) -> None:
    response = served.get(path)

    assert (response.status_code, response.json()["code"]) == (404, "route_missing")


def test_an_identifier_may_hold_a_line_break(served: httpx.Client) -> None:
    served.put("/v1/users/a%0Ab", json={"name": "Ada"})

    assert served.get("/v1/users/a%0Ab").json()["id"] == "a\nb"


def test_an_answer_says_how_long_it_is(served: httpx.Client) -> None:
    response = served.get("/v1/users")

    assert int(response.headers["content-length"]) == len(response.content)


def test_an_answer_without_a_body_has_neither_length_nor_type(served: httpx.Client) -> None:
    served.put("/v1/users/ada", json={})

    response = served.delete("/v1/users/ada")

    assert (response.status_code, response.content) == (204, b"")
    assert not {"content-length", "content-type", "transfer-encoding"} & set(response.headers)


def test_a_body_that_comes_in_pieces_is_read_whole(served: httpx.Client) -> None:
    pieces = [b'{"name": ', b'"Ada', b' Lovelace"}']

    response = served.put("/v1/users/ada", content=iter(pieces), headers={"Content-Type": "application/json"})

    assert response.json()["name"] == "Ada Lovelace"
