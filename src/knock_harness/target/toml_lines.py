"""Finds the line of a key in a TOML text: `tomllib` reads values, but not where they stand."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from knock_harness.errors import InvalidConfiguration

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["line_of", "read_toml"]

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_TABLE = re.compile(rf"\s*\[\s*({_PART}(?:\s*\.\s*{_PART})*)\s*\]")
_KEY = re.compile(rf"\s*({_PART}(?:\s*\.\s*{_PART})*)\s*=")
_SYNTAX_ERROR = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)")

Path = tuple[str, ...]


def read_toml(text: str, *, name: str) -> dict[str, Any]:
    """Return the values of a TOML text.

    Raises:
        InvalidConfiguration: it is not TOML; names the line.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX_ERROR.fullmatch(str(error))
        line = (found and found["line"]) or str(text.count("\n") + 1)
        what = found["what"] if found else str(error)
        raise InvalidConfiguration(f"is not TOML: {what}", where=f"{name}:{line}") from None


def line_of(path: Path, text: str) -> int:
    """Return the line, counted from 1, where a key is set; if it is part of something written inline, where that is."""
    best_line, best_depth = 1, 0
    for line, found in _lines(text):
        depth = len(found)
        if depth > best_depth and path[:depth] == found:
            best_line, best_depth = line, depth
    return best_line


def _lines(text: str) -> Iterator[tuple[int, Path]]:
    table: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _TABLE.match(line):
            table = _parts(found[1])
            yield number, table
        elif found := _KEY.match(line):
            yield number, table + _parts(found[1])


def _parts(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))
