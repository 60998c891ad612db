"""Layouts, partials and translations: what templates are put together from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from .forms import is_one_of, list_at, map_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .places import Place

__all__ = ["Partial", "layout_at", "partial_at", "translation_at"]

PARTIAL_TYPES: Final = frozenset({"html", "json", "markdown", "text"})
#: Inputs of a partial that keep their structure; all others are texts inside of it.
STRUCTURED: Final = frozenset({"boolean", "button", "image", "json", "multi_select"})


@dataclass(frozen=True, slots=True)
class Partial:
    """A piece of content that templates share.

    Attributes:
        key: by which templates name it.
        type: ``html``, ``json``, ``markdown`` or ``text``.
        content: Liquid that sees its inputs only.
        structured: the inputs that keep their structure.
        defaults: the values of inputs that are not given.
    """

    key: str
    type: str
    content: str
    structured: frozenset[str] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict)


def partial_at(key: str, definition: Mapping[str, Any], place: Place) -> Partial:
    """Return a partial from its definition.

    Raises:
        InvalidDocument: it is none.
    """
    kind, content = definition.get("type", "html"), definition.get("content")
    if not is_one_of(kind, PARTIAL_TYPES):
        raise (place / "type").error(f"{kind!r} is none of {', '.join(sorted(PARTIAL_TYPES))}")
    if not isinstance(content, str):
        raise (place / "content").error("a partial has a text 'content'")
    inputs = list_at(definition, "input_schema", place)
    defaults: dict[str, Any] = {}
    for number, each in enumerate(inputs):
        below = place / "input_schema" / number
        if not isinstance(each, dict) or not isinstance(each.get("key"), str):
            raise below.error("an input is a map with a 'key'")
        defaults[each["key"]] = map_at(each, "settings", below).get("default")
    return Partial(
        key,
        kind,
        content,
        structured=frozenset(each["key"] for each in inputs if is_one_of(each.get("type"), STRUCTURED)),
        defaults={name: value for name, value in defaults.items() if value is not None},
    )


def layout_at(definition: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    """Return the layout of emails that a definition describes.

    Raises:
        InvalidDocument: a part of it is no text.
    """
    for name in ("html_layout", "text_layout"):
        if not isinstance(definition.get(name), str | None):
            raise (place / name).error(f"{name!r} is a text")
    return definition


def translation_at(value: Any, place: Place) -> dict[str, str]:
    """Return the texts of a translation by the keys that the filter ``t`` finds them under.

    Args:
        value: texts by key, in maps nested as deeply as wanted.
        place: where they stand.

    Raises:
        InvalidDocument: there is something else than texts.
    """
    if not isinstance(value, dict):
        raise place.error("a translation is a map of texts")
    return dict(_texts(value, place, ""))


def _texts(value: Mapping[str, Any], place: Place, prefix: str) -> Iterator[tuple[str, str]]:
    for key, each in value.items():
        if isinstance(each, dict):
            yield from _texts(each, place / key, f"{prefix}{key}.")
        elif isinstance(each, str):
            yield prefix + key, each
        else:
            raise (place / key).error(f"must be a text, not {each!r}")
