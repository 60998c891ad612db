from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from knock_harness import contract
from knock_harness.errors import NotMade
from knock_harness.verify.drafts import BULK_UPDATE, Draft, send

REMOTE: Any = SimpleNamespace(target=SimpleNamespace(base_url="https://api.knock.app"))
PATH = {"channel_id": "@channel.in-app-feed", "action": "seen"}
OURS = {"recipient_ids": ["@other_user"]}


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"body": {}},
        {"body": {"recipient_ids": []}},
        {"body": {"recipient_ids": "@other_user"}},
        {"body": {"recipient_ids": ["ada"]}},
        {"body": {"recipient_ids": [1]}},
        {"body": OURS, "content": b"{}"},
        {"body": OURS, "headers": {"Content-Type": "text/plain"}},
    ],
    ids=str,
)
def test_messages_of_others_are_not_updated_on_a_remote_target(parts: dict[str, Any]) -> None:
    draft = Draft(contract.load().operations[BULK_UPDATE], path=PATH, **parts)

    with pytest.raises(NotMade, match="messages of others"):
        send(draft, REMOTE)
