from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator.environment import Environment


@pytest.fixture
def content(api: httpx.Client) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return the content of a message."""

    def content(message: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = api.get(f"/v1/messages/{message['id']}/content").raise_for_status().json()["data"]
        return found

    return content


@pytest.fixture
def events(api: httpx.Client, runs: Callable[..., Any]) -> Callable[[], list[tuple[str, str, str | None]]]:
    """Return name, status and step of the events of the only run."""

    def events() -> list[tuple[str, str, str | None]]:
        (run,) = runs()
        found = api.get(f"/v1/workflow_recipient_runs/{run['id']}").raise_for_status().json()["events"]
        return [(each["event"], each["status"], each["step_ref"]) for each in found]

    return events


@pytest.fixture
def ada(api: httpx.Client, channel: Callable[[str], str]) -> None:
    """A user who is reached on every channel."""
    data = {
        channel("push-fcm"): {"tokens": ["phone", "tablet"]},
        channel("slack"): {
            "connections": [
                {"channel_id": "C1", "access_token": "x"},
                {"incoming_webhook": {"url": "https://a.test/b"}},
            ]
        },
    }
    body = {"name": "Ada", "email": "ada@example.com", "phone_number": "+15005550001", "channel_data": data}
    api.put("/v1/users/ada", json=body).raise_for_status()


def refs(messages: list[dict[str, Any]]) -> list[str]:
    return [each["source"]["step_ref"] for each in messages]


@pytest.mark.usefixtures("ada")
class TestAllChannels:
    @pytest.mark.promise(
        "ENGINE-SEQUENCE", "CHANNEL-ONE-MESSAGE", "CHANNEL-PUSH-PER-TOKEN", "CHANNEL-CHAT-PER-CONNECTION"
    )
    def test_every_step_makes_its_messages_in_order(
        self, trigger: Callable[..., str], messages: Callable[..., Any]
    ) -> None:
        trigger("all-channels")

        assert refs(messages()) == ["in_app", "email", "sms", "push", "push", "chat", "chat", "webhook"]

    def test_each_ends_with_the_status_of_its_channel(
        self, trigger: Callable[..., str], messages: Callable[..., Any]
    ) -> None:
        trigger("all-channels")

        assert {each["source"]["step_ref"]: each["status"] for each in messages()} == {
            "in_app": "delivered",
            "email": "delivered",
            "sms": "delivered",
            "push": "sent",
            "chat": "sent",
            "webhook": "delivered",
        }

    @pytest.mark.promise("CHANNEL-PUSH-PER-TOKEN", "CHANNEL-CHAT-PER-CONNECTION")
    def test_each_has_the_content_of_its_channel(
        self, trigger: Callable[..., str], messages: Callable[..., Any], content: Callable[..., Any]
    ) -> None:
        trigger("all-channels", data={"title": "News", "message": "Read this"})

        in_app, email, sms, phone, tablet, chat, by_webhook, webhook = map(content, messages())
        assert in_app["blocks"][0]["rendered"] == "<p><strong>News</strong></p>\n<p>Read this</p>\n"
        assert (email["to"], email["subject_line"]) == ("ada@example.com", "News")
        assert email["html_body"] == "<p>Dear Ada,</p>\n<p>Read this</p>\n"
        assert email["from"] == "Example <hello@example.com>"
        assert (sms["to"], sms["body"]) == ("+15005550001", "Read this")
        assert [(each["token"], each["title"]) for each in (phone, tablet)] == [("phone", "News"), ("tablet", "News")]
        assert [each["connection"] for each in (chat, by_webhook)] == [
            {"channel_id": "C1", "access_token": "x"},
            {"incoming_webhook": {"url": "https://a.test/b"}},
        ]
        assert webhook["connection"]["url"] == "https://hooks.example.com/all-channels"

    def test_what_was_sent_to_is_kept_as_it_was(
        self, trigger: Callable[..., str], messages: Callable[..., Any], api: httpx.Client
    ) -> None:
        trigger("all-channels")
        api.put("/v1/users/ada", json={"email": "new@example.com"})

        snapshots = {each["source"]["step_ref"]: each["recipient_snapshot"] for each in reversed(messages())}
        assert snapshots["email"] == {"email": "ada@example.com", "name": "Ada"}
        assert snapshots["chat"] == {"channel_id": "C1", "user_id": None, "via_incoming_webhook": False}
        assert (snapshots["in_app"], snapshots["sms"]) == (None, None)

    def test_each_request_to_a_provider_leaves_a_log(
        self, trigger: Callable[..., str], messages: Callable[..., Any], api: httpx.Client
    ) -> None:
        trigger("all-channels")

        logs = {
            each["source"]["step_ref"]: api.get(f"/v1/messages/{each['id']}/delivery_logs").json()["items"]
            for each in messages()
        }
        assert logs["in_app"] == []
        assert [(each["service_name"], each["request"]["host"]) for each in logs["email"]] == [
            ("email_sendgrid", "api.sendgrid.com")
        ]
        assert logs["webhook"][0]["request"]["host"] == "hooks.example.com"

    def test_the_events_of_an_email_tell_its_life(
        self, trigger: Callable[..., str], messages: Callable[..., Any], api: httpx.Client
    ) -> None:
        trigger("all-channels")

        email = messages()[1]
        types = [each["type"] for each in api.get(f"/v1/messages/{email['id']}/events").json()["items"]]
        assert types == ["message.created", "message.queued", "message.sent", "message.delivered"]

    @pytest.mark.promise("RUN-EVENTS-CONSERVATION")
    def test_the_run_names_every_message_it_made(
        self, trigger: Callable[..., str], messages: Callable[..., Any], runs: Callable[..., Any], api: httpx.Client
    ) -> None:
        trigger("all-channels")

        run = api.get(f"/v1/workflow_recipient_runs/{runs()[0]['id']}").json()
        named = [each["data"]["message_id"] for each in run["events"] if each["event"] == "message_enqueued"]
        assert named == [each["id"] for each in messages(workflow_recipient_run_id=run["id"])]


@pytest.mark.promise("ENGINE-SKIP-CONTINUES", "CHANNEL-NEEDS-ADDRESS", "CHANNEL-NEEDS-CHANNEL-DATA")
@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({}, ["in_app", "webhook"]),
        ({"email": "a@example.com"}, ["in_app", "email", "webhook"]),
        ({"phone_number": "+1"}, ["in_app", "sms", "webhook"]),
        ({"email": None, "phone_number": ""}, ["in_app", "webhook"]),
    ],
    ids=["nothing", "email", "phone number", "empty ones"],
)
def test_a_step_is_skipped_that_cannot_reach_the_recipient(
    api: httpx.Client,
    trigger: Callable[..., str],
    messages: Callable[..., Any],
    runs: Callable[..., Any],
    properties: dict[str, Any],
    expected: list[str],
) -> None:
    api.put("/v1/users/ada", json=properties)

    trigger("all-channels")

    assert refs(messages()) == expected
    assert runs()[0]["status"] == "completed"


@pytest.mark.promise("CHANNEL-NEEDS-CHANNEL-DATA")
def test_tokens_of_another_channel_do_not_count(
    api: httpx.Client, trigger: Callable[..., str], messages: Callable[..., Any], channel: Callable[[str], str]
) -> None:
    api.put(f"/v1/users/ada/channel_data/{channel('push-apns')}", json={"data": {"tokens": ["phone"]}})
    api.put(f"/v1/users/ada/channel_data/{channel('push-fcm')}", json={"data": {"tokens": []}})

    trigger("all-channels")

    assert "push" not in refs(messages())


@pytest.mark.promise("ENGINE-SKIP-UNCONFIGURED-CHANNEL")
def test_a_step_is_skipped_whose_channel_is_not_configured(
    commit: Callable[..., None], in_app: Callable[..., Any], trigger: Callable[..., str], messages: Callable[..., Any]
) -> None:
    commit("news", in_app("first", channel_key="nowhere"), in_app("second"))

    trigger("news")

    assert refs(messages()) == ["second"]


@pytest.mark.promise("ENGINE-FAIL-HALTS", "RUN-ERROR-COUNT")
def test_a_step_whose_template_cannot_be_rendered_ends_the_run(
    commit: Callable[..., None],
    in_app: Callable[..., Any],
    trigger: Callable[..., str],
    messages: Callable[..., Any],
    runs: Callable[..., Any],
    events: Callable[..., Any],
) -> None:
    commit("news", in_app("first", body="{{ 1 | divided_by: 0 }}"), in_app("second"))

    trigger("news")

    assert messages() == []
    assert (runs()[0]["status"], runs()[0]["error_count"]) == ("completed", 1)
    assert ("step_failed", "error", "first") in events()


@pytest.mark.promise("ENGINE-RUNS-INDEPENDENT")
def test_a_failing_run_leaves_the_others_alone(
    commit: Callable[..., None], in_app: Callable[..., Any], trigger: Callable[..., str], messages: Callable[..., Any]
) -> None:
    commit("news", in_app(body="{{ 1 | divided_by: recipient.number }}"))

    trigger("news", {"id": "ada", "number": 0}, {"id": "bob", "number": 1})

    assert [each["recipient"] for each in messages()] == ["bob"]


class TestPreferences:
    def prefer(self, api: httpx.Client, settings: dict[str, Any], path: str = "users/ada/preferences/default") -> None:
        api.put(f"/v1/{path}", json=settings).raise_for_status()

    @pytest.mark.promise("RUNPREF-OPT-OUT-SKIPS")
    @pytest.mark.parametrize(
        "settings",
        [
            {"channel_types": {"in_app_feed": False}},
            {"workflows": {"categorised-message": False}},
            {"categories": {"New Features & Tips": False}},
            {"categories": {"collaboration": {"channel_types": {"in_app_feed": False}}}},
        ],
        ids=["channel type", "workflow", "category", "channel type in a category"],
    )
    def test_an_opt_out_keeps_the_step_from_sending(
        self,
        api: httpx.Client,
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        events: Callable[..., Any],
        settings: Any,
    ) -> None:
        self.prefer(api, settings)

        trigger("categorised-message")

        assert messages() == []
        assert ("step_skipped", "ok", "in_app") in events()

    @pytest.mark.promise("PREF-EVAL-CHANNEL-OVER-TYPE")
    def test_a_channel_counts_before_its_type(
        self,
        api: httpx.Client,
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        channel: Callable[[str], str],
    ) -> None:
        self.prefer(api, {"channel_types": {"in_app_feed": False}, "channels": {channel("in-app-feed"): True}})

        trigger("in-app-message")

        assert len(messages()) == 1

    @pytest.mark.promise("PREF-EVAL-CONDITIONS-AND")
    @pytest.mark.parametrize(("important", "expected"), [(True, 1), (False, 0)])
    def test_conditions_of_a_preference_see_the_run(
        self,
        api: httpx.Client,
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        important: bool,
        expected: int,
    ) -> None:
        condition = {"variable": "data.important", "operator": "equal_to", "argument": "true"}
        self.prefer(api, {"workflows": {"in-app-message": {"conditions": [condition]}}})

        trigger("in-app-message", data={"important": important})

        assert len(messages()) == expected

    @pytest.mark.promise("PREF-EVAL-COMMERCIAL")
    def test_out_of_commercial_messages_means_those_only(
        self, api: httpx.Client, trigger: Callable[..., str], messages: Callable[..., Any]
    ) -> None:
        self.prefer(api, {"commercial_subscribed": False})

        trigger("commercial-message")
        trigger("in-app-message")

        assert [each["workflow"] for each in messages()] == ["in-app-message"]

    @pytest.mark.promise("RUNPREF-OVERRIDE")
    def test_a_workflow_may_override_preferences(
        self,
        api: httpx.Client,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
    ) -> None:
        self.prefer(api, {"channel_types": {"in_app_feed": False}})
        commit("alarm", in_app(), settings={"override_preferences": True})

        trigger("alarm")

        assert len(messages()) == 1

    @pytest.mark.promise("PREF-EVAL-TENANT")
    def test_preferences_for_a_tenant_decide_runs_with_it(
        self, api: httpx.Client, trigger: Callable[..., str], messages: Callable[..., Any]
    ) -> None:
        self.prefer(api, {"channel_types": {"in_app_feed": False}}, path="users/ada/preferences/acme")

        trigger("in-app-message", tenant="acme")
        trigger("in-app-message", tenant="other")

        assert [each["tenant"] for each in messages()] == ["other"]

    @pytest.mark.promise("RUNPREF-ENV-DEFAULT")
    def test_defaults_of_the_environment_fill_what_the_recipient_left_open(
        self, trigger: Callable[..., str], messages: Callable[..., Any], environment: Environment
    ) -> None:
        defaults = {"channel_types": {"in_app_feed": False}}
        environment.project = replace(environment.project, default_preferences=defaults)

        trigger("in-app-message")

        assert messages() == []

    def test_an_inline_opt_out_counts_at_once(self, trigger: Callable[..., str], messages: Callable[..., Any]) -> None:
        opt_out = {"default": {"channel_types": {"in_app_feed": False}}}

        trigger("in-app-message", {"id": "ada", "preferences": opt_out})

        assert messages() == []

    @pytest.mark.promise("RUNPREF-OBJECT-RECIPIENT")
    def test_preferences_of_an_object_decide_its_own_run_only(
        self, api: httpx.Client, trigger: Callable[..., str], messages: Callable[..., Any]
    ) -> None:
        api.put("/v1/objects/teams/1", json={})
        api.post("/v1/objects/teams/1/subscriptions", json={"recipients": ["ada"]})
        self.prefer(api, {"channel_types": {"in_app_feed": False}}, path="objects/teams/1/preferences/default")

        trigger("in-app-message", {"id": "1", "collection": "teams"})

        assert [each["recipient"] for each in messages()] == ["ada"]


class TestSandbox:
    @pytest.mark.promise("TRIGGER-SETTINGS-SANDBOX")
    @pytest.mark.usefixtures("ada")
    @pytest.mark.parametrize(
        ("settings", "sandboxed"),
        [({"sandbox_mode": True}, True), ({"sandbox_mode": False}, False), ({}, False)],
    )
    def test_a_trigger_in_sandbox_mode_hands_nothing_over(
        self,
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        content: Callable[..., Any],
        api: httpx.Client,
        settings: Any,
        sandboxed: bool,
    ) -> None:
        trigger("all-channels", settings=settings)

        email = messages()[1]
        logs = api.get(f"/v1/messages/{email['id']}/delivery_logs").json()["items"]
        assert (email["status"], len(logs)) == (("not_sent", 0) if sandboxed else ("delivered", 1))
        assert content(email)["subject_line"] == "Hello"

    @pytest.mark.promise("TRIGGER-SETTINGS-SANDBOX")
    @pytest.mark.usefixtures("ada")
    def test_a_channel_in_sandbox_mode_stays_so_whatever_the_trigger_says(
        self, trigger: Callable[..., str], messages: Callable[..., Any], configure: Callable[..., None]
    ) -> None:
        configure("email", sandbox_mode=True)

        trigger("all-channels", settings={"sandbox_mode": False})

        assert [each["status"] for each in messages()][:3] == ["delivered", "not_sent", "delivered"]


class TestTemplates:
    def test_the_scope_of_a_template(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        content: Callable[..., Any],
    ) -> None:
        body = (
            "{{ current_message.id }}|{{ workflow.key }}|{{ vars.app_name }}|{{ actor.name }}|{{ tenant.name }}|"
            "{{ total_activities }}|{{ total_actors }}|{{ timestamp }}|{{ activities[0].message }}|{{ actors[0].id }}|"
            "{{ recipient.id }}|{{ data.none }}"
        )
        commit("news", in_app(body=body))

        trigger(
            "news", actor={"id": "bob", "name": "Bob"}, tenant={"id": "acme", "name": "Acme"}, data={"message": "Hi"}
        )

        (message,) = messages()
        assert content(message)["blocks"][0]["rendered"] == (
            f"<p>{message['id']}|news|Example|Bob|Acme|1|1|2026-03-01T12:00:00.000000Z|Hi|bob|ada|</p>\n"
        )

    def test_filters_load_stored_records(
        self,
        api: httpx.Client,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        content: Callable[..., Any],
    ) -> None:
        api.put("/v1/users/bob", json={"name": "Bob"})
        api.put("/v1/objects/teams/1", json={"name": "Red"})
        api.post("/v1/objects/teams/1/subscriptions", json={"recipients": ["ada"], "properties": {"role": "lead"}})
        body = (
            "{% assign u = 'bob' | user %}{% assign n = 'nobody' | user %}{% assign o = '1' | object: 'teams' %}"
            "{% assign s = recipient | subscriptions %}"
            "{{ u.name }} {{ o.name }} {{ s[0].role }} of {{ s[0].object.name }}[{{ n.name }}]"
        )
        commit("news", in_app(body=body))

        trigger("news")

        assert content(messages()[0])["blocks"][0]["rendered"] == "<p>Bob Red lead of Red[]</p>\n"

    def test_content_stays_as_it_was_rendered(
        self, api: httpx.Client, trigger: Callable[..., str], messages: Callable[..., Any], content: Callable[..., Any]
    ) -> None:
        trigger("in-app-message", {"id": "ada", "name": "Ada"})
        before = content(messages()[0])

        api.put("/v1/users/ada", json={"name": "Bea"})

        assert content(messages()[0]) == before

    def test_buttons_and_action_are_blocks(
        self, trigger: Callable[..., str], messages: Callable[..., Any], content: Callable[..., Any]
    ) -> None:
        trigger("in-app-message", data={"url": "https://example.com/1"})

        _, action, buttons = content(messages()[0])["blocks"]
        assert action["rendered"] == "https://example.com/1"
        assert [each["action"] for each in buttons["buttons"]] == [
            "https://example.com/1",
            "https://example.com/dismiss",
        ]

    def test_an_email_of_blocks_is_put_into_its_layout(
        self,
        commit: Callable[..., None],
        environment: Environment,
        trigger: Callable[..., str],
        messages: Callable[..., Any],
        content: Callable[..., Any],
    ) -> None:
        blocks = [
            {"type": "markdown", "content": "Hello {{ recipient.name }}"},
            {"type": "divider"},
            {"type": "button_set", "buttons": [{"label": "Go", "action": "{{ data.url }}"}]},
            {"type": "html", "content": "<i>bye</i>"},
            {"type": "image", "url": "https://example.com/a.png", "alt": "A"},
        ]
        layout = {"html_layout": "<main>{{ content }}</main>", "text_layout": "-- {{ content }}"}
        environment.project = replace(environment.project, layouts={"plain": layout})
        template = {"subject": "News", "visual_blocks": blocks, "settings": {"layout_key": "plain"}}
        step = {"ref": "email", "type": "channel", "channel_type": "email", "channel_key": "email"}
        commit("news", {**step, "template": template})

        trigger("news", {"id": "ada", "name": "Ada", "email": "ada@example.com"}, data={"url": "https://example.com"})

        email = content(messages()[0])
        assert email["html_body"] == (
            '<main><p>Hello Ada</p>\n\n<hr>\n<a href="https://example.com">Go</a>\n<i>bye</i>\n'
            '<img src="https://example.com/a.png" alt="A"></main>'
        )
        assert email["text_body"].startswith("-- Hello Ada")
