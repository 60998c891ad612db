from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from knock_harness.emulator import Running, running
from knock_harness.emulator.assembly import SEEDED_START
from knock_harness.errors import InvalidConfiguration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest_plugins = ["pytester"]


def api(knock: Running) -> httpx.Client:
    return httpx.Client(base_url=knock.url, headers={"authorization": f"Bearer {knock.secret_key}"})


def test_it_answers_while_the_block_lasts_and_not_after_it() -> None:
    with running() as knock, api(knock) as client:
        status = client.get("/v1/users").status_code

    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{knock.url}/v1/users")
    assert status == 200


def test_nothing_of_it_is_left_when_the_block_ends() -> None:
    before = set(threading.enumerate())
    with running():
        pass

    assert set(threading.enumerate()) - before == set()


def test_it_ends_also_when_a_client_still_holds_a_connection() -> None:
    client = httpx.Client()
    with running() as knock:
        client.get(f"{knock.url}/_emulator/health")

    with pytest.raises(httpx.HTTPError):
        client.get(f"{knock.url}/_emulator/health")
    client.close()


def test_what_fails_in_the_block_ends_it_and_goes_on() -> None:
    with pytest.raises(ZeroDivisionError), running() as knock:
        raise ZeroDivisionError

    with pytest.raises(httpx.ConnectError):
        httpx.get(knock.url)


def test_several_run_at_once_and_share_nothing() -> None:
    with running() as one, running() as other, api(one) as client:
        client.put("/v1/users/ada", json={}).raise_for_status()

        counts = [each.environment.state().counts["users"] for each in (one, other)]

    assert (one.url != other.url, counts) == (True, [1, 0])


def test_its_clock_stands_still_until_it_is_moved() -> None:
    with running() as knock:
        first, second = knock.clock.now(), knock.clock.now()
        moved = knock.clock.advance(timedelta(days=1)).now

    assert (second - first, moved - first) == (timedelta(), timedelta(days=1))


def test_a_real_clock_goes_on() -> None:
    with running(clock="real") as knock:
        first, second = knock.clock.now(), knock.clock.now()

    assert second > first


def test_its_clock_begins_where_it_is_told_to() -> None:
    start = datetime(2026, 6, 1, 9, tzinfo=UTC)

    with running(start=start) as knock:
        assert knock.clock.now() == start


def test_with_a_seed_the_same_program_gives_the_same_answers() -> None:
    def program() -> tuple[datetime, Any]:
        with running(seed=7) as knock, api(knock) as client:
            body = {"recipients": ["ada"], "data": {"message": "Hello"}}
            client.post("/v1/workflows/in-app-message/trigger", json=body).raise_for_status()
            return knock.clock.now(), client.get("/v1/messages").content

    assert program() == program()
    assert program()[0] == SEEDED_START


def test_what_is_due_at_once_is_done_without_moving_the_clock() -> None:
    with running() as knock, api(knock) as client:
        client.post("/v1/workflows/in-app-message/trigger", json={"recipients": ["ada"]}).raise_for_status()
        knock.clock.advance("PT0S")

        assert len(client.get("/v1/messages").json()["items"]) == 1


def test_limits_are_kept_where_they_are_wanted() -> None:
    with running(limits="on") as knock, api(knock) as client:
        statuses = [client.post("/v1/users/bulk/delete", json={"user_ids": ["ada"]}).status_code for _ in range(2)]

    assert statuses == [200, 429]


def test_what_is_kept_in_a_directory_is_there_the_next_time(tmp_path: Path) -> None:
    with running(data=tmp_path) as knock, api(knock) as client:
        client.put("/v1/users/ada", json={"name": "Ada"}).raise_for_status()

    with running(data=tmp_path) as knock, api(knock) as client:
        assert client.get("/v1/users/ada").json()["name"] == "Ada"


@pytest.mark.parametrize(
    "options",
    [{"key": "mine"}, {"limits": "5"}, {"limits": "0x"}, {"clock": "still"}, {"outbound": "on"}],
    ids=str,
)
def test_an_option_without_a_meaning_is_refused_before_it_starts(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfiguration), running(**options):
        pass


class Receiver(BaseHTTPRequestHandler):
    """Asks the emulator back before it answers, as a receiver of webhooks may."""

    seen: list[tuple[str, bytes]]
    heard: threading.Event
    asks: str

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        asked = httpx.get(f"{self.asks}/_emulator/health").json()["status"]
        self.seen.append((asked, body))
        self.send_response(204)
        self.end_headers()
        self.heard.set()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[HTTPServer]:
    Receiver.seen, Receiver.heard = [], threading.Event()
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_moving_the_clock_answers_when_the_servers_that_are_called_have_answered(receiver: HTTPServer) -> None:
    with running() as knock, api(knock) as client:
        Receiver.asks = knock.url
        knock.environment.webhooks.add(f"http://127.0.0.1:{receiver.server_port}/", events=["message.delivered"])
        client.post("/v1/workflows/delayed-message/trigger", json={"recipients": ["ada"]}).raise_for_status()

        knock.clock.advance("P1D")

        assert [asked for asked, _ in Receiver.seen] == ["ok"]
        assert knock.environment.state().outbound_calls == 0


def test_what_is_due_now_calls_servers_without_being_asked_for(receiver: HTTPServer) -> None:
    with running() as knock, api(knock) as client:
        Receiver.asks = knock.url
        knock.environment.webhooks.add(f"http://127.0.0.1:{receiver.server_port}/", events=["message.delivered"])
        client.post("/v1/workflows/in-app-message/trigger", json={"recipients": ["ada"]}).raise_for_status()

        assert Receiver.heard.wait(timeout=10)


def test_pytest_has_it_as_a_fixture(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["knock_harness.emulator.fixtures"]')
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def knock_options():
            return {"seed": 1, "key": "sk_test_mine"}

        @pytest.mark.parametrize("turn", [1, 2])
        def test_it_is_empty_and_as_told(knock, turn):
            assert knock.environment.info().key == "sk_test_mine"
            assert knock.environment.state().counts["users"] == 0
            knock.environment.seed(users={"count": 1})
        """
    )

    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)
