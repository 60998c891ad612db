"""What a channel step sends: the content of a message, rendered from its template, in the form of the API."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from .markdown import html
from .templates import Render, TemplateFailed, compiled

if TYPE_CHECKING:
    from knock_harness.contract.project import Channel, Partial

__all__ = ["MakeContent", "content_maker"]

#: Makes the content of one message, from the variables of the run and the address it goes to.
MakeContent: TypeAlias = Callable[[Mapping[str, Any], Any], dict[str, Any]]

_TAG: Final = re.compile(r"<[^>]*>")
_BUTTONS: Final = ("primary", "secondary")


def content_maker(
    channel: Channel,
    template: Mapping[str, Any],
    overrides: Mapping[str, Any],
    layouts: Mapping[str, Mapping[str, Any]],
    partials: Mapping[str, Partial],
) -> MakeContent:
    """Return what makes the contents of a channel step; every text in its template is parsed once, here.

    Args:
        channel: of the step.
        template: of the step.
        overrides: settings of the channel that the step replaces.
        layouts: of the project, by key.
        partials: of the project, by key.
    """
    settings = {**channel.settings, **overrides}
    if channel.type == "email":
        return _email(template, settings, layouts, partials)
    return _MAKERS[channel.type](template)


def _text(template: Mapping[str, Any], key: str) -> Render:
    return compiled(str(template.get(key) or ""))


def _in_app(template: Mapping[str, Any]) -> MakeContent:
    blocks: list[Callable[[Mapping[str, Any]], dict[str, Any]]] = []
    if "markdown_body" in template:
        blocks.append(_block("markdown", "body", template["markdown_body"], shown=html))
    if template.get("action_url"):
        blocks.append(_block("text", "action_url", template["action_url"]))
    if template.get("action_buttons"):
        blocks.append(_button_set(template["action_buttons"]))
    return lambda variables, _: {
        "__typename": "MessageInAppFeedContent",
        "blocks": [block(variables) for block in blocks],
    }


def _block(
    kind: str, name: str, source: str, *, shown: Callable[[str], str] | None = None
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    render = compiled(source)

    def block(variables: Mapping[str, Any]) -> dict[str, Any]:
        text = render(variables)
        return {"type": kind, "name": name, "content": source, "rendered": shown(text) if shown else text}

    return block


def _button_set(buttons: Sequence[Mapping[str, Any]]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    names = [*_BUTTONS, *(f"button_{number + 1}" for number in range(len(_BUTTONS), len(buttons)))]
    parts = [(name, _text(each, "label"), _text(each, "action")) for name, each in zip(names, buttons, strict=False)]
    return lambda variables: {
        "type": "button_set",
        "name": "actions",
        "buttons": [
            {"name": name, "label": label(variables), "action": action(variables)} for name, label, action in parts
        ],
    }


def _email(
    template: Mapping[str, Any],
    settings: Mapping[str, Any],
    layouts: Mapping[str, Mapping[str, Any]],
    partials: Mapping[str, Partial],
) -> MakeContent:
    subject, text_body = _text(template, "subject"), _text(template, "text_body")
    html_body, own = _html_body(template, partials), template.get("settings") or {}
    layout, before = layouts.get(own.get("layout_key") or "", {}), own.get("pre_content") or ""
    in_html, in_text = (
        compiled(before + (layout.get(name) or "{{ content }}")) for name in ("html_layout", "text_layout")
    )
    headers = {name: _text(settings, name) for name in ("from_address", "from_name", "cc", "bcc", "reply_to")}

    def make(variables: Mapping[str, Any], address: Any) -> dict[str, Any]:
        rendered = {name: render(variables).strip() for name, render in headers.items()}
        body = in_html({**variables, "content": html_body(variables)})
        plain = text_body(variables) or _TAG.sub("", body)
        sender, name = rendered["from_address"] or "no-reply@example.com", rendered["from_name"]
        return {
            "__typename": "MessageEmailContent",
            "from": f"{name} <{sender}>" if name else sender,
            "to": address,
            "cc": rendered["cc"] or None,
            "bcc": rendered["bcc"] or None,
            "reply_to": rendered["reply_to"] or None,
            "subject_line": subject(variables).strip(),
            "html_body": body,
            "text_body": in_text({**variables, "content": plain}),
        }

    return make


def _html_body(template: Mapping[str, Any], partials: Mapping[str, Partial]) -> Render:
    blocks = template.get("visual_blocks")
    if not blocks:
        return _text(template, "html_body")
    parts = [_visual_block(each, partials) for each in blocks]
    return lambda variables: "\n".join([part(variables) for part in parts])


def _visual_block(block: Mapping[str, Any], partials: Mapping[str, Partial]) -> Render:
    kind = block.get("type")
    if kind == "partial":
        from .liquid_templates import partial_block  # the library is loaded for those who need it

        return partial_block(str(block.get("key")), partials, block.get("attrs") or {})
    if kind == "divider":
        return lambda _: "<hr>"
    if kind == "image":
        url, alt = _text(block, "url"), _text(block, "alt")
        return lambda variables: f'<img src="{url(variables)}" alt="{alt(variables)}">'
    if kind == "button_set":
        buttons = [(_text(each, "action"), _text(each, "label")) for each in block.get("buttons") or ()]
        return lambda variables: " ".join(
            f'<a href="{action(variables)}">{label(variables)}</a>' for action, label in buttons
        )
    text = _text(block, "content")
    return (lambda variables: html(text(variables))) if kind == "markdown" else text


def _sms(template: Mapping[str, Any]) -> MakeContent:
    body, to_number = _text(template, "text_body"), _text(template.get("settings") or {}, "to_number")
    return lambda variables, address: {
        "__typename": "MessageSmsContent",
        "to": to_number(variables).strip() or address,
        "body": body(variables).strip(),
    }


def _push(template: Mapping[str, Any]) -> MakeContent:
    title, body = _text(template, "title"), _text(template, "text_body")
    payload = (template.get("settings") or {}).get("payload_overrides")
    overrides = compiled(payload if isinstance(payload, str) else msgspec.json.encode(payload).decode())
    return lambda variables, address: {
        "__typename": "MessagePushContent",
        "token": address,
        "title": title(variables).strip(),
        "body": body(variables).strip(),
        "data": _map(overrides(variables), "payload_overrides"),
    }


def _chat(template: Mapping[str, Any]) -> MakeContent:
    markdown, summary = _text(template, "markdown_body"), _text(template, "summary")
    as_json = _text(template, "json_body") if template.get("json_body") else None

    def make(variables: Mapping[str, Any], address: Any) -> dict[str, Any]:
        blocks = None if as_json else [{"type": "markdown", "name": "body", "content": markdown(variables).strip()}]
        return {
            "__typename": "MessageChatContent",
            "connection": address,
            "metadata": None,
            "template": {
                "blocks": blocks,
                "json_content": _map(as_json(variables), "json_body") if as_json else None,
                "summary": summary(variables).strip() or None,
            },
        }

    return make


def _webhook(template: Mapping[str, Any]) -> MakeContent:
    """Make contents of webhooks, for which the API has no form of their own: they take that of chats."""
    method, url, body = _text(template, "method"), _text(template, "url"), _text(template, "body")
    headers, query = (
        [(_text(each, "key"), _text(each, "value")) for each in template.get(name) or ()]
        for name in ("headers", "query_params")
    )

    def make(variables: Mapping[str, Any], _: Any) -> dict[str, Any]:
        return {
            "__typename": "MessageChatContent",
            "connection": {
                "method": (method(variables).strip() or "post").upper(),
                "url": url(variables).strip(),
                "headers": {key(variables): value(variables) for key, value in headers},
                "query_params": {key(variables): value(variables) for key, value in query},
                "body": body(variables),
            },
            "template": {"blocks": None, "json_content": None, "summary": None},
        }

    return make


def _map(text: str, name: str) -> dict[str, Any] | None:
    if not text.strip():
        return None
    try:
        return msgspec.json.decode(text, type=dict[str, Any] | None)
    except msgspec.DecodeError as error:
        raise TemplateFailed(f"{name} renders to no JSON object: {error}") from None


_MAKERS: Final[Mapping[str, Callable[[Mapping[str, Any]], MakeContent]]] = {
    "in_app_feed": _in_app,
    "sms": _sms,
    "push": _push,
    "chat": _chat,
    "http": _webhook,
}
