from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from knock_harness.cli import run
from knock_harness.control import Control
from knock_harness.errors import ControlError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_S = 20
COMMAND = [sys.executable, "-m", "knock_harness.cli", "emulator", "--port", "0"]


@contextmanager
def started(*arguments: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start an emulator, and give its process and its address; it is stopped at the end."""
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables},
    ) as process:
        try:
            ready = process.stdout.readline()
            assert ready.startswith("knock-harness emulator: http://"), (ready, process.stderr.read())
            yield process, ready.removeprefix("knock-harness emulator: ").strip()
        finally:
            process.terminate()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--clock", "lunar"], "'lunar'"),
        (["--start", "yesterday"], "--start"),
        (["--limits", "5"], "--limits"),
        (["--limits", "0x"], "--limits"),
        (["--outbound", "everywhere"], "'everywhere'"),
        (["--key", "mine"], "--key"),
        (["--seed", "one"], "'one'"),
        (["--port", "99999"], "99999"),
        (["--host", "no.such.host.invalid", "--no-control"], "no.such.host.invalid"),
        (["--host", "0.0.0.0"], "--control-token"),  # noqa: S104 - it is refused
        (["--host", "::"], "--control-token"),
        (["--host", ""], "--control-token"),
        (["--control-token", " "], "--control-token"),
        (["--watch"], "--project"),
        (["--project", "no-such-folder"], "no-such-folder"),
        (["--data", "/dev/null/below"], "/dev/null/below"),
    ],
    ids=str,
)
def test_a_value_that_cannot_be_used_is_told_in_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["emulator", "--port", "0", *arguments])

    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
    assert (code, len(errors)) == (2, 1)
    assert said in errors[0]


def test_a_broken_project_is_refused_with_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "workflows" / "hello"
    folder.mkdir(parents=True)
    folder.joinpath("workflow.json").write_text('{\n "name": "Hello",\n "steps": [{"ref": "a", "type": "teleport"}]\n}')

    code = run(["emulator", "--port", "0", "--project", str(tmp_path)])

    assert code == 2
    assert "workflow.json:3" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_a_signal_stops_it_at_once_and_without_a_word(number: signal.Signals) -> None:
    with started() as (process, url):
        httpx.get(f"{url}/_emulator/health")
        process.send_signal(number)

        assert (process.wait(PATIENCE_S), process.stderr.read()) == (0, "")


def test_a_signal_stops_it_while_its_clock_is_moved_and_the_rest_is_done_later(tmp_path: Path) -> None:
    flags = ["--data", str(tmp_path), "--clock", "virtual", "--seed", "1"]
    headers = {"authorization": "Bearer sk_test_emulator"}
    recipients = [[f"user-{turn}-{each}" for each in range(100)] for turn in range(30)]
    with started(*flags) as (process, url), httpx.Client(base_url=url, headers=headers) as api:
        for each in recipients:
            api.post("/v1/workflows/delayed-message/trigger", json={"recipients": each}).raise_for_status()
        with Control(url) as control, ThreadPoolExecutor(1) as beside:
            moving = beside.submit(control.environment().clock.advance, "P1D")
            until(lambda: api.get("/v1/messages?page_size=1").json()["items"])
            process.terminate()
            code = process.wait(PATIENCE_S)
            moving.exception()
    with started(*flags) as (_, url), Control(url) as control:
        control.environment().clock.advance("P1D")
        counts = control.environment().state().counts

    assert (code, counts["messages"]) == (0, 3000)
    assert not list(tmp_path.glob("*-wal"))


def test_without_the_control_api_nothing_below_it_answers() -> None:
    with started("--no-control") as (_, url):
        answers = [httpx.get(f"{url}/_emulator{path}") for path in ("", "/", "/health", "/openapi", "/clock")]
        api = httpx.get(f"{url}/v1/users", headers={"authorization": "Bearer sk_test_emulator"})

    assert {each.status_code for each in answers} == {404}
    assert api.status_code == 200


def test_a_token_is_asked_for_by_every_control_request_and_by_no_other() -> None:
    with started(KNOCK_EMULATOR_TOKEN="a-token") as (_, url):
        refused = [httpx.get(f"{url}/_emulator{path}").status_code for path in ("/health", "/openapi", "/state")]
        with Control(url, token="a-token") as control:
            status = control.health().status
        api = httpx.get(f"{url}/v1/users", headers={"authorization": "Bearer sk_test_emulator"})

    assert (refused, status, api.status_code) == ([401, 401, 401], "ok", 200)


def test_other_machines_reach_it_only_if_it_has_a_token_and_its_user_is_warned() -> None:
    with started("--host", "0.0.0.0", "--control-token", "a-token") as (process, url):  # noqa: S104
        port = url.rpartition(":")[2]
        status = httpx.get(f"http://127.0.0.1:{port}/_emulator/health").status_code
        process.terminate()

        assert process.stderr.readline() == "warning: whoever reaches 0.0.0.0 can use this emulator\n"
        assert status == 401


def test_flags_reach_the_environments() -> None:
    flags = "--clock virtual --start 2026-03-01T12:00:00Z --limits 2x --outbound loopback --strict --seed 1"
    with started(*flags.split()) as (_, url), Control(url) as control:
        state = control.environment("sk_test_new").state()

    assert (state.clock.kind, state.clock.now) == ("virtual", datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert (state.settings["limits"], state.settings["outbound"]) == ("2x", "loopback")
    assert state.settings["strict_templates"] is True


def test_what_a_directory_keeps_is_there_after_a_restart(tmp_path: Path) -> None:
    headers = {"authorization": "Bearer sk_test_emulator"}
    with started("--data", str(tmp_path)) as (_, url), httpx.Client(base_url=url, headers=headers) as api:
        api.put("/v1/users/ada", json={"name": "Ada"}).raise_for_status()

    with started("--data", str(tmp_path)) as (_, url), httpx.Client(base_url=url, headers=headers) as api:
        assert api.get("/v1/users/ada").json()["name"] == "Ada"


def test_a_watched_project_is_read_again_and_what_is_broken_in_it_changes_nothing(tmp_path: Path) -> None:
    step = {"ref": "tell", "type": "channel", "channel_key": "in-app-feed", "template": {"markdown_body": "Hello"}}
    file = tmp_path / "workflows" / "hello" / "workflow.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"name": "First", "steps": [step]}))
    with started("--project", str(tmp_path), "--watch") as (process, url), Control(url) as control:
        workflows = control.environment().workflows
        file.write_text(json.dumps({"name": "Second", "steps": [step]}))
        until(lambda: workflows.get("hello").name == "Second")
        file.write_text(json.dumps({"name": "Third", "steps": [{**step, "type": "teleport"}]}))

        assert "teleport" in process.stderr.readline()
        assert workflows.get("hello").name == "Second"


def test_a_strict_emulator_refuses_filters_that_there_are_not() -> None:
    template = {"markdown_body": "{{ name | shout_out_loud }}"}
    step = {"ref": "tell", "type": "channel", "channel_key": "in-app-feed", "template": template}
    with (
        started("--strict") as (_, url),
        Control(url) as control,
        pytest.raises(ControlError, match="shout_out_loud"),
    ):
        control.environment().workflows.put("hello", {"name": "Hello", "steps": [step]})


def until(holds: object) -> None:
    """Wait until something holds."""
    ends = time.monotonic() + PATIENCE_S
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < ends
