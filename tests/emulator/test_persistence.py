from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from knock_harness.emulator import Emulator, EmulatorTransport
from knock_harness.errors import InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "sk_test_kept"


@contextmanager
def opened(data: Path, *, key: str = KEY, seed: int | None = None) -> Iterator[tuple[Emulator, httpx.Client]]:
    """An emulator on a directory, and a client of it; closed as by the end of its process."""
    emulator = Emulator(data=data, seed=seed)
    headers = {"authorization": f"Bearer {key}"}
    with httpx.Client(transport=EmulatorTransport(emulator), base_url="http://emulator.test", headers=headers) as api:
        yield emulator, api
    emulator.close()


def trigger(api: httpx.Client, workflow: str, **headers: str) -> dict[str, Any]:
    path = f"/v1/workflows/{workflow}/trigger"
    answer = api.post(path, json={"recipients": ["ada"]}, headers=headers).raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def messages(api: httpx.Client) -> list[str]:
    return [each["id"] for each in api.get("/v1/messages").raise_for_status().json()["items"]]


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as (_, api):
        api.put("/v1/users/ada", json={"name": "Ada"}).raise_for_status()

    with opened(tmp_path) as (_, api):
        assert api.get("/v1/users/ada").json()["name"] == "Ada"


def test_environments_stay_apart_over_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as (_, api):
        api.put("/v1/users/ada", json={}).raise_for_status()
    with opened(tmp_path, key="sk_test_other") as (_, api):
        assert api.get("/v1/users/ada").status_code == 404

    with opened(tmp_path) as (emulator, _):
        assert sorted(emulator.environments) == [KEY, "sk_test_other"]


def test_a_run_that_waited_goes_on_once_after_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as (emulator, api):
        trigger(api, "delayed-message")
        emulator.run_due(budget_s=1)

    with opened(tmp_path) as (emulator, api):
        environment = emulator.environments[KEY]
        assert messages(api) == []
        for _ in emulator.advance(KEY, to=environment.clock.now() + timedelta(hours=2)):
            pass
        assert len(messages(api)) == 1


def test_a_trigger_that_was_accepted_only_is_carried_out_after_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as (_, api):
        trigger(api, "in-app-message")

    with opened(tmp_path) as (emulator, api):
        emulator.run_due(budget_s=1)
        assert len(messages(api)) == 1


def test_idempotency_keys_still_answer_after_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as (_, api):
        first = trigger(api, "in-app-message", **{"idempotency-key": "once"})

    with opened(tmp_path) as (_, api):
        assert trigger(api, "in-app-message", **{"idempotency-key": "once"}) == first


def test_the_clock_stays_where_it_was_moved_to(tmp_path: Path) -> None:
    with opened(tmp_path) as (emulator, api):
        api.put("/v1/users/ada", json={}).raise_for_status()
        there = emulator.environments[KEY].clock.now() + timedelta(days=3)
        for _ in emulator.advance(KEY, to=there):
            pass

    with opened(tmp_path) as (emulator, _):
        assert emulator.environments[KEY].clock.now() >= there


def test_settings_stay_over_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as (emulator, api):
        api.put("/v1/users/ada", json={}).raise_for_status()
        emulator.environments[KEY].configure(outbound="loopback")

    with opened(tmp_path) as (emulator, _):
        assert emulator.environments[KEY].settings.outbound == "loopback"


def test_the_same_seed_gives_other_identifiers_after_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path, seed=1) as (_, api):
        first = trigger(api, "in-app-message")
    with opened(tmp_path, seed=1) as (_, api):
        second = trigger(api, "in-app-message")

    assert first["workflow_run_id"] < second["workflow_run_id"]


def test_a_reset_leaves_nothing_in_the_file(tmp_path: Path) -> None:
    with opened(tmp_path) as (emulator, api):
        api.put("/v1/users/ada", json={}).raise_for_status()
        emulator.reset(KEY)

    with opened(tmp_path) as (_, api):
        assert api.get("/v1/users").json()["entries"] == []


def test_one_directory_serves_one_emulator_at_a_time(tmp_path: Path) -> None:
    with opened(tmp_path) as (_, api):
        api.put("/v1/users/ada", json={}).raise_for_status()

        with pytest.raises(InvalidDocument, match=r"locked.*|another emulator"):
            Emulator(data=tmp_path)


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as (emulator, api):
        api.put("/v1/users/ada", json={}).raise_for_status()
        path = emulator.environments[KEY].store.path
    assert path is not None
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 7")
    connection.close()

    with pytest.raises(InvalidDocument, match="another version"):
        Emulator(data=tmp_path)


def test_a_file_that_is_no_environment_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.environment.sqlite").write_bytes(b"not a database at all")

    with pytest.raises(InvalidDocument, match="not a database"):
        Emulator(data=tmp_path)


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(InvalidDocument, match="no directory"):
        Emulator(data=tmp_path / "file" / "data")
