"""How many messages a second one trigger for a thousand recipients makes.

    python -m benchmarks.fan_out [--figures FILE]

In one process, without a socket, per second of processor time. The workflow has three channel steps: in-app feed,
email, SMS. The time counts from the trigger until the last message can be read over the API; handing the emails and
text messages to their providers comes after that, and is told apart.
"""

from __future__ import annotations

from time import process_time
from typing import Any, Final

import msgspec

from benchmarks.figures import Figure, at_least, hand_over, parser
from knock_harness.emulator import Emulator, definitions
from knock_harness.emulator.exchange import Request

KEY: Final = "sk_test_benchmark"
HEADERS: Final = [(b"authorization", f"Bearer {KEY}".encode()), (b"content-type", b"application/json")]
RECIPIENTS: Final = 1000
ROUNDS: Final = 5
STEPS: Final[list[dict[str, Any]]] = [
    {
        "ref": "in_app",
        "type": "channel",
        "channel_type": "in_app_feed",
        "channel_key": "in-app-feed",
        "template": {"markdown_body": "Hello {{ recipient.name }}, {{ data.message }}", "action_url": "{{ data.url }}"},
    },
    {
        "ref": "email",
        "type": "channel",
        "channel_type": "email",
        "channel_key": "email",
        "template": {
            "subject": "{{ data.message }}",
            "html_body": "<p>Hello {{ recipient.name }}</p><p>{{ data.message }}</p>",
        },
    },
    {
        "ref": "sms",
        "type": "channel",
        "channel_type": "sms",
        "channel_key": "sms",
        "template": {"text_body": "{{ recipient.name }}: {{ data.message }} {{ data.url }}"},
    },
]


def main() -> None:
    arguments = parser(__doc__).parse_args()
    emulator = Emulator(keys=[KEY])
    environment = emulator.environments[KEY]
    definitions.commit_workflow(environment, "launch", {"name": "Launch", "steps": STEPS})
    for number in range(RECIPIENTS):
        properties = {"name": f"User {number}", "email": f"{number}@example.com", "phone_number": f"+1555{number:06}"}
        _ask(emulator, "PUT", f"/v1/users/user-{number}", properties)
    rounds = [_measured(emulator) for _ in range(ROUNDS)]
    readable, delivered = (min(each) for each in zip(*rounds, strict=True))
    messages = RECIPIENTS * len(STEPS)
    figures = [
        Figure(
            what="fan-out: trigger to the last readable message",
            measured=messages / readable,
            unit="messages/s",
            goal=at_least(10_000),
            note=f"one trigger, {RECIPIENTS} recipients, in-app, email and SMS; the best of {ROUNDS}",
        ),
        Figure(
            what="fan-out: handed to providers as well",
            measured=messages / (readable + delivered),
            unit="messages/s",
        ),
    ]
    hand_over(figures, arguments.figures)


def _measured(emulator: Emulator) -> tuple[float, float]:
    """Return the seconds from a trigger to its last message, and from there to the last delivery."""
    body = {
        "recipients": [f"user-{number}" for number in range(RECIPIENTS)],
        "data": {"message": "Doors open at nine", "url": "https://example.com/launch"},
    }
    started = process_time()
    run_id = _ask(emulator, "POST", "/v1/workflows/launch/trigger", body)["workflow_run_id"]
    while not _are_there(emulator, run_id):
        emulator.run_due(budget_s=0.005)
    readable = process_time()
    while emulator.run_due(budget_s=1):
        pass
    return readable - started, process_time() - readable


def _are_there(emulator: Emulator, run_id: str) -> bool:
    connection = emulator.environments[KEY].store.connection
    row = connection.execute("SELECT count(*) FROM messages WHERE run_id = ?", (run_id,)).fetchone()
    return int(row[0]) == RECIPIENTS * len(STEPS)


def _ask(emulator: Emulator, method: str, path: str, body: object) -> dict[str, Any]:
    answer = emulator.handle(Request(method, path, "", HEADERS, msgspec.json.encode(body)))
    return msgspec.json.decode(answer.content, type=dict[str, Any])


if __name__ == "__main__":
    main()
