"""Links of the emulator's own in messages, and what following them does."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from knock_harness.emulator import EmulatorTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from knock_harness.emulator import Emulator
    from knock_harness.emulator.environment import Environment

HTML = '<p><a href="https://example.com/a?b=1&amp;c=2">here</a> <a href="mailto:x@example.com">or here</a></p>'
LINK = re.compile(r"http://emulator\.test/_tracking/[^\s\"')\]>]+")
STEPS: dict[str, dict[str, Any]] = {
    "email": {"channel_key": "email", "template": {"subject": "News", "html_body": HTML}},
    "sms": {"channel_key": "sms", "template": {"text_body": "See https://example.com/a?b=1&c=2 today"}},
    "chat": {"channel_key": "slack", "template": {"markdown_body": "[here](https://example.com/a?b=1&c=2)"}},
    "in_app_feed": {"channel_key": "in-app-feed", "template": {"action_url": "https://example.com/a?b=1&c=2"}},
}
TARGET = "https://example.com/a?b=1&c=2"
ADA = {
    "id": "ada",
    "email": "ada@example.com",
    "phone_number": "+15550100",
    "channel_data": {
        "f47adb6f-caac-4d01-bdad-d73146a6bb76": {"connections": [{"access_token": "x", "channel_id": "C1"}]}
    },
}


@pytest.fixture
def reader(emulator: Emulator) -> Iterator[httpx.Client]:
    """Somebody who reads messages, without a key."""
    with httpx.Client(transport=EmulatorTransport(emulator), base_url="http://emulator.test") as client:
        yield client


@pytest.fixture
def sent(
    commit: Callable[..., None], trigger: Callable[..., str], messages: Callable[..., Any], api: httpx.Client
) -> Callable[..., tuple[str, str]]:
    """Send a message of a channel type and return its id and its content, as text."""

    def sent(kind: str, template: dict[str, Any] | None = None, **overrides: Any) -> tuple[str, str]:
        step = {"ref": kind, "type": "channel", "channel_type": kind, **STEPS[kind], "channel_overrides": overrides}
        commit("tracked", {**step, "template": template or step["template"]})
        trigger("tracked", ADA)
        message_id = messages()[-1]["id"]
        data = api.get(f"/v1/messages/{message_id}/content").json()["data"]
        return message_id, "\n".join(_texts(data))

    return sent


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [
            text
            for name, each in value.items()
            if name != "content" or "rendered" not in value
            for text in _texts(each)
        ]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [str(value)]


def events(api: httpx.Client, message_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/v1/messages/{message_id}/events").json()["items"]
    return found


@pytest.mark.promise("TRACK-LINK-CLICK")
@pytest.mark.parametrize("kind", STEPS)
def test_a_followed_link_leads_on_and_is_counted(
    sent: Callable[..., Any], reader: httpx.Client, api: httpx.Client, kind: str
) -> None:
    message_id, text = sent(kind, link_tracking=True)
    (link,) = set(LINK.findall(text))

    answer = reader.get(link)

    message = api.get(f"/v1/messages/{message_id}").json()
    assert (answer.status_code, answer.headers["location"]) == (302, TARGET)
    assert message["link_clicked_at"] == message["clicked_at"] == "2026-03-01T12:00:00.000000Z"
    assert "link_clicked" in message["engagement_statuses"]
    clicked = [each for each in events(api, message_id) if each["type"] == "message.link_clicked"]
    assert [each["data"] for each in clicked] == [{"url": TARGET}]
    assert TARGET not in text


@pytest.mark.promise("TRACK-LINK-CLICK")
def test_each_click_leaves_an_event(sent: Callable[..., Any], reader: httpx.Client, api: httpx.Client) -> None:
    message_id, text = sent("sms", link_tracking=True)
    for _ in range(2):
        reader.get(LINK.findall(text)[0])

    assert [each["type"] for each in events(api, message_id)].count("message.link_clicked") == 2


@pytest.mark.promise("TRACK-LINK-CLICK")
@pytest.mark.parametrize(
    "anchor",
    [
        '<a href="mailto:x@example.com">x</a>',
        '<a href="http://example.com">x</a>',
        '<a data-untracked href="https://example.com">x</a>',
        '<a href="https://example.com" data-untracked>x</a>',
    ],
    ids=["mail", "http", "marked", "marked behind"],
)
def test_other_schemes_and_marked_links_stay_as_they_are(sent: Callable[..., Any], anchor: str) -> None:
    _, text = sent("email", {"html_body": anchor, "text_body": "x"}, link_tracking=True)

    assert anchor in text


@pytest.mark.parametrize("kind", STEPS)
def test_links_are_left_alone_where_nothing_is_tracked(sent: Callable[..., Any], kind: str) -> None:
    _, text = sent(kind)

    assert LINK.findall(text) == []


def test_a_channel_says_what_is_tracked_and_a_step_may_say_otherwise(
    sent: Callable[..., Any], configure: Callable[..., None]
) -> None:
    configure("sms", link_tracking=True)

    found = [bool(LINK.findall(sent("sms", **overrides)[1])) for overrides in ({}, {"link_tracking": False})]

    assert found == [True, False]


@pytest.mark.parametrize(("channel", "found"), [({}, True), ({"link_tracking": False}, False)], ids=["silent", "off"])
def test_an_environment_says_what_is_tracked_where_a_channel_does_not(
    sent: Callable[..., Any],
    configure: Callable[..., None],
    environment: Environment,
    channel: dict[str, bool],
    found: bool,
) -> None:
    configure("sms", **channel)
    environment.project = replace(environment.project, tracking={"links": True})

    assert bool(LINK.findall(sent("sms")[1])) == found


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[a](https://example.com/x)", r"\[a\]\(LINK\)"),
        ("at https://example.com/x.", r"at \[https://example\.com/x\]\(LINK\)\."),
        ("plain", "plain"),
    ],
)
def test_links_in_chat_stay_links(sent: Callable[..., Any], written: str, shown: str) -> None:
    _, text = sent("chat", {"markdown_body": written}, link_tracking=True)

    assert re.search(shown.replace("LINK", LINK.pattern), text)


def test_links_in_the_json_of_chat_are_tracked(sent: Callable[..., Any]) -> None:
    body = (
        '{"blocks": [{"url": "https://example.com/x", "text": "<https://example.com/y|y>", "image_url": "https://z"}]}'
    )
    _, text = sent("chat", {"json_body": body}, link_tracking=True)

    assert len(LINK.findall(text)) == 2
    assert "https://z" in text


@pytest.mark.promise("TRACK-CHAT-SMS-CLICK-READ")
@pytest.mark.parametrize(("kind", "read"), [("sms", True), ("chat", True), ("email", False)])
def test_a_click_in_sms_and_chat_counts_as_reading(
    sent: Callable[..., Any], reader: httpx.Client, api: httpx.Client, kind: str, read: bool
) -> None:
    message_id, text = sent(kind, link_tracking=True)
    reader.get(LINK.findall(text)[0])

    message = api.get(f"/v1/messages/{message_id}").json()
    assert (message["link_clicked_at"] is not None, message["read_at"] is not None) == (True, read)


@pytest.mark.promise("TRACK-OPEN-READ")
def test_loading_the_image_of_an_email_marks_it_read(
    sent: Callable[..., Any], reader: httpx.Client, api: httpx.Client
) -> None:
    message_id, text = sent("email", open_tracking=True)
    (image,) = re.findall(r'<img src="([^"]+)" width="1"', text)

    answer = reader.get(image)

    message = api.get(f"/v1/messages/{message_id}").json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert (message["read_at"], message["seen_at"]) == ("2026-03-01T12:00:00.000000Z", None)
    assert events(api, message_id)[-1]["type"] == "message.read"


def test_the_image_stands_within_the_body(sent: Callable[..., Any]) -> None:
    _, text = sent("email", {"html_body": "<body>x</body>", "text_body": "x"}, open_tracking=True)

    assert re.search(r'<body>x<img src="[^"]+" width="1" height="1" alt=""></body>', text)


@pytest.mark.parametrize("change", [lambda link: link[:-1], lambda link: link.replace("/_tracking/", "/_tracking/x")])
def test_a_link_that_was_not_made_here_leads_nowhere(
    sent: Callable[..., Any], reader: httpx.Client, change: Callable[[str], str]
) -> None:
    _, text = sent("sms", link_tracking=True)

    assert reader.get(change(LINK.findall(text)[0])).status_code == 404


def test_a_link_of_a_message_that_is_gone_still_leads_on(
    sent: Callable[..., Any], reader: httpx.Client, api: httpx.Client
) -> None:
    _, text = sent("sms", link_tracking=True)
    api.delete("/v1/users/ada").raise_for_status()

    assert reader.get(LINK.findall(text)[0]).status_code == 302


def test_links_do_not_tell_the_key(sent: Callable[..., Any]) -> None:
    _, text = sent("sms", link_tracking=True)

    assert "sk_test" not in text


@pytest.fixture
def offered(
    commit: Callable[..., None], trigger: Callable[..., str], messages: Callable[..., Any], api: httpx.Client
) -> Callable[[], list[str]]:
    """Send a commercial email, and return the links by which the recipient can opt out of more."""

    def offered(**more: Any) -> list[str]:
        template = {"subject": "Buy", "text_body": "{{ vars.commercial_unsubscribe_url | default: 'none' }}"}
        step = {"ref": "email", "type": "channel", "channel_type": "email", "channel_key": "email"}
        commit("offer", {**step, "template": template}, **(more or {"settings": {"is_commercial": True}}))
        trigger("offer", ADA)
        return [
            api.get(f"/v1/messages/{each['id']}/content").json()["data"]["text_body"]
            for each in messages(source="offer")
        ]

    return offered


DEFAULT_SET = "/v1/users/ada/preferences/default"


@pytest.mark.promise("PREF-COMMERCIAL-UNSUBSCRIBE")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_unsubscribe_link_clears_one_flag_and_nothing_else(
    offered: Callable[..., list[str]], reader: httpx.Client, api: httpx.Client, method: str
) -> None:
    api.put(DEFAULT_SET, json={"channel_types": {"sms": False}, "workflows": {"other": True}}).raise_for_status()
    before = api.get(DEFAULT_SET).json()
    (link,) = offered()

    answer = reader.request(method, link)

    after = api.get(DEFAULT_SET).json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (before.pop("commercial_subscribed"), after.pop("commercial_subscribed")) == (None, False)
    assert after == before


@pytest.mark.promise("PREF-COMMERCIAL-UNSUBSCRIBE")
def test_who_unsubscribed_gets_no_more_offers(offered: Callable[..., list[str]], reader: httpx.Client) -> None:
    (link,) = offered()
    reader.get(link)

    assert offered() == [link]


def test_other_emails_have_no_unsubscribe_link(offered: Callable[..., list[str]]) -> None:
    assert offered(settings={}) == ["none"]


def test_a_commercial_email_carries_the_link_in_its_headers(
    offered: Callable[..., list[str]], api: httpx.Client, messages: Callable[..., Any]
) -> None:
    (link,) = offered()

    (log,) = api.get(f"/v1/messages/{messages()[0]['id']}/delivery_logs").json()["items"]
    assert log["request"]["headers"]["list-unsubscribe"] == f"<{link}>"


def test_the_packaged_project_has_a_commercial_email_with_all_three_links(
    api: httpx.Client, trigger: Callable[..., str], messages: Callable[..., Any]
) -> None:
    trigger("commercial-email", ADA)

    html = api.get(f"/v1/messages/{messages()[0]['id']}/content").json()["data"]["html_body"]

    assert len(set(LINK.findall(html))) == 3
    assert "https://example.com" not in html
