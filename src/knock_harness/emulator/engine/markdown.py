"""Markdown as HTML, for in-app messages."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mistune import Markdown

__all__ = ["by_library", "html"]

#: A paragraph without anything that Markdown could read as markup: it begins with a letter, and punctuation that means
#: something at the end of a word only is followed by a blank.
_PLAIN: Final = re.compile(r"[^\W\d_](?:[^\W_]|[ ,;?!()'%$€]|[.:](?=[ \n]|$))*\n?\Z")


@lru_cache(maxsize=8192)
def html(text: str) -> str:
    """Return what a text in Markdown (GitHub's tables, strikethrough and bare links included) is in HTML."""
    return f"<p>{text.strip()}</p>\n" if _PLAIN.match(text) else by_library(text)


def by_library(text: str) -> str:
    """Return what any text is in HTML."""
    return str(_library()(text))


@cache
def _library() -> Markdown:
    import mistune  # here, as most emulators meet plain text only

    return mistune.create_markdown(escape=False, plugins=["strikethrough", "table", "url"])
