"""The pages of the documentation as somebody reads them who tries what they print."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ROOT", "Block", "Command", "Page", "guides"]

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Command:
    """What is typed at a prompt, and what the page prints below it; nothing where that is left out."""

    line: str
    printed: str


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the number of its first line."""

    language: str
    text: str
    number: int

    def commands(self) -> Iterator[Command]:
        """Yield the commands of a console; one goes on behind a backslash, and until its quotes are closed."""
        for each in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            lines = each.splitlines()
            end = next(at for at in range(1, len(lines) + 1) if _is_whole(lines[:at]))
            yield Command("\n".join(lines[:end]), "\n".join(lines[end:]))


def _is_whole(lines: list[str]) -> bool:
    return not lines[-1].endswith("\\") and "\n".join(lines).count("'") % 2 == 0


class Page:
    """A page in Markdown."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.relative_to(ROOT).as_posix()
        self.text = path.read_text(encoding="utf-8")

    def blocks(self, *languages: str) -> list[Block]:
        """Return the fenced blocks in these languages."""
        found = re.finditer(r"^```(\w*)\n(.*?)^```$", self.text, re.MULTILINE | re.DOTALL)
        return [
            Block(each[1], each[2], self.text.count("\n", 0, each.start(2)) + 1)
            for each in found
            if each[1] in languages
        ]

    def links(self) -> list[Path]:
        """Return the files of this project that it leads to."""
        places = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", self.text)
        return [(self.path.parent / place).resolve() for place in places]


def guides() -> list[Page]:
    """Return the pages of `docs/`."""
    return [Page(path) for path in sorted((ROOT / "docs").glob("*.md"))]
