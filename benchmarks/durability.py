"""Kill the emulator in the middle of its work, again and again, and count what was lost or done twice.

    python -m benchmarks.durability --kills 200

Each round starts `knock-harness emulator --data` on the same directory, sends it writes and triggers over many
connections, and ends its process with SIGKILL at a random moment. The next round asks for all that was acknowledged:

- *lost*: an acknowledged user, trigger or message is not there, or an idempotency key does not answer as it did;
- *doubled*: a trigger, or the retry of one whose answer never came, made more than its messages;
- *half*: something is there in part, or the file does not pass SQLite's own check.

Triggers pause in a delay of a second, so that waiting steps are killed as well. Exit code 1 if anything was found.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import httpx

KEY: Final = "sk_test_durability"
WORKFLOW: Final = "before-and-after"
MESSAGES: Final = 2  # of each trigger: one before the pause and one behind it
CONNECTIONS: Final = 16
LONGEST_START_S: Final = 20.0
LONGEST_WAIT_S: Final = 30.0
#: A round is killed so long after its first request, drawn anew for each.
SHORTEST_S, LONGEST_S = 0.02, 0.4


@dataclass
class Told:
    """What was asked and what was answered, over all rounds.

    Attributes:
        users: by id, the last number that a write of it was acknowledged with.
        runs: by idempotency key, the id that its trigger was acknowledged with.
        open: idempotency keys whose answer never came, or not yet.
    """

    users: dict[str, int] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)


@dataclass
class Found:
    """What was wrong, in words."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)

    def any(self) -> bool:
        """Say whether anything was wrong."""
        return bool(self.lost or self.doubled or self.half)


def main() -> int:
    """Kill, look, count, print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--kills", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    draw, told, found = random.Random(given.seed), Told(), Found()  # noqa: S311 - a draw, no secret
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="durability-") as directory:
        folder = Path(directory)
        project = _project(folder / "project")
        for number in range(given.kills + 1):
            with Process(folder / "data", project) as process:
                asyncio.run(_round(process, told, found, draw, last=number == given.kills))
            if number % 20 == 0:
                print(f"{number} kills, {len(told.runs)} triggers, {len(told.users)} users", flush=True)
        _check_files(folder / "data", found)
    for name, each in (("lost", found.lost), ("doubled", found.doubled), ("half", found.half)):
        for line in each[:10]:
            print(f"{name}: {line}")
    print(
        f"{given.kills} kills in {time.monotonic() - started:.0f} s, {len(told.runs)} triggers and {len(told.users)} "
        f"users acknowledged: {len(found.lost)} lost, {len(found.doubled)} doubled, {len(found.half)} half"
    )
    return 1 if found.any() else 0


class Process:
    """An emulator in a process of its own, until it is killed."""

    def __init__(self, data: Path, project: Path) -> None:
        command = ["-m", "knock_harness.cli", "emulator", "--port", "0", "--key", KEY]
        self._process = subprocess.Popen(
            [sys.executable, *command, "--data", str(data), "--project", str(project)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith("knock-harness emulator: "):
            raise SystemExit(f"the emulator did not start: {line!r}")
        self.url = line.split(": ", 1)[1].strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """End it as the operating system would, in the middle of whatever it does."""
        if self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=LONGEST_START_S)
        assert self._process.stdout is not None
        self._process.stdout.close()


async def _round(process: Process, told: Told, found: Found, draw: random.Random, *, last: bool) -> None:
    headers = {"authorization": f"Bearer {KEY}"}
    limits = httpx.Limits(max_connections=CONNECTIONS)
    async with httpx.AsyncClient(base_url=process.url, headers=headers, limits=limits, timeout=LONGEST_WAIT_S) as api:
        await _look(api, told, found, draw, everything=last)
        if last:
            return
        draws = [random.Random(draw.random()) for _ in range(CONNECTIONS)]  # noqa: S311 - as above
        senders = [asyncio.create_task(_send(api, told, each)) for each in draws]
        await asyncio.sleep(draw.uniform(SHORTEST_S, LONGEST_S))
        process.kill()
        await asyncio.gather(*senders)


async def _send(api: httpx.AsyncClient, told: Told, draw: random.Random) -> None:
    """Write users and trigger until the server is gone."""
    try:
        while True:
            if draw.random() < 0.5:
                user, number = f"user-{draw.getrandbits(40)}", draw.getrandbits(30)
                (await api.put(f"/v1/users/{user}", json={"number": number, "twin": number})).raise_for_status()
                told.users[user] = number
            else:
                key = f"key-{draw.getrandbits(60)}"
                told.open.add(key)
                await _trigger(api, told, key)
    except httpx.TransportError:
        return


async def _trigger(api: httpx.AsyncClient, told: Told, key: str) -> str:
    body = {"recipients": [f"reader-{key}"], "data": {"key": key}}
    answer = await api.post(f"/v1/workflows/{WORKFLOW}/trigger", json=body, headers={"idempotency-key": key})
    run_id: str = answer.raise_for_status().json()["workflow_run_id"]
    told.runs.setdefault(key, run_id)
    told.open.discard(key)
    return run_id


async def _look(api: httpx.AsyncClient, told: Told, found: Found, draw: random.Random, *, everything: bool) -> None:
    """Ask for what was acknowledged before: all of it at the end, else what was last and a sample of the rest."""
    before = dict(told.runs)
    for key in sorted(told.open):  # retried: its first try took effect wholly, or not at all
        await _trigger(api, told, key)
    users = list(told.users.items())
    keys = list(before)
    if not everything:
        users = users[-200:] + draw.sample(users, min(50, len(users)))
        keys = keys[-200:] + draw.sample(keys, min(50, len(keys)))
    await _each(users, lambda each: _look_at_user(api, found, *each))
    await _each(keys, lambda key: _look_at_key(api, found, key, before[key]))
    if everything:
        await _each(list(told.runs.items()), lambda each: _look_at_messages(api, found, *each))


async def _each(things: list[Any], look: Any) -> None:
    left = iter(things)

    async def worker() -> None:
        for each in left:
            await look(each)

    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))


async def _look_at_user(api: httpx.AsyncClient, found: Found, user: str, number: int) -> None:
    answer = await api.get(f"/v1/users/{user}")
    record = answer.json()
    if answer.status_code != 200 or record.get("number") != number:
        found.lost.append(f"user {user}: {answer.status_code} {record.get('number')} for {number}")
    elif record.get("twin") != number:
        found.half.append(f"user {user}: {record}")


async def _look_at_key(api: httpx.AsyncClient, found: Found, key: str, run_id: str) -> None:
    body = {"recipients": [f"reader-{key}"], "data": {"key": key}}
    answer = await api.post(f"/v1/workflows/{WORKFLOW}/trigger", json=body, headers={"idempotency-key": key})
    if answer.json().get("workflow_run_id") != run_id:
        found.lost.append(f"idempotency key {key}: {answer.text} for {run_id}")


async def _look_at_messages(api: httpx.AsyncClient, found: Found, key: str, run_id: str) -> None:
    """Count the messages of a recipient that is named by one trigger alone."""
    patience = time.monotonic() + LONGEST_WAIT_S
    while True:
        items = (await api.get(f"/v1/users/reader-{key}/messages")).raise_for_status().json()["items"]
        if len(items) >= MESSAGES or time.monotonic() > patience:
            break
        await asyncio.sleep(0.2)
    steps = sorted(each["source"]["step_ref"] for each in items)
    runs = {each["source"]["workflow_run_id"] for each in items}
    if len(items) > MESSAGES or len(runs) > 1 or len(set(steps)) < len(steps):
        found.doubled.append(f"{key}: {steps} of {len(runs)} runs")
    elif len(items) < MESSAGES:
        found.lost.append(f"{key}: only {steps}")
    elif runs != {run_id}:
        found.lost.append(f"{key}: messages of another run")


def _check_files(data: Path, found: Found) -> None:
    for path in data.glob("*.sqlite"):
        connection = sqlite3.connect(path)
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
        connection.close()
        if verdict != "ok":
            found.half.append(f"{path.name}: {verdict}")


def _project(folder: Path) -> Path:
    """Write a project with a workflow that pauses between two messages."""
    subprocess.run([sys.executable, "-m", "knock_harness.cli", "project", "export", str(folder)], check=True)
    channel = {"type": "channel", "channel_type": "in_app_feed", "channel_key": "in-app-feed"}
    steps = [
        {"ref": "before", **channel, "template": {"markdown_body": "{{ data.key }}"}},
        {"ref": "pause", "type": "delay", "settings": {"delay_for": {"unit": "seconds", "value": 1}}},
        {"ref": "after", **channel, "template": {"markdown_body": "{{ data.key }}"}},
    ]
    workflow = folder / "workflows" / WORKFLOW / "workflow.json"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(json.dumps({"name": "Before and after", "steps": steps}))
    return folder


if __name__ == "__main__":
    sys.exit(main())
