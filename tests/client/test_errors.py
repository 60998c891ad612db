from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import knockapi
import pytest
from knockapi import Knock

if TYPE_CHECKING:
    from collections.abc import Callable

    from .stage import Stage


def test_a_wrong_key_is_an_authentication_error(emulator_url: str) -> None:
    with Knock(api_key="no key", base_url=emulator_url) as knock, pytest.raises(knockapi.AuthenticationError):
        knock.users.list()


def test_a_public_key_may_not_trigger(emulator_url: str, on: Stage, key: str) -> None:
    on.user()
    public = Knock(api_key=key.replace("sk_", "pk_"), base_url=emulator_url)

    with public, pytest.raises(knockapi.PermissionDeniedError):
        public.workflows.trigger("in-app-message", recipients=["ada"])


@pytest.mark.parametrize(
    "read",
    [
        lambda knock: knock.users.get("nobody"),
        lambda knock: knock.objects.get("machines", "nothing"),
        lambda knock: knock.tenants.get("nobody"),
        lambda knock: knock.messages.get("1snmLsDxVZjNQ1qH3ADPkBVUXVX"),
        lambda knock: knock.bulk_operations.get("3ba2c1f2-0b1c-4ab9-a2ba-d1ac9a1f9f00"),
        lambda knock: knock.workflows.trigger("no-such-workflow", recipients=["ada"]),
    ],
    ids=["user", "object", "tenant", "message", "bulk operation", "workflow"],
)
def test_what_is_not_there_is_not_found(read: Callable[[Knock], Any], knock: Knock) -> None:
    with pytest.raises(knockapi.NotFoundError):
        read(knock)


def test_a_wrong_value_is_unprocessable_and_named(knock: Knock) -> None:
    with pytest.raises(knockapi.UnprocessableEntityError) as raised:
        knock.users.update("ada", email=5)  # type: ignore[arg-type] - that is the point

    assert "email" in str(raised.value)


def test_a_path_outside_the_api_is_not_found(knock: Knock) -> None:
    with pytest.raises(knockapi.NotFoundError):
        knock.get("/elsewhere", cast_to=object)


def test_an_error_carries_its_request_id(knock: Knock) -> None:
    with pytest.raises(knockapi.NotFoundError) as raised:
        knock.users.get("nobody")

    assert raised.value.response.headers["x-request-id"]


class CutsTheFirstAnswer(httpx.BaseTransport):
    """Carries every request to the server, but loses the first answer on the way back."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self.sent: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        self.sent.append(request)
        response = self._inner.handle_request(request)
        if len(self.sent) == 1:
            response.read()
            raise httpx.ReadError("cut", request=request)
        return response

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def test_a_retried_trigger_runs_once(emulator_url: str, on: Stage, key: str) -> None:
    wire = CutsTheFirstAnswer()
    with Knock(api_key=key, base_url=emulator_url, http_client=httpx.Client(transport=wire)) as knock:
        answer = knock.workflows.trigger("in-app-message", recipients=["ada"], idempotency_key="once")

    assert [request.headers["idempotency-key"] for request in wire.sent] == ["once", "once"]
    assert len(on.runs(answer.workflow_run_id, count=1)) == len(list(on.knock.workflow_recipient_runs.list())) == 1
