from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from knockapi import AsyncKnock

from knock_harness.target.waiting import eventually

from .stage import PATIENCE_S

if TYPE_CHECKING:
    from .stage import Stage


def test_the_asynchronous_client_is_understood(emulator_url: str, on: Stage, key: str) -> None:
    async def trigger() -> list[str]:
        async with AsyncKnock(api_key=key, base_url=emulator_url, _strict_response_validation=True) as knock:
            await asyncio.gather(*(knock.users.update(f"user_{number}", name="User") for number in range(5)))
            users = [user.id async for user in knock.users.list(page_size=2)]
            await knock.workflows.trigger("in-app-message", recipients=users)
            return users

    users = asyncio.run(trigger())

    assert sorted(users) == [f"user_{number}" for number in range(5)]
    assert eventually(
        lambda: sorted(message.recipient for message in on.knock.messages.list()) == sorted(users), timeout_s=PATIENCE_S
    )


def test_asynchronous_writes_without_a_body_and_with_a_delete_body_are_understood(
    emulator_url: str, on: Stage, key: str
) -> None:
    message, schedule = on.message(), on.schedule()

    async def write() -> tuple[bool, list[str]]:
        async with AsyncKnock(api_key=key, base_url=emulator_url, _strict_response_validation=True) as knock:
            read = await knock.messages.mark_as_read(message)
            deleted = await knock.schedules.delete(schedule_ids=[schedule])
            return read.read_at is not None, [each.id for each in deleted]

    assert asyncio.run(write()) == (True, [schedule])
