"""Three comments within an hour are one message with three activities.

    python examples/batched_comments.py

An emulator runs in this process while the block lasts. The official client talks to it as to the real service; the
clock is moved instead of waiting for an hour. Needs `pip install knockapi` beside knock-harness.
"""

from __future__ import annotations

from datetime import timedelta

from knockapi import Knock

import knock_harness.emulator

#: As in the layout of Knock's own CLI, texts in place.
WORKFLOW = {
    "name": "New comment",
    "steps": [
        {"ref": "digest", "type": "batch", "settings": {"batch_window": {"unit": "hours", "value": 1}}},
        {
            "ref": "tell",
            "type": "channel",
            "channel_key": "in-app-feed",
            "template": {"markdown_body": "{{ total_activities }} comments on {{ data.post }}"},
        },
    ],
}


def main() -> None:
    """Trigger, move the clock, read the feed."""
    with knock_harness.emulator.running(clock="virtual") as knock:
        knock.environment.workflows.put("new-comment", WORKFLOW)
        feed = next(each.id for each in knock.environment.channels.list() if each.type == "in_app_feed")

        client = Knock(api_key=knock.secret_key, base_url=knock.url)
        client.users.update("ada", name="Ada")
        client.users.update("bob", name="Bob")
        for text in ("First!", "Well said.", "I disagree."):
            client.workflows.trigger(
                "new-comment", recipients=["ada"], actor="bob", data={"post": "Sailing in winter", "text": text}
            )

        print(f"at once: {len(client.users.feeds.list_items('ada', feed).entries)} messages")
        knock.clock.advance(timedelta(hours=1))

        (item,) = client.users.feeds.list_items("ada", feed).entries
        print(f"an hour later: {item.blocks[0].rendered.strip()}, {item.total_activities} activities")
        for activity in item.activities:
            print(f"  {activity.actor.name}: {activity.data['text']}")


if __name__ == "__main__":
    main()
