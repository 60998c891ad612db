"""Translations: the text of a key in the language of a recipient."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knock_harness.contract.project import Partial, Project

__all__ = ["in_locale", "is_translated", "locale_of", "locales", "text_of_key", "text_of_text"]

_USES: Final = re.compile(r"\|\s*t\b|\{%-?\s*t\b")
_RENDERS: Final = re.compile(r"\{%-?\s*render\b")


def locale_of(variables: Mapping[str, Any]) -> str | None:
    """Return the locale that the recipient of a scope gives, or None."""
    recipient = variables.get("recipient")
    locale = recipient.get("locale") if isinstance(recipient, Mapping) else None
    return locale if isinstance(locale, str) and locale else None


def locales(wanted: str | None, *, default: str) -> Iterator[str]:
    """Yield the locales to look in: language with region, language alone, and the same of the default locale."""
    for each in (wanted, default):
        if each:
            name = each.replace("_", "-")
            yield name
            if "-" in name:
                yield name.partition("-")[0]


def in_locale(variables: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """Return a scope whose recipient has another locale."""
    return {**variables, "recipient": {**variables["recipient"], "locale": locale}}


def is_translated(template: Any, partials: Mapping[str, Partial]) -> bool:
    """Say whether what a template renders may depend on the locale of the recipient."""
    if isinstance(template, str):
        uses = _USES.search(template) is not None
        return uses or (
            _RENDERS.search(template) is not None and any(_USES.search(each.content) for each in partials.values())
        )
    if isinstance(template, Mapping):
        template = list(template.values())
    return isinstance(template, list) and any(is_translated(each, partials) for each in template)


def text_of_key(project: Project, key: str, wanted: str | None, *, count: Any = None) -> str | None:
    """Return the text of a key, ``path.to.text`` or ``namespace:path.to.text``; None if nothing is translated so.

    Args:
        project: whose translations.
        key: the key.
        wanted: the locale of the recipient.
        count: chooses among the forms ``zero``, ``one`` and ``other`` of the key; None: it has one form.
    """
    forms = _forms(count)
    for locale in locales(wanted, default=project.account.default_locale):
        namespaces = project.translations.get(locale)
        if namespaces is None:
            continue
        namespace, colon, rest = key.partition(":")
        texts, path = (namespaces[namespace], rest) if colon and namespace in namespaces else (namespaces.get(""), key)
        for form in forms:
            found = (texts or {}).get(path + form)
            if found is not None:
                return found
    return None


def text_of_text(project: Project, text: str, wanted: str | None) -> str | None:
    """Return what a text in the default language is translated to; None if it is not."""
    for locale in locales(wanted, default=project.account.default_locale):
        for texts in project.translations.get(locale, {}).values():
            if text in texts:
                return texts[text]
    return None


def _forms(count: Any) -> tuple[str, ...]:
    """Return the ends of keys to look for, the best first."""
    if isinstance(count, str) and count.isdecimal():
        count = int(count)
    if not isinstance(count, int | float) or isinstance(count, bool):
        return ("",)
    if count == 0:
        return (".zero", ".other", "")
    return (".one", ".other", "") if count == 1 else (".other", "")
