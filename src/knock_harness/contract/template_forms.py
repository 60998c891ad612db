"""Templates of channel steps as they are written in definitions: what they hold, and what they may name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .forms import is_one_of, list_at, map_at, text_at

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .places import Place

__all__ = ["Known", "read_template"]

VISUAL_BLOCKS: Final = frozenset({"button_set", "divider", "html", "image", "markdown", "partial"})
#: The parts of templates that are texts, and those that are lists of maps of texts.
TEXTS: Final = (
    "action_url",
    "body",
    "html_body",
    "json_body",
    "markdown_body",
    "method",
    "subject",
    "summary",
    "text_body",
    "title",
    "url",
)
PAIRS: Final[Mapping[str, tuple[str, str]]] = {
    "action_buttons": ("label", "action"),
    "headers": ("key", "value"),
    "query_params": ("key", "value"),
}
SETTINGS: Final = ("attachment_key", "delivery_type", "layout_key", "pre_content", "to_number")


@dataclass(frozen=True, slots=True)
class Known:
    """What the steps of a workflow may name.

    Attributes:
        layouts: the keys of layouts.
        partials: the keys of partials.
        channel_groups: the keys of channel groups; None: it is not known which there are.
    """

    layouts: Collection[str] = ()
    partials: Collection[str] = ()
    channel_groups: Collection[str] | None = None


def read_template(value: Any, place: Place, known: Known) -> Mapping[str, Any]:
    """Return the template of a channel step.

    Raises:
        InvalidDocument: a part of it has another form, cannot be rendered, or names what there is not.
    """
    template = value or {}
    if not isinstance(template, dict):
        raise place.error(f"'template' is a map, not {value!r}")
    for key in TEXTS:
        text_at(template, key, place)
    for key, names in PAIRS.items():
        _check_pairs(template, key, place, names)
    settings = map_at(template, "settings", place)
    for key in SETTINGS:
        text_at(settings, key, place / "settings")
    layout = settings.get("layout_key")
    if layout and layout not in known.layouts:
        raise (place / "settings" / "layout_key").error(f"there is no layout {layout!r}")
    if template.get("is_mjml"):
        raise (place / "is_mjml").error("MJML is not rendered here")
    for number, each in enumerate(list_at(template, "visual_blocks", place)):
        _check_block(each, place / "visual_blocks" / number, known)
    return template


def _check_pairs(value: Mapping[str, Any], key: str, place: Place, names: tuple[str, str]) -> None:
    for number, each in enumerate(list_at(value, key, place)):
        below = place / key / number
        if not isinstance(each, dict):
            raise below.error(f"must be a map with {' and '.join(map(repr, names))}, not {each!r}")
        for name in names:
            text_at(each, name, below)


def _check_block(value: Any, place: Place, known: Known) -> None:
    kind = value.get("type") if isinstance(value, dict) else None
    if not is_one_of(kind, VISUAL_BLOCKS):
        raise (place / "type").error(f"a block of type {kind!r} is not rendered here")
    for key in ("content", "url", "alt"):
        text_at(value, key, place)
    _check_pairs(value, "buttons", place, ("label", "action"))
    if kind == "partial":
        if not is_one_of(value.get("key"), known.partials):
            raise (place / "key").error(f"there is no partial {value.get('key')!r}")
        map_at(value, "attrs", place)
