"""Contents whose links lead by way of somebody who counts (TRACK-LINK-CLICK, TRACK-OPEN-READ)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape, unescape
from typing import Any, Final, NamedTuple, TypeAlias

__all__ = ["Link", "Tracking", "tracked", "tracking_of"]

#: Returns the link that is followed in the place of one.
Link: TypeAlias = Callable[[str], str]

#: Anchors that carry this attribute are left as they are.
UNTRACKED: Final = "data-untracked"
_ANCHOR: Final = re.compile(r"""(<a\b[^>]*?\bhref\s*=\s*)(["'])(https://[^"']*)\2([^>]*>)""", re.IGNORECASE)
_BARE: Final = re.compile(r"""https://[^\s<>"'()\[\]|]*[^\s<>"'()\[\]|.,;:!?]""")
_MARKDOWN: Final = re.compile(rf"(\]\(|<)?({_BARE.pattern})")
_SLACK: Final = re.compile(r"<(https://[^|>\s]+)")
_BODY_END: Final = re.compile(r"</body\s*>", re.IGNORECASE)


class Tracking(NamedTuple):
    """What is tracked of the messages of a step: clicks on links, and opening."""

    links: bool
    opens: bool


def tracking_of(
    channel_type: str, defaults: Mapping[str, bool], settings: Mapping[str, Any], overrides: Mapping[str, Any]
) -> Tracking | None:
    """Return what is tracked of the messages of a channel, where its type can; None: nothing.

    Args:
        channel_type: such as ``email``.
        defaults: of the environment: ``links`` and ``opens``.
        settings: of the channel, which may say otherwise: ``link_tracking`` and ``open_tracking``.
        overrides: of the step, which may say otherwise again.
    """
    if not defaults and not settings and not overrides:
        return None
    said = {**settings, **overrides}
    links = said.get("link_tracking", defaults.get("links")) and channel_type in _TRACKED
    opens = said.get("open_tracking", defaults.get("opens")) and channel_type == "email"
    return Tracking(bool(links), bool(opens)) if links or opens else None


def tracked(content: dict[str, Any], channel_type: str, *, link: Link | None, pixel: str | None) -> dict[str, Any]:
    """Return a content with links that are counted.

    Args:
        content: of a message, as the API shows it.
        channel_type: such as ``email``.
        link: makes such links; None: they are left as they are.
        pixel: where the image of an email lies that tells of opening; None: there is none.
    """
    if link is not None:
        content = _TRACKED[channel_type](content, link)
    if pixel is not None and content.get("html_body"):
        image = f'<img src="{escape(pixel)}" width="1" height="1" alt="">'
        body = content["html_body"]
        place = max((end.start() for end in _BODY_END.finditer(body)), default=len(body))
        content = {**content, "html_body": body[:place] + image + body[place:]}
    return content


def _email(content: dict[str, Any], link: Link) -> dict[str, Any]:
    return {
        **content,
        "html_body": _in_html(content["html_body"], link),
        "text_body": _in_text(content["text_body"], link),
    }


def _sms(content: dict[str, Any], link: Link) -> dict[str, Any]:
    return {**content, "body": _in_text(content["body"], link)}


def _chat(content: dict[str, Any], link: Link) -> dict[str, Any]:
    template = dict(content["template"])
    if template.get("blocks"):
        template["blocks"] = [{**each, "content": _in_markdown(each["content"], link)} for each in template["blocks"]]
    if template.get("json_content"):
        template["json_content"] = _in_json(template["json_content"], link)
    return {**content, "template": template}


def _in_app(content: dict[str, Any], link: Link) -> dict[str, Any]:
    return {**content, "blocks": [_block(each, link) for each in content["blocks"]]}


_TRACKED: Final[Mapping[str, Callable[[dict[str, Any], Link], dict[str, Any]]]] = {
    "chat": _chat,
    "email": _email,
    "in_app_feed": _in_app,
    "sms": _sms,
}


def _block(block: dict[str, Any], link: Link) -> dict[str, Any]:
    if block["type"] == "button_set":
        return {**block, "buttons": [{**each, "action": _alone(each["action"], link)} for each in block["buttons"]]}
    in_text = _alone if block["type"] == "text" else _in_html
    return {**block, "rendered": in_text(block["rendered"], link)}


def _alone(text: str, link: Link) -> str:
    return link(text) if text.startswith("https://") else text


def _in_html(text: str, link: Link) -> str:
    def anchor(found: re.Match[str]) -> str:
        before, quote, url, after = found.groups()
        if UNTRACKED in before or UNTRACKED in after:
            return found[0]
        return f"{before}{quote}{escape(link(unescape(url)))}{quote}{after}"

    return _ANCHOR.sub(anchor, text)


def _in_text(text: str, link: Link) -> str:
    return _BARE.sub(lambda found: link(found[0]), text)


def _in_markdown(text: str, link: Link) -> str:
    """Replace the targets of links, and let bare URLs be links that show themselves."""

    def target(found: re.Match[str]) -> str:
        before, url = found.groups()
        return f"{before}{link(url)}" if before else f"[{url}]({link(url)})"

    return _MARKDOWN.sub(target, text)


def _in_json(value: Any, link: Link, *, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _in_json(each, link, key=name) for name, each in value.items()}
    if isinstance(value, list):
        return [_in_json(each, link, key=key) for each in value]
    if not isinstance(value, str):
        return value
    if key == "url":
        return _alone(value, link)
    return _SLACK.sub(lambda found: f"<{link(found[1])}", _in_html(value, link))
