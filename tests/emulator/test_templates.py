"""What templates can say, as the messages show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator import definitions

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator.environment import Environment

LAYOUT = "<html>{{ content }}</html>"


@pytest.fixture
def feed_text(
    api: httpx.Client,
    commit: Callable[..., None],
    trigger: Callable[..., str],
    in_app: Callable[..., dict[str, Any]],
    messages: Callable[..., list[dict[str, Any]]],
) -> Callable[..., str]:
    """Send a template to the feed of ada and return what the text of the item became."""

    def feed_text(body: str, *, version: str = "text", **more: Any) -> str:
        commit("text-message", in_app(body=body) | {"template": {"action_url": body}}, categories=[version])
        trigger("text-message", **more)
        (message,) = messages(source="text-message")[-1:]
        content = api.get(f"/v1/messages/{message['id']}/content").json()["data"]
        return str(content["blocks"][0]["rendered"])

    return feed_text


@pytest.fixture
def email(
    api: httpx.Client,
    commit: Callable[..., None],
    trigger: Callable[..., str],
    messages: Callable[..., list[dict[str, Any]]],
) -> Callable[..., dict[str, Any]]:
    """Send an email to somebody who has an address and return its content."""

    def email(template: dict[str, Any], **more: Any) -> dict[str, Any]:
        step = {"ref": "email", "type": "channel", "channel_type": "email", "channel_key": "email"}
        commit("email-message", {**step, "template": template})
        trigger("email-message", {"id": "eve", "email": "eve@example.com"}, **more)
        (message,) = messages(source="email-message")
        return dict(api.get(f"/v1/messages/{message['id']}/content").json()["data"])

    return email


@pytest.mark.promise("TMPL-LIQUID")
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{{ data.name }}", "Ada"),
        ("{% if data.count > 1 %}many{% else %}one{% endif %}", "many"),
        ("{% if data.count > 5 %}a{% elsif data.count == 2 %}b{% endif %}", "b"),
        ("{% unless data.count == 1 %}many{% endunless %}", "many"),
        ("{% for each in data.list %}[{{ each }}{{ forloop.index }}]{% endfor %}", "[a1][b2]"),
        ("{% assign x = data.count | times: 3 %}{{ x }}", "6"),
        ("{% capture x %}<{{ data.name }}>{% endcapture %}{{ x }}", "<Ada>"),
        ("{% case data.name %}{% when 'Ada' %}hers{% else %}theirs{% endcase %}", "hers"),
        ("{% comment %}nothing{% endcomment %}{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("{{ data.list | join: '+' | upcase }}", "A+B"),
        ("{{ 'a,b' | split: ',' | last }}", "b"),
        ("{{ data.name | slice: 0, 2 | append: '!' }}", "Ad!"),
    ],
)
def test_every_construct_of_liquid_works(feed_text: Callable[..., str], body: str, expected: str) -> None:
    assert feed_text(body, data={"name": "Ada", "count": 2, "list": ["a", "b"]}) == expected


@pytest.mark.promise("TMPL-SCOPE")
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{{ data.word }}", "Hi"),
        ("{{ recipient.id }} {{ recipient.name }}", "ada Ada"),
        ("{{ actor.id }} {{ actor.name }}", "bob Bob"),
        ("{{ tenant.id }} {{ tenant.name }}", "acme Acme"),
        ("{{ vars.app_name }}", "Example"),
        ("{{ workflow.key }} {{ workflow.categories | join: ',' }}", "text-message text"),
        ("{{ activities.size }} {{ activities[0].word }} {{ activities[0].actor.name }}", "1 Hi Bob"),
        ("{{ actors.size }} {{ actors[0].name }}", "1 Bob"),
        ("{{ total_activities }} {{ total_actors }}", "1 1"),
        ("{{ timestamp | date: '%Y-%m-%d %H:%M' }}", "2026-03-01 12:00"),
    ],
)
def test_templates_see_the_scope_of_the_run(
    api: httpx.Client, feed_text: Callable[..., str], body: str, expected: str
) -> None:
    api.put("/v1/users/ada", json={"name": "Ada"})
    actor, tenant = {"id": "bob", "name": "Bob"}, {"id": "acme", "name": "Acme"}

    assert feed_text(body, data={"word": "Hi"}, actor=actor, tenant=tenant) == expected


@pytest.mark.promise("TMPL-SCOPE")
def test_a_template_knows_the_message_it_makes(
    feed_text: Callable[..., str], messages: Callable[..., list[dict[str, Any]]]
) -> None:
    shown = feed_text("{{ current_message.id }} {{ current_message.inserted_at }}")

    (message,) = messages()
    assert shown == f"{message['id']} {message['inserted_at']}"


@pytest.mark.promise("TMPL-SCOPE")
def test_without_actor_and_tenant_there_are_none(feed_text: Callable[..., str]) -> None:
    body = "{{ actor.name }}{{ tenant.name }}{{ actors.size }}{{ total_actors }}{% if actor %}x{% endif %}"

    assert feed_text(body) == "00"


@pytest.mark.promise("TMPL-MISSING-EMPTY")
@pytest.mark.parametrize("path", ["data.none", "data.none.deeper", "nothing", "recipient.nickname", "data.unset"])
def test_what_is_not_there_prints_as_nothing(feed_text: Callable[..., str], path: str) -> None:
    assert feed_text(f"Hello {{{{ {path} }}}}!", data={"unset": None}) == "Hello !"


@pytest.mark.promise("TMPL-KNOCK-FILTERS")
def test_the_filters_of_the_vendor_work_in_messages(feed_text: Callable[..., str]) -> None:
    body = "{{ data.count }} {{ data.count | pluralize: 'item', 'items' }} for {{ data.price | currency: 'GBP', 'en' }}"

    assert feed_text(body, data={"count": 1, "price": 10}) == "1 item for £10.00"


@pytest.mark.promise("TMPL-ENTITY-FILTERS")
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{% assign u = 'bob' | user %}{{ u.id }} {{ u.name }}", "bob Bob"),
        ("{% assign o = 'p1' | object: 'projects' %}{{ o.collection }} {{ o.name }}", "projects Engine"),
        ("{% assign t = 'acme' | tenant %}{{ t.name }}", "Acme"),
        (
            "{% assign s = recipient | subscriptions %}{{ s.size }} {{ s[0].role }} {{ s[0].object.name }}",
            "1 lead Engine",
        ),
        ("{% assign s = recipient.id | subscriptions %}{{ s.size }}", "1"),
        ("{% assign u = 'nobody' | user %}[{{ u }}{{ u.name }}]", "[]"),
        ("{% assign o = 'p1' | object: 'nothing' %}[{{ o.name }}]", "[]"),
        ("{% assign t = 'nowhere' | tenant %}{% if t == null %}null{% endif %}", "null"),
    ],
)
def test_stored_records_are_loaded_when_the_message_is_made(
    api: httpx.Client, feed_text: Callable[..., str], body: str, expected: str
) -> None:
    api.put("/v1/users/ada", json={})
    api.put("/v1/users/bob", json={"name": "Bob"})
    api.put("/v1/objects/projects/p1", json={"name": "Engine"})
    api.put("/v1/tenants/acme", json={"name": "Acme"})
    api.post("/v1/objects/projects/p1/subscriptions", json={"recipients": ["ada"], "properties": {"role": "lead"}})

    assert feed_text(body) == expected


@pytest.mark.promise("TMPL-ENTITY-FILTERS")
def test_at_most_twenty_five_subscriptions_are_loaded(api: httpx.Client, feed_text: Callable[..., str]) -> None:
    for number in range(27):
        path = f"/v1/objects/projects/p{number}"
        api.put(path, json={})
        api.post(f"{path}/subscriptions", json={"recipients": ["ada"]}).raise_for_status()

    assert feed_text("{% assign s = recipient | subscriptions %}{{ s | size }}") == "25"


@pytest.mark.promise("TMPL-SNAPSHOT")
def test_what_was_rendered_stays_as_it_was(
    api: httpx.Client,
    feed: str,
    commit: Callable[..., None],
    trigger: Callable[..., str],
    in_app: Callable[..., dict[str, Any]],
) -> None:
    api.put("/v1/users/ada", json={"name": "Ada"})
    commit("hello", in_app(body="Hello {{ recipient.name }}"))
    trigger("hello")
    before = api.get(feed).json()["entries"][0]["blocks"]

    api.put("/v1/users/ada", json={"name": "Augusta"})
    commit("hello", in_app(body="Goodbye {{ recipient.name }}"))

    entry = api.get(feed).json()["entries"][0]
    content = api.get(f"/v1/messages/{entry['id']}/content").json()["data"]["blocks"]
    assert before == entry["blocks"] == content
    assert before[0]["rendered"] == "<p>Hello Ada</p>\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{% for a in (1..1000000000) %}{% endfor %}", "loops run more than"),
        ("{% for a in (1..19000) %}{{ data.text }}{% endfor %}", "output stream limit"),
        ("{% render 'me' %}", "nested too deeply"),
        ("{{ data.text | no_such_filter }}", "unknown filter"),
        ("{% nonsense %}", "nonsense"),
        ("{% render 'nothing' %}", "no partial 'nothing'"),
    ],
)
def test_a_template_that_cannot_end_well_ends_the_run_with_an_event_that_says_so(
    environment: Environment,
    api: httpx.Client,
    commit: Callable[..., None],
    trigger: Callable[..., str],
    runs: Callable[..., list[dict[str, Any]]],
    messages: Callable[..., list[dict[str, Any]]],
    in_app: Callable[..., dict[str, Any]],
    body: str,
    said: str,
) -> None:
    definitions.commit(environment, "partial", "me", {"content": "{% render 'me' %}"})
    commit("endless", in_app(body=body), in_app("later"))

    trigger("endless", data={"text": "x" * 1000})

    (run,) = runs()
    events = api.get(f"/v1/workflow_recipient_runs/{run['id']}").json()["events"]
    (failed,) = [each for each in events if each["status"] == "error"]
    assert said in failed["data"]["reason"]
    assert (messages(), run["status"], run["error_count"]) == ([], "completed", 1)


def test_a_partial_sees_what_it_is_given_and_nothing_else(
    environment: Environment, feed_text: Callable[..., str]
) -> None:
    definitions.commit(
        environment, "partial", "greeting", {"content": "Hello {{ name }}{{ recipient.id }}{{ data.word }}"}
    )

    assert feed_text("{% render 'greeting', name: data.name %}!", data={"name": "Ada", "word": "x"}) == "Hello Ada!"


def test_inputs_of_partials_are_texts_unless_their_schema_says_otherwise(
    environment: Environment, feed_text: Callable[..., str]
) -> None:
    content = "{% for each in list %}[{{ each }}]{% endfor %} {{ flag | json }} {{ size }}"
    schema = [
        {"type": "json", "key": "list", "label": "List"},
        {"type": "text", "key": "size", "label": "Size", "settings": {"default": "small"}},
    ]
    definitions.commit(environment, "partial", "listing", {"content": content, "input_schema": schema})

    shown = feed_text("{% render 'listing', list: data.list, flag: data.flag %}", data={"list": [1, 2], "flag": True})

    assert shown == '[1][2] "true" small'


def test_a_committed_partial_applies_at_once(environment: Environment, feed_text: Callable[..., str]) -> None:
    definitions.commit(environment, "partial", "word", {"content": "old"})
    first = feed_text("{% render 'word' %}")

    definitions.commit(environment, "partial", "word", {"content": "new"})

    assert (first, feed_text("{% render 'word' %}")) == ("old", "new")


def test_a_partial_may_be_a_block_of_an_email(environment: Environment, email: Callable[..., dict[str, Any]]) -> None:
    schema = [{"type": "json", "key": "items", "label": "Items"}]
    content = "<b>{{ title }}</b>{% for each in items %}<i>{{ each }}</i>{% endfor %}"
    definitions.commit(environment, "partial", "card", {"content": content, "input_schema": schema})
    attrs = {"title": "For {{ recipient.id }}", "items": "{{ data.items }}"}

    sent = email(
        {"subject": "Hi", "visual_blocks": [{"type": "partial", "key": "card", "attrs": attrs}]},
        data={"items": ["a", "b"]},
    )

    assert sent["html_body"] == "<b>For eve</b><i>a</i><i>b</i>"


def test_a_layout_sees_what_is_set_before_it(environment: Environment, email: Callable[..., dict[str, Any]]) -> None:
    definitions.commit(environment, "layout", "framed", {"html_layout": "<p>{{ color }}</p>{{ content }}"})
    settings = {"layout_key": "framed", "pre_content": "{% assign color = data.color %}"}

    sent = email({"subject": "Hi", "html_body": "<b>Hi</b>", "settings": settings}, data={"color": "red"})

    assert sent["html_body"] == "<p>red</p><b>Hi</b>"
