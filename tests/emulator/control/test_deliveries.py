from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness import control as control_api
from knock_harness.emulator.event_webhooks import EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from knock_harness.emulator.environment import Environment


class Receiver(ThreadingHTTPServer):
    """A server of this machine that notes what it is sent and answers as told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Notes)
        self.status = 200
        self.got: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class _Notes(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        self.server.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "12")
        self.end_headers()
        self.wfile.write(b'{"got":true}')

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the library has it
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_rules_replace_one_another_and_hold(
    control: httpx.Client, trigger: Callable[..., str], messages: Callable[..., Any]
) -> None:
    control.put("/providers/rules", json={"rules": [{"answer": "fail"}]}).raise_for_status()
    rules = [{"channel": "email", "address": "*@example.com", "answer": "bounce"}]
    answer = control.put("/providers/rules", json={"rules": rules}).raise_for_status().json()
    trigger("all-channels", {"id": "ada", "email": "ada@example.com"})

    assert answer == control.get("/providers/rules").json() == {"rules": rules}
    assert [each["status"] for each in messages() if each["channel"]["type"] == "email"] == ["bounced"]


@pytest.mark.parametrize(
    "rule",
    [{"answer": "explode"}, {"status": 200}, {"times": 0}, {"report_after_s": -1}, {"colour": "red"}, {"channel": 1}],
)
def test_a_rule_that_says_nothing_sensible_is_refused(control: httpx.Client, rule: dict[str, Any]) -> None:
    assert control.put("/providers/rules", json={"rules": [rule]}).status_code == 422
    assert control.get("/providers/rules").json() == {"rules": []}


def test_a_webhook_is_added_hears_and_is_removed(
    control: httpx.Client, api: httpx.Client, send: Callable[..., str], receiver: Receiver
) -> None:
    message = send()
    added = control.post("/webhooks", json={"url": receiver.url, "events": ["message.read"]}).raise_for_status().json()
    api.put(f"/v1/messages/{message}/read")
    listed = control.get("/webhooks").json()["webhooks"]
    control.delete(f"/webhooks/{added['id']}").raise_for_status()
    api.put(f"/v1/messages/{message}/read")
    api.get(f"/v1/messages/{message}")

    assert listed == [added]
    assert [headers["x-knock-event"] for _, headers, _ in receiver.got] == ["message.read"]
    assert control.get("/webhooks").json() == {"webhooks": []}


@pytest.mark.parametrize("url", ["https://example.com/hook", "ftp://127.0.0.1/", "nowhere"])
def test_webhooks_stay_on_this_machine(control: httpx.Client, url: str) -> None:
    assert control.post("/webhooks", json={"url": url}).status_code == 422


def test_a_webhook_that_nobody_added_is_not_found(control: httpx.Client) -> None:
    assert control.delete("/webhooks/nobody").status_code == 404


def test_every_type_of_event_stands_in_the_document() -> None:
    schemas = control_api.document()["components"]["schemas"]

    assert sorted(schemas["EventType"]["enum"]) == sorted(EVENT_TYPES)


@pytest.mark.promise("WEBHOOK-CHANNEL-STATUS", "CHANNEL-WEBHOOK-NO-DATA")
@pytest.mark.parametrize(
    ("status", "expected"), [(204, "delivered"), (404, "undelivered"), (301, "delivery_attempted")]
)
def test_a_webhook_channel_calls_a_server_of_this_machine(
    control: httpx.Client,
    api: httpx.Client,
    commit: Callable[..., None],
    trigger: Callable[..., str],
    messages: Callable[..., Any],
    receiver: Receiver,
    status: int,
    expected: str,
) -> None:
    receiver.status = status
    control.put("/outbound", json={"calls": "loopback"}).raise_for_status()
    template = {"method": "post", "url": receiver.url + "?a=1", "body": '{"to": "{{ recipient.id }}"}'}
    step = {"ref": "hook", "type": "channel", "channel_type": "http", "channel_key": "webhook", "template": template}
    commit("hook", step)
    trigger("hook")
    api.get("/v1/messages")

    (message,) = messages()
    assert [(path, body) for path, _, body in receiver.got] == [("/hook?a=1", b'{"to": "ada"}')]
    assert message["status"] == expected
    (log,) = api.get(f"/v1/messages/{message['id']}/delivery_logs").json()["items"]
    assert log["response"]["status"] == status


@pytest.mark.promise("FETCH-MERGE-SHALLOW", "FETCH-REQUEST-RENDERED")
def test_a_fetch_step_asks_a_server_of_this_machine(
    control: httpx.Client,
    api: httpx.Client,
    commit: Callable[..., None],
    trigger: Callable[..., str],
    messages: Callable[..., Any],
    in_app: Callable[..., dict[str, Any]],
    receiver: Receiver,
) -> None:
    control.put("/outbound", json={"calls": "loopback"}).raise_for_status()
    settings = {"method": "post", "url": receiver.url, "body": '{"who": "{{ recipient.id }}"}'}
    commit("fetching", {"ref": "fetch", "type": "http_fetch", "settings": settings}, in_app())
    trigger("fetching", data={"old": 1})
    api.get("/v1/messages")

    assert [body for _, _, body in receiver.got] == [b'{"who":"ada"}']
    assert [each["data"] for each in messages()] == [{"old": 1, "got": True}]


def test_calls_are_off_at_first(control: httpx.Client) -> None:
    assert control.get("/outbound").json() == {"calls": "off"}


def test_the_window_is_thirty_days_until_it_is_changed(control: httpx.Client, environment: Environment) -> None:
    before = control.get("/retention").json()
    after = control.put("/retention", json={"window_s": 60, "keeps_feeds": False}).raise_for_status().json()

    assert before == {"window_s": 30 * 86400, "keeps_feeds": True}
    assert after == control.get("/retention").json() == {"window_s": 60, "keeps_feeds": False}
    assert environment.settings.retention_s == 60.0


@pytest.mark.parametrize("body", [{"window_s": 0}, {"window_s": -1}, {"window_s": 1e12}, {}, {"window_s": 1, "x": 1}])
def test_a_window_is_a_time(control: httpx.Client, body: dict[str, Any]) -> None:
    assert control.put("/retention", json=body).status_code == 422
