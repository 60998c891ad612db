from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knock_harness.emulator.engine import markdown
from knock_harness.emulator.engine.markdown import by_library, html


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, Ada!\n", "<p>Hello, Ada!</p>\n"),
        ("**Ada** wrote", "<p><strong>Ada</strong> wrote</p>\n"),
        ("[here](https://example.com)", '<p><a href="https://example.com">here</a></p>\n'),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("~~old~~", "<p><del>old</del></p>\n"),
        ("", ""),
    ],
)
def test_markdown_becomes_html(text: str, expected: str) -> None:
    assert html(text) == expected


def texts() -> st.SearchStrategy[str]:
    pieces = st.sampled_from(
        [
            "a",
            "Bc",
            "é",
            "7",
            " ",
            "  ",
            ", ",
            ".",
            ". ",
            ":",
            "://x",
            "! ",
            "?",
            "*",
            "_",
            "-",
            "#",
            "\n",
            "(",
            ")",
            "[",
            "&",
            "<",
            "'",
            "%",
            "$x$",
        ]
    )
    return st.lists(pieces, max_size=8).map("".join) | st.text(max_size=20)


@given(text=texts())
def test_the_short_cut_for_plain_text_says_what_the_library_says(text: str) -> None:
    assert html(text) == by_library(text)


def test_an_ordinary_sentence_takes_the_short_cut() -> None:
    assert markdown._PLAIN.match("Ada: your order (no. 5) has left, and arrives soon!\n") is not None
