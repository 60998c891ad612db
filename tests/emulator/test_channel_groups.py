"""Steps that send through a group of channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator import definitions

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator.environment import Environment

RULES = [{"channel_key": "push-fcm"}, {"channel_key": "push-apns"}]


@pytest.fixture
def sent(
    api: httpx.Client,
    environment: Environment,
    channel: Callable[[str], str],
    commit: Callable[..., None],
    trigger: Callable[..., str],
    messages: Callable[..., list[dict[str, Any]]],
) -> Callable[..., list[str]]:
    """Send through a group to ada, who has tokens on some channels, and return the keys of the channels used."""

    def sent(rules: list[dict[str, Any]], *tokens: str, operator: str = "any", **data: Any) -> list[str]:
        group = {"channel_type": "push", "operator": operator, "channel_rules": rules}
        definitions.commit(environment, "channel_group", "push", group)
        for key in tokens:
            path = f"/v1/users/ada/channel_data/{channel(key)}"
            api.put(path, json={"data": {"tokens": ["t"]}}).raise_for_status()
        template = {"title": "Hi", "text_body": "Hi"}
        commit("grouped", {"ref": "push", "type": "channel", "channel_group_key": "push", "template": template})
        trigger("grouped", data=data)
        return [each["channel"]["key"] for each in messages()]

    return sent


@pytest.mark.parametrize(
    ("tokens", "operator", "used"),
    [
        (("push-fcm", "push-apns"), "any", ["push-fcm"]),
        (("push-apns",), "any", ["push-apns"]),
        (("push-fcm", "push-apns"), "all", ["push-fcm", "push-apns"]),
        (("push-apns",), "all", ["push-apns"]),
        ((), "any", []),
    ],
)
def test_a_group_uses_its_first_channel_that_reaches_the_recipient_or_all(
    sent: Callable[..., list[str]], tokens: tuple[str, ...], operator: str, used: list[str]
) -> None:
    assert sent(RULES, *tokens, operator=operator) == used


@pytest.mark.parametrize(
    ("kind", "platform", "used"),
    [
        ("if", "android", ["push-fcm"]),
        ("if", "ios", ["push-apns"]),
        ("unless", "android", ["push-apns"]),
        ("unless", "ios", ["push-fcm"]),
    ],
)
def test_a_rule_says_when_a_channel_is_used(
    sent: Callable[..., list[str]], kind: str, platform: str, used: list[str]
) -> None:
    condition = {"variable": "data.platform", "operator": "equal_to", "argument": "android"}
    rules = [{"channel_key": "push-fcm", "rule_type": kind, **condition}, {"channel_key": "push-apns"}]

    assert sent(rules, "push-fcm", "push-apns", platform=platform) == used


def test_a_step_that_reaches_nobody_through_a_group_is_skipped(
    api: httpx.Client, sent: Callable[..., list[str]], runs: Callable[..., list[dict[str, Any]]]
) -> None:
    sent(RULES)

    (run,) = runs()
    events = api.get(f"/v1/workflow_recipient_runs/{run['id']}").json()["events"]
    assert "recipient_not_reachable" in str(events)
