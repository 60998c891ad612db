"""The requirements: one testable promise each, kept as data beside this module.

Which promise binds which operations, how strongly, in our words and from which source, is written in
`requirements/*.yaml`. This module reads those files, and says which requirements the prefix of an id means.
"""

from __future__ import annotations

import difflib
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args

import msgspec
import yaml

from knock_harness.errors import InvalidDocument, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "FOLDER",
    "LEVELS",
    "Level",
    "Requirement",
    "UnknownPrefix",
    "UnknownTopic",
    "load",
    "nearest",
    "read",
    "select",
    "topics",
]

Level = Literal["must", "should", "may"]

#: Strongest first: stated by the public documents, shown by their examples or official code, inferred.
LEVELS: tuple[Level, ...] = get_args(Level)

#: Where the files lie that come with the package.
FOLDER = Path(__file__).parent / "requirements"

_EVERY_OPERATION = "*"


class Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One testable promise.

    Attributes:
        id: its stable name, the address of its checks; words in capitals, joined by hyphens.
        level: how strongly it binds.
        operations: the operationIds it binds; ("*",) for all.
        statement: the promise, one sentence or two.
        source: what it was taken from.
        note: what a reader should know besides; empty if nothing.
        check: how it can be checked.
        defect: an idea of what a server would do that breaks it.
        unkept: why no emulator can keep it; empty: ours does.
        topic: the name of its file.
    """

    id: str
    level: Level
    operations: tuple[str, ...]
    statement: str
    source: str
    note: str = ""
    check: str = ""
    defect: str = ""
    unkept: str = ""
    topic: str = ""

    def binds(self, operation: str) -> bool:
        """Say whether this operation, named by its operationId, is bound by the promise."""
        return self.operations == (_EVERY_OPERATION,) or operation in self.operations


class UnknownTopic(UsageError):
    """No file of requirements has this name."""

    def __init__(self, topic: str, *, topics: Iterable[str]) -> None:
        super().__init__(f"no topic {topic!r}", hint=f"The topics are: {', '.join(topics)}.")
        self.topic = topic


class UnknownPrefix(UsageError):
    """No requirement has an id with this prefix."""

    def __init__(self, prefix: str, *, nearest: str) -> None:
        hint = f"Did you mean {nearest}?" if nearest else "`knock-harness requirements` lists them all."
        super().__init__(f"no requirement starts with {prefix!r}", hint=hint)
        self.prefix = prefix
        self.nearest = nearest


@cache
def load() -> Mapping[str, Requirement]:
    """Return the requirements that come with the package, by id, in the order of their files."""
    return read(FOLDER)


def read(folder: Path) -> Mapping[str, Requirement]:
    """Return the requirements of all `*.yaml` files of a folder, by id.

    Raises:
        InvalidDocument: a file is no list of requirements, or an id occurs twice.
    """
    found: dict[str, Requirement] = {}
    for path in sorted(folder.glob("*.yaml")):
        for requirement in _read_file(path):
            if requirement.id in found:
                raise InvalidDocument(f"requirement {requirement.id} is already defined", where=str(path))
            found[requirement.id] = requirement
    return MappingProxyType(found)


def select(prefixes: Iterable[str], *, among: Iterable[str]) -> list[str]:
    """Return the ids that start with one of these prefixes, in their order; all of them if there is no prefix.

    A prefix that is a whole id means that requirement alone, even where other ids start with it.

    Raises:
        UnknownPrefix: a prefix that no id starts with.
    """
    ids = list(among)
    wanted = [prefix.upper() for prefix in prefixes]
    for prefix in wanted:
        if not any(each.startswith(prefix) for each in ids):
            raise UnknownPrefix(prefix, nearest=nearest(prefix, _beginnings(ids)))
    whole = {prefix for prefix in wanted if prefix in ids}
    beginnings = tuple(prefix for prefix in wanted if prefix not in whole)
    return [each for each in ids if not wanted or each in whole or each.startswith(beginnings)]


def topics(chosen: Iterable[Requirement]) -> Mapping[str, tuple[Requirement, ...]]:
    """Return requirements by their topic, topics by name, requirements in their order."""
    found: dict[str, list[Requirement]] = {}
    for each in chosen:
        found.setdefault(each.topic, []).append(each)
    return MappingProxyType({name: tuple(found[name]) for name in sorted(found)})


def nearest(word: str, words: Iterable[str]) -> str:
    """Return the one of these words that looks most like another; empty if none does."""
    return next(iter(difflib.get_close_matches(word, sorted(words), n=1)), "")


def _beginnings(ids: Iterable[str]) -> set[str]:
    """Return the ids, and all that they begin with before a hyphen."""
    words = [each.split("-") for each in ids]
    return {"-".join(parts[:length]) for parts in words for length in range(1, len(parts) + 1)}


def _read_file(path: Path) -> list[Requirement]:
    try:
        read = msgspec.convert(_parse(path), list[Requirement])
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise InvalidDocument(str(error), where=str(path), hint="Each entry is a requirement.") from None
    return [msgspec.structs.replace(each, topic=path.stem) for each in read]


def _parse(path: Path) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text("utf-8"), Loader=loader)  # noqa: S506 - both loaders are safe ones
