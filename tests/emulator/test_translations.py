"""Texts in the language of the recipient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator import definitions

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator.environment import Environment

ENGLISH = {
    "hello": "Hello {{ name }}",
    "only_english": "English",
    "orders": {"zero": "No orders", "one": "One order", "other": "{{ count }} orders"},
}
GERMAN = {"hello": "Hallo {{ name }}", "orders": {"one": "Eine Bestellung", "other": "{{ count }} Bestellungen"}}


@pytest.fixture(autouse=True)
def translations(environment: Environment) -> None:
    """Texts in English, which is the default, German and Austrian German."""
    definitions.commit_translation(environment, "en", ENGLISH)
    definitions.commit_translation(environment, "de", GERMAN)
    definitions.commit_translation(environment, "de-AT", {"hello": "Servus {{ name }}"})
    definitions.commit_translation(environment, "de", {"hello": "Willkommen"}, namespace="greetings")
    definitions.commit_translation(
        environment, "de", {"See you, {{ recipient.id }}!": "Bis bald, {{ recipient.id }}!"}, namespace="system"
    )


@pytest.fixture
def shown(
    api: httpx.Client,
    feed: str,
    commit: Callable[..., None],
    trigger: Callable[..., str],
    in_app: Callable[..., dict[str, Any]],
) -> Callable[..., str]:
    """Send a template to ada, who has a locale, and return what she reads."""

    def shown(body: str, locale: str | None, **data: Any) -> str:
        commit("text-message", in_app() | {"template": {"action_url": body}})
        trigger("text-message", {"id": "ada", "locale": locale}, data=data)
        return str(api.get(feed).json()["entries"][0]["blocks"][0]["rendered"])

    return shown


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", "Hello Ada"),
        ("de", "Hallo Ada"),
        ("de-AT", "Servus Ada"),
        ("de_AT", "Servus Ada"),
        ("de-CH", "Hallo Ada"),
        ("fr", "Hello Ada"),
        (None, "Hello Ada"),
    ],
)
def test_a_text_is_in_the_language_of_the_recipient(
    shown: Callable[..., str], locale: str | None, expected: str
) -> None:
    assert shown("{{ 'hello' | t: name: data.name }}", locale, name="Ada") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{{ 'only_english' | t }}", "English"),
        ("{{ 'greetings:hello' | t }}", "Willkommen"),
        ("{{ 'unknown.key' | t }}", "unknown.key"),
        ("{{ 'hello' | t: name: 'x' | upcase }}", "HALLO X"),
        ("{% t %}See you, {{ recipient.id }}!{% endt %}", "Bis bald, ada!"),
        ("{% t %}Not translated {{ recipient.id }}{% endt %}", "Not translated ada"),
    ],
)
def test_a_text_is_found_by_its_key(shown: Callable[..., str], body: str, expected: str) -> None:
    assert shown(body, "de") == expected


@pytest.mark.parametrize(
    ("locale", "count", "expected"),
    [
        ("en", 0, "No orders"),
        ("en", 1, "One order"),
        ("en", 5, "5 orders"),
        ("de", 0, "0 Bestellungen"),
        ("de", 1, "Eine Bestellung"),
    ],
)
def test_a_count_chooses_the_form(shown: Callable[..., str], locale: str, count: int, expected: str) -> None:
    assert shown("{{ 'orders' | t: count: data.count }}", locale, count=count) == expected


@pytest.mark.promise("FEED-LOCALE")
@pytest.mark.parametrize(
    ("locale", "expected"),
    [(None, "Hello Ada"), ("de", "Hallo Ada"), ("de-AT", "Servus Ada"), ("de-CH", "Hallo Ada"), ("fr", "Hello Ada")],
)
def test_a_feed_is_read_in_the_language_asked_for(
    api: httpx.Client, feed: str, shown: Callable[..., str], locale: str | None, expected: str
) -> None:
    shown("{{ 'hello' | t: name: data.name }}", "en", name="Ada")

    (entry,) = api.get(feed, params={"locale": locale} if locale else {}).json()["entries"]

    assert entry["blocks"][0]["rendered"] == expected


@pytest.mark.promise("FEED-LOCALE")
def test_reading_in_another_language_changes_nothing(api: httpx.Client, feed: str, shown: Callable[..., str]) -> None:
    shown("{{ 'hello' | t: name: data.name }}", "en", name="Ada")
    before = api.get(feed).content

    api.get(feed, params={"locale": "de"})

    assert api.get(feed).content == before


@pytest.mark.promise("FEED-LOCALE")
def test_what_is_not_translated_reads_the_same_in_every_language(
    api: httpx.Client, feed: str, shown: Callable[..., str]
) -> None:
    assert shown("Hello", "en") == "Hello"

    assert api.get(feed, params={"locale": "de"}).json() == api.get(feed).json()


def test_a_text_within_a_partial_is_translated_too(
    api: httpx.Client, feed: str, environment: Environment, shown: Callable[..., str]
) -> None:
    definitions.commit(environment, "partial", "greeting", {"content": "{{ 'hello' | t: name: name }}"})

    assert shown("{% render 'greeting', name: 'Ada' %}", "de") == "Hallo Ada"
    assert api.get(feed, params={"locale": "en"}).json()["entries"][0]["blocks"][0]["rendered"] == "Hello Ada"
